"""The queues of an installation, as its operator sees them: messages, work with a due time, what WhatsApp bills."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from vallebot.db.tables import Message, Tarea
from vallebot.db.tables.messaging import Direction, MessageState
from vallebot.domain.states import TareaState
from vallebot.errors import NotFoundError, OperatorError
from vallebot.services.actor import Actor
from vallebot.services.outbox import OUTBOX_CHANNEL


class NotWaiting(OperatorError):
    """Only what is parked, failed or given up can be tried again."""

    code = "not_waiting"


@dataclass(frozen=True)
class QueuedMessage:
    """A message that waits or is parked; no text, only what explains it."""

    id: int
    state: str
    kind: str
    line: str
    profesional: str | None
    due_at: datetime
    tries: int
    error_code: int | None
    error: str | None


@dataclass(frozen=True)
class DueWork:
    """Work with a due time that is late, or was given up."""

    id: int
    kind: str
    state: str
    profesional: str | None
    due_at: datetime
    tries: int
    error: str | None


@dataclass(frozen=True)
class Bill:
    """Messages of one month and pricing category."""

    month: str
    category: str
    billable: int
    free: int


def queued(
    sessions: sessionmaker, actor: Actor, direction: Direction, *, limit: int = 50
) -> list[QueuedMessage]:
    """What waits, is being worked on, failed or is parked; the oldest first."""
    actor.require_system()
    query = text(
        """
        SELECT m.id, m.state, m.kind, c.phone_number_id AS line, p.name AS profesional, m.due_at, m.tries,
               m.error_code, m.error
        FROM messages m JOIN conversaciones c ON c.id = m.conversacion_id
        LEFT JOIN profesionales p ON p.id = c.profesional_id
        WHERE m.direction = :direction
          AND m.state IN ('recibido', 'procesando', 'pendiente', 'enviando', 'fallido', 'estacionado')
        ORDER BY m.id LIMIT :limit
        """
    )
    with sessions() as session:
        found = session.execute(query, {"direction": direction.value, "limit": limit})
        return [QueuedMessage(**row) for row in found.mappings()]


def retry_inbound(sessions: sessionmaker, actor: Actor, message_id: int, *, now: datetime) -> None:
    """Take up a parked message again; the Rasa server finds it within seconds. Raises NotFoundError, NotWaiting."""
    actor.require_system()
    _again(sessions, message_id, Direction.IN, {"state": MessageState.RECIBIDO.value, "failures": 0}, now)


def retry_outbound(sessions: sessionmaker, actor: Actor, message_id: int, *, now: datetime) -> None:
    """Send a parked or failed message again. Raises NotFoundError, NotWaiting."""
    actor.require_system()
    _again(sessions, message_id, Direction.OUT, {"state": MessageState.PENDIENTE.value, "wamid": None}, now)


def _again(
    sessions: sessionmaker, message_id: int, direction: Direction, values: Mapping[str, Any], now: datetime
) -> None:
    with sessions.begin() as session:
        row = _locked_message(session, message_id, direction)
        if row.state not in (MessageState.ESTACIONADO, MessageState.FALLIDO):
            raise NotWaiting(state=row.state)
        for column, value in {**values, "due_at": now, "error": None, "error_code": None}.items():
            setattr(row, column, value)
        if direction is Direction.OUT:
            row.tries = 0  # of an inbound one they say that its turn may have been saved
            session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": OUTBOX_CHANNEL})


def _locked_message(session: Session, message_id: int, direction: Direction) -> Message:
    row = session.get(Message, message_id, with_for_update=True)
    if row is None or row.direction != direction:
        raise NotFoundError(message=message_id)
    return row


def late_work(sessions: sessionmaker, actor: Actor, *, now: datetime, limit: int = 50) -> list[DueWork]:
    """Due work that should have been done by now, or was given up; the oldest first."""
    actor.require_system()
    query = text(
        """
        SELECT t.id, t.kind, t.state, p.name AS profesional, t.due_at, t.tries, t.error
        FROM tareas t LEFT JOIN profesionales p ON p.id = t.profesional_id
        WHERE t.state = 'fallida' OR (t.state = 'pendiente' AND (t.due_at <= :now OR t.tries > 0))
        ORDER BY t.due_at, t.id LIMIT :limit
        """
    )
    with sessions() as session:
        return [DueWork(**row) for row in session.execute(query, {"now": now, "limit": limit}).mappings()]


def retry_work(sessions: sessionmaker, actor: Actor, tarea_id: int, *, now: datetime) -> None:
    """Do work that was given up, or waits for its next try, now. Raises NotFoundError, NotWaiting."""
    actor.require_system()
    with sessions.begin() as session:
        row = session.get(Tarea, tarea_id, with_for_update=True)
        if row is None:
            raise NotFoundError(tarea=tarea_id)
        if row.state == TareaState.HECHA:
            raise NotWaiting(state=row.state)
        row.state, row.due_at, row.tries, row.done_at = TareaState.PENDIENTE.value, now, 0, None


def bills(sessions: sessionmaker, actor: Actor) -> list[Bill]:
    """Sent messages by month (UTC) and WhatsApp's pricing category, from the facts of the status webhooks."""
    actor.require_system()
    query = text(
        """
        SELECT to_char(sent_at, 'YYYY-MM') AS month, coalesce(pricing ->> 'category', '?') AS category,
               count(*) FILTER (WHERE (pricing ->> 'billable')::boolean) AS billable,
               count(*) FILTER (WHERE NOT coalesce((pricing ->> 'billable')::boolean, false)) AS free
        FROM messages WHERE direction = 'out' AND sent_at IS NOT NULL AND pricing IS NOT NULL
        GROUP BY 1, 2 ORDER BY 1 DESC, 2
        """
    )
    with sessions() as session:
        return [Bill(**row) for row in session.execute(query).mappings()]
