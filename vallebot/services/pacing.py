"""How fast messages may leave, so that Meta has nothing to complain about.

Limits (Cloud API): each number a count of messages per second, in and out together; each person 45 at once and one
every six seconds in the long run. Counted per worker process, in its memory: where several share a line, each gets
its share by the setting, and what slips through is refused by Meta and repeated (codes 130429 and 131056).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable

#: Messages to one person: at once, and seconds per message in the long run.
PAIR_BURST = 45
PAIR_SECONDS = 6.0

#: Messages per second of a number, in and out together; Meta raises it to 1,000, coexistence lowers it to 20.
LINE_PER_SECOND = 80

#: Persons whose count is kept; a full bucket is forgotten without loss.
_KEPT = 10_000


class Buckets:
    """Token buckets by name: `burst` at once, `per_second` refilled. Safe to use from several threads."""

    def __init__(self, burst: float, per_second: float, now: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._per_second, self._now = burst, per_second, now
        self._lock = threading.Lock()
        self._filled: dict[Hashable, tuple[float, float]] = {}  #: tokens and when they were counted

    def seconds_until(self, name: Hashable, tokens: float = 1) -> float:
        """How long until that many are there; 0 where they are, and then they are used."""
        with self._lock:
            there = self._there(name)
            if there < min(tokens, self._burst) - 1e-9:
                return (min(tokens, self._burst) - there) / self._per_second
            self._put(name, there - tokens)
            return 0.0

    def reserve(self, name: Hashable, tokens: float = 1) -> float:
        """Use them in any case; how many seconds to wait before acting on it."""
        with self._lock:
            left = self._there(name) - tokens
            self._put(name, left)
            return max(0.0, -left / self._per_second)

    def _there(self, name: Hashable) -> float:
        tokens, counted_at = self._filled.get(name, (self._burst, self._now()))
        return min(self._burst, tokens + (self._now() - counted_at) * self._per_second)

    def _put(self, name: Hashable, tokens: float) -> None:
        if len(self._filled) >= _KEPT:
            self._filled = {
                key: value for key, value in self._filled.items() if self._there(key) < self._burst
            }
        self._filled[name] = (tokens, self._now())


class Pace:
    """What one sender process may do."""

    def __init__(
        self,
        line_per_second: float = LINE_PER_SECOND,
        person_burst: float = PAIR_BURST,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lines = Buckets(line_per_second, line_per_second, now)
        self._pairs = Buckets(person_burst, 1 / PAIR_SECONDS, now)

    def seconds_for_person(self, conversation: Hashable) -> float:
        """How long the next message to this person has to wait; 0: it may go, and is counted."""
        return self._pairs.seconds_until(conversation)

    def seconds_for_line(self, line: str, *, answers: bool) -> float:
        """How long to wait before sending on a line; it is counted, and so is the message that it answers."""
        return self._lines.reserve(line, 2 if answers else 1)
