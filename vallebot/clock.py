"""The one clock of the installation. Rules never ask the operating system nor SQL `now()` for the time."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta, timezone
from typing import Protocol

from sqlalchemy import text
from sqlalchemy.orm import sessionmaker

CACHE_SECONDS = 1.0  #: how long a process may not notice that the offset was changed


class Clock(Protocol):
    """What time it is, for rules: called at entry points, which pass `now` on."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class FixedClock:
    """A clock that stands still until it is moved. For tests."""

    def __init__(self, at: datetime) -> None:
        if at.tzinfo is None:
            raise ValueError("an aware datetime is needed")
        self._at = at.astimezone(timezone.utc)

    def now(self) -> datetime:
        return self._at

    def advance(self, by: timedelta) -> None:
        self._at += by


class SystemClock:
    """Real time plus the offset shared by all processes through the row of `system_clock`.

    The row is read again after CACHE_SECONDS, so that travelling in time (simulator, acceptance tests) reaches
    every process within a second, and a busy process does not ask for it at each message.
    """

    def __init__(self, sessions: sessionmaker) -> None:
        self._sessions = sessions
        self._lock = threading.Lock()
        self._offset = timedelta()
        self._read_at: float | None = None

    def now(self) -> datetime:
        return datetime.now(timezone.utc) + self.offset()

    def offset(self) -> timedelta:
        """How far ahead of real time the installation is; at most CACHE_SECONDS old."""
        with self._lock:
            if self._read_at is None or time.monotonic() - self._read_at >= CACHE_SECONDS:
                self._offset = read_offset(self._sessions)
                self._read_at = time.monotonic()
            return self._offset


def read_offset(sessions: sessionmaker) -> timedelta:
    """The shared offset as it is now."""
    with sessions() as session:
        seconds = session.execute(text("SELECT offset_seconds FROM system_clock WHERE id = 1")).scalar()
    return timedelta(seconds=seconds or 0)


def set_offset(sessions: sessionmaker, offset: timedelta) -> None:
    """Put the clock of all processes `offset` ahead of real time (negative: behind)."""
    with sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO system_clock (id, offset_seconds) VALUES (1, :seconds) "
                "ON CONFLICT (id) DO UPDATE SET offset_seconds = excluded.offset_seconds"
            ),
            {"seconds": offset.total_seconds()},
        )
