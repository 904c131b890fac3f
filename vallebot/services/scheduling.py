"""Work with a due time is a row of `tareas`, written with the fact that makes it necessary."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from vallebot.db.tables import Tarea


@dataclass(frozen=True)
class Due:
    """Something to do at a time. `kind` names a handler (services/due_handlers.py); the handler looks at the
    facts again, so that nothing has to be unscheduled when they change."""

    kind: str
    subject: dict
    due_at: datetime
    dedupe_key: str
    profesional_id: int | None = None


def schedule(session: Session, *dues: Due) -> int:
    """Write the rows in the caller's transaction; returns how many were not scheduled before (by their keys)."""
    if not dues:
        return 0
    statement = insert(Tarea).values([asdict(due) for due in dues])
    return session.execute(statement.on_conflict_do_nothing(index_elements=["dedupe_key"])).rowcount
