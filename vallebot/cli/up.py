"""`vallebot up`."""

from __future__ import annotations

import signal
import sys
import threading
import time
from pathlib import Path

import click

from vallebot import demo
from vallebot.cli.common import runtime, sentences
from vallebot.config import Settings
from vallebot.db.migrate import current_revision, head_revision, upgrade
from vallebot.runtime import Runtime
from vallebot.supervisor import Supervisor, stack
from vallebot.supervisor.checks import PortInUse, require_free_ports
from vallebot.supervisor.database import EmbeddedWatch, forget_dead_users
from vallebot.supervisor.lock import AlreadyRunning, only_one
from vallebot.supervisor.supervisor import StartFailed
from vallebot.training import TrainingFailed, current_model, train

_COLOURS = {"rasa": "magenta", "actions": "cyan", "worker": "green", "simulator": "blue", "vallebot": "white"}
_writing = threading.Lock()


@click.command("up")
@sentences
def command() -> None:
    """Start everything and keep it running: database, action server, Rasa, worker and (demo) simulator.

    Without any settings this is the demo: an embedded Postgres, demo data and a simulator instead of WhatsApp.
    With VALLEBOT_ENV=production there is neither demo data nor simulator. The processes' logs are in
    .vallebot/logs; warnings and errors are shown here. A process that dies is started again.
    """
    found = runtime()
    settings = found.settings
    try:
        with only_one(settings.state_dir):
            require_free_ports(stack.ports(settings))
            _run(found)
    except (PortInUse, AlreadyRunning, StartFailed, TrainingFailed) as exc:
        raise click.ClickException(str(exc)) from exc


def _run(found: Runtime) -> None:
    started = time.monotonic()
    settings = found.settings
    prepare_database(found)
    model = prepare_model()
    # The slowest to start comes first.
    commands = [stack.rasa_server(settings, model), stack.action_server(settings), stack.worker(settings)]
    if settings.demo:
        commands.append(stack.simulator(settings, demo.cast()))
    supervisor = Supervisor(commands, settings.state_dir / "logs", say)
    if settings.database_url is None:
        supervisor.watch = EmbeddedWatch(settings.state_dir).mend
    _supervise(supervisor, settings, started)


def prepare_model() -> Path:
    """The model of the current data, trained now where there is none. Raises TrainingFailed."""
    model = current_model()
    if model is None:
        say("vallebot", "there is no model for the current data: training one, this takes a minute or two")
        model = train(lambda step: say("training", step))
    return model


def prepare_database(found: Runtime) -> None:
    """Start the embedded database (if it is that), bring it to the newest schema, load the demo (if it is that)."""
    settings = found.settings
    if settings.database_url is None:
        forget_dead_users(settings.state_dir)
        say("vallebot", f"database: embedded Postgres in {settings.state_dir / 'pgdata'}")
    url = found.database_url
    if current_revision(url) != head_revision():
        say("vallebot", "bringing the database to the newest schema")
        upgrade(url)
    if settings.demo and demo.load(found.sessions, now=found.clock.now()):
        say("vallebot", "demo data loaded")


def _supervise(supervisor: Supervisor, settings: Settings, started: float) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: supervisor.ask_to_stop())
    say("vallebot", "starting the processes (Rasa takes longest: about half a minute)")
    try:
        supervisor.start()
        if not supervisor.is_stopping:
            _welcome(settings, time.monotonic() - started)
            supervisor.run()
    finally:
        say("vallebot", "stopping")
        supervisor.stop()
        forget_dead_users(settings.state_dir)
        say("vallebot", "stopped")


def _welcome(settings: Settings, seconds: float) -> None:
    say("vallebot", f"everything is running  ({seconds:.0f} s)")
    if not settings.demo:
        click.echo(
            f"\n  Webhook for WhatsApp: <your public https address> -> {stack.webhook_url(settings)}\n"
        )
        return
    click.echo(f"\n  Open {click.style(stack.simulator_url(settings), bold=True, underline=True)}\n")
    click.echo("  Two professionals and three clients, each with a phone. Write as a client, for example:")
    for text, meaning in demo.TO_TRY:
        click.echo(f"    «{text}»  {click.style(meaning, dim=True)}")
    click.echo("\n  Ctrl-C stops everything; the next start takes seconds.\n")


def say(name: str, line: str) -> None:
    """One line on the console, with the name of the process it is about."""
    label = click.style(f"{name:>9}", fg=_COLOURS.get(name, "yellow"), bold=True)
    with _writing:
        click.echo(f"{label} │ {line}")
        sys.stdout.flush()
