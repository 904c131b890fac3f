"""The table of a queue, inbox and outbox alike."""

from __future__ import annotations

from vallebot.cli import desk
from vallebot.cli.common import show
from vallebot.db.tables.messaging import Direction
from vallebot.runtime import Runtime


def show_queue(found: Runtime, direction: Direction, limit: int) -> None:
    """Print what is in a queue."""
    rows = desk.queued(found.sessions, direction, limit=limit)
    show(
        "Inbox" if direction is Direction.IN else "Outbox",
        ("ID#", "State", "Kind", "Line", "Professional", "Due", "Tries#", "Code#", "Why"),
        [
            [
                row.id,
                row.state,
                row.kind,
                row.line,
                row.profesional,
                f"{row.due_at:%d/%m %H:%M:%S}",
                row.tries,
                row.error_code,
                row.error,
            ]
            for row in rows
        ],
        empty="Nothing waits.",
    )
