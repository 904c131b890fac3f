"""`python -m web`: the simulator as a process."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import click

from web.app import create_app
from web.fake_graph.state import StateFile
from web.serving import BackgroundServer
from web.settings import DEFAULT_PORT, SimulatorSettings
from web.simulator.cast import DEFAULT_CAST, load_cast

#: Meta's access tokens begin like this.
_REAL_TOKEN_PREFIX = "EAA"
_REAL_HOST = "facebook.com"


def looks_real(access_token: str, environ: dict[str, str]) -> bool:
    """Whether these are credentials of a real WhatsApp account, which a simulator should not be given."""
    graph_url = environ.get("WHATSAPP_GRAPH_URL", "") + environ.get("VALLEBOT_GRAPH_URL", "")
    return access_token.startswith(_REAL_TOKEN_PREFIX) or _REAL_HOST in graph_url


@click.command(context_settings={"show_default": True})
@click.option(
    "--webhook-url",
    envvar="VALLEBOT_WEBHOOK_URL",
    default="http://127.0.0.1:5005/webhooks/whatsapp",
    help="Where webhooks are posted. [env: VALLEBOT_WEBHOOK_URL]",
)
@click.option(
    "--app-secret",
    envvar="WHATSAPP_APP_SECRET",
    required=True,
    help="Signs the webhooks. [env: WHATSAPP_APP_SECRET]",
)
@click.option(
    "--access-token",
    envvar="WHATSAPP_ACCESS_TOKEN",
    required=True,
    help="Bearer that callers of the Graph API must show. [env: WHATSAPP_ACCESS_TOKEN]",
)
@click.option(
    "--port",
    envvar="VALLEBOT_SIMULATOR_PORT",
    default=DEFAULT_PORT,
    help="Port on 127.0.0.1; 0 takes a free one. [env: VALLEBOT_SIMULATOR_PORT]",
)
@click.option(
    "--host",
    envvar="VALLEBOT_SIMULATOR_HOST",
    default="127.0.0.1",
    help="A loopback address; others are refused. [env: VALLEBOT_SIMULATOR_HOST]",
)
@click.option(
    "--cast",
    "cast_path",
    envvar="VALLEBOT_SIMULATOR_CAST",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON file with lines, persons and tour. [env: VALLEBOT_SIMULATOR_CAST]",
)
@click.option(
    "--state",
    "state_path",
    envvar="VALLEBOT_SIMULATOR_STATE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="JSON file that keeps the chats over a restart. [env: VALLEBOT_SIMULATOR_STATE]",
)
@click.option(
    "--templates",
    "templates_dir",
    envvar="VALLEBOT_TEMPLATES_DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of JSON templates approved from the start. [env: VALLEBOT_TEMPLATES_DIR]",
)
@click.option(
    "--system/--no-system",
    "with_system",
    default=None,
    show_default="where VALLEBOT_STATE_DIR or DATABASE_URL is set",
    help="Share the clock of the installation, and show what it makes of each message.",
)
@click.option("--with-real-credentials", is_flag=True, help="Start although the credentials look real.")
def main(
    with_real_credentials: bool, with_system: bool | None, cast_path: Path | None, **options: Any
) -> None:
    """Serve the WhatsApp simulator: phones on a page, and the Graph API that they live on."""
    if looks_real(options["access_token"], dict(os.environ)) and not with_real_credentials:
        raise click.ClickException(
            "The environment holds credentials of a real WhatsApp account. The simulator does not need them; "
            "unset them, or pass --with-real-credentials."
        )
    cast = load_cast(cast_path) if cast_path else DEFAULT_CAST
    if with_system is None:
        with_system = bool(os.environ.get("VALLEBOT_STATE_DIR") or os.environ.get("DATABASE_URL"))
    settings = SimulatorSettings(
        phone_numbers=cast.lines,
        persons=cast.persons,
        tour=cast.tour,
        **options,
        **(system_hooks() if with_system else {}),
    )
    serve(settings)


def system_hooks() -> dict[str, Any]:
    """The settings that tie the simulator to this installation."""
    from vallebot.runtime import get_runtime
    from web.simulator.system import InstalledSystem  # the page alone needs no database driver

    system = InstalledSystem(get_runtime())
    return {
        "now": system.now,
        "set_clock_offset": system.set_clock_offset,
        "explain": system.explain,
        "scenes": system.scenes(),
    }


def serve(settings: SimulatorSettings) -> None:
    """Serve until SIGINT or SIGTERM."""
    app = create_app(settings)
    graph = app.extensions["fake_graph"]
    try:
        server = BackgroundServer(app, settings.host, settings.port)
    except (ValueError, OSError) as exc:
        raise click.ClickException(str(exc)) from exc
    state = StateFile(graph, settings.state_path) if settings.state_path else None
    if state is not None:
        state.start()
    graph.start()
    server.start()
    click.echo(f"Simulator: http://{settings.host}:{server.port}/simulator/")
    sys.stdout.flush()
    asked_to_stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked_to_stop.set())
    asked_to_stop.wait()
    server.stop()
    graph.stop()
    if state is not None:
        state.stop()


if __name__ == "__main__":
    main()
