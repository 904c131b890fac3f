"""The story of one message as the database tells it: understanding, changes, answers. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from vallebot.db.tables import AuditEntry, InterpretedAction, Message
from vallebot.db.tables.messaging import Direction


@dataclass(frozen=True)
class StoredMessage:
    """A row of `messages`, as far as its fate goes. `error_code` is Meta's, `pricing` WhatsApp's own JSON."""

    id: int
    kind: str
    state: str
    tries: int
    error_code: int | None
    error: str | None
    pricing: dict | None


@dataclass(frozen=True)
class Interpretation:
    """What was understood: `slots` maps a name to its value, `confidence` is 0 to 1."""

    intent: str
    slots: dict[str, Any]
    source: str
    rol: str | None
    confidence: float | None
    model: str | None


@dataclass(frozen=True)
class StateChange:
    """A line of the audit: `state_before` is None for what was made, `entity` names the table."""

    entity: str
    entity_id: int
    action: str
    state_before: str | None
    state_after: str | None


@dataclass(frozen=True)
class MessageStory:
    """A message and, where it came in, what came of it, in order."""

    message: StoredMessage
    interpretations: tuple[Interpretation, ...] = ()
    changes: tuple[StateChange, ...] = ()
    answers: tuple[StoredMessage, ...] = ()


def message_story(sessions: sessionmaker, wamid: str) -> MessageStory | None:
    """What the system knows about a message; None where it does not know the message.

    For the operator and the simulator: it looks across all professionals.
    """
    with sessions() as session:
        message = session.execute(select(Message).where(Message.wamid == wamid)).scalar_one_or_none()
        if message is None:
            return None
        if message.direction != Direction.IN:
            return MessageStory(_stored(message))
        return MessageStory(
            _stored(message),
            _interpretations(session, message.id),
            _changes(session, wamid),
            _answers(session, message.read_with_id or message.id),
        )


def _stored(row: Message) -> StoredMessage:
    return StoredMessage(row.id, row.kind, row.state, row.tries, row.error_code, row.error, row.pricing)


def _interpretations(session: Session, message_id: int) -> tuple[Interpretation, ...]:
    query = select(InterpretedAction).where(InterpretedAction.message_id == message_id)
    return tuple(
        Interpretation(row.intent, row.slots, row.source, row.rol, row.confidence, row.model)
        for row in session.execute(query.order_by(InterpretedAction.id)).scalars()
    )


def _changes(session: Session, wamid: str) -> tuple[StateChange, ...]:
    query = select(AuditEntry).where(AuditEntry.operation_key.contains(wamid, autoescape=True))
    return tuple(
        StateChange(row.entity, row.entity_id, row.action, row.state_before, row.state_after)
        for row in session.execute(query.order_by(AuditEntry.id)).scalars()
    )


def _answers(session: Session, message_id: int) -> tuple[StoredMessage, ...]:
    query = select(Message).where(Message.answers_id == message_id).order_by(Message.id)
    return tuple(_stored(row) for row in session.execute(query).scalars())
