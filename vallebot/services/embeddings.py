"""Vectors of relationships and of confirmed readings, so that what is near in meaning can be found.

Auxiliary: computed from the text beside them, by the worker, outside of any transaction. Where the extension
`vector` is missing the columns are, and everything here says so once and does nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import text
from sqlalchemy.orm import sessionmaker

logger = logging.getLogger(__name__)

DIMENSIONS = 512
BATCH = 32
#: Readings further back are not worth their vector: 5,000 confirmed ones of all professionals.
LOOK_BACK = 5000
#: Longer messages say more than one thing.
TEXT_MAX_CHARS = 160

#: An outcome that says which operation a text meant.
CONFIRMED = "(o.outcome = 'ejecutada' OR (o.outcome = 'corregida' AND o.details ? 'intent'))"

_HAS_VECTORS = text("""
    SELECT count(*) = 2 FROM information_schema.columns WHERE table_schema = current_schema()
       AND column_name = 'embedding' AND table_name IN ('relationship_state', 'interpreted_actions')
""")
_STALE = text("""
    SELECT profesional_id, cliente_id, summary FROM relationship_state WHERE embedding_stale
     ORDER BY profesional_id, cliente_id LIMIT :limit
""")
# A use case that holds the row, or has told something new meanwhile, is not waited for: it is stale again.
_STORE_RELATIONSHIP = text("""
    WITH free AS (
        SELECT profesional_id, cliente_id FROM relationship_state
         WHERE profesional_id = :profesional_id AND cliente_id = :cliente_id AND summary = :summary
           FOR UPDATE SKIP LOCKED)
    UPDATE relationship_state r SET embedding = cast(:vector AS vector), embedding_stale = false
      FROM free WHERE r.profesional_id = free.profesional_id AND r.cliente_id = free.cliente_id
""")
_NEW_READINGS = text(f"""
    SELECT o.id AS seen, i.id, i.text, i.embedding IS NULL AND i.source <> 'button'
           AND length(i.text) BETWEEN 1 AND :longest AS wanted
      FROM interpretation_outcomes o JOIN interpreted_actions i ON i.id = o.interpreted_action_id
     WHERE o.id > :after AND {CONFIRMED} ORDER BY o.id LIMIT :limit
""")
_STORE_READING = text("""
    UPDATE interpreted_actions SET embedding = cast(:vector AS vector) WHERE id = :id AND text = :text
""")
_LAST_OUTCOME = text("SELECT coalesce(max(id), 0) FROM interpretation_outcomes")


class Encoder(Protocol):
    """Texts to vectors of DIMENSIONS numbers; near in meaning is near in angle."""

    def encode(self, texts: Sequence[str]) -> list[list[float]]: ...


def available(sessions: sessionmaker) -> bool:
    """Whether the database can hold vectors; where it cannot, a line in the log says so."""
    with sessions() as session:
        found = bool(session.execute(_HAS_VECTORS).scalar())
    if not found:
        logger.warning("search by meaning is off: the database lacks the extension vector")
    return found


@dataclass
class Refresher:
    """Brings vectors up to date, a batch at a time. Any number of workers may do the same."""

    sessions: sessionmaker
    encoder: Encoder
    _seen: int | None = field(init=False, default=None)

    def step(self) -> bool:
        """Do a batch; False where nothing was left to do."""
        return self._relationships() | self._readings()

    def _relationships(self) -> bool:
        with self.sessions() as session:
            rows = session.execute(_STALE, {"limit": BATCH}).mappings().all()
        vectors = self.encoder.encode([row["summary"] for row in rows]) if rows else []
        stored = 0
        for row, vector in zip(rows, vectors, strict=True):
            with self.sessions.begin() as session:
                values = {**row, "vector": as_vector(vector)}
                stored += session.execute(_STORE_RELATIONSHIP, values).rowcount
        return stored > 0 and len(rows) == BATCH

    def _readings(self) -> bool:
        with self.sessions() as session:
            if self._seen is None:
                self._seen = max(0, session.execute(_LAST_OUTCOME).scalar_one() - LOOK_BACK)
            values = {"after": self._seen, "limit": BATCH, "longest": TEXT_MAX_CHARS}
            rows = session.execute(_NEW_READINGS, values).all()
        wanted = {row.id: row.text for row in rows if row.wanted}
        vectors = self.encoder.encode(list(wanted.values())) if wanted else []
        with self.sessions.begin() as session:
            for (read_id, said), vector in zip(wanted.items(), vectors, strict=True):
                session.execute(_STORE_READING, {"id": read_id, "text": said, "vector": as_vector(vector)})
        if rows:
            self._seen = rows[-1].seen
        return len(rows) == BATCH


def as_vector(vector: list[float]) -> str:
    """A vector as pgvector reads it."""
    return "[" + ",".join(f"{number:.6g}" for number in vector) + "]"
