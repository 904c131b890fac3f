"""The table of a queue, inbox and outbox alike."""

from __future__ import annotations

from vallebot.cli.common import show
from vallebot.db.tables.messaging import Direction
from vallebot.runtime import Runtime
from vallebot.services import queues
from vallebot.services.actor import system_actor


def show_queue(found: Runtime, direction: Direction, limit: int) -> None:
    """Print what is in a queue."""
    rows = queues.queued(found.sessions, system_actor(), direction, limit=limit)
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
