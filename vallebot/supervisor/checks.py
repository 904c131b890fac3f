"""Questions that the supervisor asks: is this port free, does this process answer?"""

from __future__ import annotations

import contextlib
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil

LOOPBACK = "127.0.0.1"

#: A heartbeat is touched every second; an older one is of a process that is stuck or gone.
HEARTBEAT_STALE_SECONDS = 15


class PortInUse(Exception):
    """Somebody listens where we want to; the message names the port, its variable and the process."""


def require_free_ports(ports: Mapping[str, tuple[str, int]]) -> None:
    """Check that nobody listens on the ports, given as variable -> (what it is for, number).

    Raises PortInUse with one sentence per port that is taken.
    """
    taken = [
        f"Port {port} ({purpose}) is in use{_by_whom(port)}: stop that, or choose another port with {variable}."
        for variable, (purpose, port) in ports.items()
        if not _is_free(port)
    ]
    if taken:
        raise PortInUse("\n".join(taken))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: TIME_WAIT is free
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _by_whom(port: int) -> str:
    """' by python (pid 12)', or '' where the system does not tell (another user's process)."""
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN:
                if connection.pid is None:
                    return ""
                return f" by {psutil.Process(connection.pid).name()} (pid {connection.pid})"
    return ""


def answers(url: str) -> Callable[[], bool]:
    """A health check: GET `url` gives 200."""

    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never through a proxy

    def check() -> bool:
        try:
            with direct.open(url, timeout=1) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    return check


def beats(heartbeat: Path) -> Callable[[], bool]:
    """A health check for a process without a port: it keeps touching this file, which holds its pid."""

    def check() -> bool:
        try:
            age = time.time() - heartbeat.stat().st_mtime
            return age < HEARTBEAT_STALE_SECONDS and psutil.pid_exists(int(heartbeat.read_text()))
        except (OSError, ValueError):
            return False

    return check
