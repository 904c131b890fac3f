"""`vallebot due`."""

from __future__ import annotations

import click

from vallebot.cli.common import migrated_runtime, sentences, show
from vallebot.services import queues
from vallebot.services.actor import system_actor


@click.group("due")
def command() -> None:
    """Work with a due time (reminders, expiries, the agenda of the day) that is late, failed or was given up."""


@command.command("list")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="Rows at most.")
@sentences
def list_(limit: int) -> None:
    """List it, the oldest first."""
    found = migrated_runtime()
    rows = queues.late_work(found.sessions, system_actor(), now=found.clock.now(), limit=limit)
    show(
        "Due work",
        ("ID#", "What", "State", "Professional", "Due", "Tries#", "Why"),
        [
            (
                row.id,
                row.kind,
                row.state,
                row.profesional,
                f"{row.due_at:%d/%m %H:%M:%S}",
                row.tries,
                row.error,
            )
            for row in rows
        ],
        empty="Nothing is late.",
    )


@command.command("retry")
@click.argument("work_id", type=int, metavar="ID")
@sentences
def retry(work_id: int) -> None:
    """Do the work ID now; the worker takes it up within seconds."""
    found = migrated_runtime()
    queues.retry_work(found.sessions, system_actor(), work_id, now=found.clock.now())
    click.echo(f"Work {work_id} is due now.")
