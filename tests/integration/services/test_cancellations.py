from __future__ import annotations

from datetime import timedelta

import pytest

from vallebot.services import bookings, cancellations
from vallebot.services.agenda_errors import LateChange, SlotInPast, SlotTaken, WrongState
from vallebot.services.bookings import BookRequest
from vallebot.services.rescheduling import RescheduleRequest, reschedule
from vallebot.services.waiting import TimeWanted, wait_for_time


@pytest.fixture
def wednesday(now):
    """Wednesday 4 March, 10:00: two days ahead."""
    return now + timedelta(days=2, hours=1)


@pytest.fixture
def ana_writes(write_to, laura, ana):
    return write_to(laura, ana)


@pytest.fixture
def booking(sessions, ana_writes, masaje, wednesday, now, new_key):
    request = BookRequest(masaje.id, wednesday)
    return bookings.book(sessions, ana_writes, request, now=now, key=new_key())


@pytest.fixture
def late(wednesday):
    """One hour before the session: past the deadline of 24 hours."""
    return wednesday - timedelta(hours=1)


@pytest.fixture
def charging(sessions, masaje):
    """The service charges late cancellations."""
    with sessions.begin() as session:
        session.merge(masaje).late_cancellation = "cobrar"


@pytest.fixture
def paid(sessions, booking, rows, save):
    """The session was paid for and the payment confirmed."""
    from vallebot.db.tables import Payment, PaymentApplication

    owner = {"profesional_id": booking.profesional_id, "cliente_id": booking.cliente_id, "currency": "ARS"}
    amount = {"amount_minor": booking.price_minor}
    informed = {"means": "efectivo", "state": "confirmado", "informed_at": booking.starts_at}
    payment = save(Payment(**owner, **amount, **informed))
    save(
        PaymentApplication(
            **owner, **amount, payment_id=payment.id, cargo_id=rows("SELECT id FROM cargos")[0][0]
        )
    )
    return payment


def test_what_was_paid_for_a_cancelled_session_pays_the_next_one(
    sessions, ana_writes, as_profesional, laura, masaje, booking, paid, said, ana, rows, now, new_key
):
    """And only what is left of it is called a credit."""
    later = BookRequest(masaje.id, booking.starts_at + timedelta(days=1))
    bookings.book(sessions, ana_writes, later, now=now, key=new_key())
    result = cancellations.cancel(sessions, as_profesional(laura), booking.id, now=now, key=new_key())
    assert result.credit_minor == 0
    assert "a favor" not in said(ana)[-1]
    assert rows("SELECT state, applied_minor FROM cargos ORDER BY id") == [
        ("anulado", 0),
        ("saldado", booking.price_minor),
    ]
    assert rows("SELECT snapshot->'owed', snapshot->'credit' FROM relationship_state") == [({}, {})]


def test_in_time_it_is_free_and_the_debt_is_void(
    sessions, ana_writes, booking, laura, said, rows, now, new_key
):
    terms = cancellations.cancellation_terms(sessions, ana_writes, booking.id, now=now)
    assert (terms.outcome, terms.cost_minor, terms.deadline) == (
        "libre",
        0,
        booking.starts_at - timedelta(hours=24),
    )
    result = cancellations.cancel(sessions, ana_writes, booking.id, reason="viajo", now=now, key=new_key())
    assert (result.booking.state, result.cost_minor) == ("cancelado", 0)
    assert (
        said(laura)[-1] == "Ana Gómez canceló su turno de Masaje del miércoles 4 a las 10:00. Motivo: viajo."
    )
    assert rows("SELECT state FROM cargos") == [("anulado",)]
    assert rows("SELECT snapshot->'next', snapshot->'owed' FROM relationship_state") == [([], {})]
    with pytest.raises(WrongState):
        cancellations.cancel(sessions, ana_writes, booking.id, now=now, key=new_key())


def test_paid_money_becomes_a_credit(
    sessions, as_profesional, booking, paid, laura, ana, said, rows, now, new_key
):
    result = cancellations.cancel(sessions, as_profesional(laura), booking.id, now=now, key=new_key())
    assert result.credit_minor == 1_250_000
    assert said(ana)[-1] == (
        "Laura Paz canceló tu turno de Masaje del miércoles 4 a las 10:00. "
        "De lo que pagaste te quedan $ 12.500 a favor. "
        "Si querés, te busco otro horario."
    )
    assert rows("SELECT snapshot->'credit' FROM relationship_state") == [({"ARS": 1_250_000},)]
    assert rows("SELECT count(*) FROM payment_applications") == [(0,)]


