"""The processes of one installation on one machine, and how each is known to be ready."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from vallebot.config import PROJECT_ROOT, Settings
from vallebot.logs import quiet_environ
from vallebot.supervisor.checks import LOOPBACK, answers, beats
from vallebot.supervisor.child import Command

#: Rasa's warnings at each start that mean nothing here (measured with 3.6.21).
_RASA_NOISE = (
    "MovedIn20Warning",
    "rasa.shared.utils.validation",
    "tensorflow",
    "absl",
    "rasa.core.training.story_conflict",
    "No valid endpoint for LockStore",
    "In-memory lock store",
)


def ports(settings: Settings) -> Mapping[str, tuple[str, int]]:
    """Every port that is going to be listened on: variable -> (what it is for, number)."""
    wanted = {
        "VALLEBOT_RASA_PORT": ("Rasa server", settings.rasa_port),
        "VALLEBOT_ACTIONS_PORT": ("action server", settings.actions_port),
    }
    if settings.demo:
        wanted["VALLEBOT_SIMULATOR_PORT"] = ("simulator", settings.simulator_port)
    return wanted


def webhook_url(settings: Settings) -> str:
    """Where WhatsApp (or the simulator) posts to."""
    return f"http://{LOOPBACK}:{settings.rasa_port}/webhooks/whatsapp"


def simulator_url(settings: Settings) -> str:
    return f"http://{LOOPBACK}:{settings.simulator_port}/"


def endpoints_file(settings: Settings) -> Path:
    """endpoints.yml, or a copy of it where the action server has another port than the one written there."""
    original = PROJECT_ROOT / "endpoints.yml"
    if settings.actions_port == Settings.actions_port:
        return original
    copy = settings.state_dir / "run" / "endpoints.yml"
    copy.parent.mkdir(parents=True, exist_ok=True)
    written, wanted = (f"127.0.0.1:{port}/webhook" for port in (Settings.actions_port, settings.actions_port))
    copy.write_text(original.read_text(encoding="utf-8").replace(written, wanted), encoding="utf-8")
    return copy


def heartbeat_path(settings: Settings) -> Path:
    """The file by which the worker says that it works."""
    return settings.state_dir / "run" / "worker"


def action_server(settings: Settings) -> Command:
    """The action server, on loopback only: whoever reaches it acts as anybody."""
    port = str(settings.actions_port)
    return Command(
        name="actions",
        argv=(sys.executable, "-m", "rasa_sdk", "--actions", "actions", "--port", port),
        environ=_environ(settings) | {"SANIC_HOST": LOOPBACK},
        is_healthy=answers(f"http://{LOOPBACK}:{port}/health"),
        cwd=PROJECT_ROOT,
    )


def rasa_server(settings: Settings, model: Path) -> Command:
    """Rasa with the WhatsApp channel; its own HTTP API stays closed."""
    port = str(settings.rasa_port)
    arguments = ["--endpoints", str(endpoints_file(settings)), "--credentials", "credentials.yml"]
    arguments += ["--port", port, "--interface", LOOPBACK]
    return Command(
        name="rasa",
        argv=(sys.executable, "-m", "rasa", "run", "--model", str(model), *arguments),
        environ=_environ(settings),
        is_healthy=answers(f"{webhook_url(settings)}/health"),
        cwd=PROJECT_ROOT,
        noise=_RASA_NOISE,
    )


def worker(settings: Settings) -> Command:
    heartbeat = heartbeat_path(settings)
    return Command(
        name="worker",
        argv=(sys.executable, "-m", "vallebot", "worker", "--heartbeat", str(heartbeat)),
        environ=_environ(settings),
        is_healthy=beats(heartbeat),
        cwd=PROJECT_ROOT,
    )


def simulator(settings: Settings, cast: Mapping[str, object]) -> Command:
    """The page with the phones and the local Graph API; `cast` is who is on it (see vallebot/demo.py)."""
    cast_path = settings.state_dir / "run" / "cast.json"
    cast_path.parent.mkdir(parents=True, exist_ok=True)
    cast_path.write_text(json.dumps(cast, ensure_ascii=False, indent=1), encoding="utf-8")
    options = {
        "VALLEBOT_WEBHOOK_URL": webhook_url(settings),
        "VALLEBOT_SIMULATOR_CAST": str(cast_path),
        "VALLEBOT_SIMULATOR_STATE": str(settings.state_dir / "simulator.json"),
        "WHATSAPP_APP_SECRET": settings.whatsapp.app_secrets[0],
    }
    templates = PROJECT_ROOT / "connectors" / "whatsapp" / "templates"
    if templates.is_dir():
        options["VALLEBOT_TEMPLATES_DIR"] = str(templates)
    return Command(
        name="simulator",
        argv=(sys.executable, "-m", "web"),
        environ=_environ(settings) | options,
        is_healthy=answers(f"{simulator_url(settings)}health"),
        cwd=PROJECT_ROOT,
    )


def _environ(settings: Settings) -> dict[str, str]:
    """What all processes must agree on, defaults included."""
    environ = quiet_environ()
    whatsapp = settings.whatsapp
    environ |= {
        "VALLEBOT_STATE_DIR": str(settings.state_dir),
        "VALLEBOT_MEDIA_DIR": str(settings.media_dir),
        "VALLEBOT_SECRET": settings.secret,
        "VALLEBOT_RASA_PORT": str(settings.rasa_port),
        "VALLEBOT_ACTIONS_PORT": str(settings.actions_port),
        "VALLEBOT_SIMULATOR_PORT": str(settings.simulator_port),
        "WHATSAPP_VERIFY_TOKEN": whatsapp.verify_token,
        "WHATSAPP_APP_SECRET": ",".join(whatsapp.app_secrets),
        "WHATSAPP_ACCESS_TOKEN": whatsapp.access_token,
        "WHATSAPP_GRAPH_URL": whatsapp.graph_url,
    }
    if settings.demo:
        # The Graph API is on this machine: a proxy of the environment must not be asked for it.
        known = [name for name in (environ.get("NO_PROXY"), environ.get("no_proxy")) if name]
        environ["NO_PROXY"] = environ["no_proxy"] = ",".join([*known, LOOPBACK, "localhost"])
    return environ
