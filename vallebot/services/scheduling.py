"""Work with a due time is a row of `tareas`, written with the fact that makes it necessary."""

from __future__ import annotations

from dataclasses import dataclass
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


def schedule(session: Session, due: Due) -> bool:
    """Write the row in the caller's transaction; False where this key was scheduled before."""
    values = {
        "kind": due.kind,
        "subject": due.subject,
        "due_at": due.due_at,
        "dedupe_key": due.dedupe_key,
        "profesional_id": due.profesional_id,
    }
    statement = insert(Tarea).values(values).on_conflict_do_nothing(index_elements=["dedupe_key"])
    return session.execute(statement).rowcount == 1