def test_late_cancellation_tells_the_cost_and_leaves_the_debt_once_accepted(
    sessions, ana_writes, charging, booking, late, laura, said, rows, new_key
):
    with pytest.raises(LateChange) as caught:
        cancellations.cancel(sessions, ana_writes, booking.id, now=late, key=new_key())
    assert caught.value.facts == {"booking_id": booking.id, "cost_minor": 1_250_000, "currency": "ARS"}
    result = cancellations.cancel(sessions, ana_writes, booking.id, accept_cost=True, now=late, key=new_key())
    assert (result.outcome, result.cost_minor) == ("con_costo", 1_250_000)
    assert said(laura)[-1].endswith("Fue fuera de término: queda debiendo $ 12.500.")
    assert rows("SELECT b.state, c.state FROM bookings b JOIN cargos c ON c.booking_id = b.id") == [
        ("cancelado", "pendiente")
    ]


@pytest.mark.parametrize(
    ("decision", "state", "charge", "told"),
    [
        (
            "aceptar",
            "cancelado",
            "anulado",
            "Laura Paz aceptó cancelar tu turno de Masaje del miércoles 4 a las 10:00. "
            "No te queda nada por pagar de ese turno.",
        ),
        (
            "cobrar",
            "cancelado",
            "pendiente",
            "Laura Paz aceptó cancelar tu turno de Masaje del miércoles 4 a las 10:00. Quedan por pagar $ 12.500.",
        ),
        (
            "rechazar",
            "confirmado",
            "pendiente",
            "Laura Paz no aceptó el cambio: tu turno de Masaje del miércoles 4 a las 10:00 sigue en pie.",
        ),
    ],
)
def test_late_cancellation_may_be_the_professionals_decision(
    sessions,
    ana_writes,
    as_profesional,
    booking,
    late,
    laura,
    ana,
    said,
    rows,
    new_key,
    decision,
    state,
    charge,
    told,
):
    asked = cancellations.cancel(sessions, ana_writes, booking.id, now=late, key=new_key())
    assert (asked.outcome, asked.booking.state) == ("a_consultar", "confirmado")
    cancellations.cancel(sessions, ana_writes, booking.id, now=late, key=new_key())
    assert [text for text in said(laura) if "pide cancelar" in text] == [
        "Ana Gómez pide cancelar fuera de término su turno de Masaje del miércoles 4 a las 10:00. ¿Qué hacemos?"
    ]
    actor = as_profesional(laura)
    cancellations.decide_change(sessions, actor, booking.id, decision, now=late, key=new_key())
    assert rows("SELECT b.state, c.state FROM bookings b JOIN cargos c ON c.booking_id = b.id") == [
        (state, charge)
    ]
    assert said(ana)[-1] == told
    with pytest.raises(WrongState):
        cancellations.decide_change(sessions, actor, booking.id, decision, now=late, key=new_key())


def test_client_cannot_cancel_what_has_begun(sessions, ana_writes, booking, wednesday, new_key):
    with pytest.raises(SlotInPast):
        cancellations.cancel(sessions, ana_writes, booking.id, now=wednesday, key=new_key())


def move(sessions, actor, booking, to, now, key, **over):
    return reschedule(sessions, actor, RescheduleRequest(booking.id, to, **over), now=now, key=key)


def test_moving_keeps_the_booking_and_moves_what_hangs_on_it(
    sessions, ana_writes, booking, wednesday, laura, said, rows, now, new_key
):
    to = wednesday + timedelta(hours=4)
    moved = move(sessions, ana_writes, booking, to, now, new_key())
    assert (moved.booking.id, moved.booking.starts_at, moved.outcome) == (booking.id, to, "libre")
    assert (
        said(laura)[-1]
        == "Ana Gómez pasó su turno de Masaje del miércoles 4 a las 10:00 al miércoles 4 a las 14:00."
    )
    assert rows("SELECT due_at FROM cargos") == [(to,)]
    at = to - timedelta(hours=2)
    assert rows("SELECT count(*) FROM tareas WHERE kind = 'reminder' AND due_at = :at", at=at) == [(1,)]


