"""`vallebot shell`."""

from __future__ import annotations

import signal
import subprocess
import sys

import click

from vallebot.cli.common import runtime, sentences
from vallebot.cli.up import prepare_database, prepare_model, say
from vallebot.config import PROJECT_ROOT, Settings
from vallebot.logs import quiet_environ
from vallebot.supervisor import Supervisor, stack
from vallebot.supervisor.child import stop_with_parent
from vallebot.supervisor.supervisor import StartFailed


@click.command("shell")
@click.option("--debug", is_flag=True, help="Show Rasa's predictions, as `rasa shell --debug`.")
@click.pass_context
@sentences
def command(ctx: click.Context, debug: bool) -> None:
    """Talk to the bot in this terminal, as the demo client of the demo professional.

    Starts the action server (or uses the one that `vallebot up` runs) and `rasa shell`; /stop ends it.
    """
    found = runtime()
    settings = found.settings
    prepare_database(found)
    model = prepare_model()
    actions = stack.action_server(settings)
    supervisor = Supervisor([] if actions.is_healthy() else [actions], settings.state_dir / "logs", say)
    try:
        supervisor.start()
        ctx.exit(_rasa_shell(settings, str(model), debug))
    except StartFailed as exc:
        raise click.ClickException(str(exc)) from exc
    finally:
        supervisor.stop()


def _rasa_shell(settings: Settings, model: str, debug: bool) -> int:
    arguments = ["--model", model, "--endpoints", str(stack.endpoints_file(settings))]
    arguments += ["--credentials", "credentials.yml", *(["--debug"] if debug else [])]
    # Ctrl-C belongs to `rasa shell`, which shares the terminal with us.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "rasa", "shell", *arguments],
            cwd=PROJECT_ROOT,
            env=quiet_environ(),
            preexec_fn=_begin_shell,
        )
        code: int = process.wait()
        return code
    finally:
        signal.signal(signal.SIGINT, before)


def _begin_shell() -> None:
    stop_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
