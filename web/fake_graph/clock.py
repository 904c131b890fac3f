"""The clock of the simulator: the machine's time plus an offset that can travel."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone


class TravelClock:
    """Aware UTC time that can be moved.

    `now` replaces the time source (then the owner of that source applies the offset); `set_offset` is told
    each new offset in seconds, so that the rest of the system travels along.
    """

    def __init__(
        self,
        now: Callable[[], datetime] | None = None,
        set_offset: Callable[[float], None] | None = None,
    ) -> None:
        self._source = now
        self._set_offset = set_offset
        self._lock = threading.Lock()
        self._offset_s = 0.0

    @property
    def offset_s(self) -> float:
        """Seconds ahead of the machine's clock (behind it, if negative)."""
        if self._source is not None:
            return float(round((self._source() - datetime.now(timezone.utc)).total_seconds()))
        return self._offset_s

    def now(self) -> datetime:
        """The present, as the system should see it."""
        if self._source is not None:
            return self._source()
        return datetime.now(timezone.utc) + timedelta(seconds=self._offset_s)

    def travel_to(self, offset_s: float) -> None:
        """Move to an absolute offset; 0 comes back to the present."""
        with self._lock:
            self._offset_s = float(offset_s)
            if self._set_offset is not None:
                self._set_offset(self._offset_s)

    def advance(self, seconds: float) -> None:
        """Move on from where the clock is now."""
        self.travel_to(self.offset_s + seconds)
