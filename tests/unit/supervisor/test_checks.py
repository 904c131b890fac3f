"""Ports and health."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time

import pytest

from vallebot.supervisor.checks import PortInUse, answers, beats, require_free_ports
from vallebot.supervisor.lock import AlreadyRunning, only_one


@pytest.fixture
def listener():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_port_in_use_is_one_sentence_with_port_variable_and_process(listener):
    with pytest.raises(PortInUse) as caught:
        require_free_ports({"VALLEBOT_RASA_PORT": ("Rasa server", listener)})
    told = str(caught.value)
    assert re.fullmatch(rf"Port {listener} \(Rasa server\) is in use.*: .*VALLEBOT_RASA_PORT\.", told)
    assert f"(pid {os.getpid()})" in told


def test_all_ports_in_use_are_told_and_free_ones_are_not(listener):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        free = other.getsockname()[1]
    with pytest.raises(PortInUse) as caught:
        require_free_ports({"A": ("one", listener), "B": ("two", free), "C": ("three", listener)})
    assert len(str(caught.value).splitlines()) == 2


def test_nobody_there_is_not_healthy(listener):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        free = other.getsockname()[1]
    assert not answers(f"http://127.0.0.1:{free}/")()


def test_a_heartbeat_counts_while_it_is_fresh_and_its_process_lives(tmp_path):
    path = tmp_path / "worker"
    healthy = beats(path)
    assert not healthy()
    path.write_text(f"{os.getpid()}\n")
    assert healthy()
    os.utime(path, (time.time() - 60, time.time() - 60))
    assert not healthy()


def test_the_heartbeat_of_a_dead_process_does_not_count(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    path = tmp_path / "worker"
    path.write_text(f"{gone.pid}\n")
    assert not beats(path)()


def test_a_second_supervisor_is_refused_and_told_who_runs(tmp_path):
    with only_one(tmp_path), pytest.raises(AlreadyRunning, match=rf"pid {os.getpid()}"), only_one(tmp_path):
        pass
    with only_one(tmp_path):
        pass
