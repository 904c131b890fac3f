"""The professional's word on what was announced, and what both sides are told about money."""

from __future__ import annotations

from datetime import timedelta

import pytest

from actions.accounts import ActionConsultarPagos
from actions.inform_form import ValidateInformarPagoForm
from actions.inform_payment import ActionInformarPago
from actions.payment_decisions import (
    ActionConfirmarPago,
    ActionRechazarPago,
    AskConfirmacion,
    AskMotivo,
    AskPago,
    ValidateRechazarPagoForm,
)
from vallebot.db.tables import Profesional

ASKS = {"pago_id": AskPago, "motivo_rechazo": AskMotivo, "confirmacion": AskConfirmacion}
STATES = "SELECT state, reason FROM payments ORDER BY id"


@pytest.fixture
def debt(session_debt, ana, relajante, now):
    return session_debt(ana, relajante, 1_500_000, now - timedelta(days=3))


@pytest.fixture
def announce(talk, files):
    """`announce(chat, "te transferí 15 lucas")`: a client says they paid."""

    def say(chat, said: str) -> None:
        talk(chat, ValidateInformarPagoForm, ActionInformarPago, {}, said, "informar_pago")

    return say


@pytest.fixture
def bea(make_cliente):
    return make_cliente(name="Beatriz Sosa")


@pytest.fixture
def announced(announce, client, debt):
    announce(client, "te transferí 15 lucas")


@pytest.fixture
def both(announced, announce, chat_of, bea, laura, session_debt, relajante, now):
    """Ana and Beatriz wait for a word."""
    session_debt(bea, relajante, 900_000, now - timedelta(days=2))
    announce(chat_of(bea, laura), "te transferí 9 lucas")


@pytest.fixture
def ask(profesional):
    def say(said: str = "", **how):
        return profesional.run(ActionConsultarPagos(), said, "consultar_pagos", **how)

    return say


@pytest.fixture
def reject(talk, profesional):
    def say(said: str = "", intent: str = "rechazar_pago", **how):
        return talk(profesional, ValidateRechazarPagoForm, ActionRechazarPago, ASKS, said, intent, **how)

    return say


def confirm(profesional, said: str = "", **how):
    return profesional.run(ActionConfirmarPago(), said, "confirmar_pago", **how)


def test_the_only_announced_payment_is_taken_and_named(profesional, announced, rows, told) -> None:
    heard = confirm(profesional, "sí, me llegó")
    assert heard.names == ["utter_pago_confirmado"]
    assert (heard.responses[0]["cliente"], heard.responses[0]["saldo"]) == ("Ana Gómez", "Está al día.")
    assert rows(STATES) == [("confirmado", None)]
    assert "confirmó tu pago de $ 15.000" in told()[-1]


def test_of_several_a_list_is_shown_or_the_name_picks(profesional, both, rows) -> None:
    heard = confirm(profesional, "me llegó la plata")
    assert heard.names == ["utter_cual_confirmar_pago"]
    assert heard.titles == ["$ 9.000 Beatriz Sosa", "$ 15.000 Ana Gómez"]
    confirm(profesional, "me llegó lo de bea", named={"persona": "bea"})
    assert rows(STATES) == [("informado", None), ("confirmado", None)]


def test_a_name_without_payments_is_said(profesional, announced) -> None:
    heard = confirm(profesional, "me llegó lo de Ramona", named={"persona": "Ramona"})
    assert heard.names == ["utter_sin_pagos_de"]


def test_where_nothing_waits_it_is_said(profesional) -> None:
    assert confirm(profesional, "me llegó").names == ["utter_sin_pagos_por_confirmar"]


