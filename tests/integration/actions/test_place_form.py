"""Where a professional works, told by chat."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from actions.place_form import (
    FORM,
    ActionRegistrarUbicacion,
    AskConfirmacion,
    AskPropuesta,
    ValidateRegistrarUbicacionForm,
)

VALIDATE = ValidateRegistrarUbicacionForm()
KEEP = ActionRegistrarUbicacion()
PIN = {"latitude": -34.6, "longitude": -58.4}


@pytest.fixture
def place(sessions, laura):
    def read():
        query = "SELECT place_mode, address, home_visit_zone, latitude FROM profesionales WHERE id = :id"
        with sessions() as session:
            return tuple(session.execute(text(query), {"id": laura.id}).one())

    return read


def tell(chat, said: str, intent: str = "registrar_ubicacion", **how):
    heard = chat.run(VALIDATE, said, intent, **how)
    chat.form = FORM
    return heard


def test_an_address_is_kept_at_once(profesional, place) -> None:
    heard = tell(
        profesional,
        "atiendo en Av. Corrientes 1234, Almagro",
        named={"direccion": "Av. Corrientes 1234, Almagro"},
    )
    assert heard.slots["requested_slot"] is None
    assert profesional.run(KEEP).names == [
        "utter_ubicacion_guardada_consultorio",
        "utter_ubicacion_en_el_mapa",
    ]
    assert place() == ("consultorio", "Av. Corrientes 1234, Almagro", None, None)


def test_home_visits_and_their_zone(profesional, place) -> None:
    tell(
        profesional,
        "voy a domicilio en zona norte",
        named={"direccion": "zona norte", "modalidad": "domicilio"},
    )
    assert profesional.run(KEEP).names == ["utter_ubicacion_guardada_domicilio"]
    assert place()[::2] == ("domicilio", "zona norte")


def test_online(profesional, place) -> None:
    tell(profesional, "atiendo online", named={"modalidad": "online"})
    assert profesional.run(KEEP).names == ["utter_ubicacion_guardada_online"]
    assert place()[0] == "online"


def test_what_is_missing_is_asked(profesional, place) -> None:
    assert tell(profesional, "quiero cargar dónde atiendo").slots["falta"] == "lugar"
    asked = profesional.run(AskPropuesta())
    assert asked.titles == ["A domicilio", "Online"]
    profesional.run(VALIDATE, "A domicilio", "informar", tapped={"valor": "domicilio"})
    assert profesional.slots["falta"] == "zona"
    assert profesional.run(AskPropuesta()).names == ["utter_ubicacion_falta_zona"]
    assert tell(profesional, "Palermo y Belgrano", "informar").slots["requested_slot"] is None
    profesional.run(KEEP)
    assert place()[::2] == ("domicilio", "Palermo y Belgrano")


def test_a_pin_of_the_known_address_puts_it_on_the_map(profesional, place) -> None:
    heard = tell(profesional, "", "enviar_ubicacion", tapped={"contenido": PIN})
    assert heard.slots["requested_slot"] is None
    assert profesional.run(KEEP, "", "enviar_ubicacion").names == ["utter_ubicacion_guardada_consultorio"]
    assert place() == ("consultorio", "Av. Rivadavia 1234", None, -34.6)


def test_a_pin_of_another_place_is_asked_about(profesional, place) -> None:
    pin = {**PIN, "address": "Gorriti 4521, Palermo"}
    assert (
        tell(profesional, "", "enviar_ubicacion", tapped={"contenido": pin}).slots["requested_slot"]
        == "confirmacion"
    )
    assert profesional.run(AskConfirmacion()).responses[0]["direccion"] == "Gorriti 4521, Palermo"
    profesional.run(VALIDATE, "no", "negar")
    assert profesional.run(KEEP, "no", "negar").names == ["utter_ubicacion_no_guardada"]
    assert place()[1] == "Av. Rivadavia 1234"


def test_a_pin_that_was_asked_for_needs_no_yes(profesional, place) -> None:
    tell(profesional, "quiero cargar dónde atiendo")
    pin = {**PIN, "name": "Espacio Zen", "address": "Gorriti 4521"}
    assert (
        tell(profesional, "", "enviar_ubicacion", tapped={"contenido": pin}).slots["requested_slot"] is None
    )
    profesional.run(KEEP)
    assert place()[1] == "Espacio Zen, Gorriti 4521"
