"""`vallebot costs`."""

from __future__ import annotations

import click

from vallebot.cli.common import migrated_runtime, sentences, show
from vallebot.services import queues
from vallebot.services.actor import system_actor


@click.command("costs")
@sentences
def command() -> None:
    """Messages that WhatsApp bills, by month and category, as its own status webhooks say."""
    rows = queues.bills(migrated_runtime().sessions, system_actor())
    show(
        "Messages sent",
        ("Month", "Category", "Billed#", "Free#"),
        [(row.month, row.category, row.billable, row.free) for row in rows],
        empty="WhatsApp has told nothing about billing yet.",
    )