def test_another_amount_than_announced_is_asked_about(profesional, announced, rows) -> None:
    heard = confirm(profesional, "me llegaron 12 lucas de ana", named={"persona": "ana"})
    assert heard.names == ["utter_confirmar_otro_importe"]
    assert heard.titles == ["$ 12.000", "$ 15.000"]
    confirm(profesional, tapped={"payment_id": 1, "importe": 1_200_000})
    assert rows("SELECT amount_minor, state FROM payments") == [(1_200_000, "confirmado")]


def test_rejecting_asks_for_the_reason_once(reject, announced, rows, told) -> None:
    heard = reject(tapped={"payment_id": 1})
    assert heard.names == ["utter_por_que_rechazar"]
    assert heard.titles == ["No me llegó", "El importe no es", "Sin motivo"]
    assert reject("el importe no coincide con la sesión").names == ["utter_pago_rechazado"]
    assert rows(STATES) == [("rechazado", "el importe no coincide con la sesión")]
    assert "Motivo: el importe no coincide con la sesión." in told()[-1]


@pytest.mark.parametrize(
    "how", [{"tapped": {"payment_id": 1, "motivo_rechazo": ""}}, {"said": "no", "intent": "negar"}]
)
def test_the_reason_may_be_left_out(reject, announced, rows, how) -> None:
    reject("no me llegó lo de ana", named={"persona": "ana"})
    reject(**how)
    assert rows(STATES) == [("rechazado", None)]


def test_another_operation_is_no_reason(profesional, reject, announced, rows) -> None:
    reject(tapped={"payment_id": 1})
    heard = profesional.run(ValidateRechazarPagoForm(), "qué tengo mañana?", "ver_turnos")
    assert heard.events == []
    assert rows(STATES) == [("informado", None)]


def test_of_several_the_one_to_reject_is_asked_for(reject, both, rows) -> None:
    assert reject("no llegó nada").names == ["utter_cual_rechazar_pago"]
    reject(tapped={"payment_id": 2})
    reject(tapped={"payment_id": 2, "motivo_rechazo": "no me llegó la plata"})
    assert rows(STATES) == [("informado", None), ("rechazado", "no me llegó la plata")]


@pytest.mark.parametrize(("intent", "state"), [("afirmar", "anulado"), ("negar", "confirmado")])
def test_a_confirmed_payment_is_undone_after_a_yes(
    profesional, reject, announced, rows, told, intent, state
) -> None:
    confirm(profesional, "me llegó")
    heard = reject("anulá el pago de ana, fue un error", named={"persona": "ana"})
    assert (heard.names, heard.titles) == (["utter_anular_pago"], ["Sí, anularlo", "No, dejalo"])
    reject(intent=intent, tapped={"pago_id": 1})
    assert rows(STATES) == [(state, None)]
    assert ("anuló tu pago de $ 15.000" in told()[-1]) == (state == "anulado")


# A client's own account


def own(client) -> str:
    heard = client.run(ActionConsultarPagos(), "cuánto debo?", "consultar_pagos")
    return heard.responses[0]["cuenta"]


def test_nothing_owed_speaks(client) -> None:
    assert own(client) == "Estás al día con Laura Paz: no debés nada."


def test_debts_what_is_to_come_and_how_to_pay(
    client, debt, session_debt, ana, services, sessions, now
) -> None:
    session_debt(ana, services["Reflexología"], 2_000_000, now + timedelta(days=2))
    with sessions.begin() as session:
        session.query(Profesional).update({"payment_alias": "laura.mp"})
    assert own(client) == (
        "Debés *$ 15.000*:\n• Masaje relajante del viernes 27 de febrero: $ 15.000\n"
        "De lo que viene: $ 20.000 (Reflexología del miércoles 4).\nPara transferir: alias *laura.mp*."
    )


def test_what_was_announced_is_shown_apart(client, announced) -> None:
    assert "Ya avisaste $ 15.000: falta que Laura Paz lo confirme." in own(client)


def test_what_became_of_the_last_payment(client, profesional, announced, reject) -> None:
    reject(tapped={"payment_id": 1, "motivo_rechazo": "no me llegó la plata"})
    assert "quedó rechazado el lunes 2. Motivo: no me llegó la plata." in own(client)


