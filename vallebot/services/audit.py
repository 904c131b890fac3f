"""The evidence: who changed the state of what, when, by which message."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import Session

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


_INSERT = text("""
    INSERT INTO audit (profesional_id, entity, entity_id, action, state_before, state_after, facts, rol,
                       actor_cliente_id, conversacion_id, operation_key, at)
    VALUES (:profesional_id, :entity, :entity_id, :action, :before, :after, cast(:facts AS jsonb), :rol,
            :cliente_id, :conversacion_id, :key, :at)
""").bindparams(bindparam("conversacion_id", type_=UUID(as_uuid=True)))


def record(session: Session, actor: Actor, change: Change, *, now: datetime, key: str | None) -> None:
    """Write the change into the audit, in the transaction that makes it."""
    values = {
        "profesional_id": actor.profesional_id,
        "entity": change.entity,
        "entity_id": change.entity_id,
        "action": change.action,
        "before": change.before,
        "after": change.after,
        "facts": json.dumps(change.facts),
        "rol": actor.rol,
        "cliente_id": actor.cliente_id,
        "conversacion_id": actor.conversacion_id,
        "key": key,
        "at": now,
    }
    session.execute(_INSERT, values)
