"""The supervisor with small real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from vallebot.supervisor import Command, Supervisor, supervisor
from vallebot.supervisor.supervisor import StartFailed

#: Sleeps for ever, politely.
SLEEP = "import time; print('up', flush=True); time.sleep(600)"
#: Starts a child of its own and says its pid, and neither of them heeds SIGTERM.
STUBBORN_FAMILY = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
print("child", subprocess.Popen([sys.executable, "-c", code]).pid, flush=True)
time.sleep(600)
"""


class Console:
    """What the operator sees."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def __call__(self, name: str, line: str) -> None:
        self.lines.append((name, line))

    def of(self, name: str) -> list[str]:
        return [line for who, line in list(self.lines) if who == name]


@pytest.fixture
def console() -> Console:
    return Console()


@pytest.fixture
def start(tmp_path, console):
    """Start a supervisor over Python snippets by name, and keep it running in the background."""
    started: list[tuple[Supervisor, threading.Thread]] = []

    def begin(**snippets: str) -> Supervisor:
        commands = [Command(name, (sys.executable, "-u", "-c", code)) for name, code in snippets.items()]
        found = Supervisor(commands, tmp_path, console)
        thread = threading.Thread(target=found.run)
        started.append((found, thread))
        found.start()
        thread.start()
        return found

    yield begin
    for found, thread in started:
        found.ask_to_stop()
        if thread.ident is not None:
            thread.join()
        found.stop()


def wait_until(true, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_killed_process_is_reported_and_started_again(start, console):
    running = start(sleeper=SLEEP, other=SLEEP)
    before = running.pids()
    os.kill(before["sleeper"], signal.SIGKILL)
    wait_until(lambda: running.pids().get("sleeper") not in (None, before["sleeper"]))
    assert running.pids()["other"] == before["other"]
    assert "was ended by SIGKILL; starting it again in 0.5 s" in console.of("sleeper")


def test_a_process_that_keeps_dying_is_started_later_and_later_and_shows_its_last_words(
    start, console, monkeypatch
):
    monkeypatch.setattr(supervisor, "BACKOFF_SECONDS", (0.1, 0.2, 0.3))
    start(crasher="import time; time.sleep(0.6); raise SystemExit('no luck today')")
    wait_until(lambda: sum("starting it again" in line for line in console.of("crasher")) >= 3)
    waits = [line.rpartition(" in ")[2] for line in console.of("crasher") if "starting it again" in line]
    assert waits[:3] == ["0.1 s", "0.2 s", "0.3 s"]
    assert "  no luck today" in console.of("crasher")


def test_stopping_ends_everything_that_was_started_even_what_does_not_want_to(start, tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 0.5)
    running = start(family=STUBBORN_FAMILY, sleeper=SLEEP)
    log = tmp_path / "family.log"
    wait_until(lambda: log.exists() and "child" in log.read_text())
    pids = [*running.pids().values(), int(log.read_text().split()[1])]
    running.ask_to_stop()
    running.stop()
    wait_until(lambda: not any(map(is_running, pids)))


def test_polite_processes_stop_at_once(start):
    running = start(sleeper=SLEEP, other=SLEEP)
    began = time.monotonic()
    running.ask_to_stop()
    running.stop()
    assert time.monotonic() - began < supervisor.STOP_SECONDS / 2


def test_a_process_that_dies_while_starting_stops_the_start_and_tells_why(tmp_path, console):
    broken = Command("broken", (sys.executable, "-c", "raise SystemExit('no such file')"), lambda: False)
    found = Supervisor([broken], tmp_path, console)
    with pytest.raises(StartFailed, match=r"broken ended with code 1 while starting:\n  no such file"):
        found.start()


def test_a_process_that_never_gets_ready_stops_the_start(tmp_path, console):
    mute = Command("mute", (sys.executable, "-c", SLEEP), lambda: False)
    found = Supervisor([mute], tmp_path, console, start_seconds=0.5)
    try:
        with pytest.raises(StartFailed, match="mute was not ready after"):
            found.start()
    finally:
        found.stop()


CHATTY = r"""
import logging
logging.basicConfig(format="%(asctime)s %(levelname)-8s %(name)s  - %(message)s", datefmt="%Y-%m-%d %H:%M:%S",
                    level="DEBUG")
print("/lib/x.py:1: DeprecationWarning: old")
logging.info("all is well")
logging.warning("known and harmless")
logging.warning("mind this")
try:
    1 / 0
except ZeroDivisionError:
    logging.exception("this went wrong")
logging.info("all is well again")
import time; time.sleep(600)
"""


def test_warnings_and_errors_reach_the_console_and_everything_reaches_the_log(tmp_path, console):
    chatty = Command("chatty", (sys.executable, "-u", "-c", CHATTY), noise=("known and harmless",))
    found = Supervisor([chatty], tmp_path, console)
    found.start()
    log: Path = tmp_path / "chatty.log"
    try:
        wait_until(lambda: log.exists() and "all is well again" in log.read_text())
    finally:
        found.stop()
    shown = "\n".join(console.of("chatty"))
    assert "mind this" in shown
    assert "ZeroDivisionError: division by zero" in shown
    assert "all is well" not in shown
    assert "old" not in shown
    assert "known and harmless" not in shown
    assert "known and harmless" in log.read_text()


def test_a_watch_says_what_it_mended(tmp_path, console):
    found = Supervisor([], tmp_path, console, watch=lambda: "mended")
    thread = threading.Thread(target=found.run)
    thread.start()
    wait_until(lambda: console.of("vallebot") == ["mended"])
    found.ask_to_stop()
    thread.join()


SUPERVISING = """
import sys, time
from pathlib import Path
from vallebot.supervisor import Command, Supervisor
found = Supervisor([Command("sleeper", (sys.executable, "-c", "import time; time.sleep(600)"))],
                   Path(sys.argv[1]), lambda *_: None)
found.start()
print(found.pids()["sleeper"], flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux's (PR_SET_PDEATHSIG)")
def test_processes_stop_when_their_supervisor_is_killed(tmp_path):
    parent = subprocess.Popen(
        [sys.executable, "-c", SUPERVISING, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert is_running(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: not is_running(child))
