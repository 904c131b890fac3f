"""Asking back what the language model only thinks of."""

from __future__ import annotations

import json

from actions.ask_back import ActionAclarar
from actions.turn import REQUEST_SLOT


def ranking(*names: str) -> list[dict]:
    return [{"name": name, "confidence": 0.5} for name in names]


def test_a_few_operations_are_offered_and_a_tap_keeps_the_words(client):
    found = client.run(
        ActionAclarar(),
        "lo del viernes al final cómo queda",
        "aclarar",
        intent_ranking=ranking("aclarar", "ver_turnos", "cancelar_turno"),
        wamid="wamid.1",
    )
    assert found.names == ["utter_aclarar"]
    assert found.titles == ["Ver mis turnos", "Cancelar un turno"]
    payload = found.responses[-1]["buttons"][0]["payload"]
    assert payload.startswith("/ver_turnos")
    assert json.loads(payload.removeprefix("/ver_turnos")) == {"pedido": "wamid.1"}
    assert found.slots[REQUEST_SLOT]["message"]["text"] == "lo del viernes al final cómo queda"


def test_a_single_one_is_a_yes_or_no(client):
    found = client.run(
        ActionAclarar(), "avisale", "aclarar", intent_ranking=ranking("aclarar", "hablar_con_persona")
    )
    assert found.names == ["utter_aclarar_una"]
    assert found.responses[-1]["operacion"] == "hablar en persona"
    assert found.titles == ["Sí", "No, otra cosa"]


def test_only_operations_of_the_writers_own_part_are_offered(client, profesional):
    names = ranking("aclarar", "confirmar_pago", "ver_turnos", "lista_espera")
    assert client.run(ActionAclarar(), "x", "aclarar", intent_ranking=names).titles == [
        "Ver mis turnos",
        "Anotarme en espera",
    ]
    assert profesional.run(ActionAclarar(), "x", "aclarar", intent_ranking=names).titles == [
        "Confirmar un pago",
        "Ver la agenda",
    ]
