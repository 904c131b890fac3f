"""The evidence: who changed the state of what, when, by which message."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from vallebot.db.tables import AuditEntry
from vallebot.services.actor import Actor


@dataclass(frozen=True)
class Change:
    """One change. `entity` is the table's name; `facts` are JSON-safe ids, amounts and times, never message text."""

    entity: str
    entity_id: int
    action: str
    before: str | None = None
    after: str | None = None
    facts: dict = field(default_factory=dict)


def record(session: Session, actor: Actor, change: Change, *, now: datetime, key: str | None) -> None:
    """Write the change into the audit, in the transaction that makes it."""
    session.add(
        AuditEntry(
            profesional_id=actor.profesional_id,
            entity=change.entity,
            entity_id=change.entity_id,
            action=change.action,
            state_before=change.before,
            state_after=change.after,
            facts=change.facts,
            rol=actor.rol,
            actor_cliente_id=actor.cliente_id,
            conversacion_id=actor.conversacion_id,
            operation_key=key,
            at=now,
        )
    )
