"""When a person and the professional talk without the bot.

A client may ask for it: the professional is told, and the bot goes on answering until they really talk (nobody is
left without an answer meanwhile). It steps back in that conversation for a while when the professional taps "Me
ocupo yo" under that notice, or writes by hand in the phone app of the line (coexistence: WhatsApp sends us an echo).
It comes back when the time is over, when the professional taps "Seguí vos", and when the client taps something it
offered or calls it ("vallebot").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from vallebot.db.tables import Cliente, Conversacion, Profesional, Relacion
from vallebot.db.tables.messaging import Direction, Message, MessageState, Rol
from vallebot.domain.text import fold
from vallebot.errors import NotFoundError
from vallebot.services import identity
from vallebot.services.actor import Actor
from vallebot.services.audit import Change, record
from vallebot.services.booking_steps import require_relation
from vallebot.services.notices import tell_cliente, tell_profesional
from vallebot.services.operations import Operation
from vallebot.services.records import ensure_relacion
from vallebot.services.texts import handover as texts

#: How long the professional has a conversation for themselves after they wrote in it by hand.
STEP_BACK = timedelta(hours=4)

#: Messages of the client that the professional is shown.
LAST_LINES = 4

_BACK = re.compile(
    r"(?:hola |che )?(?:vallebot|bot|secretaria|volve(?: vallebot)?|segui vos|"
    r"(?:quiero )?seguir con (?:el bot|vos|vallebot))[.!]*"
)


@dataclass(frozen=True)
class WrittenByHand:
    """What the professional wrote in the phone app; `payload` is WhatsApp's own JSON, kept whole."""

    wamid: str
    kind: str
    payload: dict
    text: str | None
    occurred_at: datetime


def ask_for_person(sessions: sessionmaker, actor: Actor, *, said: str, now: datetime, key: str) -> None:
    """Tell the professional that the client wants to talk in person, with the last lines of the conversation, where
    to write to, and a tap that makes the bot step back."""
    cliente_id = actor.require_cliente()
    profesional_id = actor.require_tenant()
    with sessions.begin() as session:
        operation = Operation.open(session, "ask_for_person", key, bool, now=now)
        if operation.done:
            return
        ensure_relacion(session, profesional_id, cliente_id, now)  # they may never have booked
        lines = _last_lines(session, actor.conversacion_id) or [said]
        notice = texts.wants_to_talk(_person(session, actor), lines)
        tell_profesional(session, profesional_id, notice, key=operation.key, now=now)
        record(session, actor, Change("clientes", cliente_id, "ask_for_person"), now=now, key=operation.key)
        operation.close(True)


def take_over(
    sessions: sessionmaker, actor: Actor, cliente_id: int, *, during: timedelta, now: datetime, key: str
) -> texts.Person:
    """The professional talks with a client by hand: the bot is silent in their conversation for a while, and the
    client is told. Raises NotFoundError."""
    return _hand(sessions, actor, cliente_id, now + during, now=now, key=f"{key}:take_over")


def give_back(
    sessions: sessionmaker, actor: Actor, cliente_id: int, *, now: datetime, key: str
) -> texts.Person:
    """The bot answers the client again. Raises NotFoundError."""
    return _hand(sessions, actor, cliente_id, None, now=now, key=f"{key}:give_back")


def come_back(sessions: sessionmaker, conversacion_id: UUID) -> None:
    """The client called the bot back (see `calls_back`)."""
    with sessions.begin() as session:
        session.get(Conversacion, conversacion_id, with_for_update=True).handover_until = None


def calls_back(words: str) -> bool:
    """Whether a client who is talked with by hand asks for the bot again: 'vallebot', 'volvé', 'seguí vos'."""
    return _BACK.fullmatch(" ".join(fold(words).split())) is not None


def _hand(
    sessions: sessionmaker, actor: Actor, cliente_id: int, until: datetime | None, *, now: datetime, key: str
) -> texts.Person:
    profesional_id = actor.require_profesional()
    with sessions.begin() as session:
        require_relation(session, profesional_id, cliente_id)
        conversation_id = identity.conversation_with(session, profesional_id, cliente_id)
        if conversation_id is None:
            raise NotFoundError(what="cliente")
        session.get(Conversacion, conversation_id, with_for_update=True).handover_until = until
        name = session.execute(select(Profesional.name).filter_by(id=profesional_id)).scalar_one()
        if until is not None:
            tell_cliente(session, profesional_id, cliente_id, texts.talks_by_hand(name), key=key, now=now)
        action = "give_back" if until is None else "take_over"
        record(session, actor, Change("conversaciones", cliente_id, action), now=now, key=key)
        return _person(session, Actor(Rol.CLIENTE, profesional_id, cliente_id))


def _person(session: Session, actor: Actor) -> texts.Person:
    person = session.get(Cliente, actor.cliente_id)
    called = session.execute(
        select(Relacion.name).filter_by(profesional_id=actor.profesional_id, cliente_id=actor.cliente_id)
    ).scalar()
    name = called or person.name or person.profile_name or person.phone_e164 or "Alguien"
    return texts.Person(person.id, name, person.phone_e164)


def _last_lines(session: Session, conversacion_id: UUID | None) -> list[str]:
    """What the client wrote last, oldest first."""
    rows = session.execute(
        select(Message.text)
        .filter_by(conversacion_id=conversacion_id, direction=Direction.IN.value)
        .where(Message.text.isnot(None))
        .order_by(Message.id.desc())
        .limit(LAST_LINES)
    )
    return [row.text for row in rows][::-1]


def step_back(
    session: Session, conversacion_id: UUID, written: WrittenByHand, *, during: timedelta, now: datetime
) -> bool:
    """Keep what the professional wrote by hand and be silent in that conversation for a while, in the caller's
    transaction; False where WhatsApp delivered it before.

    Silent: what the client writes is stored and not answered, except where they tap something that the bot offered.
    """
    occurred_at = min(written.occurred_at, now)
    row = {
        "conversacion_id": conversacion_id,
        "direction": Direction.OUT.value,
        "kind": written.kind,
        "state": MessageState.ENVIADO.value,
        "wamid": written.wamid,
        "dedupe_key": f"echo:{written.wamid}",
        "text": written.text,
        "payload": {"echo": written.payload},
        "occurred_at": occurred_at,
        "sent_at": occurred_at,
        "due_at": now,
    }
    if not session.execute(insert(Message).values(row).on_conflict_do_nothing()).rowcount:
        return False
    conversation = session.get(Conversacion, conversacion_id, with_for_update=True)
    until = occurred_at + during
    before = conversation.handover_until
    conversation.handover_until = max(before, until) if before else until
    session.flush()
    return True
