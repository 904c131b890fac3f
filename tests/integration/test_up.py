"""`vallebot up` where it cannot start: one clear sentence, nothing left behind."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest


@pytest.fixture
def up(tmp_path):
    """Run `vallebot up` with these settings added; returns the finished process."""

    def run(**environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "vallebot", "up"],
            env={**os.environ, "VALLEBOT_STATE_DIR": str(tmp_path), **environ},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


def test_a_port_in_use_is_told_before_anything_is_started(up, tmp_path):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        done = up(VALLEBOT_RASA_PORT=str(port))
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: Port {port} (Rasa server) is in use")
    assert "VALLEBOT_RASA_PORT" in done.stderr
    assert not (tmp_path / "pgdata").exists()


def test_production_without_secrets_names_all_of_them_in_one_sentence(up, tmp_path):
    done = up(VALLEBOT_ENV="production")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    for name in ("WHATSAPP_ACCESS_TOKEN", "WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN", "VALLEBOT_SECRET"):
        assert f"{name} is missing" in done.stderr
    assert not (tmp_path / "pgdata").exists()
