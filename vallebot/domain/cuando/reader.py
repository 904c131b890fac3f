"""First reader: weekdays, hoy and mañana, day numbers, day/month and hours."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from vallebot.domain.cuando.model import Cuando, Kind, Moment
from vallebot.domain.text import fold

_DAY = re.compile(
    r"\b(?:(hoy)|(pasado manana)|(?<!la )(manana)|(lunes|martes|miercoles|jueves|viernes|sabado|domingo)(?: (\d{1,2}))?\b(?!:)"
    r"|(\d{1,2})/(\d{1,2})|el (\d{1,2})\b(?!:))"
)
_TIME = re.compile(r"\b(?:a las? (\d{1,2})(?::(\d{2}))?|(\d{1,2}):(\d{2})|(\d{1,2}) ?hs)\b")
_WEEKDAYS = ("lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo")


def interpret(text: str, now: datetime, *, tz: ZoneInfo | None = None) -> Cuando | None:
    """What `text` says about time at `now`; None where it holds no date. See `Cuando`."""
    if tz is not None and now.tzinfo is not None:
        now = now.astimezone(tz)
    folded = fold(text).replace("ñ", "n")
    day_found, time_found = _DAY.search(folded), _TIME.search(folded)
    spans = tuple(found.span() for found in (day_found, time_found) if found)
    day = _day(day_found, now.date()) if day_found else None
    at = _time(time_found) if time_found else None
    if day_found and day is None:
        return Cuando("date", None, problem="imposible", spans=spans)
    kind: Kind
    start: Moment
    if day is not None and at is not None:
        kind, start = "datetime", datetime.combine(day, at, tzinfo=now.tzinfo)
    elif day is not None:
        kind, start = "date", day
    elif at is not None:
        kind, start = "time", at
    else:
        return None
    return Cuando(kind, start, spans=spans)


def _day(found: re.Match[str], today: date) -> date | None:
    hoy, pasado, manana, weekday, weekday_day, day, month, bare_day = found.groups()
    if hoy or pasado or manana:
        return today + timedelta(days=0 if hoy else 2 if pasado else 1)
    if weekday and not weekday_day:
        return today + timedelta(days=(_WEEKDAYS.index(weekday) - today.weekday() - 1) % 7 + 1)
    number = int(weekday_day or day or bare_day)
    for ahead in range(366 * 2):
        candidate = today + timedelta(days=ahead)
        if candidate.day == number and (not month or candidate.month == int(month)):
            return candidate
    return None


def _time(found: re.Match[str]) -> time | None:
    hour, minute = int(found[1] or found[3] or found[5]), int(found[2] or found[4] or 0)
    if not found[5] and not found[3] and 1 <= hour <= 7:
        hour += 12
    return time(hour, minute) if hour < 24 and minute < 60 else None
