"""`vallebot demo`."""

from __future__ import annotations

from datetime import timedelta

import click

from vallebot import demo
from vallebot.cli.common import migrated_runtime, runtime, sentences
from vallebot.clock import set_offset
from vallebot.config import ConfigError
from vallebot.db.migrate import upgrade
from vallebot.runtime import Runtime
from vallebot.scenes import empty
from vallebot.supervisor.lock import AlreadyRunning, only_one


@click.group("demo")
def command() -> None:
    """Demo data: Laura (masajista), Ana (profesora de yoga) and three clients."""


@command.command("load")
@sentences
def load() -> None:
    """Add the demo data, what is missing of it."""
    found = _demo_only(migrated_runtime())
    loaded = demo.load(found.sessions, now=found.clock.now())
    click.echo("Demo data loaded." if loaded else "The demo data is there already.")


@command.command("reset")
@click.confirmation_option(prompt="This removes everything from the database. Go on?")
@sentences
def reset() -> None:
    """Remove everything from the database and load the demo data again. Stop `vallebot up` first."""
    found = _demo_only(runtime())
    try:
        with only_one(found.settings.state_dir):
            _reset(found)
    except AlreadyRunning as exc:
        raise click.ClickException(str(exc)) from exc
    click.echo("The database holds nothing but the demo data now.")


def _reset(found: Runtime) -> None:
    upgrade(found.database_url)
    with found.engine.begin() as connection:
        empty(connection)
    (found.settings.state_dir / "simulator.json").unlink(missing_ok=True)
    set_offset(found.sessions, timedelta())
    demo.load(found.sessions, now=found.clock.now())


def _demo_only(found: Runtime) -> Runtime:
    if not found.settings.demo:
        raise ConfigError("VALLEBOT_ENV is production: demo data has no place there.")
    return found
