"""A client says that they paid: what the words, the debts or the proof tell is not asked."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from actions.attachments import ActionEnviarAdjunto
from actions.inform_form import FORM, ValidateInformarPagoForm
from actions.inform_payment import ActionInformarPago, AskCargos, AskImporte
from tests.integration.actions.payments.conftest import PDF, PHOTO

ASKS = {"cargos": AskCargos, "importe": AskImporte}
PAYMENTS = (
    "SELECT amount_minor, means, state, intended_cargo_ids, proof_path IS NOT NULL FROM payments ORDER BY id"
)


@pytest.fixture
def pay(talk, client, files):
    """`pay("ya te pagué")`: the client says so."""

    def say(said: str = "", intent: str = "informar_pago", **how):
        return talk(client, ValidateInformarPagoForm, ActionInformarPago, ASKS, said, intent, **how)

    return say


@pytest.fixture
def attach(client, send_file, pay):
    """`attach(b"…", "pagué")`: the client sends a file, the form takes it."""

    def send(data: bytes | None, caption: str = ""):
        message_id = send_file(client, data, caption)
        return pay(caption, "enviar_adjunto", message_id=message_id)

    return send


@pytest.fixture
def tuesday(now):
    """Last Tuesday at ten: six days before the Monday of the tests."""
    return now - timedelta(days=6) + timedelta(hours=1)


@pytest.fixture
def massage(session_debt, ana, relajante, tuesday) -> int:
    """What Ana owes for last Tuesday."""
    return session_debt(ana, relajante, 1_500_000, tuesday)


@pytest.fixture
def reflexology(session_debt, ana, services, now) -> int:
    return session_debt(ana, services["Reflexología"], 2_000_000, now - timedelta(days=2))


def test_amount_means_and_day_in_one_message_are_told_at_once(pay, massage, reflexology, rows, told) -> None:
    heard = pay("ya te transferí 15 lucas por lo del martes")
    assert heard.names == ["utter_pago_informado_sin_comprobante"]
    assert heard.responses[0]["concepto"] == " (Masaje relajante del martes 24 de febrero)"
    assert rows(PAYMENTS) == [(1_500_000, "transferencia", "informado", [massage], False)]
    assert told() == [
        "Ana Gómez avisó un pago de $ 15.000 por transferencia (Masaje relajante). Coincide con lo que debe. "
        "¿Lo confirmás?"
    ]


def test_the_only_debt_is_taken_and_named(pay, massage, rows) -> None:
    heard = pay("ya te pagué")
    assert heard.responses[0]["importe"] == "$ 15.000"
    assert "Masaje relajante" in heard.responses[0]["concepto"]
    assert rows(PAYMENTS) == [(1_500_000, "otro", "informado", [massage], False)]


def test_cash_is_not_asked_for_a_proof(pay, massage) -> None:
    assert pay("te pagué en efectivo").names == ["utter_pago_informado"]


def test_a_part_of_the_only_debt_is_told_as_one(pay, massage, rows) -> None:
    heard = pay("te transferí 5 lucas")
    assert heard.responses[0]["concepto"].startswith(" (a cuenta de Masaje relajante")
    assert rows(PAYMENTS)[0][0] == 500_000


def test_of_several_debts_the_exact_amount_picks(pay, massage, reflexology, rows) -> None:
    pay("te transferí 20 lucas")
    assert rows(PAYMENTS)[0][3] == [reflexology]


def test_several_debts_without_an_amount_are_listed_and_tapped(pay, massage, reflexology, rows) -> None:
    heard = pay("ya te pagué")
    assert heard.names == ["utter_pago_de_que"]
    assert heard.titles == ["Masaje relajante", "Reflexología", "Todo"]
    pay(tapped={"cargo_id": 0})
    assert rows(PAYMENTS)[0][:4] == (3_500_000, "otro", "informado", [massage, reflexology])


@pytest.mark.parametrize("said", ["las dos", "todo", "la de reflexología"])
def test_the_debt_is_named_in_words_too(pay, massage, reflexology, rows, said) -> None:
    pay("ya te pagué")
    pay(said, "elegir_opcion")
    expected = [reflexology] if "reflex" in said else [massage, reflexology]
    assert rows(PAYMENTS)[0][3] == expected


def test_a_service_that_is_named_picks_its_debt(pay, massage, reflexology, rows) -> None:
    pay("pagué la reflexología", named={"servicio": "reflexología"})
    assert rows(PAYMENTS)[0][3] == [reflexology]


def test_with_nothing_owed_only_the_amount_is_asked_and_becomes_credit(pay, rows) -> None:
    assert pay("ya te transferí la seña").names == ["utter_pago_cuanto"]
    pay("8000", "informar")
    assert rows(PAYMENTS) == [(800_000, "transferencia", "informado", [], False)]


def test_the_same_words_again_tell_nothing_twice(pay, massage, rows) -> None:
    pay("te transferí 15 lucas")
    heard = pay("te transferí 15 lucas, te llegó?")
    assert heard.names == ["utter_pago_ya_informado"]
    assert len(rows(PAYMENTS)) == 1


def test_a_proof_of_exactly_the_debt_needs_no_question(attach, massage, rows, told) -> None:
    heard = attach(PDF + b"Comprobante de transferencia\nImporte $ 15.000,00")
    assert heard.names == ["utter_pago_informado"]
    assert rows(PAYMENTS) == [(1_500_000, "transferencia", "informado", [massage], True)]
    assert "con comprobante. Coincide" in told()[0]
    [(media,)] = rows("SELECT payload -> 'media' FROM messages WHERE direction = 'out'")
    assert media["type"] == "document"


def test_a_photo_that_nobody_can_read_asks_for_the_amount_with_the_debt_as_a_button(
    attach, pay, massage, rows
) -> None:
    heard = attach(PHOTO + b"1")
    assert heard.names == ["utter_pago_cuanto_con_deuda"]
    assert heard.titles == ["$ 15.000"]
    pay(tapped={"importe": 1_500_000, "moneda": "ARS"})
    assert rows(PAYMENTS) == [(1_500_000, "transferencia", "informado", [massage], True)]


def test_a_caption_says_the_amount(attach, massage, rows) -> None:
    attach(PHOTO + b"2", "van los 15 mil del masaje")
    assert rows(PAYMENTS)[0][:2] == (1_500_000, "transferencia")


def test_a_proof_of_another_amount_than_the_debt_is_asked_about(attach, pay, massage, rows) -> None:
    heard = attach(PDF + b"Importe $ 9.000,00")
    assert heard.names == ["utter_pago_cuanto_distinto"]
    assert heard.titles == ["$ 9.000", "$ 15.000"]
    pay("9000", "informar")
    assert rows(PAYMENTS)[0][0] == 900_000


def test_a_proof_after_the_words_belongs_to_them(pay, attach, massage, rows, told) -> None:
    pay("te transferí 15 lucas")
    heard = attach(PHOTO + b"3")
    assert heard.names == ["utter_comprobante_agregado"]
    assert rows(PAYMENTS) == [(1_500_000, "transferencia", "informado", [massage], True)]
    assert told()[-1].startswith("Ana Gómez mandó el comprobante de su pago de $ 15.000.")


def test_a_proof_that_was_sent_before_is_refused_kindly(attach, massage, reflexology, rows) -> None:
    data = PDF + b"Importe $ 15.000,00"
    attach(data)
    assert attach(data).names == ["utter_error_duplicate_proof"]
    assert len(rows(PAYMENTS)) == 1


@pytest.mark.parametrize(
    ("data", "answer"),
    [(b"MZ a program", "utter_error_proof_type_unknown"), (None, "utter_error_attachment_gone")],
)
def test_a_bad_file_gets_an_answer(attach, massage, rows, data, answer) -> None:
    assert attach(data).names == [answer]
    assert rows(PAYMENTS) == []


def test_a_question_in_the_middle_is_not_for_the_form(client, pay, massage, reflexology) -> None:
    pay("ya te pagué")
    assert client.run(ValidateInformarPagoForm(), "cuánto debo?", "consultar_pagos").events == []


# What a file is for


@pytest.fixture
def show(client, send_file):
    """`show(b"…")`: a file arrives with nothing going on."""

    def send(data: bytes, caption: str = "", **message):
        message_id = send_file(client, data, caption)
        return client.run(ActionEnviarAdjunto(), caption, "enviar_adjunto", message_id=message_id, **message)

    return send


def test_a_file_is_a_proof_where_something_is_owed(show, massage) -> None:
    assert show(PHOTO + b"4").follow_up == FORM


def test_a_file_is_a_proof_where_its_caption_says_so(show) -> None:
    ranking = [{"name": "enviar_adjunto"}, {"name": "informar_pago"}]
    assert show(PHOTO + b"5", "ahí va el comprobante", intent_ranking=ranking).follow_up == FORM


def test_where_nothing_is_owed_it_is_asked_what_it_is(show, pay, rows) -> None:
    heard = show(PDF + b"Importe $ 7.000,00")
    assert heard.names == ["utter_que_es_adjunto_con_importe"]
    assert heard.titles == ["Es un pago", "Es otra cosa"]
    tapped = heard.responses[0]["buttons"][0]["payload"]
    message_id = int(tapped.rpartition(":")[2].rstrip("}"))
    pay(tapped={"adjunto": message_id})
    assert rows(PAYMENTS) == [(700_000, "transferencia", "informado", [], True)]


def test_a_caption_that_asks_for_something_else_is_offered(show) -> None:
    ranking = [{"name": "enviar_adjunto"}, {"name": "pedir_turno"}]
    heard = show(PHOTO + b"6", "quiero un turno para esto", intent_ranking=ranking)
    assert "Pedir un turno" in heard.titles


def test_a_professionals_file_with_a_payment_under_it_is_noted_down(profesional, send_file) -> None:
    message_id = send_file(profesional, PHOTO + b"8", "ana me pagó 15 lucas")
    how = {
        "message_id": message_id,
        "intent_ranking": [{"name": "enviar_adjunto"}, {"name": "informar_pago"}],
    }
    heard = profesional.run(ActionEnviarAdjunto(), "ana me pagó 15 lucas", "enviar_adjunto", **how)
    assert heard.follow_up == "registrar_pago_form"
    assert profesional.run(ActionEnviarAdjunto(), "", "enviar_adjunto", message_id=message_id).names == [
        "utter_enviar_adjunto_profesional"
    ]


def test_a_file_that_was_used_is_said_to_be(show, attach, massage) -> None:
    attach(PDF + b"Importe $ 15.000,00")
    assert show(PDF + b"Importe $ 15.000,00").names == ["utter_error_duplicate_proof"]


def test_a_proof_of_what_is_announced_and_proved_is_asked_about(show, attach, massage) -> None:
    attach(PDF + b"Importe $ 15.000,00")
    assert show(PHOTO + b"7").names == ["utter_que_es_adjunto"]


def test_a_repeated_turn_says_nothing_twice(client, sessions, massage, pay, now, rows) -> None:
    pay("te transferí 15 lucas", wamid="wamid.same")
    say = partial(client.run, said="te transferí 15 lucas", intent="informar_pago", wamid="wamid.same")
    say(ValidateInformarPagoForm())
    assert say(ActionInformarPago()).names == ["utter_pago_ya_informado"]
    assert len(rows(PAYMENTS)) == 1
