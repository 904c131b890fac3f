"""Rasa's coroutines that never wait, run in a thread: whatever they take, the event loop goes on answering.

Rasa 3.6 declares NLU and the SQL tracker store `async` and works, or waits for the database, inside: while one
message is understood or saved, no webhook is acknowledged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


async def off_loop(threads: ThreadPoolExecutor, coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in a thread. Raises what it raises, and RuntimeError where it awaits something
    that is not there yet: then it needs the loop after all."""
    return await asyncio.get_running_loop().run_in_executor(threads, _run, coroutine)


def _run(coroutine: Coroutine[Any, Any, T]) -> T:
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    coroutine.close()
    raise RuntimeError(f"{coroutine.__qualname__} waits for something: it cannot run beside the event loop")
