"""What is near in meaning to a message, inside one professional's business: past readings, relationships."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from vallebot.db.tables.messaging import Rol
from vallebot.services.actor import Actor
from vallebot.services.embeddings import CONFIRMED, as_vector
from vallebot.services.fallback.asking import Example

EXAMPLES, PEOPLE = 4, 3
#: So many of the latest readings are searched.
SEARCHED = 3000

# Exact, not by an index: a business has few confirmed readings, and an index over all would find the neighbours'.
_EXAMPLES = text(f"""
    SELECT i.text, coalesce(o.details ->> 'intent', i.intent) AS operation
      FROM (SELECT * FROM interpreted_actions WHERE profesional_id = :profesional ORDER BY id DESC LIMIT :searched) i
      JOIN LATERAL (SELECT * FROM interpretation_outcomes WHERE interpreted_action_id = i.id
                     ORDER BY id DESC LIMIT 1) o ON {CONFIRMED}
     WHERE i.rol = :rol AND i.embedding IS NOT NULL AND i.text IS NOT NULL
     ORDER BY i.embedding <=> cast(:vector AS vector), i.id LIMIT :limit
""")
_PEOPLE = text("""
    SELECT summary FROM relationship_state WHERE profesional_id = :profesional AND embedding IS NOT NULL
     ORDER BY embedding <=> cast(:vector AS vector) LIMIT :limit
""")


def similar_readings(session: Session, actor: Actor, vector: list[float]) -> list[Example]:
    """The nearest confirmed readings of the same business by people in the same part, the nearest first."""
    values = {
        "profesional": actor.require_tenant(),
        "rol": str(actor.rol),
        "searched": SEARCHED,
        "vector": as_vector(vector),
        "limit": EXAMPLES,
    }
    return [Example(row.text, row.operation) for row in session.execute(_EXAMPLES, values)]


def similar_relationships(session: Session, actor: Actor, vector: list[float]) -> list[str]:
    """Summaries of the professional's clients that are nearest to a text; none for a client."""
    if actor.rol is not Rol.PROFESIONAL:
        return []
    # The index holds everybody's: it goes on until enough are of this professional (pgvector 0.8).
    session.execute(text("SET LOCAL hnsw.iterative_scan = strict_order"))
    values: dict[str, Any] = {"profesional": actor.require_profesional(), "vector": as_vector(vector)}
    return list(session.execute(_PEOPLE, {**values, "limit": PEOPLE}).scalars())
