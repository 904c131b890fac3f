"""Questions about the business: its rules, how to pay, where it is."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from actions.business import ActionConsultarPolitica, ActionConsultarUbicacion


@pytest.fixture
def settings(sessions, laura):
    """`settings(payment_alias="...")`: put values into the professional's row."""

    def put(**values) -> None:
        columns = ", ".join(f"{name} = :{name}" for name in values)
        with sessions.begin() as session:
            session.execute(
                text(f"UPDATE profesionales SET {columns} WHERE id = :id"), {**values, "id": laura.id}
            )

    return put


def policy(chat) -> list[str]:
    return chat.run(ActionConsultarPolitica(), "?", "consultar_politica").responses[0]["politica"].split("\n")


def test_a_client_hears_the_rules_and_how_to_pay(client, settings, make_servicio, laura) -> None:
    settings(payment_alias="laura.mp", payment_cbu="2850590940090418135201")
    make_servicio(laura, name="Yoga", kind="grupal", capacity=8, cancellation_hours=6)
    assert policy(client) == [
        "Podés cancelar o cambiar tu turno sin costo hasta 24 horas antes.",
        "*Yoga*: hasta 6 horas antes.",
        "Después de eso, le consulto a Laura Paz.",
        "Para transferir, el alias es *laura.mp*.",
        "CBU: 2850590940090418135201.",
    ]


def test_a_professional_hears_their_own_rules_and_what_is_missing(profesional) -> None:
    said = policy(profesional)
    assert said[0] == "Tus clientes cancelan sin costo hasta 24 horas antes."
    assert said[1] == "Los turnos se confirman solos; se reserva hasta 60 días para adelante."
    assert "Todavía no cargaste alias" in said[-1]


@pytest.mark.parametrize(
    ("mode", "response"),
    [("online", "utter_ubicacion_online"), ("domicilio", "utter_ubicacion_a_domicilio")],
)
def test_where_it_is_where_nobody_has_to_go(client, settings, mode, response) -> None:
    settings(place_mode=mode)
    assert client.run(ActionConsultarUbicacion(), "dónde es?", "consultar_ubicacion").names == [response]
