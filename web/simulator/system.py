"""What ties the simulator to an installation: its shared clock, and the story of a message.

Everything else goes the real way, by webhook and Graph API; without an installation the page works alone.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from vallebot import scenes
from vallebot.clock import CACHE_SECONDS, read_offset, set_offset
from vallebot.runtime import Runtime
from vallebot.services.message_story import message_story
from web.settings import Scene
from web.simulator.story import sections_of

logger = logging.getLogger(__name__)


class InstalledSystem:
    """The running installation, seen from the simulator. Safe to use from several threads.

    While the database is away the last known offset holds and stories are empty: the page goes on.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._lock = threading.Lock()
        self._offset_s = 0.0
        self._read_at: float | None = None
        self._away = False  #: the database did not answer the last time

    def now(self) -> datetime:
        """The present of the whole installation."""
        return datetime.now(timezone.utc) + timedelta(seconds=self._offset())

    def set_clock_offset(self, seconds: float) -> None:
        """Move the clock of all processes."""
        set_offset(self._runtime.sessions, timedelta(seconds=seconds))
        with self._lock:
            self._offset_s, self._read_at = seconds, time.monotonic()

    def scenes(self) -> Sequence[Scene]:
        """What can be put in place of the business by one click; nothing where it is no demo."""
        if not self._runtime.settings.demo:
            return ()
        return [
            Scene(one.code, one.title, one.description, partial(self._put_in_place, one))
            for one in scenes.SCENES
        ]

    def _put_in_place(self, scene: scenes.Scene) -> None:
        scenes.put_in_place(self._runtime.engine, scene, now=self.now())

    def explain(self, wamid: str) -> dict[str, dict[str, str]]:
        """What was understood from a message and done about it; see `web.simulator.story`."""
        try:
            return sections_of(message_story(self._runtime.sessions, wamid))
        except SQLAlchemyError:
            logger.warning("the story of a message could not be read", exc_info=True)
            return {}

    def _offset(self) -> float:
        with self._lock:
            if self._read_at is None or time.monotonic() - self._read_at >= CACHE_SECONDS:
                self._read_at = time.monotonic()
                self._read_offset()
            return self._offset_s

    def _read_offset(self) -> None:
        try:
            self._offset_s = read_offset(self._runtime.sessions).total_seconds()
            self._away = False
        except SQLAlchemyError:
            if not self._away:  # said once, not every second
                logger.warning("the shared clock could not be read", exc_info=True)
            self._away = True
