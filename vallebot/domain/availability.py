"""When a professional is free: a chain of small filters over stretches of time.

    open stretches  =  weekly hours  +  openings  -  closures
    free stretches  =  open  -  live bookings, widened by what the new session needs around itself
    free starts     =  points of a grid inside the free stretches, within notice and horizon, in the asked windows

A stretch is a pair of aware datetimes in UTC, [start, end). Only the weekly pattern and the asked hours of the
day are local: they are read in the professional's zone, so that 9 o'clock stays 9 o'clock across DST changes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

UTC = timezone.utc
MINUTES_PER_DAY = 1440
Stretch = tuple[datetime, datetime]


@dataclass(frozen=True)
class WeeklyHours:
    """Working time of one weekday (0 = Monday): minutes of the local day, end exclusive, 1440 = midnight."""

    weekday: int
    start_minute: int
    end_minute: int


@dataclass(frozen=True)
class Needs:
    """What a session takes: its length, and what has to be free before it and after it."""

    duration: timedelta
    before: timedelta = timedelta()  #: way to a home visit
    after: timedelta = timedelta()  #: buffer of the service, way back


@dataclass(frozen=True)
class Calendar:
    """What is known about a professional's time around the asked range. Stretches in UTC, in any order."""

    tz: ZoneInfo
    weekly: tuple[WeeklyHours, ...] = ()
    openings: tuple[Stretch, ...] = ()
    closures: tuple[Stretch, ...] = ()
    busy: tuple[Stretch, ...] = ()


@dataclass(frozen=True)
class Asked:
    """Which starts are wanted.

    windows       stretches in which the session may start
    earliest      nothing before (now + notice); latest: nothing from there on (horizon)
    hours_of_day  local minutes of the day between which it may start, end exclusive; None: any
    step          distance of the grid's points, counted from where an open stretch begins
    """

    windows: tuple[Stretch, ...]
    earliest: datetime
    latest: datetime
    step: timedelta = timedelta(minutes=30)
    hours_of_day: tuple[int, int] | None = None


def local_moment(day: date, minute: int, tz: ZoneInfo) -> datetime:
    """The moment (UTC) when a clock on the wall shows `minute` of `day`; 1440 is the next midnight.

    A time that occurs twice means the first; one that is skipped means the moment at which it is skipped.
    """
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    moment = wall.replace(tzinfo=tz).astimezone(UTC)
    if moment.astimezone(tz).replace(tzinfo=None) == wall:
        return moment
    return _end_of_gap(moment, wall.replace(tzinfo=tz, fold=1).astimezone(UTC), tz)


def _end_of_gap(after: datetime, before: datetime, tz: ZoneInfo) -> datetime:
    """The moment between `before` and `after` at which the clock is put forward."""
    offset = after.astimezone(tz).utcoffset()
    while after - before > timedelta(minutes=1):
        middle = before + (after - before) // 2
        middle = middle.replace(second=0, microsecond=0)
        if middle.astimezone(tz).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after


def weekly_stretches(weekly: Sequence[WeeklyHours], tz: ZoneInfo, within: Stretch) -> list[Stretch]:
    """The weekly pattern laid over the days that touch `within`."""
    by_weekday: dict[int, list[WeeklyHours]] = {}
    for hours in weekly:
        by_weekday.setdefault(hours.weekday, []).append(hours)
    found = []
    for day in days_of(within, tz):
        for hours in by_weekday.get(day.weekday(), ()):
            start = local_moment(day, hours.start_minute, tz)
            end = local_moment(day, hours.end_minute, tz)
            if start < end:
                found.append((start, end))
    return union(found)


def days_of(within: Stretch, tz: ZoneInfo) -> Iterator[date]:
    """Local days that touch the stretch."""
    day, last = within[0].astimezone(tz).date(), within[1].astimezone(tz).date()
    while day <= last:
        yield day
        day += timedelta(days=1)


