"""One supervisor per state folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyRunning(Exception):
    """Another supervisor works on this folder."""


@contextmanager
def only_one(state_dir: Path) -> Iterator[None]:
    """Hold the folder for this process. The kernel lets go of it when the process ends, however it ends.

    Raises AlreadyRunning, naming the process that holds it.
    """
    run = state_dir / "run"
    run.mkdir(parents=True, exist_ok=True)
    with (run / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            lock.seek(0)
            pid = lock.read().strip()
            raise AlreadyRunning(f"Vallebot is already running here (pid {pid}): stop that first.") from exc
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield
