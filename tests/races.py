"""Calls that race each other, with real connections."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.exc import DBAPIError

from vallebot.errors import VallebotError

PATIENCE_SECONDS = 30


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls in threads that start together; results, or what was refused, in order."""
    barrier = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(number: int, call: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            results[number] = call()
        except (VallebotError, DBAPIError) as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    return results


def kinds(results: Sequence[Any]) -> Counter:
    """How many results there are of each type."""
    return Counter(type(result).__name__ for result in results)
