"""Where it is: a pin where the coordinates are known, a link to the map where they are not."""

from __future__ import annotations

import pytest

from actions.business import ActionConsultarUbicacion


@pytest.fixture
def ask(chat_of, ana, make_profesional):
    """`ask(address=…)`: Ana asks a professional with these columns where they are."""
    return lambda **columns: chat_of(ana, make_profesional(**columns)).run(
        ActionConsultarUbicacion(), "dónde queda?", "consultar_ubicacion"
    )


def test_a_known_place_is_a_sentence_and_a_pin(ask) -> None:
    heard = ask(address="Gorriti 4521", latitude=-34.58, longitude=-58.42)
    sentence, pin = heard.responses
    assert (sentence["response"], sentence["direccion"]) == ("utter_ubicacion", "Gorriti 4521")
    assert pin["custom"]["location"] == {
        "latitude": -34.58,
        "longitude": -58.42,
        "name": "Laura Paz",
        "address": "Gorriti 4521",
    }


def test_without_coordinates_the_map_is_a_link_in_the_sentence(ask) -> None:
    [sentence] = ask(address="Gorriti 4521, Palermo").responses
    assert sentence["response"] == "utter_ubicacion_con_mapa"
    assert sentence["mapa"].endswith("query=Gorriti+4521%2C+Palermo")


def test_home_visits_name_the_zone(ask) -> None:
    [sentence] = ask(place_mode="domicilio", home_visit_zone="Palermo", address=None).responses
    assert (sentence["response"], sentence["zona"]) == ("utter_ubicacion_a_domicilio", ", zona Palermo")


def test_an_unknown_place_is_said(ask) -> None:
    assert ask(address=None).names == ["utter_ubicacion_desconocida"]
