"""When a turn is stuck, and what a reading becomes."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from rasa.core.channels.channel import UserMessage
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.slots import AnySlot
from rasa.shared.core.trackers import DialogueStateTracker

from connectors.whatsapp.second_reading import asked_of, is_stuck, put_in_doubt, put_reading
from connectors.whatsapp.understanding import user_message_of
from connectors.whatsapp.voice_notes import with_what_was_heard
from vallebot.db.tables.messaging import Rol
from vallebot.services.actor import Actor
from vallebot.services.fallback.answers import Reading, Value
from vallebot.services.inbox import InboxItem
from vallebot.services.outbox import Bubble

UNSURE = "action_no_entendi"
NOTHING = "action_sin_contexto"


def heard(*events: Event) -> DialogueStateTracker:
    slot = AnySlot("requested_slot", mappings=[{"type": "custom"}])
    return DialogueStateTracker.from_events("c", list(events), slots=[slot])


GAVE_UP = [BotUttered("¿Quisiste decir…?"), SlotSet("no_entendidos", [1, "w"])]
OFFERED = [BotUttered("¿Le aviso?"), SlotSet("no_entendidos", None)]
SAID = [BotUttered("¿Me contás un poco más?")]
DONE = [BotUttered("Listo"), SlotSet("servicio_id", 3), SlotSet("requested_slot", "starts_at")]
WAY_OUT = [SlotSet("no_entendidos", None), SlotSet("requested_slot", "salida")]
READ_AGAIN = [SlotSet("no_entendidos", None), SlotSet("requested_slot", "starts_at")]


@pytest.mark.parametrize(
    ("before", "intent", "action", "events", "stuck"),
    [
        ("action_ver_turnos", "nlu_fallback", UNSURE, GAVE_UP, True),
        (UNSURE, "nlu_fallback", UNSURE, OFFERED, True),
        ("action_ver_turnos", "nlu_fallback", UNSURE, DONE, False),
        ("action_ver_turnos", "ver_turnos", "action_ver_turnos", SAID, False),
        ("action_ver_turnos", "informar", NOTHING, SAID, False),
        (NOTHING, "informar", NOTHING, SAID, True),
        (UNSURE, "informar", NOTHING, SAID, True),
        (NOTHING, "informar", NOTHING, DONE, False),
        (NOTHING, "detener", "action_detener", SAID, False),
        ("pedir_turno_form", "nlu_fallback", "validate_pedir_turno_form", GAVE_UP, True),
        ("pedir_turno_form", "informar", "validate_pedir_turno_form", GAVE_UP, False),
        ("pedir_turno_form", "informar", "validate_pedir_turno_form", WAY_OUT, True),
        ("pedir_turno_form", "nlu_fallback", "validate_pedir_turno_form", READ_AGAIN, False),
    ],
)
def test_a_turn_is_stuck_where_an_action_gives_up(
    before: str, intent: str, action: str, events: list[Event], stuck: bool
) -> None:
    said = [UserUttered("a"), ActionExecuted(before), UserUttered("b", {"name": intent})]
    assert is_stuck(action, heard(*said, ActionExecuted("action_listen")), events) is stuck


def test_what_was_unread_long_ago_does_not_count() -> None:
    tracker = heard(
        UserUttered("a"), ActionExecuted(NOTHING), UserUttered("b"), ActionExecuted("x"), UserUttered("c")
    )
    assert not is_stuck(NOTHING, tracker, SAID)


def message() -> UserMessage:
    found = UserMessage(
        "kiero lo de los pies", sender_id="c", metadata={"source": "nlu", "model": "m.tar.gz"}
    )
    found.parse_data = {
        "text": "kiero lo de los pies",
        "intent": {"name": "nlu_fallback", "confidence": 0.4},
        "intent_ranking": [
            {"name": "nlu_fallback", "confidence": 0.4},
            {"name": "pedir_turno", "confidence": 0.3},
            {"name": "ver_turnos", "confidence": 0.2},
        ],
        "entities": [
            {"entity": "cuando", "value": "hoy"},
            {"entity": "servicio", "value": "pie"},
            {"entity": "rol", "value": "cliente", "extractor": "VallebotConnector"},
        ],
    }
    return found


def item(**over: Any) -> InboxItem:
    values: dict[str, Any] = {"id": 7, "conversacion_id": None, "wamid": "w", "kind": "text", "payload": {}}
    values |= {"text": "x", "occurred_at": None, "tries": 1, "failures": 0, "claimed_by": 1, **over}
    return InboxItem(**values)


def test_the_model_is_told_of_the_open_question_and_the_guesses() -> None:
    tracker = heard(UserUttered("a"), ActiveLoop("pedir_turno_form"), SlotSet("requested_slot", "starts_at"))
    asked = asked_of(item(), message(), tracker)
    assert asked.pending == "pedir_turno_form: starts_at"
    assert asked.guesses == (("pedir_turno", 0.3), ("ver_turnos", 0.2))
    assert asked_of(item(), message(), heard(UserUttered("a"))).pending is None


def test_a_reading_takes_the_place_of_the_guess_and_never_speaks_as_a_tap() -> None:
    said = message()
    put_reading(said, Reading("pedir_turno", 0.8, (Value("servicio", "los pies", 12, 20),)), "phi")
    assert said.parse_data["intent"] == {"name": "pedir_turno", "confidence": 0.8}
    values = [(one["entity"], one["value"]) for one in said.parse_data["entities"]]
    assert values == [("servicio", "los pies"), ("cuando", "hoy"), ("rol", "cliente")]
    ours = [one for one in said.parse_data["entities"] if one.get("extractor") == "VallebotConnector"]
    assert [one["entity"] for one in ours] == ["rol"]
    assert said.metadata == {"source": "llm", "model": "phi understand.v1"}


def test_asking_back_carries_its_options_and_nothing_else() -> None:
    said = message()
    put_reading(said, Reading("aclarar", 0.5, options=("ver_turnos", "cancelar_turno")), "phi")
    assert [one["name"] for one in said.parse_data["intent_ranking"]] == [
        "aclarar",
        "ver_turnos",
        "cancelar_turno",
    ]
    assert [one["entity"] for one in said.parse_data["entities"]] == ["rol"]


def test_a_correction_leaves_the_wrong_reading_out() -> None:
    ranking = [{"name": "ver_turnos", "confidence": 0.6}, {"name": "cancelar_turno", "confidence": 0.3}]
    before = UserUttered(
        "x", {"name": "ver_turnos"}, parse_data={"intent": ranking[0], "intent_ranking": ranking}
    )
    said = message()
    put_in_doubt(said, heard(before, ActionExecuted("action_ver_turnos")))
    assert [one["name"] for one in said.parse_data["intent_ranking"]] == ["nlu_fallback", "cancelar_turno"]
    assert asked_of(item(), said, heard(before)).rejected == "ver_turnos"


def test_a_correction_of_nothing_stays_what_it_is() -> None:
    said = message()
    before = UserUttered("hola", {"name": "saludar"}, parse_data={"intent": {"name": "saludar"}})
    put_in_doubt(said, heard(before))
    assert "rejected" not in said.metadata
    put_in_doubt(said, heard())
    assert "rejected" not in said.metadata


class Nlu:
    """Stands where Rasa's processor is."""

    model_filename = "m.tar.gz"

    async def parse_message(self, message: UserMessage) -> dict[str, Any]:
        ranking = [{"name": "pedir_turno", "confidence": 0.9}]
        return {"text": message.text, "intent": ranking[0], "intent_ranking": ranking, "entities": []}


@pytest.mark.parametrize(("words", "intent"), [("quiero un turno", "pedir_turno"), (None, "enviar_audio")])
async def test_a_voice_note_that_was_written_down_is_read_like_text(words: str | None, intent: str) -> None:
    now = datetime(2026, 3, 2, tzinfo=timezone.utc)
    note = item(kind="audio", text=words, occurred_at=now)
    said = await user_message_of(note, Actor(Rol.CLIENTE, 1, 2), Nlu(), secret="s", now=now)  # type: ignore[arg-type]
    assert said.parse_data["intent"]["name"] == intent
    bubble = with_what_was_heard(note, [Bubble("¿Qué servicio?")])[0]
    assert bubble.text == ("Te escuché: _quiero un turno_\n\n" if words else "") + "¿Qué servicio?"