def day_stretch(day: date, tz: ZoneInfo, days: int = 1) -> Stretch:
    """From the first moment of a local day to the first moment of the day `days` later."""
    return local_moment(day, 0, tz), local_moment(day + timedelta(days=days), 0, tz)


def union(*groups: Iterable[Stretch]) -> list[Stretch]:
    """Ordered, disjoint stretches that cover the same time; touching ones become one."""
    merged: list[Stretch] = []
    for start, end in sorted(stretch for group in groups for stretch in group):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        elif start < end:
            merged.append((start, end))
    return merged


def subtract(stretches: Iterable[Stretch], taken: Iterable[Stretch]) -> list[Stretch]:
    """What is left of `stretches` outside `taken`."""
    left: list[Stretch] = []
    holes = union(taken)
    first = 0
    for start, end in union(stretches):
        while first < len(holes) and holes[first][1] <= start:
            first += 1
        position = first
        while position < len(holes) and holes[position][0] < end:
            if start < holes[position][0]:
                left.append((start, holes[position][0]))
            start = max(start, holes[position][1])
            position += 1
        if start < end:
            left.append((start, end))
    return left


def open_stretches(calendar: Calendar, within: Stretch) -> list[Stretch]:
    """When the professional works: hours and openings, minus closures (a closure always wins)."""
    return subtract(_worked(calendar, within), calendar.closures)


def _worked(calendar: Calendar, within: Stretch) -> list[Stretch]:
    return union(weekly_stretches(calendar.weekly, calendar.tz, within), calendar.openings)


def free_stretches(calendar: Calendar, needs: Needs, within: Stretch) -> list[Stretch]:
    """Where a session with these needs may lie: it needs room around itself, which may lie outside the hours."""
    widened = [(start - needs.after, end + needs.before) for start, end in calendar.busy]
    return subtract(open_stretches(calendar, within), widened)


def free_starts(calendar: Calendar, needs: Needs, asked: Asked) -> Iterator[datetime]:
    """Moments (UTC, ascending) at which a session with these needs can start."""
    windows = union(_clip(asked.windows, asked.earliest, asked.latest))
    if not windows:
        return
    # A stretch may have begun the day before: its grid starts there.
    within = (windows[0][0] - timedelta(days=1), windows[-1][1] + timedelta(days=1))
    origins = [start for start, _ in _worked(calendar, within)]
    position = 0
    for free in free_stretches(calendar, needs, within):
        origin = origins[bisect_right(origins, free[0]) - 1]
        while position < len(windows) and windows[position][1] <= free[0]:
            position += 1
        for window in windows[position:]:
            if window[0] >= free[1]:
                break
            yield from _grid(origin, free, window, needs.duration, asked, calendar.tz)


def _clip(windows: Iterable[Stretch], earliest: datetime, latest: datetime) -> Iterator[Stretch]:
    for start, end in windows:
        clipped = (max(start, earliest).astimezone(UTC), min(end, latest).astimezone(UTC))
        if clipped[0] < clipped[1]:
            yield clipped


def _grid(
    origin: datetime, free: Stretch, window: Stretch, duration: timedelta, asked: Asked, tz: ZoneInfo
) -> Iterator[datetime]:
    """Points origin + n * step in the free stretch and in the window, from which the session still fits."""
    first = max(free[0], window[0])
    point = origin + -((origin - first) // asked.step) * asked.step
    while point < window[1] and point + duration <= free[1]:
        if asked.hours_of_day is None or _in_hours(point.astimezone(tz), asked.hours_of_day):
            yield point
        point += asked.step


def _in_hours(local: datetime, hours: tuple[int, int]) -> bool:
    return hours[0] <= local.hour * 60 + local.minute < hours[1]


def fits(calendar: Calendar, needs: Needs, start: datetime) -> bool:
    """Whether a session that starts at exactly this moment lies inside the working time (bookings apart)."""
    start = start.astimezone(UTC)
    end = start + needs.duration
    within = (start - timedelta(days=1), end + timedelta(days=1))
    return any(a <= start and end <= b for a, b in open_stretches(calendar, within))
