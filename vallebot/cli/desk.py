"""The operator's own use cases: professionals of the installation, the two queues, what WhatsApp bills.

Written like services (sessions in, plain data out, one transaction each); only the operator reaches them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from vallebot.db.constraints import constraint_errors
from vallebot.db.tables import Message, Profesional, Tarea
from vallebot.db.tables.messaging import Direction, MessageState
from vallebot.domain.states import PlaceMode, ProfesionalState, TareaState
from vallebot.domain.text import fold
from vallebot.errors import InvalidError, NotFoundError
from vallebot.services.actor import system_actor
from vallebot.services.audit import Change, record
from vallebot.services.identity import person_with_phone
from vallebot.services.outbox import OUTBOX_CHANNEL


class PhoneTaken(InvalidError):
    """There is a professional with this phone already."""

    code = "phone_taken"


class LineTaken(InvalidError):
    """This WhatsApp line belongs to another professional."""

    code = "line_taken"


class CodeTaken(InvalidError):
    """There is a professional with this code already."""

    code = "code_taken"


class Ambiguous(InvalidError):
    """Several professionals have a name like this: use the code."""

    code = "ambiguous"


class NotWaiting(InvalidError):
    """Only what is parked, failed or given up can be tried again."""

    code = "not_waiting"


_TAKEN = {
    "uq_profesionales_phone_e164": PhoneTaken,
    "uq_profesionales_cliente_id": PhoneTaken,
    "uq_profesionales_phone_number_id": LineTaken,
    "uq_profesionales_code": CodeTaken,
}


@dataclass(frozen=True)
class NewProfesional:
    """A professional as the operator enters them. `phone_number_id`: own WhatsApp line; None: the shared one."""

    name: str
    phone_e164: str
    code: str
    trade: str | None = None
    phone_number_id: str | None = None
    place_mode: str = PlaceMode.CONSULTORIO.value
    address: str | None = None
    auto_confirm: bool = True


@dataclass(frozen=True)
class ProfesionalRow:
    """A professional in the operator's list."""

    id: int
    code: str
    name: str
    trade: str | None
    phone_e164: str
    phone_number_id: str | None
    state: str
    servicios: int  #: active ones
    upcoming: int  #: live bookings and class occurrences from now on


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


def create_profesional(sessions: sessionmaker, new: NewProfesional, *, now: datetime) -> int:
    """Register a professional, active at once; returns the id.

    Raises InvalidError, PhoneTaken, LineTaken, CodeTaken.
    """
    if not new.name.strip():
        raise InvalidError(field="name")
    with constraint_errors(_TAKEN), sessions.begin() as session:
        person = person_with_phone(session, new.phone_e164, new.name)
        row = Profesional(cliente_id=person, state=ProfesionalState.ACTIVO.value, **vars(new))
        session.add(row)
        session.flush()
        change = Change("profesionales", row.id, "create", after=row.state)
        record(session, system_actor(row.id), change, now=now, key=None)
        return int(row.id)


def set_state(sessions: sessionmaker, profesional_id: int, state: ProfesionalState, *, now: datetime) -> None:
    """Approve (activo) or pause a professional: a paused one takes nothing new, what is booked stays."""
    with sessions.begin() as session:
        row = session.get(Profesional, profesional_id, with_for_update=True)
        if row is None:
            raise NotFoundError(what="profesional")
        change = Change("profesionales", row.id, "set_state", before=row.state, after=state.value)
        row.state = state.value
        record(session, system_actor(row.id), change, now=now, key=None)


def find_profesional(sessions: sessionmaker, who: str) -> int:
    """The id of the professional meant by a code, a phone, or a piece of the name (accents and case do not matter).

    Raises NotFoundError, Ambiguous (fact: the codes).
    """
    with sessions() as session:
        rows = session.execute(
            select(Profesional.id, Profesional.code, Profesional.name, Profesional.phone_e164)
        )
        everybody = rows.all()
    exact = [row.id for row in everybody if who in (row.code, row.phone_e164, str(row.id))]
    if exact:
        return int(exact[0])
    similar = [row for row in everybody if fold(who) in fold(row.name)]
    if not similar:
        raise NotFoundError(profesional=who)
    if len(similar) > 1:
        raise Ambiguous(codes=", ".join(row.code for row in similar))
    return int(similar[0].id)


def list_profesionales(sessions: sessionmaker, *, now: datetime) -> list[ProfesionalRow]:
    """All of them, by name."""
    query = text(
        """
        SELECT p.id, p.code, p.name, p.trade, p.phone_e164, p.phone_number_id, p.state,
               (SELECT count(*) FROM servicios s WHERE s.profesional_id = p.id AND s.active) AS servicios,
               (SELECT count(*) FROM bookings b WHERE b.profesional_id = p.id AND b.starts_at >= :now
                AND b.state IN ('pendiente', 'ofrecido', 'confirmado')) AS upcoming
        FROM profesionales p ORDER BY p.name, p.id
        """
    )
    with sessions() as session:
        return [ProfesionalRow(**row) for row in session.execute(query, {"now": now}).mappings()]


def queued(sessions: sessionmaker, direction: Direction, *, limit: int = 50) -> list[QueuedMessage]:
    """What waits, is being worked on, failed or is parked; the oldest first."""
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


def retry_inbound(sessions: sessionmaker, message_id: int, *, now: datetime) -> None:
    """Take up a parked message again; the Rasa server finds it within seconds. Raises NotFoundError, NotWaiting."""
    _again(sessions, message_id, Direction.IN, {"state": MessageState.RECIBIDO.value, "failures": 0}, now)


def retry_outbound(sessions: sessionmaker, message_id: int, *, now: datetime) -> None:
    """Send a parked or failed message again. Raises NotFoundError, NotWaiting."""
    _again(sessions, message_id, Direction.OUT, {"state": MessageState.PENDIENTE.value, "wamid": None}, now)


def _again(
    sessions: sessionmaker, message_id: int, direction: Direction, values: Mapping[str, Any], now: datetime
) -> None:
    with sessions.begin() as session:
        row = _locked_message(session, message_id, direction)
        if row.state not in (MessageState.ESTACIONADO, MessageState.FALLIDO):
            raise NotWaiting(state=row.state)
        for column, value in {**values, "tries": 0, "due_at": now, "error": None, "error_code": None}.items():
            setattr(row, column, value)
        if direction is Direction.OUT:
            session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": OUTBOX_CHANNEL})


def _locked_message(session: Session, message_id: int, direction: Direction) -> Message:
    row = session.get(Message, message_id, with_for_update=True)
    if row is None or row.direction != direction:
        raise NotFoundError(message=message_id)
    return row


def late_work(sessions: sessionmaker, *, now: datetime, limit: int = 50) -> list[DueWork]:
    """Due work that should have been done by now, or was given up; the oldest first."""
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


def retry_work(sessions: sessionmaker, tarea_id: int, *, now: datetime) -> None:
    """Do work that was given up, or waits for its next try, now. Raises NotFoundError, NotWaiting."""
    with sessions.begin() as session:
        row = session.get(Tarea, tarea_id, with_for_update=True)
        if row is None:
            raise NotFoundError(tarea=tarea_id)
        if row.state == TareaState.HECHA:
            raise NotWaiting(state=row.state)
        row.state, row.due_at, row.tries, row.done_at = TareaState.PENDIENTE.value, now, 0, None


def bills(sessions: sessionmaker) -> list[Bill]:
    """Sent messages by month (UTC) and WhatsApp's pricing category, from the facts of the status webhooks."""
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
