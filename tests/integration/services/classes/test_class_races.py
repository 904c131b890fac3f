"""Two connections at once. Each race is first shown without its guard (the professional's lock, and the rule of the
database behind it, both taken away in a throw-away database), then with it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import text

from tests.races import at_once
from vallebot.db.session import make_engine, make_sessions
from vallebot.db.tables import Cliente, Profesional, Servicio
from vallebot.db.tables.messaging import Rol
from vallebot.domain.text import squash
from vallebot.services import (
    class_records,
    class_steps,
    enrollments,
    leaving,
    records,
    series,
    series_steps,
    waiting,
    waiting_offers,
)
from vallebot.services.actor import Actor, system_actor
from vallebot.services.class_errors import AlreadyEnrolled, ClassFull, OfferGone
from vallebot.services.series import SerieSpec

SEAT = "DROP INDEX uq_enrollments_live_seat"
SAME_CLIENT = "DROP INDEX uq_enrollments_live_cliente"
#: Without it a seat that was given back may be taken into use again.
COMES_BACK = "ALTER TABLE enrollments DROP CONSTRAINT ck_enrollments_cancelled_at_when_cancelled"
SEATS_IN_CLASS = "SELECT count(*) FROM enrollments WHERE booking_id = :id"
OCCURRENCE = (
    "ALTER TABLE bookings DROP CONSTRAINT uq_bookings_serie_id_series_starts_at, "
    "DROP CONSTRAINT ex_bookings_live_overlap"
)


@dataclass
class Studio:
    """A teacher, a class for two per week, and three clients, in a database of their own."""

    sessions: object
    laura: Actor
    clients: list[Actor]
    booking_id: int
    keys: int = 0

    def key(self) -> str:
        self.keys += 1
        return f"wamid.{self.keys}"

    def one(self, query: str, **values) -> object:
        with self.sessions() as session:
            return session.execute(text(query), values).scalar()


@pytest.fixture
def open_studio(database_server, now):
    """`open_studio(*statements)`: a fresh database; the statements take guards away."""
    engines = []

    def build(*statements: str) -> Studio:
        engine = make_engine(database_server.migrated(), pool_size=6)
        engines.append(engine)
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
        sessions = make_sessions(engine)
        with sessions.begin() as session:
            people = [Cliente(name=f"C{n}", phone_e164=f"+54911000000{n:02}") for n in range(4)]
            session.add_all(people)
            session.flush()
            teacher = Profesional(
                cliente_id=people[3].id,
                name="Laura",
                phone_e164=people[3].phone_e164,
                code="laura",
                phone_number_id="line",
            )
            session.add(teacher)
            session.flush()
            yoga = Servicio(
                profesional_id=teacher.id,
                name="Yoga",
                name_key=squash("Yoga"),
                kind="grupal",
                capacity=2,
                duration_minutes=60,
                price_minor=100,
            )
            session.add(yoga)
            session.flush()
            laura = Actor(Rol.PROFESIONAL, teacher.id, people[3].id)
            clients = [Actor(Rol.CLIENTE, teacher.id, person.id) for person in people[:3]]
        spec = [SerieSpec(2, 1140)]
        series.define_series(sessions, laura, yoga.id, spec, now=now, key="wamid.define")
        with sessions() as session:
            first = session.execute(text("SELECT min(id) FROM bookings")).scalar()
        return Studio(sessions, laura, clients, first)

    yield build
    for engine in engines:
        engine.dispose()


@pytest.fixture
def without_lock(monkeypatch):
    """Use cases of one business no longer wait for each other."""

    def take_away() -> None:
        for module in (class_records, leaving, series, waiting):
            monkeypatch.setattr(
                module, "lock_profesional", lambda session, number: session.get(Profesional, number)
            )

    return take_away


@pytest.fixture
def meet_after(monkeypatch):
    """`meet_after((module, "name"))`: both sides have called that function before either goes on; who comes alone,
    because the other side waits for the lock, goes on after a second."""

    def arrange(*places: tuple[object, str]) -> None:
        barrier = threading.Barrier(2)
        locked = class_records.lock_profesional is records.lock_profesional
        patience = 1 if locked else 30  #: seconds

        def wrap(function):
            def call(*args, **kwargs):
                found = function(*args, **kwargs)
                with contextlib.suppress(threading.BrokenBarrierError):
                    barrier.wait(timeout=patience)
                return found

            return call

        for module, name in places:
            monkeypatch.setattr(module, name, wrap(getattr(module, name)))

    return arrange


# The last seat


@pytest.fixture
def race_for_the_last_seat(meet_after, now):
    """One of two seats is taken; two others want the other."""

    def race(studio: Studio) -> list[object]:
        enrol = partial(enrollments.enrol_once, studio.sessions, now=now)
        enrol(studio.clients[0], studio.booking_id, key=studio.key())
        meet_after((class_steps, "lowest_free_seat"))
        rivals = studio.clients[1:]
        return at_once(*(partial(enrol, actor, studio.booking_id, key=studio.key()) for actor in rivals))

    return race


def test_without_guards_two_clients_get_the_last_seat(open_studio, without_lock, race_for_the_last_seat):
    studio = open_studio(SEAT)
    without_lock()
    race_for_the_last_seat(studio)
    assert studio.one(SEATS_IN_CLASS, id=studio.booking_id) == 3


def test_the_database_alone_refuses_the_one_too_many(open_studio, without_lock, race_for_the_last_seat):
    studio = open_studio()
    without_lock()
    outcomes = race_for_the_last_seat(studio)
    assert sum(isinstance(outcome, ClassFull) for outcome in outcomes) == 1
    assert studio.one(SEATS_IN_CLASS, id=studio.booking_id) == 2


def test_one_of_two_clients_gets_the_last_seat(open_studio, race_for_the_last_seat):
    studio = open_studio()
    outcomes = race_for_the_last_seat(studio)
    assert sum(isinstance(outcome, ClassFull) for outcome in outcomes) == 1
    assert studio.one(SEATS_IN_CLASS, id=studio.booking_id) == 2


def test_without_guards_one_client_gets_two_seats(open_studio, without_lock, meet_after, now):
    studio = open_studio(SEAT, SAME_CLIENT)
    without_lock()
    double_tap(studio, now, before=lambda: meet_after((class_steps, "lowest_free_seat")))
    assert studio.one(SEATS_IN_CLASS, id=studio.booking_id) == 2


def test_one_client_gets_one_seat(open_studio, now):
    studio = open_studio()
    outcomes = double_tap(studio, now)
    assert sum(isinstance(outcome, AlreadyEnrolled) for outcome in outcomes) == 1
    assert studio.one(SEATS_IN_CLASS, id=studio.booking_id) == 1


def double_tap(studio: Studio, now, before: Callable[[], object] = bool) -> list[object]:
    """Two messages of one client (who is in next week's class already), at once."""
    enrol = partial(enrollments.enrol_once, studio.sessions, studio.clients[0], now=now)
    enrol(studio.booking_id + 1, key=studio.key())
    before()
    return at_once(*(partial(enrol, studio.booking_id, key=studio.key()) for _ in range(2)))


def test_one_message_delivered_twice_at_once_enrols_once(open_studio, now):
    studio = open_studio()
    actor = studio.clients[0]
    enrol = lambda: enrollments.enrol_once(  # noqa: E731
        studio.sessions, actor, studio.booking_id, now=now, key="wamid.same"
    )
    first, second = at_once(enrol, enrol)
    assert first == second
    assert studio.one("SELECT count(*) FROM enrollments") == 1


def test_members_who_join_at_once_never_exceed_the_places(open_studio, now):
    studio = open_studio()
    join = partial(enrollments.enrol_in_series, studio.sessions, now=now)
    outcomes = at_once(*(partial(join, actor, [1], key=studio.key()) for actor in studio.clients))
    assert sum(isinstance(outcome, ClassFull) for outcome in outcomes) == 1
    assert studio.one("SELECT count(*) FROM inscripciones_serie") == 2
    assert studio.one("SELECT count(DISTINCT (booking_id, seat)) = count(*) FROM enrollments") is True


# An offer is answered once


@pytest.fixture
def offer(now):
    """Two have the seats, the third waits, the first leaves: the third is offered the seat. Returns esperas.id."""

    def make(studio: Studio) -> int:
        seats = [
            enrollments.enrol_once(studio.sessions, actor, studio.booking_id, now=now, key=studio.key())
            for actor in studio.clients[:2]
        ]
        espera = waiting.wait_for_class(
            studio.sessions, studio.clients[2], studio.booking_id, now=now, key=studio.key()
        )
        leaving.leave(studio.sessions, studio.clients[0], seats[0].enrollment.id, now=now, key=studio.key())
        assert studio.one("SELECT state FROM esperas") == "ofrecido"
        return espera.id

    return make


def accept(studio: Studio, espera_id: int, at) -> object:
    return waiting.accept_offer(studio.sessions, studio.clients[2], espera_id, now=at, key="wamid.yes")


def lapse(studio: Studio, espera_id: int, at) -> object:
    with studio.sessions.begin() as session:
        return waiting.lapse_offer(session, system_actor(), espera_id, now=at, key="tarea:lapse")


def decline(studio: Studio, espera_id: int, at) -> object:
    return waiting.leave_list(studio.sessions, studio.clients[2], espera_id, now=at, key="wamid.no")


#: What else may happen to an offer while it is accepted, and when: the lapse is due a moment after the last yes.
RIVALS = pytest.mark.parametrize(("rival", "hours"), [(lapse, 2), (decline, 1)])


def answer_twice(studio: Studio, espera_id: int, rival, hours: int, now) -> list[object]:
    last = now + timedelta(hours=2) - timedelta(seconds=1)
    return at_once(
        lambda: accept(studio, espera_id, last),
        lambda: rival(studio, espera_id, now + timedelta(hours=hours)),
    )


@RIVALS
def test_without_the_lock_an_offer_is_accepted_and_given_up(
    open_studio, without_lock, meet_after, offer, now, rival, hours
):
    studio = open_studio(COMES_BACK)
    espera_id = offer(studio)
    without_lock()
    meet_after((waiting, "held_seats"), (waiting_offers, "held_seats"))
    outcomes = answer_twice(studio, espera_id, rival, hours, now)
    assert not any(isinstance(outcome, Exception) or outcome is False for outcome in outcomes)


@RIVALS
def test_offer_is_either_accepted_or_given_up(open_studio, meet_after, offer, now, rival, hours):
    studio = open_studio()
    espera_id = offer(studio)
    meet_after((waiting, "held_seats"), (waiting_offers, "held_seats"))
    accepted, ended = answer_twice(studio, espera_id, rival, hours, now)
    seat = studio.one("SELECT state FROM enrollments WHERE cliente_id = :id", id=studio.clients[2].cliente_id)
    if isinstance(accepted, OfferGone):
        assert seat == "cancelado"
        assert studio.one("SELECT state FROM esperas") in ("vencido", "rechazado")
    else:
        assert isinstance(ended, OfferGone) or ended is False
        assert (seat, studio.one("SELECT state FROM esperas")) == ("inscripto", "aceptado")


# Materialising


def extend_twice(studio: Studio, now) -> list[object]:
    later = now + timedelta(days=14)
    extend = partial(series.extend_series, studio.sessions, studio.laura, 1, now=later)
    return at_once(*(partial(extend, key=studio.key()) for _ in range(2)))


def test_without_guards_a_date_is_put_into_the_agenda_twice(open_studio, without_lock, meet_after, now):
    studio = open_studio(OCCURRENCE)
    before = studio.one("SELECT count(*) FROM bookings")
    without_lock()
    meet_after((series_steps, "occurrences"))
    extend_twice(studio, now)
    assert studio.one("SELECT count(*) FROM bookings") == before + 4


@pytest.mark.parametrize("lock", [False, True])
def test_each_date_is_put_into_the_agenda_once(open_studio, without_lock, meet_after, now, lock):
    studio = open_studio()
    before = studio.one("SELECT count(*) FROM bookings")
    if not lock:
        without_lock()
    meet_after((series_steps, "occurrences"))
    outcomes = extend_twice(studio, now)
    assert sorted(outcome.dates for outcome in outcomes) == [0, 2]
    assert all(outcome.clashes == () for outcome in outcomes)
    assert studio.one("SELECT count(*) FROM bookings") == before + 2
