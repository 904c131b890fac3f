"""When a person wants to talk to the professional: the bot steps back and tells them."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import sessionmaker

from vallebot.db.tables import Cliente, Conversacion
from vallebot.services import identity
from vallebot.services.actor import Actor
from vallebot.services.operations import Operation
from vallebot.services.outbox import Bubble, Saying, say

#: How long the professional has the conversation for themselves.
STEP_BACK = timedelta(hours=4)


def ask_for_person(sessions: sessionmaker, actor: Actor, *, said: str, now: datetime, key: str) -> None:
    """Note that the client wants to talk in person and tell the professional what they wrote last."""
    cliente_id = actor.require_cliente()
    profesional_id = actor.require_tenant()
    with sessions.begin() as session:
        operation = Operation.open(session, "ask_for_person", key, bool, now=now)
        if operation.done:
            return
        conversation = session.get(Conversacion, actor.conversacion_id)
        conversation.handover_until = now + STEP_BACK
        person = session.get(Cliente, cliente_id)
        name = person.name or person.profile_name or person.phone_e164 or "Alguien"
        phone = f" ({person.phone_e164})" if person.phone_e164 else ""
        bubble = Bubble(f"{name}{phone} quiere hablar con vos. Lo último que escribió: «{said[:300]}»")
        to = identity.conversation_with(session, profesional_id, None)
        if to is not None:
            say(session, to, Saying(bubble, f"{operation.key}:notice", due_at=now))
        operation.close(True)
