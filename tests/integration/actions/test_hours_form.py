"""Weekly hours by chat."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from actions.hours_form import (
    FORM,
    ActionDefinirHorarios,
    AskConfirmacion,
    AskPropuesta,
    ValidateDefinirHorariosForm,
)

VALIDATE = ValidateDefinirHorariosForm()
SAVE = ActionDefinirHorarios()
WEEKDAYS = [(day, 540, 1080) for day in range(5)]


@pytest.fixture
def kept(sessions):
    """The hours in the database: (weekday, from, to) of the general ones, or of a service."""

    def read(servicio_id: int | None = None) -> list[tuple]:
        query = """SELECT weekday, start_minute, end_minute FROM horarios
            WHERE servicio_id IS NOT DISTINCT FROM :servicio ORDER BY weekday, start_minute"""
        with sessions() as session:
            return [tuple(row) for row in session.execute(text(query), {"servicio": servicio_id})]

    return read


def tell(chat, said: str, intent: str = "definir_horarios", **named):
    heard = chat.run(VALIDATE, said, intent, named=named)
    chat.form = FORM
    return heard


def confirm(chat):
    assert chat.run(VALIDATE, "si", "afirmar").slots["requested_slot"] is None
    return chat.run(SAVE, "si", "afirmar")


def test_a_week_is_said_back_and_saved_after_a_yes(profesional, kept) -> None:
    said = "atiendo sólo lunes a viernes de 9 a 13 y de 15 a 19"
    assert tell(profesional, said).slots["requested_slot"] == "confirmacion"
    asked = profesional.run(AskConfirmacion())
    assert asked.responses[0]["horarios"] == "lunes a viernes de 09:00 a 13:00 y de 15:00 a 19:00"
    assert asked.titles == ["Sí, guardar", "No, dejalo"]
    assert kept() == WEEKDAYS, "nothing is replaced before the yes"
    assert confirm(profesional).names == ["utter_horarios_guardados"]
    assert kept() == [(day, *part) for day in range(5) for part in ((540, 780), (900, 1140))]


def test_days_that_were_not_named_stay_unless_the_professional_says_so(profesional, kept) -> None:
    tell(profesional, "los martes de 14 a 20")
    asked = profesional.run(AskConfirmacion())
    assert asked.responses[0]["horarios"] == (
        "lunes y miércoles a viernes de 09:00 a 18:00; martes de 14:00 a 20:00"
    )
    assert asked.titles == ["Sí, guardar", "Sólo lo que dije", "No, dejalo"]
    profesional.run(VALIDATE, "Sólo lo que dije", "informar", tapped={"valor": "solo"})
    assert profesional.run(AskConfirmacion()).responses[0]["horarios"] == "martes de 14:00 a 20:00"
    confirm(profesional)
    assert kept() == [(1, 840, 1200)]


def test_a_day_is_closed_for_good(profesional, kept) -> None:
    tell(profesional, "dejo de trabajar los viernes")
    confirm(profesional)
    assert kept() == WEEKDAYS[:4]


def test_a_service_may_have_hours_of_its_own(profesional, services, kept) -> None:
    tell(profesional, "reflexología sólo los sábados de 9 a 13", servicio="reflexología")
    asked = profesional.run(AskConfirmacion())
    assert asked.names[0] == "utter_confirmar_horarios_de"
    assert asked.responses[0]["servicio"] == "Reflexología"
    confirm(profesional)
    assert kept(services["Reflexología"].id) == [(5, 540, 780)]
    assert kept() == WEEKDAYS


def test_who_would_be_outside_is_named(profesional, services, make_booking, ana, now) -> None:
    make_booking(services["Reflexología"], now.replace(day=5, hour=16), ana)
    make_booking(services["Reflexología"], now.replace(day=5, hour=10), ana)
    tell(profesional, "sólo de lunes a viernes de 9 a 13")
    asked = profesional.run(AskConfirmacion())
    assert asked.names[1] == "utter_horarios_afuera"
    assert asked.responses[1]["turnos"] == "Ana Gómez (jueves 5 a las 16:00)"


def test_what_is_missing_is_asked_with_the_hours_of_today(profesional, kept) -> None:
    tell(profesional, "quiero cambiar mis horarios")
    asked = profesional.run(AskPropuesta())
    assert asked.names == ["utter_horarios_cuales"]
    assert asked.responses[0]["horarios"] == "lunes a viernes de 09:00 a 18:00"
    tell(profesional, "los viernes hasta las 15", "informar")
    profesional.run(VALIDATE, "no", "negar")
    assert profesional.run(SAVE, "no", "negar").names == ["utter_horarios_no_guardados"]
    assert kept() == WEEKDAYS
