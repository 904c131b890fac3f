"""What a client usually books, from `relationship_state`: offered and named, never assumed silently."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from actions.turn import Turn
from vallebot.domain.text import fold
from vallebot.services import agenda
from vallebot.services.relationship import relationship_of

#: Of the last visits, this many of one service make it the usual one, whatever the day and hour.
OFTEN = 2

#: The usual day is looked for over the next weeks.
WEEKS_AHEAD = 3

_AS_USUAL = re.compile(
    r"\b(?:como|de) siempre\b|\blo (?:mismo|habitual|usual)\b|\bcomo la (?:otra|ultima) vez\b|"
    r"\blo de la (?:otra|ultima) vez\b"
)


@dataclass(frozen=True)
class Habit:
    """The usual service; weekday (0 = Monday) and minute of the day where these repeat too."""

    servicio_id: int
    weekday: int | None = None
    start_minute: int | None = None


def says_as_usual(text: str) -> bool:
    """'lo de siempre', 'como siempre', 'lo mismo que la otra vez'."""
    return _AS_USUAL.search(fold(text)) is not None


def habit_of(turn: Turn) -> Habit | None:
    """The client's habit with this professional; None where there is no clear one."""
    if turn.is_profesional or turn.actor.profesional_id is None:
        return None
    known = relationship_of(turn.runtime.sessions, turn.actor).snapshot
    usual = known.get("usual")
    if usual:
        return Habit(usual["servicio_id"], usual["weekday"], usual["start_minute"])
    seen = [visit["servicio_id"] for visit in known.get("last", []) if visit["enrollment_id"] is None]
    often = [servicio_id for servicio_id in dict.fromkeys(seen) if seen.count(servicio_id) >= OFTEN]
    return Habit(often[0]) if often else None


def last_service(turn: Turn) -> int | None:
    """The service of the client's latest session: what 'lo mismo' means to somebody without a habit."""
    known = relationship_of(turn.runtime.sessions, turn.actor).snapshot
    sessions = [v for v in [*known.get("last", []), *known.get("next", [])] if v["enrollment_id"] is None]
    return sessions[0]["servicio_id"] if sessions else None


def usual_time(turn: Turn, habit: Habit) -> datetime | None:
    """The next free moment of the usual day and hour, in the professional's zone."""
    if habit.weekday is None or habit.start_minute is None:
        return None
    days = (habit.weekday - turn.today.weekday()) % 7
    at = time(habit.start_minute // 60, habit.start_minute % 60)
    first = datetime.combine(turn.today + timedelta(days=days), at, turn.tz)
    moments = [first + timedelta(weeks=week) for week in range(WEEKS_AHEAD)]
    windows = tuple((moment, moment + timedelta(minutes=1)) for moment in moments)
    query = agenda.SlotQuery(habit.servicio_id, windows, step_minutes=1, limit=1)
    free = agenda.free_slots(turn.runtime.sessions, turn.actor, query, now=turn.now)
    return turn.local(free[0].starts_at) if free else None
