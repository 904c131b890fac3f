"""The professional notes down money: whom it is from, how much, by what means; asked only for what is missing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from actions.record_form import (
    ActionRegistrarPago,
    AskImporte,
    AskMedio,
    AskPagador,
    ValidateRegistrarPagoForm,
)

ASKS = {"pagador_id": AskPagador, "importe": AskImporte, "medio": AskMedio}
PAYMENTS = (
    "SELECT c.name, amount_minor, means, state FROM payments p JOIN clientes c ON c.id = cliente_id "
    "ORDER BY p.id"
)


@pytest.fixture
def note(talk, profesional):
    def say(said: str = "", intent: str = "informar_pago", **how):
        return talk(profesional, ValidateRegistrarPagoForm, ActionRegistrarPago, ASKS, said, intent, **how)

    return say


@pytest.fixture
def debt(session_debt, ana, relajante, now):
    return session_debt(ana, relajante, 1_500_000, now - timedelta(days=3))


def test_all_in_one_message_is_noted_at_once(note, debt, rows, told) -> None:
    heard = note("me pagó ana 15 lucas en efectivo", named={"persona": "ana"})
    assert heard.names == ["utter_pago_anotado"]
    assert heard.responses[0]["cliente"] == "Ana Gómez"
    assert (heard.responses[0]["medio"], heard.responses[0]["saldo"]) == (" en efectivo", "Está al día.")
    assert rows(PAYMENTS) == [("Ana Gómez", 1_500_000, "efectivo", "confirmado")]
    assert told() == [
        "Laura Paz registró tu pago de $ 15.000 en efectivo. Se aplicó a: Masaje relajante. Estás al día."
    ]


@pytest.mark.parametrize(
    ("said", "saldo"),
    [
        ("ana me dio 10 lucas en efectivo", "Le quedan por pagar $ 5.000."),
        ("ana me pagó 20 lucas por mercado pago", "Tiene $ 5.000 a favor."),
    ],
)
def test_too_little_and_too_much_are_told(note, debt, said, saldo) -> None:
    assert note(said).responses[0]["saldo"] == saldo


def test_only_what_is_missing_is_asked(note, debt, rows) -> None:
    heard = note("anotá un pago de ana", named={"persona": "ana"})
    assert (heard.names, heard.titles) == (["utter_cuanto_pago"], ["$ 15.000"])
    heard = note("15000")
    assert heard.names == ["utter_como_pago"]
    assert heard.titles == ["Efectivo", "Transferencia", "Mercado Pago"]
    note("con débito")
    assert rows(PAYMENTS) == [("Ana Gómez", 1_500_000, "tarjeta", "confirmado")]


def test_two_clients_of_one_name_are_asked_about(
    note, debt, make_cliente, make_relacion, laura, rows
) -> None:
    other = make_cliente(name="Ana Paz")
    make_relacion(laura, other)
    heard = note("ana me pagó 15 lucas en efectivo", named={"persona": "ana"})
    assert heard.names == ["utter_quien_pago"]
    assert sorted(heard.titles) == ["Ana Gómez", "Ana Paz"]
    note(tapped={"cliente_id": other.id, "importe": 1_500_000, "moneda": "ARS", "medio": "efectivo"})
    assert rows(PAYMENTS) == [("Ana Paz", 1_500_000, "efectivo", "confirmado")]


def test_a_name_that_no_client_has_is_said(note, debt) -> None:
    heard = note("me pagó ramona 3 lucas en efectivo", named={"persona": "ramona"})
    assert heard.names == ["utter_quien_pago_desconocido"]
    assert heard.titles == ["Ana Gómez"]


def test_without_clients_nothing_is_asked(note) -> None:
    assert note("me pagó ana 15 lucas").names == ["utter_pago_sin_clientes"]


def test_money_that_was_announced_is_not_counted_twice(note, debt, client, talk, rows) -> None:
    from actions.inform_form import ValidateInformarPagoForm
    from actions.inform_payment import ActionInformarPago

    talk(client, ValidateInformarPagoForm, ActionInformarPago, {}, "te transferí 15 lucas", "informar_pago")
    heard = note("ana me pagó 15 lucas por transferencia", named={"persona": "ana"})
    assert heard.names == ["utter_pago_estaba_avisado"]
    assert heard.titles == ["Confirmar ese", "Es otro pago"]
    values = {
        "cliente_id": 0,
        "importe": 1_500_000,
        "moneda": "ARS",
        "medio": "transferencia",
        "aparte": True,
    }
    [(ana,)] = rows("SELECT cliente_id FROM payments")
    note(tapped={**values, "cliente_id": ana})
    assert [row[3] for row in rows(PAYMENTS)] == ["informado", "confirmado"]
