"""`vallebot due`."""

from __future__ import annotations

import click

from vallebot.cli import desk
from vallebot.cli.common import migrated_runtime, sentences, show


@click.group("due")
def command() -> None:
    """Work with a due time (reminders, expiries, the agenda of the day) that is late, failed or was given up."""


@command.command("list")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="Rows at most.")
@sentences
def list_(limit: int) -> None:
    """List it, the oldest first."""
    found = migrated_runtime()
    rows = desk.late_work(found.sessions, now=found.clock.now(), limit=limit)
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
    desk.retry_work(found.sessions, work_id, now=found.clock.now())
    click.echo(f"Work {work_id} is due now.")
