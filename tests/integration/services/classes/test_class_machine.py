"""Random operations of several people on a small studio: whatever order they come in, the promises hold."""

from __future__ import annotations

import contextlib
import itertools
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from vallebot.db.tables import Cliente, Horario, Profesional, Servicio
from vallebot.db.tables.messaging import Rol
from vallebot.errors import VallebotError
from vallebot.services import (
    bookings,
    cancellations,
    enrollments,
    leaving,
    payments,
    rosters,
    series,
    waiting,
)
from vallebot.services.actor import Actor
from vallebot.services.bookings import BookRequest
from vallebot.services.due_handlers import HANDLERS, RECURRING
from vallebot.services.due_work import ensure_recurring, run_next
from vallebot.services.payments import Received
from vallebot.services.relationship import compute
from vallebot.services.rosters import Attendance
from vallebot.services.series import SerieSpec
from vallebot.services.waiting import TimeWanted
from vallebot.testing import empty_tables

PEOPLE = 4
CAPACITY = 2
ZONE = "America/Argentina/Buenos_Aires"

who = st.integers(0, PEOPLE - 1)
which = st.integers(0, 1)  #: this week's class, or the next one


#: What must never be found, by name. Each query gives the rows that break the promise.
NEVER = {
    "an oversold class, or a client with two seats": """
        SELECT booking_id FROM enrollments WHERE state <> 'cancelado' GROUP BY booking_id
        HAVING count(*) > :capacity OR count(DISTINCT seat) < count(*) OR count(DISTINCT cliente_id) < count(*)
            OR min(seat) < 1 OR max(seat) > :capacity""",
    "more memberships than places": """
        SELECT s.id FROM series s WHERE :capacity <
            (SELECT count(*) FROM inscripciones_serie i WHERE i.serie_id = s.id AND i.ended_at IS NULL)
          + (SELECT count(*) FROM esperas w WHERE w.serie_id = s.id AND w.state = 'ofrecido')""",
    "an offer that holds nothing": """
        SELECT w.id FROM esperas w LEFT JOIN enrollments e ON e.id = w.offered_enrollment_id
          LEFT JOIN bookings b ON b.id = w.offered_booking_id
         WHERE w.state = 'ofrecido' AND w.serie_id IS NULL
           AND coalesce(e.state, b.state, '') <> 'ofrecido'""",
    "a seat held for nobody": """
        SELECT e.id FROM enrollments e JOIN bookings b ON b.id = e.booking_id
         WHERE e.state = 'ofrecido' AND NOT EXISTS
            (SELECT FROM esperas w WHERE w.state = 'ofrecido' AND w.cliente_id = e.cliente_id
                AND w.offer_expires_at = e.expires_at AND (w.booking_id = b.id OR w.serie_id = b.serie_id))""",
    "a time held for nobody": """
        SELECT b.id FROM bookings b WHERE b.state = 'ofrecido' AND NOT EXISTS
            (SELECT FROM esperas w WHERE w.state = 'ofrecido' AND w.offered_booking_id = b.id)""",
    "somebody who was passed over": """
        SELECT later.id FROM esperas later JOIN esperas earlier ON earlier.id < later.id
           AND (earlier.booking_id = later.booking_id OR earlier.serie_id = later.serie_id)
         WHERE later.state = 'ofrecido' AND earlier.state = 'esperando' AND NOT EXISTS
            (SELECT FROM enrollments e WHERE e.booking_id = earlier.booking_id
                AND e.cliente_id = earlier.cliente_id AND e.state <> 'cancelado')""",
    "somebody who waits for a seat that is free": """
        SELECT w.id FROM esperas w JOIN bookings b ON b.id = w.booking_id
         WHERE w.state = 'esperando' AND b.state = 'confirmado' AND b.starts_at > :soon AND b.capacity >
               (SELECT count(*) FROM enrollments e WHERE e.booking_id = b.id AND e.state <> 'cancelado')
           AND NOT EXISTS (SELECT FROM enrollments e WHERE e.booking_id = b.id
                              AND e.cliente_id = w.cliente_id AND e.state <> 'cancelado')""",
    "a session's seat that is not owed exactly once": """
        SELECT e.id FROM enrollments e JOIN bookings b ON b.id = e.booking_id
          JOIN servicios s ON s.id = b.servicio_id
         WHERE e.state IN ('inscripto', 'asistio', 'ausente') AND s.billing = 'sesion' AND 1 <>
               (SELECT count(*) FROM cargos c WHERE c.enrollment_id = e.id AND c.state <> 'anulado')""",
    "a month that is owed twice": """
        SELECT cliente_id FROM cargos WHERE month IS NOT NULL AND state <> 'anulado'
         GROUP BY cliente_id, servicio_id, month HAVING count(*) > 1""",
    "credit beside a debt that it could pay": """
        SELECT p.id FROM payments p JOIN cargos c USING (profesional_id, cliente_id, currency)
         WHERE p.state = 'confirmado' AND p.amount_minor > p.applied_minor + p.refunded_minor
           AND c.state = 'pendiente'""",
    "a seat that is owed though the client did not give it up": """
        SELECT c.id FROM cargos c JOIN enrollments e ON e.id = c.enrollment_id
         WHERE c.state <> 'anulado' AND (e.state = 'ofrecido' OR e.cancelled_by <> 'cliente')""",
}


