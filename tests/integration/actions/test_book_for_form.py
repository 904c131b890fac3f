"""A professional books for a client: matched among theirs, noted down where new, told, also outside their hours."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import text

from actions.book_for_form import (
    FORM,
    ActionTurnoCliente,
    AskConfirmacionCliente,
    AskParaQuien,
    AskTelefono,
    ValidateTurnoClienteForm,
)

VALIDATE = ValidateTurnoClienteForm()


@pytest.fixture
def ana_known(make_relacion, laura, ana):
    return make_relacion(laura, ana)


def open_form(chat, said: str, **named: str):
    heard = chat.run(VALIDATE, said, "pedir_turno", named=named)
    chat.form = FORM
    return heard


def told(sessions) -> list[str]:
    with sessions() as session:
        query = "SELECT text FROM messages WHERE direction = 'out' ORDER BY id"
        return list(session.execute(text(query)).scalars())


def test_everything_said_at_once_is_confirmed_once_and_the_client_is_told(
    profesional, ana_known, services, sessions, states
) -> None:
    heard = open_form(
        profesional, "anotá a Ana reflexología el jueves a las 16", persona="Ana", servicio="reflexología"
    )
    assert heard.slots["para_quien"]["nombre"] == "Ana Gómez"
    assert heard.slots["requested_slot"] == "confirmacion"
    asked = profesional.run(AskConfirmacionCliente())
    assert asked.names == ["utter_confirmar_turno_cliente"]
    assert asked.responses[0]["cliente"] == "Ana Gómez"
    assert profesional.run(VALIDATE, "dale", "afirmar").slots["requested_slot"] is None
    done = profesional.run(ActionTurnoCliente(), "dale", "afirmar")
    assert done.names == ["utter_turno_cliente_anotado"]
    assert states() == ["confirmado"]
    assert any("te anotó un turno" in said for said in told(sessions))


def test_a_name_that_two_clients_have_is_asked_with_buttons(
    profesional, ana_known, make_cliente, make_relacion, laura
) -> None:
    other = make_cliente(name="Ana Ruiz")
    make_relacion(laura, other)
    heard = open_form(profesional, "un turno para Ana el jueves a las 16", persona="Ana")
    assert heard.slots["requested_slot"] == "para_quien"
    assert sorted(profesional.run(AskParaQuien()).titles) == ["Ana Gómez", "Ana Ruiz"]
    tapped = profesional.run(VALIDATE, "Ana Ruiz", "informar", tapped={"cliente_id": other.id})
    assert tapped.slots["para_quien"]["id"] == other.id
    assert tapped.slots["cuando"], "the time is not asked again"


@pytest.mark.parametrize(
    ("answer", "phone", "response"),
    [
        ("11 6111 0001", "+5491161110001", "utter_turno_cliente_anotado"),
        ("no lo tengo", None, "utter_turno_cliente_sin_aviso"),
    ],
)
def test_somebody_new_is_noted_down_with_the_phone_asked_once(
    profesional, services, sessions, answer: str, phone: str | None, response: str
) -> None:
    said = "anotá a Rita Vega reflexología el jueves a las 16"
    heard = open_form(profesional, said, persona="Rita Vega", servicio="reflexología")
    assert heard.slots["requested_slot"] == "telefono"
    assert profesional.run(AskTelefono()).names == ["utter_pedir_telefono_cliente"]
    assert profesional.run(VALIDATE, answer).slots["requested_slot"] == "confirmacion"
    profesional.run(VALIDATE, "si", "afirmar")
    assert profesional.run(ActionTurnoCliente(), "si", "afirmar").names == [response]
    with sessions() as session:
        query = "SELECT c.phone_e164 FROM bookings b JOIN clientes c ON c.id = b.cliente_id"
        assert session.execute(text(query)).scalars().all() == [phone]


def test_outside_the_hours_is_asked_about_and_done(profesional, ana_known, states) -> None:
    said = "anotá a Ana reflexología el domingo a las 20"
    open_form(profesional, said, persona="Ana", servicio="reflexología")
    assert profesional.run(AskConfirmacionCliente()).names == ["utter_confirmar_turno_cliente_fuera"]
    profesional.run(VALIDATE, "si", "afirmar")
    profesional.run(ActionTurnoCliente(), "si", "afirmar")
    assert states() == ["confirmado"]


def test_a_time_that_is_taken_is_not_overridden(
    profesional, ana_known, services, make_booking, ana, now
) -> None:
    make_booking(services["Masaje relajante"], now.replace(day=5, hour=16), ana)
    said = "anotá a Ana reflexología el jueves a las 16"
    heard = open_form(profesional, said, persona="Ana", servicio="reflexología")
    assert (heard.slots["requested_slot"], heard.slots["motivo"]) == ("starts_at", "slot_taken")


def test_who_and_when_are_corrected(profesional, ana_known, make_cliente, make_relacion, laura, now) -> None:
    make_relacion(laura, make_cliente(name="Rita Vega"))
    open_form(
        profesional, "anotá a Ana reflexología el jueves a las 16", persona="Ana", servicio="reflexología"
    )
    heard = profesional.run(VALIDATE, "no, a Rita", named={"persona": "Rita"})
    assert heard.slots["para_quien"]["nombre"] == "Rita Vega"
    heard = profesional.run(VALIDATE, "mejor el viernes a las 11")
    assert datetime.fromisoformat(heard.slots["starts_at"]) == now.replace(day=6, hour=11, minute=0)
    assert heard.slots["requested_slot"] == "confirmacion"
