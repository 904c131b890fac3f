"""Races with real connections. For each guarded thing: the race exists without the guard, and not with it.

The first half runs one and the same careless code (check, then write) against a database whose guards were taken
away and against the real one. The second half lets use cases race.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.races import at_once, kinds
from vallebot.db.session import make_engine, make_sessions
from vallebot.services import bookings, cancellations
from vallebot.services.actor import system_actor
from vallebot.services.agenda_errors import SlotTaken, WrongState
from vallebot.services.bookings import BookRequest
from vallebot.services.identity import Sender, receive_sender
from vallebot.services.rescheduling import RescheduleRequest, reschedule
from vallebot.testing import empty_tables

WITHOUT_GUARDS = """
    ALTER TABLE bookings DROP CONSTRAINT ex_bookings_live_overlap;
    DROP INDEX uq_enrollments_live_seat, uq_enrollments_live_cliente, uq_cargos_live_month, uq_cargos_live_booking,
               uq_payments_live_proof;
    DROP TRIGGER payment_applications_sums ON payment_applications;
    ALTER TABLE operations DROP CONSTRAINT pk_operations;
    ALTER TABLE identidades DROP CONSTRAINT uq_identidades_kind_business_account_id_value;
"""


@pytest.fixture(scope="session")
def unguarded_engine(database_server):
    engine = make_engine(database_server.migrated(), pool_size=20)
    with engine.begin() as connection:
        connection.execute(text(WITHOUT_GUARDS))
    yield engine
    engine.dispose()


@pytest.fixture(params=["without", "with"])
def guarded(request, engine, unguarded_engine):
    """(sessions, whether the guards are there): every test of the first half runs with both."""
    if request.param == "with":
        return make_sessions(engine), True
    empty_tables(unguarded_engine)
    return make_sessions(unguarded_engine), False


def careless(sessions, check: str, write: str, **values: Any) -> list[Any]:
    """Two who look whether it is free, both see that it is, and both write."""
    looked = threading.Barrier(2)

    def attempt() -> bool:
        with sessions.begin() as session:
            free = session.execute(text(check), values).first() is None
            looked.wait(10)
            if free:
                session.execute(text(write), values)
            return free

    return at_once(attempt, attempt)


SEED = """
    INSERT INTO clientes (name, phone_e164) VALUES ('Laura', '+5491100000001'), ('Ana', '+5491100000002'),
                                                   ('Bea', '+5491100000003');
    INSERT INTO profesionales (cliente_id, name, phone_e164, code) VALUES (1, 'Laura', '+5491100000001', 'laura');
    INSERT INTO servicios (profesional_id, name, name_key, duration_minutes) VALUES (1, 'Masaje', 'masaje', 60);
    INSERT INTO bookings (profesional_id, servicio_id, kind, period, busy, state, place_mode, price_minor, currency,
                          capacity)
    VALUES (1, 1, 'clase', '[2026-03-10 10:00Z,2026-03-10 11:00Z)', '[2026-03-10 10:00Z,2026-03-10 11:00Z)',
            'confirmado', 'consultorio', 0, 'ARS', 1);
    INSERT INTO cargos (profesional_id, cliente_id, servicio_id, month, concept, amount_minor, currency, due_at)
    VALUES (1, 2, 1, '2026-01-01', 'Enero', 1000, 'ARS', '2026-01-01');
    INSERT INTO payments (profesional_id, cliente_id, amount_minor, means, state, informed_at)
    VALUES (1, 2, 1000, 'efectivo', 'confirmado', '2026-01-01'), (1, 2, 1000, 'efectivo', 'confirmado', '2026-01-01');
