"""The worker's half of time-driven work: takes rows of `tareas` that are due and does them, exactly once.

A row is claimed with FOR UPDATE SKIP LOCKED and stays locked while its handler works in the same transaction; the
row is marked done by the commit that makes the handler's effects true. A worker that dies in between has done
nothing, and another takes the row. Any number of workers share the queue without meeting.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

logger = logging.getLogger(__name__)

#: A row that failed this often by its own fault is put aside for the operator (a recurring one never is).
MAX_TRIES = 8
#: Wait before the n-th repetition, in seconds; the last one for all further.
BACKOFF_SECONDS = (1, 5, 30, 120, 600, 1800, 3600)

_CLAIM = text("""
    SELECT id, kind, subject, profesional_id, due_at, tries FROM tareas
     WHERE state = 'pendiente' AND due_at <= :now
     ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
""")
_DONE = text("UPDATE tareas SET state = 'hecha', done_at = :now, error = NULL WHERE id = :id")
_AGAIN = text("UPDATE tareas SET due_at = :due_at, tries = :tries, error = :error WHERE id = :id")
_FAILED = text(
    "UPDATE tareas SET state = 'fallida', done_at = :now, tries = :tries, error = :error WHERE id = :id"
)
_RECURRING = text("""
    INSERT INTO tareas (kind, subject, due_at, dedupe_key) VALUES (:kind, '{}', :now, :key)
    ON CONFLICT (dedupe_key) DO NOTHING
""")


@dataclass(frozen=True)
class Job:
    """One due row, in the transaction that does it."""

    session: Session
    id: int
    kind: str
    subject: dict
    profesional_id: int | None
    due_at: datetime
    now: datetime

    @property
    def key(self) -> str:
        """Names this piece of work: prefix of the dedupe keys of what it says."""
        return f"tarea:{self.id}"


#: Does a job in its transaction. Returns when it is due again (recurring work), or None: done for good.
Handler = Callable[[Job], "datetime | None"]


def ensure_recurring(sessions: sessionmaker, kinds: tuple[str, ...], *, now: datetime) -> None:
    """One row per recurring kind of work, due at once where it is new. Called when a worker starts."""
    with sessions.begin() as session:
        for kind in kinds:
            session.execute(_RECURRING, {"kind": kind, "now": now, "key": f"recurring:{kind}"})


def run_next(sessions: sessionmaker, handlers: Mapping[str, Handler], *, now: datetime) -> bool:
    """Do the next thing that is due; False where nothing is. A handler that fails harms only its own row."""
    with sessions.begin() as session:
        row = session.execute(_CLAIM, {"now": now}).mappings().first()
        if row is None:
            return False
        job = Job(session, row["id"], row["kind"], row["subject"], row["profesional_id"], row["due_at"], now)
        try:
            with session.begin_nested():
                due_again = handlers[job.kind](job)
        except Exception as error:  # one row that cannot be done must not stop all others
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                raise
            logger.exception("due work failed", extra={"tarea_id": job.id, "kind": job.kind})
            _note_failure(job, row["tries"] + 1, f"{type(error).__name__}: {error}"[:500])
            return True
        if due_again is None:
            session.execute(_DONE, {"id": job.id, "now": now})
        else:
            session.execute(_AGAIN, {"id": job.id, "due_at": due_again, "tries": 0, "error": None})
        return True


def _note_failure(job: Job, tries: int, error: str) -> None:
    """Try again later; put aside what failed too often and is not recurring."""
    recurring = job.session.execute(
        text("SELECT dedupe_key LIKE 'recurring:%' FROM tareas WHERE id = :id"), {"id": job.id}
    ).scalar_one()
    if tries >= MAX_TRIES and not recurring:
        job.session.execute(_FAILED, {"id": job.id, "now": job.now, "tries": tries, "error": error})
        return
    wait = BACKOFF_SECONDS[min(tries, len(BACKOFF_SECONDS)) - 1]
    due_at = job.now + timedelta(seconds=wait)
    job.session.execute(_AGAIN, {"id": job.id, "due_at": due_at, "tries": tries, "error": error})
