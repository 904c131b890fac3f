"""`vallebot worker`."""

from __future__ import annotations

from pathlib import Path

import click

from vallebot import logs
from vallebot.cli.common import runtime, sentences
from vallebot.supervisor.database import forget_dead_users
from vallebot.worker import DEFAULT_SENDERS, build_worker


@click.command("worker")
@click.option(
    "--senders",
    type=click.IntRange(1, 100),
    default=DEFAULT_SENDERS,
    show_default=True,
    envvar="VALLEBOT_SENDERS",
    help="Messages that may be on their way at the same time. [env: VALLEBOT_SENDERS]",
)
@click.option(
    "--heartbeat",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="VALLEBOT_HEARTBEAT",
    help="File touched every second while the worker works; holds its pid. [env: VALLEBOT_HEARTBEAT]",
)
@sentences
def command(senders: int, heartbeat: Path | None) -> None:
    """Send what is to be sent and do what is due, until SIGTERM or Ctrl-C.

    Any number of workers may run, on any machine: they share the work through the database. An outage of the
    database or of WhatsApp is waited for.
    """
    found = runtime()
    logs.configure(found.settings.log_level)
    try:
        build_worker(found, senders=senders, heartbeat=heartbeat).run_until_signal()
    finally:
        if found.settings.database_url is None:
            forget_dead_users(
                found.settings.state_dir
            )  # a killed supervisor must not keep the server running