"""

SESSION_COLUMNS = (
    "(profesional_id, servicio_id, cliente_id, period, busy, state, place_mode, price_minor, currency)"
)
SLOT = "'[2026-03-10 15:00Z,2026-03-10 16:00Z)'"


@pytest.mark.parametrize(
    ("check", "write", "count"),
    [
        pytest.param(
            f"SELECT 1 FROM bookings WHERE profesional_id = 1 AND busy && {SLOT}",
            f"INSERT INTO bookings {SESSION_COLUMNS} "
            f"VALUES (1, 1, 2, {SLOT}, {SLOT}, 'confirmado', 'online', 0, 'ARS')",
            f"SELECT count(*) FROM bookings WHERE busy && {SLOT}",
            id="overlapping-bookings",
        ),
        pytest.param(
            "SELECT 1 FROM enrollments WHERE booking_id = 1 AND seat = 1",
            "INSERT INTO enrollments (profesional_id, booking_id, cliente_id, state, seat, capacity, price_minor, "
            "currency) SELECT 1, 1, min(c.id), 'inscripto', 1, 1, 0, 'ARS' FROM clientes c",
            "SELECT count(*) FROM enrollments",
            id="last-seat-of-a-class",
        ),
        pytest.param(
            "SELECT 1 FROM cargos WHERE month = '2026-03-01'",
            "INSERT INTO cargos (profesional_id, cliente_id, servicio_id, month, concept, amount_minor, currency, "
            "due_at) VALUES (1, 2, 1, '2026-03-01', 'Marzo', 1000, 'ARS', '2026-03-01')",
            "SELECT count(*) FROM cargos WHERE month = '2026-03-01'",
            id="monthly-fee",
        ),
        pytest.param(
            "SELECT 1 FROM cargos WHERE booking_id = 1",
            "INSERT INTO cargos (profesional_id, cliente_id, servicio_id, booking_id, concept, amount_minor, currency, "
            "due_at) VALUES (1, 2, 1, 1, 'Masaje', 1000, 'ARS', '2026-03-01')",
            "SELECT count(*) FROM cargos WHERE booking_id = 1",
            id="charge-of-a-booking",
        ),
        pytest.param(
            "SELECT 1 FROM payments WHERE proof_sha256 = repeat('ab', 32)",
            "INSERT INTO payments (profesional_id, cliente_id, amount_minor, means, state, informed_at, proof_sha256) "
            "VALUES (1, 2, 1000, 'transferencia', 'informado', '2026-03-01', repeat('ab', 32))",
            "SELECT count(*) FROM payments WHERE proof_sha256 IS NOT NULL",
            id="proof-of-payment",
        ),
        pytest.param(
            "SELECT 1 FROM operations WHERE key = 'book:wamid.A'",
            "INSERT INTO operations (key, use_case, at) VALUES ('book:wamid.A', 'book', '2026-03-01')",
            "SELECT count(*) FROM operations",
            id="operation-key",
        ),
        pytest.param(
            "SELECT 1 FROM identidades WHERE value = '5491100000009'",
            "INSERT INTO identidades (kind, value, cliente_id) VALUES ('wa_id', '5491100000009', 2)",
            "SELECT count(*) FROM identidades",
            id="identity",
        ),
    ],
)
def test_two_who_look_first_and_write_then(guarded, check, write, count):
    sessions, is_guarded = guarded
    with sessions.begin() as session:
        session.execute(text(SEED))
    results = careless(sessions, check, write)
    with sessions() as session:
        written = session.execute(text(count)).scalar_one()
    refused = [result for result in results if isinstance(result, DBAPIError)]
    assert (written, len(refused)) == ((1, 1) if is_guarded else (2, 0))


def test_two_payments_that_settle_one_charge(guarded):
    sessions, is_guarded = guarded
    with sessions.begin() as session:
        session.execute(text(SEED))
    looked = threading.Barrier(2)

    def settle(payment_id: int) -> None:
        with sessions.begin() as session:
            applied = session.execute(
                text("SELECT coalesce(sum(amount_minor), 0) FROM payment_applications")
            ).scalar()
            looked.wait(10)
            session.execute(
                text(
                    "INSERT INTO payment_applications (payment_id, cargo_id, profesional_id, cliente_id, currency, "
                    "amount_minor) VALUES (:payment, 1, 1, 2, 'ARS', :rest)"
                ),
                {"payment": payment_id, "rest": 1000 - int(applied)},
            )

    results = at_once(lambda: settle(1), lambda: settle(2))
    with sessions() as session:
        total = session.execute(text("SELECT sum(amount_minor) FROM payment_applications")).scalar_one()
    assert total == (1000 if is_guarded else 2000)
    assert sum(isinstance(result, DBAPIError) for result in results) == (1 if is_guarded else 0)


# Use cases


@pytest.fixture
def tuesday(now):
    return now + timedelta(days=1, hours=1)


@pytest.fixture
def world(laura, masaje, make_cliente, write_to, as_profesional):
    clients = [make_cliente(name=f"Cliente {number}") for number in range(8)]
    return SimpleNamespace(
        servicio=masaje.id,
        writers=[write_to(laura, person) for person in clients],
        profesional=as_profesional(laura),
    )


def test_many_ask_for_the_same_hour_and_one_gets_it(sessions, world, tuesday, now, new_key, rows):
    """Also with starts that differ: any two of them overlap."""
    calls = [
        partial(
            bookings.book,
            sessions,
            actor,
            BookRequest(world.servicio, tuesday + timedelta(minutes=7 * shift)),
            now=now,
            key=new_key(),
        )
        for shift, actor in enumerate(world.writers)
    ]
    assert kinds(at_once(*calls)) == {"BookingView": 1, "SlotTaken": 7}
    assert rows("SELECT count(*) FROM bookings") == [(1,)]
    assert rows("SELECT count(*) FROM messages WHERE direction = 'out'") == [(1,)]
    assert rows("SELECT count(*) FROM cargos") == [(1,)]


def test_one_message_that_is_worked_on_many_times_books_once(sessions, world, tuesday, now, rows):
    request = BookRequest(world.servicio, tuesday)
    calls = [lambda: bookings.book(sessions, world.writers[0], request, now=now, key="wamid.A")] * 6
    results = at_once(*calls)
    assert kinds(results) == {"BookingView": 6}
    assert len({result.id for result in results}) == 1
    assert rows("SELECT count(*) FROM bookings") == [(1,)]
    assert rows("SELECT count(*) FROM messages WHERE direction = 'out'") == [(1,)]


def test_two_who_move_to_the_same_hour(sessions, world, tuesday, now, new_key, rows):
    booked = [
        bookings.book(
            sessions,
            actor,
            BookRequest(world.servicio, tuesday + timedelta(hours=hour)),
            now=now,
            key=new_key(),
        )
        for hour, actor in enumerate(world.writers[:2])
    ]
    to = tuesday + timedelta(hours=4)
    calls = [
        partial(reschedule, sessions, actor, RescheduleRequest(booking.id, to), now=now, key=new_key())
        for actor, booking in zip(world.writers, booked, strict=False)
    ]
    results = at_once(*calls)
    assert kinds(results) == {"Rescheduled": 1, "SlotTaken": 1}
    loser = booked[[isinstance(result, SlotTaken) for result in results].index(True)]
    assert rows("SELECT starts_at, state FROM bookings WHERE id = :id", id=loser.id) == [
        (loser.starts_at, "confirmado")
    ]


def test_accept_reject_cancel_and_expire_at_once(sessions, laura, world, tuesday, now, new_key, rows):
    with sessions.begin() as session:
        session.merge(laura).auto_confirm = False
    later = now + timedelta(hours=24)
    pending = bookings.book(
        sessions, world.writers[0], BookRequest(world.servicio, tuesday), now=now, key=new_key()
    )

    def expire():
        with sessions.begin() as session:
            return bookings.expire(session, system_actor(), pending.id, now=later, key="tarea:1")

    results = at_once(
        lambda: bookings.accept(sessions, world.profesional, pending.id, now=later, key="a"),
        lambda: bookings.reject(sessions, world.profesional, pending.id, now=later, key="r"),
        lambda: cancellations.cancel(sessions, world.profesional, pending.id, now=later, key="c"),
        expire,
    )
    unexpected = [
        result for result in results if isinstance(result, Exception) and not isinstance(result, WrongState)
    ]
    assert unexpected == []
    steps = rows("SELECT state_before, state_after FROM audit WHERE entity = 'bookings' ORDER BY id")
    assert steps[0] == (None, "pendiente")
    assert [after for _, after in steps[:-1]] == [before for before, _ in steps[1:]]
    assert rows("SELECT state FROM bookings") == [(steps[-1][1],)]


def test_first_messages_of_one_person_are_one_person(sessions, laura, now, rows):
    before = rows("SELECT count(*) FROM clientes")[0][0]
    sender = Sender(
        laura.phone_number_id,
        wa_id="5491177770001",
        bsuid="AR.7",
        business_account_id="waba",
        profile_name="Ani",
    )

    def arrive():
        with sessions.begin() as session:
            return receive_sender(session, sender, now=now)

    results = at_once(*[arrive] * 6)
    assert len(set(results)) == 1
    assert rows("SELECT count(*) FROM clientes") == [(before + 1,)]
    assert rows("SELECT count(*) FROM conversaciones") == [(1,)]


def test_bookings_of_one_business_do_not_deadlock(sessions, world, tuesday, now, new_key):
    """Moves that cross each other, with books and cancels in between: all end, none by deadlock."""
    booked = [
        bookings.book(
            sessions,
            actor,
            BookRequest(world.servicio, tuesday + timedelta(days=day, hours=2 * hour)),
            now=now,
            key=new_key(),
        )
        for number, actor in enumerate(world.writers)
        for day, hour in [divmod(number, 4)]
    ]
    pairs = list(zip(world.writers, booked, strict=True))
    calls = [
        partial(
            reschedule,
            sessions,
            actor,
            RescheduleRequest(booking.id, booked[-1 - number].starts_at),
            now=now,
            key=new_key(),
        )
        for number, (actor, booking) in enumerate(pairs[:4])
    ] + [
        partial(cancellations.cancel, sessions, actor, booking.id, now=now, key=new_key())
        for actor, booking in pairs[4:]
    ]
    results = at_once(*calls)
    assert set(kinds(results)) <= {"Rescheduled", "Cancelled", "SlotTaken"}