class Studio(RuleBasedStateMachine):
    """A class for two on Wednesdays at 19:00, and massages on Thursday at 9 and 10."""

    engine = sessions = None
    start: datetime

    @initialize(
        monthly=st.booleans(),
        late=st.sampled_from(["cobrar", "consultar"]),
        crowd=st.sampled_from(["nobody", "full class", "full series"]),
    )
    def open_the_studio(self, monthly, late, crowd):
        empty_tables(self.engine)
        self.now, self.keys = self.start, itertools.count(1)
        with self.sessions.begin() as session:
            people = [Cliente(name=f"C{n}", phone_e164=f"+54911000000{n:02}") for n in range(PEOPLE + 1)]
            session.add_all(people)
            session.flush()
            laura = Profesional(
                cliente_id=people[-1].id,
                name="Laura",
                phone_e164=people[-1].phone_e164,
                code="laura",
                phone_number_id="line",
                horizon_days=10,
                minimum_notice_minutes=0,
            )
            session.add(laura)
            session.flush()
            session.add(Horario(profesional_id=laura.id, weekday=3, start_minute=540, end_minute=660))
            common = {
                "profesional_id": laura.id,
                "duration_minutes": 60,
                "price_minor": 100,
                "late_cancellation": late,
            }
            billing = "mensual" if monthly else "sesion"
            yoga = Servicio(
                name="Yoga", name_key="yoga", kind="grupal", capacity=CAPACITY, billing=billing, **common
            )
            masaje = Servicio(name="Masaje", name_key="masaje", **common)
            session.add_all([yoga, masaje])
            session.flush()
            self.yoga, self.masaje = yoga.id, masaje.id
            self.laura = Actor(Rol.PROFESIONAL, laura.id, people[-1].id)
            self.people = [Actor(Rol.CLIENTE, laura.id, person.id) for person in people[:-1]]
        self.call(series.define_series, self.laura, self.yoga, [SerieSpec(2, 1140)])
        ensure_recurring(self.sessions, RECURRING, now=self.now)
        self.let_in(crowd)

    def let_in(self, crowd):
        """Begin where it gets interesting: everything is taken, and others wait for it."""
        if crowd == "nobody":
            return
        for number, hour in ((0, 9), (1, 10)):
            self.join(number) if crowd == "full series" else self.enrol(number, 0)
            self.book(number, hour)
        for number in (2, 3):
            self.wait(number, 0)
            self.wait_for_a_massage(number)
            self.wait_for_a_place(number)

    # Shorthand

    def call(self, use_case, actor, *arguments, **options):
        """Do it; what is refused changes nothing (the invariants look)."""
        key = f"wamid.{next(self.keys)}"
        with contextlib.suppress(VallebotError):
            return use_case(self.sessions, actor, *arguments, now=self.now, key=key, **options)

    def rows(self, query, **values):
        with self.sessions() as session:
            return session.execute(text(query), values).all()

    def class_id(self, number):
        ahead = self.rows(
            "SELECT id FROM bookings WHERE kind = 'clase' AND starts_at > :now ORDER BY starts_at",
            now=self.now,
        )
        return ahead[min(number, len(ahead) - 1)].id if ahead else 0

    def seat(self, number, booking_id):
        query = (
            "SELECT id FROM enrollments WHERE cliente_id = :who AND booking_id = :id AND state <> 'cancelado'"
        )
        found = self.rows(query, who=self.people[number].cliente_id, id=booking_id)
        return found[0].id if found else 0

    def espera(self, number):
        query = """SELECT id FROM esperas WHERE cliente_id = :who AND state IN ('esperando', 'ofrecido')
            ORDER BY state DESC, id LIMIT 1"""
        found = self.rows(query, who=self.people[number].cliente_id)
        return found[0].id if found else 0

    # What people do

    @rule(who=who, which=which)
    def enrol(self, who, which):
        self.call(enrollments.enrol_once, self.people[who], self.class_id(which))

    @rule(who=who, which=which, accept_cost=st.booleans())
    def leave(self, who, which, accept_cost):
        seat = self.seat(who, self.class_id(which))
        self.call(leaving.leave, self.people[who], seat, accept_cost=accept_cost)

    @rule(who=who)
    def join(self, who):
        self.call(enrollments.enrol_in_series, self.people[who], [1])

    @rule(who=who)
    def leave_series(self, who):
        self.call(leaving.leave_series, self.people[who], [1], accept_cost=True)

    @rule(who=who, which=which)
    def wait(self, who, which):
        self.call(waiting.wait_for_class, self.people[who], self.class_id(which))

    @rule(who=who)
    def wait_for_a_place(self, who):
        self.call(waiting.wait_for_series, self.people[who], 1)

    @rule(who=who)
    def accept(self, who):
        self.call(waiting.accept_offer, self.people[who], self.espera(who))

    @rule(who=who)
    def quit_the_list(self, who):
        self.call(waiting.leave_list, self.people[who], self.espera(who))

    @rule(who=who, hour=st.sampled_from([9, 10]))
    def book(self, who, hour):
        self.call(bookings.book, self.people[who], BookRequest(self.masaje, self.thursday(hour)))

    @rule(who=who)
    def wait_for_a_massage(self, who):
        wanted = TimeWanted(self.masaje, self.thursday(9), self.thursday(11))
        self.call(waiting.wait_for_time, self.people[who], wanted)

    @rule(who=who)
    def cancel_a_massage(self, who):
        actor = self.people[who]
        query = (
            "SELECT id FROM bookings WHERE cliente_id = :who AND state IN ('confirmado', 'ofrecido') LIMIT 1"
        )
        for found in self.rows(query, who=actor.cliente_id):
            self.call(cancellations.cancel, actor, found.id, accept_cost=True)

    def thursday(self, hour):
        day = self.start.replace(hour=hour, minute=0) + timedelta(days=3)
        return day if day > self.now else day + timedelta(days=7)

    @rule(which=which)
    def cancel_class(self, which):
        self.call(series.cancel_occurrence, self.laura, self.class_id(which))

    @rule(which=which, hours=st.sampled_from([-30, -2, 1, 20]))
    def move_class(self, which, hours):
        for found in self.rows("SELECT starts_at FROM bookings WHERE id = :id", id=self.class_id(which)):
            to = found.starts_at + timedelta(hours=hours)
            self.call(series.move_occurrence, self.laura, self.class_id(which), to)

    @rule(who=who)
    def record_attendance(self, who):
        query = "SELECT id FROM bookings WHERE kind = 'clase' AND starts_at <= :now ORDER BY id DESC LIMIT 1"
        for found in self.rows(query, now=self.now):
            absent = (self.people[who].cliente_id,) if self.seat(who, found.id) else ()
            self.call(
                rosters.record_attendance, self.laura, found.id, Attendance(absent=absent, rest="asistio")
            )

    @rule(who=who, amount=st.sampled_from([40, 100, 250]))
    def money_comes(self, who, amount):
        received = Received(self.people[who].cliente_id, amount)
        self.call(payments.record_received, self.laura, received)

    @rule(minutes=st.sampled_from([10, 60, 125, 1440]))
    def time_goes_by(self, minutes):
        self.now += timedelta(minutes=minutes)
        while run_next(self.sessions, HANDLERS, now=self.now):
            pass
        assert self.rows("SELECT kind, error FROM tareas WHERE error IS NOT NULL") == []

    # What is always true

    @invariant()
    def nothing_is_as_it_must_never_be(self):
        values = {"capacity": CAPACITY, "soon": self.now + timedelta(minutes=30)}
        for name, query in NEVER.items():
            assert self.rows(query, **values) == [], name

    @invariant()
    def the_audit_tells_each_step(self):
        for entity, state in (
            ("enrollments", "state"),
            ("bookings", "state"),
            ("esperas", "state"),
            ("cargos", "state"),
            ("inscripciones_serie", "CASE WHEN ended_at IS NULL THEN 'activa' ELSE 'terminada' END"),
        ):
            broken = self.rows(f"""
                WITH steps AS (SELECT entity_id, id, state_after, state_before,
                                      lag(state_after) OVER w AS previous, last_value(state_after) OVER w2 AS final
                                 FROM audit WHERE entity = '{entity}'
                               WINDOW w AS (PARTITION BY entity_id ORDER BY id),
                                      w2 AS (PARTITION BY entity_id ORDER BY id
                                             ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING))
                SELECT t.id FROM {entity} t LEFT JOIN steps s ON s.entity_id = t.id
                 WHERE s.id IS NULL OR s.final IS DISTINCT FROM {state}
                    OR s.state_before IS DISTINCT FROM s.previous""")
            assert broken == [], entity

    @invariant()
    def what_is_remembered_is_what_is_true(self):
        with self.sessions() as session:
            stored = session.execute(
                text("SELECT profesional_id, cliente_id, snapshot, refreshed_at FROM relationship_state")
            )
            for profesional_id, cliente_id, snapshot, at in stored.all():
                assert snapshot == compute(session, profesional_id, cliente_id, now=at, timezone=ZONE)


@pytest.mark.slow
def test_promises_hold_whatever_people_do(engine, sessions, now):
    class Here(Studio):
        pass

    Here.engine, Here.sessions, Here.start = engine, sessions, now
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=20,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
