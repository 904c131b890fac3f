"""Monthly fees: once per client, service and month, whatever runs twice."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from vallebot.errors import InvalidError, NotAllowedError
from vallebot.services import monthly_fees
from vallebot.services.due_work import ensure_recurring, run_next

MARCH = date(2026, 3, 1)


@pytest.fixture
def entrenamiento(laura, make_servicio):
    """1:1 sessions that are paid by month."""
    return make_servicio(laura, name="Entrenamiento", billing="mensual", price_minor=40_000)


@pytest.fixture
def pilates(laura, make_servicio):
    return make_servicio(
        laura, name="Pilates", kind="grupal", capacity=5, price_minor=30_000, billing="mensual"
    )


@pytest.fixture
def enrolled(save, make_booking, make_relacion, laura):
    """`enrolled(servicio, at, cliente)`: a seat in a class."""
    from vallebot.db.tables import Enrollment

    def make(servicio, at, cliente):
        occurrence = make_booking(servicio, at)
        values = {
            "state": "inscripto",
            "seat": 1,
            "capacity": servicio.capacity,
            "price_minor": 0,
            "currency": "ARS",
        }
        return save(
            Enrollment(profesional_id=laura.id, booking_id=occurrence.id, cliente_id=cliente.id, **values)
        )

    return make


@pytest.fixture
def generate(sessions, her, now, new_key):
    def call(month=None, *, when=None, key=None):
        return monthly_fees.generate_fees(sessions, her, month, now=when or now, key=key or new_key())

    return call


def test_everybody_with_a_place_in_the_month_owes_it_once(
    generate, entrenamiento, pilates, make_booking, enrolled, ana, make_cliente, now, rows
):
    bea = make_cliente(name="Bea")
    for days in (1, 8):
        make_booking(entrenamiento, now + timedelta(days=days), ana)
    make_booking(entrenamiento, now + timedelta(days=2), make_cliente(), state="pendiente", expires_at=now)
    make_booking(entrenamiento, now + timedelta(days=40), make_cliente())
    enrolled(pilates, now + timedelta(days=3), bea)
    assert generate().charged == (ana.id, bea.id)
    assert rows("SELECT cliente_id, concept, amount_minor, month FROM cargos ORDER BY cliente_id") == [
        (ana.id, "Entrenamiento, marzo de 2026", 40_000, MARCH),
        (bea.id, "Pilates, marzo de 2026", 30_000, MARCH),
    ]
    assert generate().charged == ()
    assert rows("SELECT count(*) FROM cargos") == [(2,)]
    assert rows(
        "SELECT snapshot -> 'owed' ->> 'ARS' FROM relationship_state WHERE cliente_id = :a", a=ana.id
    ) == [("40000",)]


def test_credit_pays_the_fee_at_once(
    generate, entrenamiento, make_booking, make_relacion, laura, receive, ana, now, rows
):
    make_relacion(laura, ana)
    receive(50_000)
    make_booking(entrenamiento, now + timedelta(days=1), ana)
    generate()
    assert rows("SELECT state, applied_minor FROM cargos") == [("saldado", 40_000)]


def test_a_forgiven_fee_does_not_come_back(
    generate, act, entrenamiento, make_booking, make_relacion, laura, ana, now, rows
):
    make_booking(entrenamiento, now + timedelta(days=1), ana)
    generate()
    act("waive", rows("SELECT id FROM cargos")[0][0])
    assert generate().charged == ()


def test_a_month_is_charged_when_it_begins(generate, now):
    with pytest.raises(InvalidError):
        generate(date(2026, 4, 1))
    assert generate(date(2026, 2, 14)).month == date(2026, 2, 1)


def test_a_repeated_request_gives_the_same_result(generate, entrenamiento, make_booking, ana, now):
    make_booking(entrenamiento, now + timedelta(days=1), ana)
    assert generate(key="wamid.A") == generate(key="wamid.A")


def test_clients_generate_nothing(sessions, she, now):
    with pytest.raises(NotAllowedError):
        monthly_fees.generate_fees(sessions, she, now=now, key="k")


def test_the_worker_finds_sessions_that_are_not_charged(
    sessions, entrenamiento, make_booking, ana, now, rows
):
    def work(when):
        while run_next(sessions, monthly_fees.HANDLERS, now=when):
            pass

    ensure_recurring(sessions, monthly_fees.RECURRING, now=now)
    work(now)
    make_booking(entrenamiento, now + timedelta(days=1), ana)
    make_booking(entrenamiento, now + timedelta(days=31), ana)
    for minutes in (31, 62, 93):
        work(now + timedelta(minutes=minutes))
    assert rows("SELECT cliente_id, month FROM cargos") == [(ana.id, MARCH)]
    work(now + timedelta(days=30))
    assert rows("SELECT month FROM cargos ORDER BY id") == [(MARCH,), (date(2026, 4, 1),)]
    assert rows("SELECT count(*) FROM tareas WHERE kind = 'session_fees'") == [(2,)]