def test_credit_is_shown(client, profesional, announce, files) -> None:
    announce(client, "te transferí 3 lucas")
    confirm(profesional, "me llegó")
    assert "Tenés $ 3.000 a favor." in own(client)


# The professional's questions


def test_who_owes_is_told_and_nobody_is_told_too(ask, debt) -> None:
    text = ask("quién me debe?").responses[0]["cuenta"]
    assert text == (
        "Te deben *$ 15.000*:\n• *Ana Gómez*: $ 15.000 (Masaje relajante del viernes 27 de febrero)"
    )


def test_nobody_owes(ask) -> None:
    assert ask("quién me debe?").responses[0]["cuenta"] == "Nadie te debe nada."


def test_many_debtors_are_shown_in_pages(ask, make_cliente, session_debt, relajante, now) -> None:
    for number in range(8):
        person = make_cliente(name=f"Persona {number}")
        session_debt(person, relajante, 100_000, now - timedelta(days=20 - number))
    first = ask("lista de deudores")
    assert len(first.responses[0]["cuenta"]) < 500
    assert first.responses[0]["cuenta"].endswith("• y 2 más")
    assert first.titles == ["Ver más"]
    rest = ask(tapped={"desde": 6})
    assert rest.responses[0]["cuenta"].count("•") == 2


@pytest.mark.parametrize("named", [{"persona": "ana"}, {}])
def test_one_clients_account(ask, announced, named) -> None:
    heard = ask("cuánto me debe ana?", named=named)
    assert heard.responses[0]["cuenta"].startswith("*Ana Gómez* debe $ 15.000:")
    assert "Avisó $ 15.000, por confirmar." in heard.responses[0]["cuenta"]
    assert heard.titles == ["Confirmar", "Rechazar"]


def test_a_client_that_nobody_knows(ask, debt) -> None:
    assert ask("cuánto debe Ramona?", named={"persona": "Ramona"}).names == [
        "utter_cuenta_cliente_desconocido"
    ]


def test_what_waits_for_confirmation(ask, both) -> None:
    heard = ask("hay pagos sin confirmar?")
    assert (heard.names, len(heard.titles)) == (["utter_pagos_por_confirmar"], 2)
    shown = ask(tapped={"payment_id": 1})
    assert "Ana Gómez avisó un pago de $ 15.000" in shown.responses[0]["cuenta"]
    assert shown.titles == ["Confirmar", "Rechazar"]


def test_what_came_in(ask, profesional, both) -> None:
    assert ask("cuánto cobré este mes?").responses[0]["cuenta"] == "No figura ningún cobro en marzo."
    confirm(profesional, tapped={"payment_id": 1})
    confirm(profesional, tapped={"payment_id": 2})
    assert ask("cuánto cobré este mes?").responses[0]["cuenta"] == (
        "Cobraste *$ 24.000* en marzo:\n• Por transferencia: $ 24.000 (2 pagos)"
    )
    by_person = ask("quiénes pagaron hoy?").responses[0]["cuenta"]
    assert by_person.startswith("Cobraste *$ 24.000* hoy:\n• Ana Gómez: $ 15.000 (1 pago)")
    by_service = ask("cuánto entró por servicio?").responses[0]["cuenta"]
    assert "• Masaje relajante: $ 24.000 (2 pagos)" in by_service


def test_a_month_is_no_client(ask, session_debt, make_cliente, relajante, now) -> None:
    session_debt(make_cliente(name="Abril Sosa"), relajante, 100_000, now - timedelta(days=1))
    assert ask("cuánto cobré en abril?").responses[0]["cuenta"] == "No figura ningún cobro en abril."
    assert ask("cuánto me debe abril sosa?").responses[0]["cuenta"].startswith("*Abril Sosa* debe")
