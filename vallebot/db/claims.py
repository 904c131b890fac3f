"""Liveness locks: how a process knows that another one, which had claimed work, is dead.

Every process that claims rows holds one session-level advisory lock with a key of its own for as long as it
lives; Postgres drops it the moment the connection dies (kill -9 included). A row whose `claimed_by` key can be
locked by anybody else belongs to nobody any more.
"""

from __future__ import annotations

import random
import threading

from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session

#: First half of the two-part advisory key, so that liveness locks never meet another use of advisory locks.
LOCK_SPACE = 86_255


class Claimer:
    """One process's (or one thread's) identity as a worker. Usable from several threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._guard = threading.Lock()
        self._connection: Connection | None = None
        self._key = 0

    def key(self) -> int:
        """The key to write into `claimed_by`; takes a new one after the database connection was lost."""
        with self._guard:
            if self._connection is None or not self._alive(self._connection):
                self._connection, self._key = self._take_lock()
            return self._key

    def close(self) -> None:
        with self._guard:
            if self._connection is not None:
                self._connection.invalidate()
                self._connection.close()
                self._connection = None

    @staticmethod
    def _alive(connection: Connection) -> bool:
        try:
            connection.execute(text("SELECT 1"))
            return True
        except Exception:  # whatever broke it, the lock is gone with the connection
            connection.invalidate()
            return False

    def _take_lock(self) -> tuple[Connection, int]:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        while True:
            key = random.randint(1, 2**31 - 1)
            taken = connection.execute(
                text("SELECT pg_try_advisory_lock(:space, :key)"), {"space": LOCK_SPACE, "key": key}
            ).scalar()
            if taken:
                return connection, key


def dead_claimers(session: Session, keys: list[int]) -> list[int]:
    """Those of `keys` whose process is gone."""
    alive = set(
        session.execute(
            text(
                "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND classid = :space AND granted"
            ),
            {"space": LOCK_SPACE},
        ).scalars()
    )
    return [key for key in keys if key not in alive]
