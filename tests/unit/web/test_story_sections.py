"""How the simulator words the story of a message."""

from __future__ import annotations

from vallebot.services.message_story import Interpretation, MessageStory, StateChange, StoredMessage
from web.simulator.story import sections_of

HEARD = StoredMessage(5, "text", "procesado", 1, None, None, None)
ASKED = Interpretation(
    "pedir_turno", {"servicio": ["masaje", "drenaje"], "n": {"a": 1}}, "nlu", "cliente", 0.934, "m-1"
)


def test_a_story_tells_understanding_changes_and_answers() -> None:
    booked = StateChange("bookings", 7, "book", None, "pendiente")
    answer = StoredMessage(6, "text", "entregado", 1, None, None, None)
    assert sections_of(MessageStory(HEARD, (ASKED,), (booked,), (answer,))) == {
        "En el sistema": {"Fila": "messages #5", "Estado": "procesado", "Intentos": "1"},
        "Entendido": {
            "Intención": "pedir_turno",
            "Fuente": "nlu",
            "Rol": "cliente",
            "Confianza": "93%",
            "Modelo": "m-1",
            "servicio": "masaje, drenaje",
            "n": '{"a": 1}',
        },
        "Cambios": {"bookings #7": "book: nuevo → pendiente"},
        "Respuestas": {"messages #6": "text, entregado"},
    }


def test_several_readings_are_numbered() -> None:
    assert [*sections_of(MessageStory(HEARD, (ASKED, ASKED)))] == [
        "En el sistema",
        "Entendido 1",
        "Entendido 2",
    ]


def test_a_refused_answer_shows_its_error_and_a_billed_one_its_cost() -> None:
    refused = StoredMessage(6, "text", "fallido", 1, 131026, "Message undeliverable", {"billable": True})
    section = sections_of(MessageStory(refused))["En el sistema"]
    assert section["Error"] == "131026 Message undeliverable"
    assert section["Costo"] == '{"billable": true}'


def test_an_unknown_message_has_no_sections() -> None:
    assert sections_of(None) == {}
