"""Random operations by several actors, in random order, as time goes by: the promises hold after every step."""

from __future__ import annotations

import itertools
import os
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import text

from vallebot.db.session import make_sessions
from vallebot.db.tables import Cliente, Horario, Profesional, Relacion, Servicio
from vallebot.db.tables.messaging import Rol
from vallebot.errors import VallebotError
from vallebot.services import (
    agenda,
    bookings,
    business,
    cancellations,
    due_work,
    payments,
    relationship,
    waiting,
)
from vallebot.services.actor import Actor
from vallebot.services.agenda import SlotQuery
from vallebot.services.bookings import BookRequest
from vallebot.services.due_handlers import HANDLERS
from vallebot.services.payments import Received
from vallebot.services.rescheduling import RescheduleRequest, reschedule
from vallebot.testing import empty_tables

START = datetime.fromisoformat("2026-03-02T09:00:00-03:00")
ZONE = "America/Argentina/Buenos_Aires"
CLIENTS = 3

clients = st.integers(0, CLIENTS - 1)
#: Every half hour of the next days; many of them collide, which is what is looked for.
times = st.integers(0, 60).map(lambda half: timedelta(days=half // 20, minutes=30 * (half % 20)))
which = st.integers(0, 30)
booleans = st.booleans()

OVERLAPPING = """
    SELECT a.id, b.id FROM bookings a JOIN bookings b ON a.id < b.id AND a.profesional_id = b.profesional_id
       AND a.busy && b.busy
     WHERE a.state IN ('pendiente', 'ofrecido', 'confirmado') AND b.state IN ('pendiente', 'ofrecido', 'confirmado')
"""
#: Every booking's audit is a chain from its creation to its present state.
BROKEN_AUDIT = """
    WITH steps AS (
        SELECT entity_id, state_before, state_after,
               lag(state_after) OVER (PARTITION BY entity_id ORDER BY id) AS previous,
               row_number() OVER (PARTITION BY entity_id ORDER BY id DESC) AS from_last
          FROM audit WHERE entity = 'bookings')
    SELECT b.id FROM bookings b LEFT JOIN steps s ON s.entity_id = b.id
     WHERE s.entity_id IS NULL OR s.previous IS DISTINCT FROM s.state_before
        OR (s.from_last = 1 AND s.state_after <> b.state)
"""
#: A confirmed or finished session is owed exactly once; a cancelled one at most once (a late cancellation).
WRONG_CHARGES = """
    SELECT b.id FROM bookings b LEFT JOIN cargos c ON c.booking_id = b.id AND c.state <> 'anulado'
     GROUP BY b.id HAVING CASE WHEN b.state IN ('confirmado', 'realizado', 'ausente') THEN count(c.id) <> 1
                               WHEN b.state = 'pendiente' THEN count(c.id) <> 0 ELSE count(c.id) > 1 END
"""
CREDIT_BESIDE_DEBT = """
    SELECT p.id, c.id FROM payments p JOIN cargos c USING (profesional_id, cliente_id, currency)
     WHERE p.state = 'confirmado' AND p.amount_minor > p.applied_minor + p.refunded_minor AND c.state = 'pendiente'
"""
SAID_TWICE = "SELECT dedupe_key FROM messages GROUP BY dedupe_key HAVING count(*) > 1"
#: A change of a client's own booking is told to the professional and the other way round: one bubble per audit step.
UNTOLD = """
    SELECT a.id FROM audit a
     WHERE a.entity = 'bookings' AND a.rol IS NOT NULL
       AND a.action IN ('book', 'cancel', 'reject', 'accept', 'reschedule')
       AND NOT EXISTS (SELECT FROM messages m WHERE m.dedupe_key LIKE a.operation_key || ':%')
"""


class AgendaMachine(RuleBasedStateMachine):
    """One professional with two services, three clients, and the worker."""

    engine = None

    @initialize(auto_confirm=booleans, late=st.sampled_from(["cobrar", "consultar"]))
    def begin(self, auto_confirm, late):
        empty_tables(self.engine)
        self.sessions = make_sessions(self.engine)
        self.now = START
        self.keys = itertools.count()
        with self.sessions.begin() as session:
            people = [Cliente(name=f"Persona {n}", phone_e164=f"+5491199{n:06d}") for n in range(CLIENTS + 1)]
            session.add_all(people)
            session.flush()
            laura = Profesional(
                cliente_id=people[-1].id,
                name="Laura",
                phone_e164=people[-1].phone_e164,
                code="laura",
                phone_number_id="line",
                auto_confirm=auto_confirm,
                minimum_notice_minutes=0,
            )
            session.add(laura)
            session.flush()
            servicios = [
                Servicio(profesional_id=laura.id, name=name, name_key=name, duration_minutes=minutes,
                         buffer_minutes=buffer, price_minor=1000, late_cancellation=late)
                for name, minutes, buffer in (("corto", 30, 0), ("largo", 90, 15))
            ]  # fmt: skip
            session.add_all(servicios)
            session.add_all(
                Horario(profesional_id=laura.id, weekday=d, start_minute=480, end_minute=1200)
                for d in range(7)
            )
            session.add_all(Relacion(profesional_id=laura.id, cliente_id=person.id) for person in people[:-1])
            session.flush()
            self.laura = Actor(Rol.PROFESIONAL, laura.id, people[-1].id)
            self.people = [Actor(Rol.CLIENTE, laura.id, person.id) for person in people[:-1]]
            self.servicios = [servicio.id for servicio in servicios]

    def attempt(self, use_case, *args, **kwargs):
        """Carry a use case out, sometimes refused; always the same when it is repeated."""
        key = f"wamid.{next(self.keys)}"
        try:
            result = use_case(self.sessions, *args, now=self.now, key=key, **kwargs)
        except VallebotError:
            return None
        assert use_case(self.sessions, *args, now=self.now, key=key, **kwargs) == result
        return result

    def one_of_the_bookings(self, number: int) -> int:
        with self.sessions() as session:
            ids = session.execute(text("SELECT id FROM bookings ORDER BY id")).scalars().all()
        return ids[number % len(ids)] if ids else 0

    @rule(who=clients, long=booleans, at=times)
    def client_books(self, who, long, at):
        request = BookRequest(self.servicios[long], START + at)
        self.attempt(bookings.book, self.people[who], request)

    @rule(who=clients, long=booleans)
    def client_takes_the_first_free_time(self, who, long):
        """What the search offers can be had."""
        query = SlotQuery(self.servicios[long], limit=1)
        for slot in agenda.free_slots(self.sessions, self.people[who], query, now=self.now):
            assert self.attempt(
                bookings.book, self.people[who], BookRequest(slot.servicio_id, slot.starts_at)
            )

    @rule(who=clients, long=booleans, at=times, override=booleans)
    def professional_books(self, who, long, at, override):
        cliente_id = self.people[who].cliente_id
        request = BookRequest(self.servicios[long], START + at, cliente_id, override=override)
        self.attempt(bookings.book, self.laura, request)

    @rule(number=which, accepted=booleans)
    def professional_decides(self, number, accepted):
        use_case = bookings.accept if accepted else bookings.reject
        self.attempt(use_case, self.laura, self.one_of_the_bookings(number))

    @rule(number=which, who=st.integers(0, CLIENTS), accept_cost=booleans)
    def somebody_cancels(self, number, who, accept_cost):
        actor = [*self.people, self.laura][who]
        self.attempt(cancellations.cancel, actor, self.one_of_the_bookings(number), accept_cost=accept_cost)

    @rule(number=which, who=st.integers(0, CLIENTS), at=times, accept_cost=booleans)
    def somebody_moves(self, number, who, at, accept_cost):
        actor = [*self.people, self.laura][who]
        booking_id = self.one_of_the_bookings(number)
        self.attempt(reschedule, actor, RescheduleRequest(booking_id, START + at, accept_cost))

    @rule(number=which, decision=st.sampled_from(list(cancellations.Decision)))
    def professional_decides_on_a_change(self, number, decision):
        self.attempt(cancellations.decide_change, self.laura, self.one_of_the_bookings(number), decision)

    @rule(number=which, came=booleans)
    def professional_notes_attendance(self, number, came):
        use_case = bookings.mark_done if came else bookings.mark_absent
        self.attempt(use_case, self.laura, self.one_of_the_bookings(number))

    @rule(at=times, hours=st.integers(1, 6), reopened=booleans)
    def professional_closes_or_opens(self, at, hours, reopened):
        use_case = agenda.reopen if reopened else agenda.block
        self.attempt(use_case, self.laura, START + at, START + at + timedelta(hours=hours))

    @rule(who=clients, long=booleans, at=times, hours=st.integers(1, 48))
    def client_waits_for_a_time(self, who, long, at, hours):
        start = START + at
        wanted = waiting.TimeWanted(self.servicios[long], start, start + timedelta(hours=hours))
        self.attempt(waiting.wait_for_time, self.people[who], wanted)

    @rule(number=which, accepted=booleans)
    def client_answers_an_offer(self, number, accepted):
        offered = self.rows("SELECT id, cliente_id FROM esperas WHERE state = 'ofrecido' ORDER BY id")
        if offered:
            espera_id, cliente_id = offered[number % len(offered)]
            actor = next(person for person in self.people if person.cliente_id == cliente_id)
            use_case = waiting.accept_offer if accepted else waiting.decline_offer
            self.attempt(use_case, actor, espera_id)

    @rule(who=clients, amount=st.sampled_from([400, 1000, 2500]))
    def money_comes(self, who, amount):
        """Before the session or after it, for it or for nothing yet."""
        received = Received(self.people[who].cliente_id, amount)
        self.attempt(payments.record_received, self.laura, received)

    @rule(auto_confirm=booleans, hold=st.sampled_from([5, 120, 1440]))
    def professional_changes_settings(self, auto_confirm, hold):
        changes = {"auto_confirm": auto_confirm, "offer_hold_minutes": hold}
        self.attempt(business.change_profesional, self.laura, changes)

    @rule(hours=st.integers(1, 12))
    def time_goes_by_and_the_worker_works(self, hours):
        self.now += timedelta(hours=hours)
        while due_work.run_next(self.sessions, HANDLERS, now=self.now):
            pass

    def rows(self, query: str, **values) -> list:
        with self.sessions() as session:
            return session.execute(text(query), values).all()

    @invariant()
    def no_time_is_given_twice(self):
        assert self.rows(OVERLAPPING) == []

    @invariant()
    def every_step_is_in_the_audit(self):
        assert self.rows(BROKEN_AUDIT) == []

    @invariant()
    def every_session_is_owed_once(self):
        assert self.rows(WRONG_CHARGES) == []

    @invariant()
    def credit_pays_what_is_owed(self):
        assert self.rows(CREDIT_BESIDE_DEBT) == []

    @invariant()
    def every_change_is_told_once(self):
        assert self.rows(SAID_TWICE) == []
        assert self.rows(UNTOLD) == []

    @invariant()
    def nothing_undecided_is_overdue_after_the_worker(self):
        overdue = "SELECT id FROM tareas WHERE state = 'fallida' OR error IS NOT NULL"
        assert self.rows(overdue) == []

    @invariant()
    def snapshots_equal_what_is_computed_anew(self):
        stored = self.rows(
            "SELECT profesional_id, cliente_id, snapshot, refreshed_at FROM relationship_state"
        )
        with self.sessions() as session:
            for profesional_id, cliente_id, snapshot, refreshed_at in stored:
                anew = relationship.compute(
                    session, profesional_id, cliente_id, now=refreshed_at, timezone=ZONE
                )
                assert snapshot == anew


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
def test_agenda_keeps_its_promises_whatever_happens(engine):
    machine = type("Machine", (AgendaMachine,), {"engine": engine})
    run = settings(
        max_examples=int(os.environ.get("VALLEBOT_MACHINE_RUNS", "25")),  # a few hundred find what is rare
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    machine.TestCase.settings = run
    machine.TestCase("runTest").runTest()