def test_old_time_is_kept_where_the_new_one_is_taken(
    sessions, ana_writes, write_to, laura, make_cliente, masaje, booking, wednesday, rows, now, new_key
):
    taken = wednesday + timedelta(hours=2)
    bookings.book(
        sessions, write_to(laura, make_cliente()), BookRequest(masaje.id, taken), now=now, key=new_key()
    )
    with pytest.raises(SlotTaken):
        move(sessions, ana_writes, booking, taken, now, new_key())
    assert rows("SELECT starts_at, state FROM bookings WHERE id = :id", id=booking.id) == [
        (wednesday, "confirmado")
    ]


def test_moving_by_half_an_hour_does_not_collide_with_itself(
    sessions, ana_writes, booking, wednesday, now, new_key
):
    to = wednesday + timedelta(minutes=30)
    assert move(sessions, ana_writes, booking, to, now, new_key()).booking.starts_at == to


def test_late_move_that_costs_leaves_the_old_session_owed_and_books_anew(
    sessions, ana_writes, charging, booking, late, wednesday, rows, new_key
):
    to = wednesday + timedelta(days=1)
    with pytest.raises(LateChange):
        move(sessions, ana_writes, booking, to, late, new_key())
    moved = move(sessions, ana_writes, booking, to, late, new_key(), accept_cost=True)
    assert moved.outcome == "con_costo"
    assert moved.booking.id != booking.id
    assert rows(
        "SELECT b.state, c.state FROM bookings b JOIN cargos c ON c.booking_id = b.id ORDER BY b.id"
    ) == [
        ("cancelado", "pendiente"),
        ("confirmado", "pendiente"),
    ]


def test_late_move_is_asked_and_happens_when_the_professional_accepts(
    sessions, ana_writes, as_profesional, booking, late, wednesday, laura, ana, said, new_key
):
    to = wednesday + timedelta(days=1)
    asked = move(sessions, ana_writes, booking, to, late, new_key())
    assert (asked.outcome, asked.booking.starts_at) == ("a_consultar", wednesday)
    assert said(laura)[-1] == (
        "Ana Gómez pide pasar su turno de Masaje del miércoles 4 a las 10:00 al jueves 5 a las 10:00. ¿Qué hacemos?"
    )
    actor = as_profesional(laura)
    decided = cancellations.decide_change(sessions, actor, booking.id, "aceptar", now=late, key=new_key())
    assert decided.booking.starts_at == to
    assert said(ana)[-1].startswith(
        "Laura Paz pasó tu turno de Masaje del miércoles 4 a las 10:00 al jueves 5"
    )


def test_where_each_booking_is_accepted_moving_one_is_asked_too(
    sessions, ana_writes, booking, laura, wednesday, now, new_key
):
    with sessions.begin() as session:
        session.merge(laura).auto_confirm = False
    asked = move(sessions, ana_writes, booking, wednesday + timedelta(days=1), now, new_key())
    assert (asked.outcome, asked.booking.starts_at) == ("a_consultar", wednesday)


@pytest.mark.parametrize("how", ["cancelled", "moved"])
def test_time_that_is_given_up_is_offered_to_whoever_waits(
    sessions,
    ana_writes,
    write_to,
    laura,
    make_cliente,
    masaje,
    booking,
    wednesday,
    said,
    rows,
    now,
    new_key,
    how,
):
    bea = make_cliente(name="Bea")
    wanted = TimeWanted(masaje.id, wednesday, wednesday + timedelta(minutes=30))
    wait_for_time(sessions, write_to(laura, bea), wanted, now=now, key=new_key())
    if how == "cancelled":
        cancellations.cancel(sessions, ana_writes, booking.id, now=now, key=new_key())
    else:
        move(sessions, ana_writes, booking, wednesday + timedelta(hours=4), now, new_key())
    assert rows("SELECT state, starts_at FROM bookings WHERE cliente_id = :id", id=bea.id) == [
        ("ofrecido", wednesday)
    ]
    assert len(said(bea)) == 1
