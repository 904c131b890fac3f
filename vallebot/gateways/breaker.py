"""A circuit breaker: what keeps failing is left alone for a while. Of one process, for one service outside."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

#: Failures in a row after which nothing is asked for `REST_SECONDS`; then one question tries whether it is back.
FAILURES = 4
REST_SECONDS = 45.0


@dataclass
class Breaker:
    """`allows()` before a call, `succeeded()` or `failed()` after it. Used from one thread (an event loop)."""

    failures: int = FAILURES
    rest_seconds: float = REST_SECONDS
    clock: Callable[[], float] = time.monotonic
    _in_a_row: int = field(init=False, default=0)
    _rests_until: float = field(init=False, default=0.0)

    def allows(self) -> bool:
        """Whether to call. Where it was resting, one caller is let through and the others go on resting."""
        if self._in_a_row < self.failures:
            return True
        if self.clock() < self._rests_until:
            return False
        self._rests_until = self.clock() + self.rest_seconds
        return True

    def succeeded(self) -> None:
        self._in_a_row = 0

    def failed(self) -> None:
        self._in_a_row += 1
        if self._in_a_row >= self.failures:
            self._rests_until = self.clock() + self.rest_seconds
