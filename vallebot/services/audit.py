"""The evidence: who changed the state of what, when, by which message."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from vallebot.db.prepared import Prepared
from vallebot.services.actor import Actor


@dataclass(frozen=True)
class Change:
    """One change. `entity` is the table's name; `facts` are JSON-safe ids, amounts and times, never message text."""

    entity: str
    entity_id: int | None  #: None: the statement that makes the row audits it (`insert_sql`)
    action: str
    before: str | None = None
    after: str | None = None
    facts: dict = field(default_factory=dict)


#: The parameters of `insert_sql`, apart from the id.
SIGNATURE = (
    "audit_profesional bigint, audit_entity text, audit_action text, audit_before text, audit_after text, "
    "audit_facts jsonb, audit_rol text, audit_cliente bigint, audit_conversacion uuid, audit_key text, "
    "audit_at timestamptz"
)


def insert_sql(entity_id: str, source: str = "") -> str:
    """The INSERT of one row; as part of a statement that changes what it tells, `source` is "FROM made" and
    `entity_id` the id in there. Its parameters are `values_of` the change."""
    return f"""
        INSERT INTO audit (profesional_id, entity, entity_id, action, state_before, state_after, facts, rol,
                           actor_cliente_id, conversacion_id, operation_key, at)
        SELECT :audit_profesional, :audit_entity, {entity_id}, :audit_action, :audit_before, :audit_after,
               :audit_facts, :audit_rol, :audit_cliente, :audit_conversacion, :audit_key, :audit_at {source}
    """


def values_of(actor: Actor, change: Change, *, now: datetime, key: str | None) -> dict:
    """The parameters of `insert_sql`."""
    return {
        "audit_profesional": actor.profesional_id,
        "audit_entity": change.entity,
        "audit_action": change.action,
        "audit_before": change.before,
        "audit_after": change.after,
        "audit_facts": json.dumps(change.facts),
        "audit_rol": actor.rol,
        "audit_cliente": actor.cliente_id,
        "audit_conversacion": actor.conversacion_id,
        "audit_key": key,
        "audit_at": now,
    }


_INSERT = Prepared("audit", f"entity_id bigint, {SIGNATURE}", insert_sql(":entity_id"))


def record(session: Session, actor: Actor, change: Change, *, now: datetime, key: str | None) -> None:
    """Write the change into the audit, in the transaction that makes it."""
    values = {"entity_id": change.entity_id, **values_of(actor, change, now=now, key=key)}
    _INSERT.run(session, values)
