"""Keeps processes running: waits until each is healthy, restarts the one that dies, stops all of them."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vallebot.supervisor.child import Child, Command, describe_exit

#: Wait before the n-th restart in a row, in seconds; the last one repeats.
BACKOFF_SECONDS = (0.5, 1, 2, 5, 15, 30)

#: A process that was healthy for this long starts its count of restarts again.
STEADY_SECONDS = 60

#: Between SIGTERM and SIGKILL.
STOP_SECONDS = 8

_TICK_SECONDS = 0.1
_HEALTH_INTERVAL_SECONDS = 0.3


class StartFailed(Exception):
    """A process did not become healthy; the message says which, and how its output ended."""


@dataclass
class _Kept:
    """A command and the state of keeping it running."""

    command: Command
    child: Child | None = None
    healthy_since: float | None = None
    started_at: float = 0.0
    asked_at: float = 0.0
    restart_at: float = 0.0
    deaths: int = 0


@dataclass
class Supervisor:
    """Runs `commands`; `say` receives what the operator should see: (name of the process, line).

    watch  looked at every second beside the processes (an embedded database); says what it mended, or None
    """

    commands: Sequence[Command]
    logs: Path
    say: Callable[[str, str], None]
    start_seconds: float = 180
    watch: Callable[[], str | None] = lambda: None
    _kept: list[_Kept] = field(init=False)
    _stop: threading.Event = field(init=False, default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._kept = [_Kept(command) for command in self.commands]

    def start(self) -> None:
        """Start all and wait until each was healthy once. Raises StartFailed (what runs is to be stopped)."""
        for kept in self._kept:
            self._launch(kept)
        deadline = time.monotonic() + self.start_seconds
        waiting = list(self._kept)
        while waiting and not self._stop.is_set():
            for kept in waiting:
                self._fail_if_dead(kept)
                if time.monotonic() > deadline:
                    raise StartFailed(f"{kept.command.name} was not ready after {self.start_seconds:.0f} s.")
                self._ask_health(kept)
            waiting = [kept for kept in waiting if kept.healthy_since is None]
            self._stop.wait(_TICK_SECONDS)

    def run(self) -> None:
        """Keep all running until `ask_to_stop`."""
        watched_at = 0.0
        while not self._stop.wait(_TICK_SECONDS):
            for kept in self._kept:
                self._keep(kept)
            if time.monotonic() - watched_at >= 1:
                watched_at = time.monotonic()
                mended = self.watch()
                if mended:
                    self.say("vallebot", mended)

    def ask_to_stop(self) -> None:
        """Make `start` or `run` return soon. For signal handlers."""
        self._stop.set()

    @property
    def is_stopping(self) -> bool:
        return self._stop.is_set()

    def stop(self) -> None:
        """Stop all: SIGTERM, and SIGKILL for what still runs after STOP_SECONDS. Leaves no process behind."""
        children = [kept.child for kept in self._kept if kept.child is not None]
        for child in children:
            child.signal_group(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in children:
            if not child.wait(max(0.0, deadline - time.monotonic())):
                self.say(child.command.name, f"does not stop by itself, killed (pid {child.pid})")
            # The group may outlive its leader.
            child.signal_group(signal.SIGKILL)
            child.wait(1)

    def pids(self) -> dict[str, int]:
        """The processes that run now, by name."""
        return {kept.command.name: kept.child.pid for kept in self._kept if kept.child is not None}

    def _launch(self, kept: _Kept) -> None:
        kept.started_at, kept.healthy_since = time.monotonic(), None
        kept.child = Child(kept.command, self.logs / f"{kept.command.name}.log", self.say)

    def _fail_if_dead(self, kept: _Kept) -> None:
        code = kept.child.exit_code() if kept.child else None
        if kept.child is not None and code is not None:
            ending = "\n".join(f"  {line}" for line in kept.child.last_lines())
            raise StartFailed(f"{kept.command.name} {describe_exit(code)} while starting:\n{ending}")

    def _keep(self, kept: _Kept) -> None:
        if kept.child is None:
            if time.monotonic() >= kept.restart_at:
                self._launch(kept)
            return
        code = kept.child.exit_code()
        if code is not None:
            self._mourn(kept, kept.child, code)
        elif kept.healthy_since is None:
            self._ask_health(kept)
            self._restart_if_stuck(kept, kept.child)
        elif time.monotonic() - kept.healthy_since > STEADY_SECONDS:
            kept.deaths = 0

    def _mourn(self, kept: _Kept, child: Child, code: int) -> None:
        wait = BACKOFF_SECONDS[min(kept.deaths, len(BACKOFF_SECONDS) - 1)]
        self.say(kept.command.name, f"{describe_exit(code)}; starting it again in {wait:g} s")
        if code >= 0:
            for line in child.last_lines():
                self.say(kept.command.name, f"  {line}")
        child.signal_group(signal.SIGKILL)  # what it may have left running
        kept.child, kept.restart_at = None, time.monotonic() + wait
        kept.deaths += 1

    def _ask_health(self, kept: _Kept) -> None:
        now = time.monotonic()
        if kept.healthy_since is not None or now - kept.asked_at < _HEALTH_INTERVAL_SECONDS:
            return
        kept.asked_at = now
        if kept.command.is_healthy():
            kept.healthy_since = time.monotonic()
            seconds = kept.healthy_since - kept.started_at
            self.say(kept.command.name, f"ready  ({seconds:.1f} s)")

    def _restart_if_stuck(self, kept: _Kept, child: Child) -> None:
        if kept.healthy_since is None and time.monotonic() - kept.started_at > self.start_seconds:
            self.say(kept.command.name, f"was not ready after {self.start_seconds:.0f} s")
            child.signal_group(signal.SIGKILL)
