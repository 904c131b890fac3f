"""`vallebot outbox`."""

from __future__ import annotations

import click

from vallebot.cli.common import migrated_runtime, sentences
from vallebot.cli.queues import show_queue
from vallebot.db.tables.messaging import Direction
from vallebot.services import queues
from vallebot.services.actor import system_actor


@click.group("outbox")
def command() -> None:
    """Messages to be sent that did not leave yet: waiting, on their way, failed or parked."""


@command.command("list")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="Rows at most.")
@sentences
def list_(limit: int) -> None:
    """List them, the oldest first."""
    show_queue(migrated_runtime(), Direction.OUT, limit)


@command.command("retry")
@click.argument("message_id", type=int, metavar="ID")
@sentences
def retry(message_id: int) -> None:
    """Send the parked or failed message ID again."""
    found = migrated_runtime()
    queues.retry_outbound(found.sessions, system_actor(), message_id, now=found.clock.now())
    click.echo(f"Message {message_id} waits for the worker, which sends it at once.")
