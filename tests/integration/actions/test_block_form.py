"""Closing and opening stretches of the agenda by chat."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from actions.block_form import (
    FORM,
    ActionBloquearAgenda,
    AskConfirmacion,
    AskPropuesta,
    ValidateBloquearAgendaForm,
)
from vallebot.services import waiting

VALIDATE = ValidateBloquearAgendaForm()
BLOCK = ActionBloquearAgenda()


@pytest.fixture
def closed(sessions, now):
    """Live closures: (from, to), local."""

    def read() -> list[tuple]:
        query = """SELECT lower(period), upper(period) FROM bloqueos
            WHERE kind = 'cierre' AND cancelled_at IS NULL ORDER BY 1"""
        with sessions() as session:
            return [tuple(at.astimezone(now.tzinfo) for at in row) for row in session.execute(text(query))]

    return read


@pytest.fixture
def told(sessions):
    """Texts that went to clients."""

    def read(person) -> list[str]:
        query = """SELECT m.text FROM messages m JOIN conversaciones c ON c.id = m.conversacion_id
            WHERE m.direction = 'out' AND c.cliente_id = :id ORDER BY m.id"""
        with sessions() as session:
            return list(session.execute(text(query), {"id": person.id}).scalars())

    return read


@pytest.fixture
def booked(services, make_booking, ana, make_cliente, now):
    """Tomorrow afternoon: two sessions of Ana, one of Beto; in the morning another one."""
    beto = make_cliente(name="Beto Ruiz")
    tomorrow = now.replace(day=3)
    masaje = services["Reflexología"]
    make_booking(masaje, tomorrow.replace(hour=10), ana)
    make_booking(masaje, tomorrow.replace(hour=14), ana)
    make_booking(masaje, tomorrow.replace(hour=15), beto)
    make_booking(masaje, tomorrow.replace(hour=17), ana)
    return beto


def tell(chat, said: str, intent: str = "bloquear_agenda"):
    heard = chat.run(VALIDATE, said, intent)
    chat.form = FORM
    return heard


def tap(chat, title: str):
    """Tap an answer under the question, as the form and its action hear it."""
    asked = chat.run(AskConfirmacion())
    payload = next(b["payload"] for b in asked.responses[0]["buttons"] if b["title"] == title)
    intent, _, values = payload[1:].partition("{")
    tapped = json.loads("{" + values)
    chat.run(VALIDATE, title, intent, tapped=tapped)
    return chat.run(BLOCK, title, intent, tapped=tapped)


def test_an_empty_stretch_is_closed_after_a_yes(profesional, closed, now) -> None:
    assert tell(profesional, "mañana no atiendo").slots["requested_slot"] == "confirmacion"
    asked = profesional.run(AskConfirmacion())
    assert asked.names == ["utter_confirmar_bloqueo"]
    assert asked.responses[0]["cuando"] == "mañana"
    assert tap(profesional, "Sí, cerrar").names == ["utter_agenda_cerrada"]
    midnight = now.replace(day=3, hour=0)
    assert closed() == [(midnight, midnight.replace(day=4))]


def test_who_is_inside_is_shown_cancelled_and_told_once(
    profesional, booked, closed, told, ana, states, now
) -> None:
    tell(profesional, "mañana desde las 13 hasta las 20 no atiendo")
    asked = profesional.run(AskConfirmacion())
    assert asked.responses[0]["cantidad"] == "3 turnos"
    assert asked.responses[0]["turnos"] == (
        "Ana Gómez (martes 3 a las 14:00), Beto Ruiz (martes 3 a las 15:00) y Ana Gómez (martes 3 a las 17:00)"
    )
    assert asked.titles == ["Cancelar y avisar", "Sólo cerrar", "No, dejalo"]
    done = tap(profesional, "Cancelar y avisar")
    assert done.names == ["utter_agenda_cerrada", "utter_cancelados_y_avisados"]
    assert done.responses[1]["clientes"] == "Ana Gómez y Beto Ruiz"
    assert states() == ["confirmado", "cancelado", "cancelado", "cancelado"]
    [to_ana] = told(ana)
    assert "14:00" in to_ana
    assert "17:00" in to_ana
    assert len(told(booked)) == 1
    assert len(closed()) == 1


def test_who_is_inside_may_stay(profesional, booked, closed, states, told, ana) -> None:
    tell(profesional, "bloqueá mañana a la tarde")
    done = tap(profesional, "Sólo cerrar")
    assert done.names == ["utter_agenda_cerrada", "utter_siguen_en_pie"]
    assert set(states()) == {"confirmado"}
    assert told(ana) == []
    assert len(closed()) == 1


def test_a_bare_yes_does_not_say_what_becomes_of_them(profesional, booked, states) -> None:
    tell(profesional, "mañana a la tarde no atiendo")
    assert profesional.run(VALIDATE, "si", "afirmar").slots["requested_slot"] == "confirmacion"
    heard = profesional.run(VALIDATE, "cancelalos y avisales", "cancelar_turno")
    assert heard.slots["requested_slot"] is None
    profesional.run(BLOCK, "cancelalos y avisales", "cancelar_turno")
    assert states().count("cancelado") == 3


def test_cancel_it_all_is_taken_at_its_word_after_a_yes(profesional, booked, states) -> None:
    tell(profesional, "mañana a la tarde no atiendo, cancelá todo")
    assert profesional.run(VALIDATE, "si", "afirmar").slots["requested_slot"] is None
    profesional.run(BLOCK, "si", "afirmar")
    assert states().count("cancelado") == 3


def test_no_leaves_everything(profesional, booked, closed, states) -> None:
    tell(profesional, "mañana a la tarde no atiendo")
    profesional.run(VALIDATE, "no", "negar")
    assert profesional.run(BLOCK, "no", "negar").names == ["utter_agenda_como_estaba"]
    assert closed() == []
    assert set(states()) == {"confirmado"}


def test_somebody_booked_meanwhile_is_not_cancelled_unseen(
    profesional, booked, services, make_booking, make_cliente, states, now
) -> None:
    tell(profesional, "mañana a la tarde no atiendo")
    late = make_cliente(name="Caro Díaz")
    make_booking(services["Reflexología"], now.replace(day=3, hour=16, minute=0), late)
    done = tap(profesional, "Cancelar y avisar")
    assert done.names[-1] == "utter_siguen_en_pie"
    assert states()[-1] == "confirmado"


def test_vacations_and_several_days(profesional, closed, now) -> None:
    tell(profesional, "me tomo vacaciones del 10 al 20 de marzo")
    asked = profesional.run(AskConfirmacion())
    assert asked.responses[0]["cuando"] == "del martes 10 al viernes 20"
    tap(profesional, "Sí, cerrar")
    assert closed() == [(now.replace(day=10, hour=0), now.replace(day=21, hour=0))]


def test_when_is_asked(profesional) -> None:
    assert tell(profesional, "quiero bloquear la agenda").slots["falta"] == "cuando"
    assert profesional.run(AskPropuesta()).names == ["utter_bloquear_cuando"]
    assert tell(profesional, "el jueves de 10 a 12", "informar").slots["requested_slot"] == "confirmacion"
    assert profesional.run(AskConfirmacion()).responses[0]["cuando"] == "el jueves 5 de 10:00 a 12:00"


def test_what_was_closed_is_opened_and_offered_to_who_waits(
    profesional, client, sessions, closed, services, told, ana, now
) -> None:
    tell(profesional, "el jueves no atiendo")
    tap(profesional, "Sí, cerrar")
    thursday = now.replace(day=5, hour=0)
    window = waiting.TimeWanted(services["Reflexología"].id, thursday, thursday.replace(day=6))
    waiting.wait_for_time(sessions, client.actor, window, now=now, key="wait")
    profesional.form = None
    heard = tell(profesional, "al final el jueves sí atiendo, abrila")
    assert heard.slots["requested_slot"] is None
    assert profesional.run(BLOCK).names == ["utter_agenda_reabierta"]
    assert closed() == []
    assert "Reflexología" in told(ana)[-1]


def test_opening_a_day_that_was_not_closed_asks_for_the_hours(profesional, sessions, now) -> None:
    heard = tell(profesional, "el sábado sí atiendo")
    assert heard.slots["falta"] == "horas"
    assert profesional.run(AskPropuesta()).names == ["utter_reabrir_que_horas"]
    assert tell(profesional, "el sábado de 9 a 13", "informar").slots["requested_slot"] is None
    profesional.run(BLOCK)
    with sessions() as session:
        [row] = session.execute(text("SELECT kind, lower(period) AS start FROM bloqueos"))
    assert (row.kind, row.start.astimezone(now.tzinfo)) == ("apertura", now.replace(day=7, hour=9))
