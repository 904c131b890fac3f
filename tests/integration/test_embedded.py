"""The embedded Postgres under supervision."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from vallebot.supervisor.database import forget_dead_users

#: A process of its own, as `vallebot up` is: holds the server, mends it when told to, says what happened.
HOLDER = """
import sys
from pathlib import Path
from vallebot.db.postgres import ensure_embedded
from vallebot.supervisor.database import EmbeddedWatch
state = Path(sys.argv[1])
print(ensure_embedded(state), flush=True)
watch = EmbeddedWatch(state)
for line in sys.stdin:
    print(watch.mend(), flush=True)
"""


@pytest.fixture
def state_dir():
    """Not pytest's own folder: as root the server runs as another user, whom pytest locks out."""
    with tempfile.TemporaryDirectory(prefix="vallebot-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture
def holder(state_dir):
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", HOLDER, str(state_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.communicate(timeout=30)


def postmaster(state_dir: Path) -> int:
    return int((state_dir / "pgdata" / "postmaster.pid").read_text().split("\n", 1)[0])


def look(holder: subprocess.Popen[str]) -> str:
    holder.stdin.write("look\n")
    holder.stdin.flush()
    return holder.stdout.readline()


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not psutil.pid_exists(pid)


def test_a_killed_server_is_started_again_with_everything_that_was_committed(holder, state_dir):
    url = holder.stdout.readline().strip()
    engine = create_engine(url, poolclass=NullPool, future=True)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept AS SELECT 7 AS number"))
    assert look(holder) == "None\n"
    killed = postmaster(state_dir)
    os.kill(killed, signal.SIGKILL)
    assert gone(killed)  # buried, too: until then Postgres itself takes it for running
    assert "started again" in look(holder)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT number FROM kept")).scalar() == 7


def test_a_killed_user_does_not_keep_the_server_running(holder, state_dir):
    holder.stdout.readline()
    users = state_dir / "pgdata" / ".handle_pids.json"
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    users.write_text(json.dumps([dead.pid, holder.pid]))
    forget_dead_users(state_dir)
    assert json.loads(users.read_text()) == [holder.pid]
    server = postmaster(state_dir)
    holder.stdin.close()
    holder.wait(timeout=30)
    assert gone(server)
    holder.stdin = None


def test_there_is_nothing_to_forget_before_the_first_start(tmp_path):
    forget_dead_users(tmp_path)
    assert list(tmp_path.iterdir()) == []
