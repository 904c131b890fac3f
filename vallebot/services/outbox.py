"""The one door out: everything that is to be said is a row of `messages`, written with the fact it tells."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from vallebot.db.prepared import Prepared
from vallebot.db.tables.messaging import Direction, Message, MessageState

#: Workers LISTEN on it, so that a row is sent the moment its transaction commits.
OUTBOX_CHANNEL = "vallebot_outbox"


#: What "Ver más" at the end of a long list means: say the choices behind the first `PAGE` of that message.
SEE_MORE = "/ver_mas"
#: Choices on a page of a list that has more (a list of WhatsApp has ten rows, the last one opens the next page).
PAGE = 9
LIST_MAX = PAGE + 1

#: What "Ver" under a template means: say the notice that could not be said in full.
SEE_NOTICE = "/ver_aviso"


@dataclass(frozen=True)
class Choice:
    """Something to tap. `payload` is `/intent{"slot": value}`; the sender signs it and binds it to the conversation."""

    title: str
    payload: str
    description: str = ""


@dataclass(frozen=True)
class Template:
    """What to send where the 24-hour window is closed: name of a definition in connectors/whatsapp/templates."""

    name: str
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bubble:
    """One WhatsApp bubble: text, optionally with things to tap, media, a place, or a template as fallback."""

    text: str
    choices: tuple[Choice, ...] = ()
    list_button: str = "Ver opciones"
    template: Template | None = None
    location: dict | None = None  #: {"latitude","longitude","name","address"}
    media: dict | None = None  #: {"type": "image"|"document", "path": under the media root, "filename"}
    request_location: bool = False
    url: dict | None = None  #: {"title","url"}: one button that opens a page

    def as_payload(self) -> dict:
        """JSON for `messages.payload`; `from_payload` reads it back."""
        return {key: value for key, value in asdict(self).items() if value not in (None, (), "", False)}

    @classmethod
    def from_payload(cls, payload: dict) -> Bubble:
        known = {name: payload[name] for name in cls.__dataclass_fields__ if name in payload}
        known["choices"] = tuple(Choice(**choice) for choice in known.get("choices", ()))
        if known.get("template"):
            template = known["template"]
            known["template"] = Template(template["name"], tuple(template.get("parameters", ())))
        return cls(**{"text": "", **known})


def notice_of(session: Session, conversacion_id: UUID, message_id: int) -> Bubble | None:
    """What was queued for this conversation under that id; None for another's, or where there is no such row."""
    message = session.get(Message, message_id)
    if message is None or message.conversacion_id != conversacion_id or message.direction != Direction.OUT:
        return None
    return replace(Bubble.from_payload(message.payload), template=None)


def rest_of(session: Session, conversacion_id: UUID, message_id: int, words: str) -> Bubble | None:
    """The choices behind the first page of what was said in this conversation under that id, said with `words`; None
    for another's message, or where nothing is left."""
    said = notice_of(session, conversacion_id, message_id)
    if said is None or len(said.choices) <= LIST_MAX:
        return None
    return Bubble(words, said.choices[PAGE:], list_button=said.list_button)


@dataclass(frozen=True)
class Saying:
    """A bubble and the key that makes saying it twice impossible."""

    bubble: Bubble
    dedupe_key: str
    due_at: datetime
    answers_id: int | None = field(default=None)


#: Queues and rings in one statement: every notice of every use case goes through here.
_SAY = Prepared(
    "say",
    "conversacion_id uuid, direction text, state text, dedupe_key text, answers_id bigint, text text, payload jsonb, "
    "due_at timestamptz, channel text",
    """
    WITH said AS (
        INSERT INTO messages (conversacion_id, direction, kind, state, dedupe_key, answers_id, text, payload, due_at)
        VALUES (:conversacion_id, :direction, 'text', :state, :dedupe_key, :answers_id, :text, :payload, :due_at)
        ON CONFLICT (dedupe_key) DO NOTHING RETURNING id)
    SELECT pg_notify(:channel, '') FROM said
""",
)


def say(session: Session, conversacion_id: UUID, saying: Saying) -> bool:
    """Queue a bubble for a conversation, in the caller's transaction. False where this key was said before."""
    row = {
        "conversacion_id": conversacion_id,
        "direction": Direction.OUT.value,
        "state": MessageState.PENDIENTE.value,
        "dedupe_key": saying.dedupe_key,
        "answers_id": saying.answers_id,
        "text": saying.bubble.text,
        "payload": json.dumps(saying.bubble.as_payload()),
        "due_at": saying.due_at,
        "channel": OUTBOX_CHANNEL,
    }
    return _SAY.run(session, row).first() is not None
