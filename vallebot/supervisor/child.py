"""One supervised process: started in a group of its own, its output read line by line."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vallebot.logs import parse_line

#: A log file is moved aside (`.1`) when it is larger; two of them are kept at most.
LOG_MAX_BYTES = 10 * 1024 * 1024

#: Lines of output shown when a process dies.
LAST_LINES = 12

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Command:
    """What to run.

    is_healthy  asked until it says yes for the first time
    noise       pieces of warnings that are known and harmless: they go to the log file only
    """

    name: str
    argv: tuple[str, ...]
    is_healthy: Callable[[], bool] = lambda: True
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    cwd: Path | None = None
    noise: tuple[str, ...] = ()


class Child:
    """A running process of `command`. To be created from the thread that lives as long as the supervisor:
    on Linux the child is told to stop when its *creating thread* is gone (kill -9 of the supervisor)."""

    def __init__(self, command: Command, log_path: Path, report: Callable[[str, str], None]) -> None:
        self.command = command
        self._report = report
        self._tail: deque[str] = deque(maxlen=LAST_LINES)
        self._log_path = log_path
        log_path.parent.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            command.argv,
            env=dict(command.environ),
            cwd=command.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=stop_with_parent,
            text=True,
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, name=f"output of {command.name}", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_code(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._process.poll()

    def last_lines(self) -> list[str]:
        """The end of what it said."""
        self._reader.join(1)
        return list(self._tail)

    def signal_group(self, number: signal.Signals) -> None:
        """Signal the process and everything it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def wait(self, seconds: float) -> bool:
        """Wait for its end; False where it still runs."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        self._reader.join(1)
        return True

    def _read(self) -> None:
        """Copy the output to the log file, and warnings and errors with their tracebacks to the console."""
        assert self._process.stdout is not None  # for the type checker: it is a pipe
        shown = False
        log = self._log_path.open("a", encoding="utf-8")
        for line in self._process.stdout:
            log.write(line)
            log.flush()
            if log.tell() > LOG_MAX_BYTES:
                log.close()
                self._log_path.replace(self._log_path.with_suffix(".log.1"))
                log = self._log_path.open("a", encoding="utf-8")
            text = line.rstrip()
            self._tail.append(text)
            record = parse_line(text)
            if record is not None:
                shown = record.level >= logging.WARNING and not self._is_noise(text)
            if shown and text:
                self._report(self.command.name, text)
        log.close()

    def _is_noise(self, text: str) -> bool:
        return any(piece in text for piece in self.command.noise)


def stop_with_parent() -> None:
    """`preexec_fn` of a process that must not outlive us: when the thread that started it is gone, the kernel
    sends it SIGTERM (Linux only)."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def describe_exit(code: int) -> str:
    """How a process ended, for people."""
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"was ended by {signal.Signals(-code).name}"
    return f"ended with code {code}"
