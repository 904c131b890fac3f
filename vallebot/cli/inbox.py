"""`vallebot inbox`."""

from __future__ import annotations

import click

from vallebot.cli.common import migrated_runtime, sentences
from vallebot.cli.queues import show_queue
from vallebot.db.tables.messaging import Direction
from vallebot.services import queues
from vallebot.services.actor import system_actor


@click.group("inbox")
def command() -> None:
    """Messages that came in and are not done: waiting, being worked on, or parked after failing three times."""


@command.command("list")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="Rows at most.")
@sentences
def list_(limit: int) -> None:
    """List them, the oldest first."""
    show_queue(migrated_runtime(), Direction.IN, limit)


@command.command("retry")
@click.argument("message_id", type=int, metavar="ID")
@sentences
def retry(message_id: int) -> None:
    """Take up the parked message ID again."""
    found = migrated_runtime()
    queues.retry_inbound(found.sessions, system_actor(), message_id, now=found.clock.now())
    click.echo(f"Message {message_id} waits for the Rasa server, which takes it up within seconds.")
