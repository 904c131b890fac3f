"""From a time expression to the stretches in which free slots are looked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from vallebot.domain.cuando.model import Cuando

#: An hour without a day ("a las 5"), or an open end ("a partir del lunes"), is looked for over this many days.
OPEN_DAYS = 14

DAY_END = time(23, 59)


@dataclass(frozen=True)
class Wish:
    """When somebody would like to come.

    ranges  aware (start, end) stretches, in order, end exclusive
    exact   the moment itself, where one was named with day and hour ("el jueves a las 17")
    at      the hour, where one was named without a day ("a las 5")
    """

    ranges: tuple[tuple[datetime, datetime], ...]
    exact: datetime | None = None
    at: time | None = None


def wish_of(cuando: Cuando | None, now: datetime, tz: ZoneInfo) -> Wish | None:
    """What a resolved expression asks for; None where it asks for nothing that lies ahead.

    An exclusion alone ("menos el lunes") means: any time but then.
    """
    if cuando is None or cuando.problem is not None:
        return None
    local = now.astimezone(tz)
    options = [option for option in (cuando, *cuando.also) if option.problem is None]
    wanted = [option for option in options if not option.negated]
    refused = [option for option in options if option.negated]
    ranges = [part for option in wanted for part in _ranges(option, local, tz)]
    if not wanted and refused:
        ranges = [(local, local + timedelta(days=OPEN_DAYS))]
    for option in refused:
        ranges = _without(ranges, _ranges(option, local, tz))
    ahead = tuple((max(start, local), end) for start, end in sorted(ranges) if end > local)
    if not ahead:
        return None
    only = wanted[0] if len(wanted) == 1 else None
    exact = _point(only, tz) if only is not None and only.kind == "datetime" and only.end is None else None
    at = only.start if only is not None and only.kind == "time" and isinstance(only.start, time) else None
    return Wish(ahead, exact=exact, at=at)


def _ranges(option: Cuando, local: datetime, tz: ZoneInfo) -> list[tuple[datetime, datetime]]:
    start, end = option.start, option.end
    if isinstance(start, datetime) or isinstance(end, datetime):
        return [_moments(option, local, tz)]
    if isinstance(start, time) or isinstance(end, time):
        first = start if isinstance(start, time) else time(0)
        last = end if isinstance(end, time) else None
        if option.kind == "time":
            last = _an_hour_after(first)
        elif option.open == "end":
            last = DAY_END
        elif option.open == "start":
            first = time(0)
        return [
            _hours(local.date() + timedelta(days=n), first, last or DAY_END, tz) for n in range(OPEN_DAYS)
        ]
    return list(_days(option, local, tz))


def _moments(option: Cuando, local: datetime, tz: ZoneInfo) -> tuple[datetime, datetime]:
    start = _aware(option.start, tz) if isinstance(option.start, datetime) else local
    if option.open == "start":
        start = local
    if option.open == "end":
        end = datetime.combine(start.date(), DAY_END, tz)
        if isinstance(option.end, datetime):
            end = max(end, _aware(option.end, tz))
    elif isinstance(option.end, datetime):
        end = _aware(option.end, tz)
    else:
        end = start + timedelta(hours=1)  # a point: what begins within the hour is near enough to be offered
    return start, end


def _days(option: Cuando, local: datetime, tz: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    first = option.start if isinstance(option.start, date) else local.date()
    last = option.end if isinstance(option.end, date) else first
    if option.open == "end":
        last = first + timedelta(days=OPEN_DAYS)
    if option.open == "start":
        first = local.date()
    for number in range(min((last - first).days, 366) + 1):
        day = first + timedelta(days=number)
        if option.window is not None:
            start, end = option.window.start, option.window.end
            yield _hours(day, start, _an_hour_after(start) if start == end else end, tz)
        else:
            midnight = datetime.combine(day + timedelta(days=1), time(0), tz)
            yield datetime.combine(day, time(0), tz), midnight


def _hours(day: date, first: time, last: time, tz: ZoneInfo) -> tuple[datetime, datetime]:
    end_day = day if last > first else day + timedelta(days=1)
    return datetime.combine(day, first, tz), datetime.combine(end_day, last, tz)


def _an_hour_after(at: time) -> time:
    """What begins within the hour is near enough to be offered."""
    return (datetime.combine(date(2000, 1, 1), at) + timedelta(hours=1)).time()


def _aware(moment: datetime, tz: ZoneInfo) -> datetime:
    return moment.replace(tzinfo=tz) if moment.tzinfo is None else moment.astimezone(tz)


def _point(option: Cuando, tz: ZoneInfo) -> datetime | None:
    return _aware(option.start, tz) if isinstance(option.start, datetime) else None


def _without(
    ranges: list[tuple[datetime, datetime]], holes: list[tuple[datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    for hole_start, hole_end in holes:
        rest = []
        for start, end in ranges:
            if start < hole_start:
                rest.append((start, min(end, hole_start)))
            if end > hole_end:
                rest.append((max(start, hole_end), end))
        ranges = [(start, end) for start, end in rest if start < end]
    return ranges
