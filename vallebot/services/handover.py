"""When a person and the professional talk without the bot.

A client may ask for it: the professional is told, and the bot goes on answering until they really talk (nobody is
left without an answer meanwhile). Where the professional writes by hand in the phone app of the line (coexistence),
WhatsApp sends us an echo: the bot steps back in that conversation for a while.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from vallebot.db.tables import Cliente, Conversacion
from vallebot.db.tables.messaging import Direction, Message, MessageState
from vallebot.services import identity
from vallebot.services.actor import Actor
from vallebot.services.operations import Operation
from vallebot.services.outbox import Bubble, Saying, say

#: How long the professional has a conversation for themselves after they wrote in it by hand.
STEP_BACK = timedelta(hours=4)


@dataclass(frozen=True)
class WrittenByHand:
    """What the professional wrote in the phone app; `payload` is WhatsApp's own JSON, kept whole."""

    wamid: str
    kind: str
    payload: dict
    text: str | None
    occurred_at: datetime


def ask_for_person(sessions: sessionmaker, actor: Actor, *, said: str, now: datetime, key: str) -> None:
    """Tell the professional that the client wants to talk in person, with what they wrote last."""
    cliente_id = actor.require_cliente()
    profesional_id = actor.require_tenant()
    with sessions.begin() as session:
        operation = Operation.open(session, "ask_for_person", key, bool, now=now)
        if operation.done:
            return
        person = session.get(Cliente, cliente_id)
        name = person.name or person.profile_name or person.phone_e164 or "Alguien"
        phone = f" ({person.phone_e164})" if person.phone_e164 else ""
        bubble = Bubble(f"{name}{phone} quiere hablar con vos. Lo último que escribió: «{said[:300]}»")
        to = identity.conversation_with(session, profesional_id, None)
        if to is not None:
            say(session, to, Saying(bubble, f"{operation.key}:notice", due_at=now))
        operation.close(True)


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
