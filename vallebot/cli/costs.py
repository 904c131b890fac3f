"""`vallebot costs`."""

from __future__ import annotations

import click

from vallebot.cli import desk
from vallebot.cli.common import migrated_runtime, sentences, show


@click.command("costs")
@sentences
def command() -> None:
    """Messages that WhatsApp bills, by month and category, as its own status webhooks say."""
    rows = desk.bills(migrated_runtime().sessions)
    show(
        "Messages sent",
        ("Month", "Category", "Billed#", "Free#"),
        [(row.month, row.category, row.billable, row.free) for row in rows],
        empty="WhatsApp has told nothing about billing yet.",
    )
