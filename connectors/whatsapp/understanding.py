"""What is handed to Rasa for a stored message: text to understand, or a tap whose meaning is already known.

`parse_data` is always given, so Rasa never parses raw text itself: typed text can neither name an intent
("/pedir_turno{…}") nor an entity of ours, and an empty text is never classified.
"""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor

from connectors.off_loop import off_loop
from vallebot.domain.states import InterpretationSource
from vallebot.gateways.whatsapp import option_ids
from vallebot.services.actor import Actor
from vallebot.services.inbox import InboxItem
from vallebot.services.interpretations import Understood

CHANNEL = "whatsapp"

_understanding = ThreadPoolExecutor(max_workers=1, thread_name_prefix="understanding")

#: Longer texts are cut: nobody's request is in the 2,001st character, and understanding costs per character.
TEXT_MAX_CHARS = 2000

_PAYLOAD = re.compile(r"/(?P<intent>\w+)(?P<values>\{.*\})?", re.DOTALL)

#: Message types whose words are read; a voice note has some once it was written down.
SPOKEN_OR_WRITTEN = ("text", "button", "edit", "audio")

#: Message types without words, and the intent that stands for them.
_INTENT_OF_KIND = {
    "image": "enviar_adjunto",
    "document": "enviar_adjunto",
    "location": "enviar_ubicacion",
    "contacts": "enviar_contacto",
    "audio": "enviar_audio",
    "reaction": "reaccionar",
}

_CAPTIONED = ("image", "document")


async def user_message_of(
    item: InboxItem, actor: Actor, processor: MessageProcessor, *, secret: str, now: datetime
) -> UserMessage:
    """The Rasa message for an inbox item, with its `parse_data` and metadata.

    Metadata that Rasa saves with the message: its writer's role, what it is, and who read it (`source`, `model`).
    """
    metadata = {
        "rol": str(actor.rol),
        "kind": item.kind,
        "wamid": item.wamid,
        "message_id": item.id,
        "sent_at": item.occurred_at.isoformat(),
    }
    text = clean_text(item.text)
    message = UserMessage(
        text=text,
        sender_id=str(item.conversacion_id),
        input_channel=CHANNEL,
        message_id=item.wamid,
        metadata=metadata,
    )
    tapped = item.payload.get("tapped_id")
    if tapped:
        parse_data = parse_of_tap(tapped, str(item.conversacion_id), secret=secret, now=now)
        metadata["source"] = InterpretationSource.BUTTON.value
    elif item.kind in SPOKEN_OR_WRITTEN and text:
        # One at a time, and beside the event loop, which acknowledges webhooks meanwhile.
        parse_data = dict(await off_loop(_understanding, processor.parse_message(message)))
        metadata |= {"source": InterpretationSource.NLU.value, "model": processor.model_filename}
    else:
        parse_data = _parse(_INTENT_OF_KIND.get(item.kind, "enviar_otro"), _values_of(item))
        if item.kind in _CAPTIONED and text:
            # What the words under a file name is known to its rule; what they ask for stands second in the ranking.
            words = await processor.parse_message(message)
            for part in ("entities", "intent_ranking"):
                parse_data[part] += words.get(part) or []
    parse_data["text"] = text
    # Slots and rules see the role as an entity; what may be done is decided by services, not by it.
    parse_data["entities"] = [*(parse_data.get("entities") or []), _entity("rol", str(actor.rol))]
    message.parse_data = parse_data
    return message


def understood_of(
    parse_data: dict[str, Any], metadata: dict[str, Any], actor: Actor, *, at: datetime
) -> Understood | None:
    """What is to be remembered of a reading, from the message or from the tracker that saved it; None for a
    picture, a voice note and the like, where nothing was read."""
    if "source" not in metadata:
        return None
    slots: dict[str, list[Any]] = {}
    for entity in parse_data["entities"]:
        if entity["entity"] != "rol":
            slots.setdefault(entity["entity"], []).append(entity["value"])
    return Understood(
        actor=actor,
        intent=parse_data["intent"]["name"],
        slots=slots,
        source=InterpretationSource(metadata["source"]),
        confidence=parse_data["intent"].get("confidence"),
        model=metadata.get("model"),
        text=parse_data["text"],
        at=at,
    )


def clean_text(text: str | None) -> str:
    """Typed text as it may be understood: without leading slashes and white space, and of bounded length."""
    rest = text or ""
    while rest[:1] == "/" or rest[:1].isspace():
        rest = rest[1:]
    return rest[:TEXT_MAX_CHARS]


def parse_of_tap(option_id: str, conversation: str, *, secret: str, now: datetime) -> dict[str, Any]:
    """What a tapped button or list row means; a foreign, stale or forged id means `opcion_vencida`."""
    try:
        payload = option_ids.decode(option_id, conversation, secret=secret, now=now)
    except option_ids.BadOption:
        return _parse("opcion_vencida", {})
    match = _PAYLOAD.fullmatch(payload)
    if match is None:
        return _parse("opcion_vencida", {})
    values = json.loads(match["values"]) if match["values"] else {}
    return _parse(match["intent"], values)


def _values_of(item: InboxItem) -> dict[str, Any]:
    content = item.payload.get("message", {}).get(item.kind)
    return {"contenido": content} if item.kind in ("location", "contacts") and content else {}


def _parse(intent: str, values: dict[str, Any]) -> dict[str, Any]:
    return {
        "intent": {"name": intent, "confidence": 1.0},
        "intent_ranking": [{"name": intent, "confidence": 1.0}],
        "entities": [_entity(name, value) for name, value in values.items()],
    }


def _entity(name: str, value: Any) -> dict[str, Any]:
    return {"entity": name, "value": value, "extractor": "VallebotConnector"}
