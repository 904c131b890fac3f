from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.off_loop import off_loop


@pytest.fixture
def threads():
    with ThreadPoolExecutor(1) as pool:
        yield pool


async def test_the_loop_goes_on_while_something_takes_its_time(threads) -> None:
    async def slow() -> str:
        time.sleep(0.2)
        return threading.current_thread().name

    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    assert await off_loop(threads, slow()) != threading.current_thread().name
    ticking.cancel()
    assert ticks > 3


async def test_what_is_raised_comes_through(threads) -> None:
    async def broken() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await off_loop(threads, broken())


async def test_what_needs_the_loop_is_refused(threads) -> None:
    with pytest.raises(RuntimeError, match="waits"):
        await off_loop(threads, asyncio.sleep(0))
