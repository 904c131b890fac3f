"""Informing, confirming, rejecting, recording, applying, giving back and voiding payments."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from vallebot.errors import InvalidError, NotAllowedError, NotFoundError
from vallebot.services import bookings, cancellations
from vallebot.services.bookings import BookRequest
from vallebot.services.payment_errors import (
    AlreadyInformed,
    AmountMissing,
    CargoSettled,
    NotSoMuchLeft,
    WrongPaymentState,
)
from vallebot.services.relationship import compute


def snapshot(sessions, rows, laura, ana, now) -> tuple[dict, dict]:
    """(stored, recomputed) relationship of the pair."""
    stored = rows("SELECT snapshot FROM relationship_state WHERE cliente_id = :id", id=ana.id)[0][0]
    with sessions() as session:
        return stored, compute(session, laura.id, ana.id, now=now, timezone=laura.timezone)


# Informing


def test_an_announced_payment_settles_nothing_and_is_told_with_two_buttons(
    inform, owe, ana, laura, charges, said, rows, sessions, now
):
    (cargo,) = owe(ana, 1_250_000)
    done = inform(1_250_000)
    assert (done.payment.state, done.matched, done.owed_minor) == ("informado", True, 1_250_000)
    assert done.payment.intended_cargo_ids == (cargo,)
    assert charges() == [("pendiente", 0)]
    assert said(laura) == [
        "Ana Gómez avisó un pago de $ 12.500 por transferencia (Masaje). Coincide con lo que debe. ¿Lo confirmás?"
    ]
    choices = rows("SELECT payload -> 'choices' FROM messages")[0][0]
    assert [(choice["title"], choice["payload"]) for choice in choices] == [
        ("Confirmar", f'/confirmar_pago{{"payment_id": {done.payment.id}}}'),
        ("Rechazar", f'/rechazar_pago{{"payment_id": {done.payment.id}}}'),
    ]
    stored, computed = snapshot(sessions, rows, laura, ana, now)
    assert stored == computed
    assert stored["informed"] == {"ARS": 1_250_000}


def test_without_an_amount_it_is_what_is_owed(inform, owe, ana):
    first, second = owe(ana, 1000, 500)
    assert inform().payment.amount_minor == 1500
    assert inform(None, second).payment.amount_minor == 500
    assert inform(None, first).payment.intended_cargo_ids == (first,)


def test_without_an_amount_and_without_a_debt_it_is_asked(inform):
    with pytest.raises(AmountMissing):
        inform()


@pytest.mark.parametrize(
    ("amount", "matched", "meant"),
    [(1500, True, (1, 2)), (500, True, (2,)), (1000, True, (1,)), (700, False, ()), (9000, False, ())],
)
def test_what_fits_exactly_is_matched_without_a_question(inform, owe, ana, amount, matched, meant):
    owe(ana, 1000, 500)
    done = inform(amount)
    assert (done.matched, done.payment.intended_cargo_ids) == (matched, meant)


@pytest.mark.parametrize(
    "over", [{"amount_minor": 0}, {"amount_minor": -5}, {"amount_minor": 10**13}, {"means": "trueque"}]
)
def test_no_sum_and_no_means_is_refused(sessions, she, now, rows, over):
    from vallebot.services.payments import News, inform

    with pytest.raises(InvalidError):
        inform(sessions, she, News(**{"amount_minor": 100, **over}), now=now, key="k")
    assert rows("SELECT count(*) FROM payments, messages") == [(0,)]


def test_another_clients_charge_is_not_found(inform, owe, ana, make_cliente):
    (other,) = owe(make_cliente(name="Bea"), 1000)
    with pytest.raises(NotFoundError):
        inform(1000, other)


def test_the_same_message_worked_on_twice_informs_once(inform, owe, ana, rows):
    owe(ana, 1000)
    assert inform(1000, key="wamid.A") == inform(1000, key="wamid.A")
    assert rows("SELECT count(*) FROM payments") == [(1,)]
    assert rows("SELECT count(*) FROM messages") == [(1,)]


# Deciding


def test_a_confirmed_payment_settles_and_the_client_is_told(inform, act, owe, ana, charges, said, laura):
    owe(ana, 1_000_000)
    payment = inform(1_000_000).payment
    done = act("confirm", payment.id)
    assert (done.payment.state, done.owed_minor, done.credit_minor) == ("confirmado", 0, 0)
    assert charges() == [("saldado", 1_000_000)]
    assert said(ana) == [
        "¡Listo! Laura Paz confirmó tu pago de $ 10.000. Se aplicó a: Masaje 01/2025. Estás al día."
    ]


def test_confirming_twice_counts_once(inform, act, owe, ana, charges):
    owe(ana, 1000, 1000)
    payment = inform(1000).payment
    assert act("confirm", payment.id, key="wamid.C") == act("confirm", payment.id, key="wamid.C")
    with pytest.raises(WrongPaymentState) as refused:
        act("confirm", payment.id)
    assert refused.value.facts == {"payment_id": payment.id, "state": "confirmado"}
    assert charges() == [("saldado", 1000), ("pendiente", 0)]


def test_what_came_in_may_be_another_amount(inform, act, owe, ana, charges):
    owe(ana, 1000)
    done = act("confirm", inform(1000).payment.id, amount_minor=600)
    assert (done.payment.amount_minor, done.owed_minor) == (600, 400)
    assert charges() == [("pendiente", 600)]


def test_a_rejected_payment_is_told_with_its_reason_and_ends_there(inform, act, owe, ana, said, charges):
    owe(ana, 1000)
    payment = inform(1000).payment
    done = act("reject", payment.id, reason="no llegó la transferencia.")
    assert (done.payment.state, done.owed_minor) == ("rechazado", 1000)
    assert said(ana) == [
        "Laura Paz no pudo confirmar tu pago de $ 10. Motivo: no llegó la transferencia. "
        "Si creés que es un error, mandame de nuevo el comprobante."
    ]
    for step in ("confirm", "reject", "void"):
        with pytest.raises(WrongPaymentState):
            act(step, payment.id)


# Amounts


def test_partial_payments_add_up_to_the_charge(receive, owe, ana, charges):
    owe(ana, 1000)
    assert receive(400).owed_minor == 600
    assert receive(600).owed_minor == 0
    assert charges() == [("saldado", 1000)]


def test_one_payment_settles_several_charges_oldest_first(receive, owe, ana, charges):
    owe(ana, 1000, 500, 800)
    assert receive(1700).owed_minor == 600
    assert charges() == [("saldado", 1000), ("saldado", 500), ("pendiente", 200)]


def test_named_charges_come_first(receive, owe, ana, charges):
    _, _, last = owe(ana, 1000, 500, 800)
    receive(900, last)
    assert charges() == [("pendiente", 100), ("pendiente", 0), ("saldado", 800)]


def test_what_is_too_much_is_credit_and_pays_the_next_charge(receive, act, owe, ana, charges, sessions, rows):
    owe(ana, 1000)
    assert receive(1500).credit_minor == 500
    owe(ana, 800)
    done = receive(100)
    assert (done.owed_minor, done.credit_minor) == (200, 0)
    assert charges() == [("saldado", 1000), ("pendiente", 600)]
    assert rows("SELECT count(*) FROM payment_applications") == [(3,)]


def test_dollars_do_not_settle_pesos(receive, owe, ana, charges):
    owe(ana, 1000)
    owe(ana, 20, currency="USD")
    receive(20, currency="USD", means="efectivo")
    assert charges() == [("pendiente", 0), ("saldado", 20)]


def test_cash_is_confirmed_at_once_with_a_receipt(receive, owe, ana, said):
    owe(ana, 1_000_000)
    done = receive(400_000)
    assert (done.payment.state, done.payment.means) == ("confirmado", "efectivo")
    assert said(ana) == [
        "Laura Paz registró tu pago de $ 4.000 en efectivo. Se aplicó a: Masaje 01/2025. "
        "Te quedan por pagar $ 6.000."
    ]


def test_money_that_was_announced_is_not_recorded_beside_it(inform, receive, owe, ana):
    owe(ana, 1000)
    announced = inform(1000).payment
    with pytest.raises(AlreadyInformed) as refused:
        receive(1000)
    assert refused.value.facts["payment_id"] == announced.id
    assert receive(1000, although_informed=True).payment.state == "confirmado"
    assert receive(500).payment.state == "confirmado"


def test_money_of_somebody_elses_client_is_refused(act, make_cliente):
    from vallebot.services.payments import Received

    with pytest.raises(NotFoundError):
        act("record_received", Received(make_cliente().id, 1000))


# Putting right


def test_a_voided_payment_opens_its_charges_again(receive, act, owe, ana, charges, said):
    owe(ana, 1000, 500)
    payment = receive(1500).payment
    done = act("void", payment.id, reason="rebotó")
    assert (done.payment.state, done.payment.reason, done.owed_minor) == ("anulado", "rebotó", 1500)
    assert charges() == [("pendiente", 0), ("pendiente", 0)]
    assert said(ana)[-1] == "Laura Paz anuló tu pago de $ 15. Motivo: rebotó. Te quedan por pagar $ 15."


def test_credit_takes_the_place_of_a_voided_payment(receive, act, owe, ana, charges, rows):
    owe(ana, 1000)
    first = receive(600).payment
    receive(900)
    assert act("void", first.id).owed_minor == 100
    assert charges() == [("pendiente", 900)]
    assert rows("SELECT payment_id, amount_minor FROM payment_applications") == [(2, 900)]


def test_a_client_withdraws_only_what_nobody_decided(inform, act, owe, ana, she, said, laura):
    owe(ana, 1000)
    payment = inform(1000).payment
    assert act("void", payment.id, actor=she, reason="me equivoqué").payment.state == "anulado"
    assert said(laura)[-1] == "Ana Gómez retiró el aviso de su pago de $ 10. Motivo: me equivoqué."
    again = inform(1000).payment
    act("confirm", again.id)
    with pytest.raises(NotAllowedError):
        act("void", again.id, actor=she)


def test_money_can_be_moved_to_what_it_was_for(receive, act, owe, ana, charges):
    _first, second = owe(ana, 1000, 1000)
    payment = receive(1000).payment
    act("apply_to", payment.id, (second,))
    assert charges() == [("pendiente", 0), ("saldado", 1000)]
    other = receive(100).payment
    with pytest.raises(CargoSettled):
        act("apply_to", other.id, (second,))
    assert charges() == [("pendiente", 100), ("saldado", 1000)]


def test_only_credit_is_given_back(receive, act, owe, ana, said):
    owe(ana, 1000)
    payment = receive(1500).payment
    with pytest.raises(NotSoMuchLeft) as refused:
        act("refund", payment.id, amount_minor=501)
    assert refused.value.facts["left_minor"] == 500
    act("refund", payment.id, amount_minor=200, note="por transferencia")
    done = act("refund", payment.id)
    assert (done.payment.refunded_minor, done.credit_minor) == (500, 0)
    assert said(ana)[-2:] == [
        "Laura Paz anotó que te devolvió $ 2. por transferencia.",
        "Laura Paz anotó que te devolvió $ 3.",
    ]
    for step in (lambda: act("refund", payment.id), lambda: act("void", payment.id)):
        with pytest.raises((NotSoMuchLeft, WrongPaymentState)):
            step()


def test_a_forgiven_charge_is_owed_no_more_and_its_money_settles_others(
    receive, act, owe, ana, charges, said
):
    first, _ = owe(ana, 1000, 500)
    receive(400)
    done = act("waive", first)
    assert (done.open_minor, done.credit_minor) == (600, 400)
    assert charges() == [("anulado", 0), ("pendiente", 400)]
    assert said(ana)[-1] == (
        "Laura Paz dio de baja lo que quedaba por pagar de Masaje 01/2025 ($ 6): ya no lo debés."
    )
    with pytest.raises(CargoSettled):
        act("waive", first)


# With bookings


def test_a_paid_session_that_is_cancelled_in_time_leaves_credit(
    sessions, she, her, masaje, now, new_key, receive, charges
):
    request = BookRequest(masaje.id, now + timedelta(days=2))
    booking = bookings.book(sessions, she, request, now=now, key=new_key())
    receive(masaje.price_minor)
    done = cancellations.cancel(sessions, she, booking.id, now=now, key=new_key())
    assert done.credit_minor == masaje.price_minor
    assert charges() == [("anulado", 0)]
    assert receive(100).credit_minor == masaje.price_minor + 100


def test_a_late_cancellation_with_cost_stays_owed_and_is_paid_like_anything(
    sessions, she, masaje, now, new_key, receive, charges, save
):
    with sessions.begin() as session:
        session.merge(masaje).late_cancellation = "cobrar"
    request = BookRequest(masaje.id, now + timedelta(hours=5))
    booking = bookings.book(sessions, she, request, now=now, key=new_key())
    done = cancellations.cancel(sessions, she, booking.id, accept_cost=True, now=now, key=new_key())
    assert (done.outcome, done.cost_minor) == ("con_costo", masaje.price_minor)
    assert charges() == [("pendiente", 0)]
    assert receive(masaje.price_minor).owed_minor == 0


# The database has the last word


def test_sums_never_exceed_either_side_whoever_writes(sessions, receive, owe, ana):
    first, second = owe(ana, 1000, 1000)
    payment = receive(1500).payment
    apply = (
        "INSERT INTO payment_applications (payment_id, cargo_id, profesional_id, cliente_id, currency, amount_minor) "
        "SELECT p.id, :cargo, p.profesional_id, p.cliente_id, p.currency, :amount FROM payments p WHERE p.id = :payment"
    )
    for statement, values in [
        (apply, {"cargo": second, "amount": 600, "payment": payment.id}),
        (
            "UPDATE payment_applications SET amount_minor = amount_minor + 1 WHERE cargo_id = :cargo",
            {"cargo": first},
        ),
        ("UPDATE payment_applications SET amount_minor = 501 WHERE cargo_id = :cargo", {"cargo": second}),
        ("UPDATE payments SET amount_minor = 1499", {}),
        ("UPDATE payments SET refunded_minor = 1", {}),
        ("UPDATE payments SET state = 'anulado'", {}),
        ("UPDATE cargos SET amount_minor = 999 WHERE id = :cargo", {"cargo": first}),
        ("UPDATE cargos SET applied_minor = 0", {}),
    ]:
        with pytest.raises((IntegrityError, DBAPIError)), sessions.begin() as session:
            session.execute(text(statement), values)


def test_every_step_is_audited(inform, receive, act, owe, ana, rows):
    first, _ = owe(ana, 1000, 500)
    payment = inform(1000).payment
    act("confirm", payment.id)
    act("void", payment.id)
    act("waive", first)
    steps = rows(
        "SELECT entity, action, state_before, state_after FROM audit WHERE entity <> 'messages' ORDER BY id"
    )
    assert steps == [
        ("payments", "inform", None, "informado"),
        ("payments", "confirm", "informado", "confirmado"),
        ("payment_applications", "apply", None, None),
        ("cargos", "settle", "pendiente", "saldado"),
        ("payment_applications", "unapply", None, None),
        ("cargos", "reopen", "saldado", "pendiente"),
        ("payments", "void", "confirmado", "anulado"),
        ("cargos", "void", "pendiente", "anulado"),
    ]
