"""Changing services by chat."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from actions.change_service_form import (
    FORM,
    ActionModificarServicio,
    AskConfirmacion,
    AskPropuesta,
    ValidateModificarServicioForm,
)

VALIDATE = ValidateModificarServicioForm()
CHANGE = ActionModificarServicio()


@pytest.fixture
def stored(sessions):
    def read(name: str):
        with sessions() as session:
            return (
                session.execute(text("SELECT * FROM servicios WHERE name = :name"), {"name": name})
                .mappings()
                .one()
            )

    return read


def tell(chat, said: str, intent: str = "modificar_servicio", **named):
    heard = chat.run(VALIDATE, said, intent, named=named)
    chat.form = FORM
    return heard


def shown(chat) -> str:
    return chat.run(AskConfirmacion()).responses[0]["cambios"]


def confirm(chat):
    assert chat.run(VALIDATE, "si", "afirmar").slots["requested_slot"] is None
    return chat.run(CHANGE, "si", "afirmar")


def test_several_facts_at_once_old_and_new_side_by_side(profesional, stored) -> None:
    heard = tell(profesional, "la reflexología ahora dura 45 minutos y sale 18 mil", servicio="reflexología")
    assert heard.slots["requested_slot"] == "confirmacion"
    assert shown(profesional) == "*Reflexología*: duración 1 hora → 45 minutos, precio $ 12.500 → $ 18.000"
    assert confirm(profesional).names == ["utter_servicio_cambiado"]
    row = stored("Reflexología")
    assert (row["duration_minutes"], row["price_minor"]) == (45, 1_800_000)


def test_which_one_is_asked_where_several_may_be_meant(profesional, services, stored) -> None:
    tell(profesional, "subí el masaje a 20 lucas", servicio="masaje")
    asked = profesional.run(AskPropuesta())
    assert asked.titles == ["Masaje descontracturante", "Masaje relajante"]
    picked = services["Masaje relajante"].id
    heard = profesional.run(
        VALIDATE, "Masaje relajante", "modificar_servicio", tapped={"servicio_id": picked}
    )
    assert heard.slots["requested_slot"] == "confirmacion"
    confirm(profesional)
    assert stored("Masaje relajante")["price_minor"] == 2_000_000
    assert stored("Masaje descontracturante")["price_minor"] == 1_250_000


def test_all_prices_are_raised_by_a_percentage(profesional, stored) -> None:
    tell(profesional, "aumentá todo un 10 por ciento")
    assert shown(profesional).count("$ 12.500 → $ 13.800") == 3
    confirm(profesional)
    assert stored("Masaje relajante")["price_minor"] == 1_380_000


def test_a_service_is_paused_and_resumed(profesional, stored) -> None:
    tell(profesional, "pausá reflexología", servicio="reflexología")
    assert shown(profesional) == "*Reflexología*: estado activo → en pausa"
    assert confirm(profesional).names == ["utter_servicio_pausado"]
    assert not stored("Reflexología")["active"]
    profesional.form = None
    tell(profesional, "reactivá reflexología", servicio="reflexología")
    confirm(profesional)
    assert stored("Reflexología")["active"]


def test_a_service_is_renamed(profesional, stored, services) -> None:
    said = "cambiale el nombre a reflexología, que se llame masaje de pies"
    heard = profesional.run(
        VALIDATE,
        said,
        "modificar_servicio",
        entities=[
            {"entity": "servicio", "value": "reflexología"},
            {"entity": "servicio", "value": "masaje de pies"},
        ],
    )
    assert heard.slots["requested_slot"] == "confirmacion"
    profesional.form = FORM
    confirm(profesional)
    assert stored("Masaje de pies")["id"] == services["Reflexología"].id


def test_what_is_to_be_changed_is_asked_with_the_service_as_it_is(profesional) -> None:
    tell(profesional, "quiero editar reflexología", servicio="reflexología")
    asked = profesional.run(AskPropuesta())
    assert asked.names == ["utter_que_cambio"]
    assert "$ 12.500" in asked.responses[0]["servicio"]
    assert tell(profesional, "que salga 20 lucas", "informar").slots["requested_slot"] == "confirmacion"


def test_a_rule_without_a_service_is_the_rule_of_the_house(profesional, sessions, laura) -> None:
    tell(profesional, "cambiá la política de cancelación a 48 horas")
    assert shown(profesional) == "*Para todo*: cancelan sin costo hasta 24 → 48 horas antes"
    confirm(profesional)
    with sessions() as session:
        assert session.execute(text("SELECT cancellation_hours FROM profesionales")).scalar() == 48


def test_no_changes_nothing_and_what_is_so_already_is_said(profesional, stored) -> None:
    tell(profesional, "subí la reflexología a 20 lucas", servicio="reflexología")
    profesional.run(VALIDATE, "no", "negar")
    assert profesional.run(CHANGE, "no", "negar").names == ["utter_servicio_no_cambiado"]
    assert stored("Reflexología")["price_minor"] == 1_250_000
    profesional.form = None
    assert (
        tell(profesional, "la reflexología sale 12500", servicio="reflexología").slots["requested_slot"]
        is None
    )
    assert profesional.run(CHANGE).names == ["utter_servicio_ya_esta_asi"]


def test_other_days_for_a_class_are_answered_honestly(profesional, make_servicio, laura) -> None:
    make_servicio(laura, name="Yoga", kind="grupal", capacity=8)
    heard = tell(profesional, "yoga de los martes pasa a los miércoles a las 20", servicio="yoga")
    assert heard.slots["requested_slot"] is None
    assert profesional.run(CHANGE).names == ["utter_clase_otros_dias"]
