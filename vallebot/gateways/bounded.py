"""Calls of a model's endpoint within bounds: one time limit for all, a second try, a circuit breaker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from vallebot.gateways.breaker import Breaker
from vallebot.gateways.openai_sdk import openai
from vallebot.services.fallback.model import BadAnswer, ModelFailed

T = TypeVar("T")

#: A second try needs at least this much of the time that is left.
RETRY_NEEDS_SECONDS = 0.5
TRIES = 2


class Bounded:
    """Of one endpoint, for one event loop."""

    def __init__(self, seconds: float, breaker: Breaker | None = None) -> None:
        self._seconds = seconds
        self._breaker = breaker or Breaker()

    async def call(self, once: Callable[[], Awaitable[T]]) -> T:
        """What `once` gives, which may be called twice. Raises ModelFailed, after `seconds` at the latest."""
        if not self._breaker.allows():
            raise ModelFailed("resting after failures", asked=False)
        try:
            found = await asyncio.wait_for(self._twice(once), timeout=self._seconds)
        except asyncio.TimeoutError as exc:
            self._breaker.failed()
            raise ModelFailed("too slow") from exc
        except ModelFailed as failed:
            # An answer that is none says nothing about the endpoint: whoever can provoke one must not silence it.
            answered = isinstance(failed.__cause__, BadAnswer)
            (self._breaker.succeeded if answered else self._breaker.failed)()
            raise
        self._breaker.succeeded()
        return found

    async def _twice(self, once: Callable[[], Awaitable[T]]) -> T:
        deadline = time.monotonic() + self._seconds
        tries = TRIES
        while True:
            try:
                return await once()
            except (openai().APIError, BadAnswer) as exc:
                tries -= 1
                left = deadline - time.monotonic()
                if tries == 0 or not _may_pass(exc) or left < RETRY_NEEDS_SECONDS:
                    raise ModelFailed(_reason(exc)) from exc


def _may_pass(exc: Exception) -> bool:
    """Whether the same question may be answered a moment later."""
    status = getattr(exc, "status_code", None)
    return status is None or status in (408, 409, 429) or status >= 500


def _reason(exc: Exception) -> str:
    """For logs: never what the server wrote, which may quote the question."""
    status = getattr(exc, "status_code", None)
    if isinstance(exc, BadAnswer):
        return f"bad answer: {exc}"
    return f"{type(exc).__name__}{f' {status}' if status else ''}"
