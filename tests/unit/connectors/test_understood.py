"""What is remembered of a message: the same from the message itself as from the tracker that saved it."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timezone
from uuid import UUID

import pytest
from rasa.shared.core.events import Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from connectors.whatsapp.turn import heard_in_turn
from connectors.whatsapp.understanding import understood_of, user_message_of
from vallebot.db.tables.messaging import Rol
from vallebot.domain.states import InterpretationSource
from vallebot.gateways.whatsapp import option_ids
from vallebot.services.actor import Actor
from vallebot.services.inbox import InboxItem
from vallebot.services.interpretations import Understood

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=timezone.utc)
HERE = UUID(int=1)
ANA = Actor(Rol.CLIENTE, profesional_id=3, cliente_id=8, conversacion_id=HERE)


class Reader:
    """Stands in for Rasa's processor with a model: reads everything as a request of two services."""

    model_filename = "vallebot-1.tar.gz"

    async def parse_message(self, message) -> dict:
        found = [
            {"entity": "servicio", "value": "masaje"},
            {"entity": "cuando", "value": "el jueves"},
            {"entity": "servicio", "value": "drenaje"},
        ]
        return {
            "text": message.text,
            "intent": {"name": "pedir_turno", "confidence": 0.93},
            "entities": found,
        }


def message_for(kind: str, text: str | None, **payload: object):
    item = InboxItem(5, HERE, "wamid.1", kind, payload, text, NOW, 1, 0, 7)
    return asyncio.run(user_message_of(item, ANA, Reader(), secret="s", now=NOW))  # type: ignore[arg-type]


def saved(message) -> UserUttered:
    """The message as Rasa saves it in its tracker and reads it back."""
    event = UserUttered(
        message.text,
        message.parse_data["intent"],
        message.parse_data["entities"],
        message.parse_data,
        message_id=message.message_id,
        metadata=message.metadata,
    )
    restored = Event.from_parameters(json.loads(json.dumps(event.as_dict())))
    tracker = DialogueStateTracker.from_events("c", [UserUttered("hola", message_id="wamid.0"), restored])
    heard = heard_in_turn(tracker, "wamid.1")
    assert heard is not None
    return heard


def remembered(message) -> Understood | None:
    return understood_of(message.parse_data, message.metadata, ANA, at=NOW)


def test_text_is_remembered_with_every_entity_but_the_role() -> None:
    message = message_for("text", "/masaje o drenaje el jueves")
    assert remembered(message) == Understood(
        actor=ANA,
        intent="pedir_turno",
        slots={"servicio": ["masaje", "drenaje"], "cuando": ["el jueves"]},
        source=InterpretationSource.NLU,
        confidence=0.93,
        model="vallebot-1.tar.gz",
        text="masaje o drenaje el jueves",
        at=NOW,
    )
    assert remembered(saved(message)) == remembered(message)


def test_a_tap_is_remembered_as_one() -> None:
    tapped = option_ids.encode('/cancelar_turno{"booking_id": 3}', str(HERE), secret="s", now=NOW)
    message = message_for("interactive", "Cancelar", tapped_id=tapped)
    reading = remembered(message)
    assert reading is not None
    assert (reading.source, reading.intent) == (InterpretationSource.BUTTON, "cancelar_turno")
    assert (reading.slots, reading.model, reading.text) == ({"booking_id": [3]}, None, "Cancelar")
    assert remembered(saved(message)) == reading


@pytest.mark.parametrize("kind", ["image", "audio", "sticker", "location"])
def test_where_nothing_was_read_nothing_is_remembered(kind: str) -> None:
    message = message_for(kind, None)
    assert remembered(message) is None
    assert remembered(saved(message)) is None


def test_a_message_that_never_got_to_the_tracker_was_not_heard() -> None:
    assert heard_in_turn(DialogueStateTracker.from_events("c", []), "wamid.1") is None
