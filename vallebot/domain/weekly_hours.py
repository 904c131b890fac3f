"""Weekly patterns as professionals type them: opening hours and the days of a class.

`read_hours("lunes a viernes de 9 a 13 y de 15 a 19, sábados hasta el mediodía, el 24 cierro", now)` and
`read_series("martes y jueves 19hs", now)`. What they return is said back by `say_hours` and `say_series`, whose
words these same functions read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time

from vallebot.domain.cuando.calendar import days_of
from vallebot.domain.cuando.cascade import Item
from vallebot.domain.cuando.reader import parse
from vallebot.domain.cuando.resolve import part_times, range_times, settle
from vallebot.domain.cuando.units import (
    Clock,
    ClockBound,
    ClockRange,
    DayBound,
    DayRange,
    DaySpec,
    HourSpec,
    Moment,
    MonthDay,
    Part,
    Period,
    Weekday,
)
from vallebot.domain.spanish import WEEKDAYS, say_at, say_date, say_date_range, say_list, say_time_range
from vallebot.domain.text import fold

#: hours taken for 'los sábados hasta el mediodía' when no other day says when work begins, or ends
DEFAULT_OPENING, DEFAULT_CLOSING = time(8), time(20)


@dataclass(frozen=True, order=True)
class Interval:
    """Working hours of one day; midnight as the end is written 23:59."""

    start: time
    end: time


@dataclass(frozen=True)
class DatedHours:
    """Dates (`end` inclusive) with other hours than their weekday's; no intervals: closed."""

    start: date
    end: date
    intervals: tuple[Interval, ...] = ()


@dataclass(frozen=True)
class WeeklyHours:
    """Hours by weekday (0 Monday .. 6 Sunday). A weekday that is not a key was not mentioned; () is closed."""

    days: dict[int, tuple[Interval, ...]] = field(default_factory=dict)
    exceptions: tuple[DatedHours, ...] = ()


@dataclass(frozen=True, order=True)
class Slot:
    """One weekly occurrence of a class; `end` where a length was said."""

    weekday: int
    start: time
    end: time | None = None


@dataclass(frozen=True)
class WeeklySeries:
    """'martes y jueves 19hs', between two dates where they were said (both inclusive)."""

    slots: tuple[Slot, ...]
    first_day: date | None = None
    last_day: date | None = None


# --- reading ------------------------------------------------------------------------------------------------------

_EVERY = (
    (re.compile(r"\btodos los dias\b|\btoda la semana\b|\bde domingo a domingo\b"), "lunes a domingo"),
    (
        re.compile(r"\b(?:los )?dias (?:de semana|habiles|laborables|laborales)\b|\ben la semana\b"),
        "lunes a viernes",
    ),
    (re.compile(r"\b(?:los )?(?:fines de semana|findes)\b"), "sabado y domingo"),
    (re.compile(r"\b(?:los )?feriados\b"), ""),
)
_HOUR = r"[0-9]{1,2}(?:[:.][0-9]{2})?"
#: '9 a 13' without 'de' is a stretch of hours here, never day 9 of the month
_BARE_RANGE = re.compile(
    r"(?<![\w:./])(?<!del )(?<!de )(?<!las )(?<!entre )(?<!desde )"
    rf"({_HOUR})( ?hs?)? ?(?:a|-|–|hasta) ?(?:las )?({_HOUR})(?= ?hs?\b|(?![/\w]|:[0-9]))"
)
_CLOSED = {
    "cerrado",
    "cerrada",
    "cerrados",
    "cierro",
    "cierra",
    "cerramos",
    "franco",
    "descanso",
    "vacaciones",
}
_WORK = {"atiendo", "atiende", "atendemos", "trabajo", "trabajamos", "abro", "abre", "abrimos", "laburo", "doy", "voy",
         "estoy"}  # fmt: skip
_EXCEPT = {"menos", "excepto"}


@dataclass
class _Group:
    """Days that share hours, in the order they were said."""

    days: list[DaySpec] = field(default_factory=list)
    excluded: list[DaySpec] = field(default_factory=list)
    hours: list[HourSpec] = field(default_factory=list)
    closed: bool = False
    closed_first: bool = False


def read_hours(text: str, now: datetime) -> WeeklyHours | None:
    """The weekly hours that `text` tells, None where it tells none. Never raises.

    'hasta el mediodía' begins when the other days begin (the bot says the result back before it is kept).
    """
    try:
        groups = _groups(_events(_prepare(text)))
        return _weekly_hours(groups, now.date())
    except (ValueError, OverflowError):  # a date that does not exist
        return None


def read_series(text: str, now: datetime) -> WeeklySeries | None:
    """The weekly days and hours of a class, None where `text` does not tell both. Never raises."""
    try:
        return _series(_groups(_events(_prepare(text))), now.date())
    except (ValueError, OverflowError):
        return None


def _prepare(text: str) -> list[Item]:
    plain = fold(text[:2_000]).replace("ñ", "n")
    for pattern, words in _EVERY:
        plain = pattern.sub(words, plain)
    return parse(_BARE_RANGE.sub(r"de \1\2 a \3", plain))


_Event = tuple[str, "DaySpec | HourSpec | None"]


def _events(items: list[Item]) -> Iterator[_Event]:
    """What matters of the items: ('day', spec), ('hours', spec), ('closed', None), ('y', None)."""
    excluding = False
    for index, item in enumerate(items):
        word = item.get("WORD")
        moment: Moment | None = item.get("MOMENT")
        day = item.get("DAY") or (moment.day if moment else None)
        hours = item.get("HOURS", "CLOCK", "PART") or (moment.hours if moment else None)
        if day is not None:
            yield ("except" if excluding else "day"), day
        if hours is not None:
            yield "hours", hours
        if word in _CLOSED or (word in _WORK and index and items[index - 1].has("no")):
            yield "closed", None
        if word == "y":
            yield "y", None
        excluding = word in _EXCEPT or (excluding and (word in ("los", "el", "la", "y") or day is not None))


def _groups(events: Iterable[_Event]) -> list[_Group]:
    """Days and the hours said with them, whichever comes first."""
    groups: list[_Group] = []
    current = _Group()
    hours_first: bool | None = None
    joined = False
    for kind, spec in events:
        if hours_first is None and kind in ("day", "hours"):
            hours_first = kind == "hours"
        if kind == "y":
            joined = True
            continue
        if _begins_group(current, kind, bool(hours_first), joined):
            groups.append(current)
            current = _Group()
        _add(current, kind, spec)
        joined = False
    return [*groups, current]


def _begins_group(group: _Group, kind: str, hours_first: bool, joined: bool) -> bool:
    if kind == "day":
        if group.closed:
            return bool(group.days) and not (group.closed_first and joined)
        return bool(group.hours) and not hours_first
    if kind == "hours":
        return group.closed or (hours_first and bool(group.days))
    return kind == "closed" and bool(group.hours)


def _add(group: _Group, kind: str, spec: DaySpec | HourSpec | None) -> None:
    if kind == "day":
        group.days.append(spec)  # type: ignore[arg-type]
    elif kind == "except":
        group.excluded.append(spec)  # type: ignore[arg-type]
    elif kind == "hours":
        group.hours.append(spec)  # type: ignore[arg-type]
    else:
        group.closed, group.closed_first = True, not group.days


def _weekdays(specs: Iterable[DaySpec]) -> list[int]:
    """Weekdays of the specs that recur; 'el lunes que viene' or 'el 24' do not."""
    found: list[int] = []
    for spec in specs:
        if isinstance(spec, Weekday) and spec.shift == "bare" and spec.within is None and not spec.nth:
            found.append(spec.weekday)
        elif (
            isinstance(spec, DayRange) and isinstance(spec.first, Weekday) and isinstance(spec.last, Weekday)
        ):
            length = (spec.last.weekday - spec.first.weekday) % 7
            found += [(spec.first.weekday + step) % 7 for step in range(length + 1)]
        elif isinstance(spec, Period) and spec.unit == "weekend" and not spec.shift:
            found += [5, 6]
    return found


def _weekly_hours(groups: list[_Group], today: date) -> WeeklyHours | None:
    whole = [
        _interval(hours) for group in groups for hours in group.hours if not isinstance(hours, ClockBound)
    ]
    known = [interval for interval in whole if interval is not None]
    days: dict[int, tuple[Interval, ...]] = {}
    exceptions: list[DatedHours] = []
    for group in groups:
        intervals = _merged(_interval(hours, known) for hours in group.hours)
        if not intervals and not group.closed:
            continue
        weekdays = _weekdays(group.days)
        for weekday in weekdays:
            days[weekday] = () if group.closed else _merged((*days.get(weekday, ()), *intervals))
        for weekday in _weekdays(group.excluded):
            days[weekday] = ()
        exceptions += [_exception(spec, intervals, today) for spec in group.days if not _weekdays([spec])]
    if not days and not exceptions:
        return None
    return WeeklyHours(dict(sorted(days.items())), tuple(exceptions))


def _exception(spec: DaySpec, intervals: tuple[Interval, ...], today: date) -> DatedHours:
    days = days_of(spec, today)
    start, end = days.bounds()
    return DatedHours(start, end, intervals)


def _interval(hours: HourSpec, known: Iterable[Interval] = ()) -> Interval | None:
    """Both ends of some hours; the one that was not said is taken from the `known` hours of other days."""
    if isinstance(hours, ClockRange):
        start, end = range_times(hours)
        end = time(23, 59) if end == time(0) else end
        return Interval(start, end) if start < end else None
    if isinstance(hours, Part):
        return Interval(*part_times(hours))
    if isinstance(hours, Clock):
        return None
    return _half_open(hours, known)


def _half_open(bound: ClockBound, known: Iterable[Interval]) -> Interval | None:
    if isinstance(bound.at, Clock):
        at = settle(bound.at)[0]
    else:
        at = time(12) if bound.at.name == "mediodia" else part_times(bound.at)[1]
    if bound.side in ("from", "after"):
        return Interval(at, max([i.end for i in known if i.end > at], default=DEFAULT_CLOSING))
    return Interval(min([i.start for i in known if i.start < at], default=DEFAULT_OPENING), at)


def _merged(intervals: Iterable[Interval | None]) -> tuple[Interval, ...]:
    """In order, overlapping or touching ones as one."""
    merged: list[Interval] = []
    for interval in sorted(i for i in intervals if i is not None and i.start < i.end):
        if merged and interval.start <= merged[-1].end:
            merged[-1] = Interval(merged[-1].start, max(merged[-1].end, interval.end))
        else:
            merged.append(interval)
    return tuple(merged)


def _series(groups: list[_Group], today: date) -> WeeklySeries | None:
    slots: set[Slot] = set()
    first_day = last_day = None
    for group in groups:
        weekdays, hours = _weekdays(group.days), list(group.hours)
        for spec in group.days:
            if (
                isinstance(spec, MonthDay)
                and spec.weekday is not None
                and spec.month is None
                and spec.day < 24
            ):
                weekdays.append(spec.weekday)  # 'martes y jueves 19': of a class, the hour
                hours.append(Clock(spec.day))
            elif isinstance(spec, DayBound):
                days = days_of(spec, today)
                first_day, last_day = (days.start, last_day) if days.open == "end" else (first_day, days.end)
            elif not _weekdays([spec]) and isinstance(spec, DayRange):
                first_day, last_day = days_of(spec, today).bounds()
        slots |= _slots(weekdays, hours)
    if not slots:
        return None
    return WeeklySeries(
        tuple(sorted(slots, key=lambda slot: (slot.weekday, slot.start))), first_day, last_day
    )


def _slots(weekdays: Iterable[int], hours: Iterable[HourSpec]) -> set[Slot]:
    times: list[tuple[time, time | None]] = []
    for spec in hours:
        if isinstance(spec, Clock):
            times.append((settle(spec)[0], None))
        elif isinstance(spec, ClockRange):
            times.append(range_times(spec))
    return {Slot(weekday, start, end) for weekday in weekdays for start, end in times}


# --- saying -------------------------------------------------------------------------------------------------------


def say_hours(hours: WeeklyHours, today: date) -> str:
    """'lunes a viernes de 09:00 a 13:00 y de 15:00 a 19:00; domingo cerrado; jueves 24 cerrado'."""
    by_hours: dict[tuple[Interval, ...], list[int]] = {}
    for weekday, intervals in sorted(hours.days.items()):
        by_hours.setdefault(intervals, []).append(weekday)
    parts = [
        f"{say_weekdays(weekdays)} {_say_intervals(intervals)}" for intervals, weekdays in by_hours.items()
    ]
    for exception in hours.exceptions:
        days = say_date(exception.start, today)
        if exception.end != exception.start:
            days = say_date_range(exception.start, exception.end, today)
        parts.append(f"{days} {_say_intervals(exception.intervals)}")
    return "; ".join(parts)


def say_weekdays(weekdays: Iterable[int]) -> str:
    """'lunes a viernes', 'lunes, miércoles y viernes', 'martes y jueves'; three or more in a row are a range."""
    runs: list[list[int]] = []
    for weekday in sorted(weekdays):
        if runs and runs[-1][-1] == weekday - 1:
            runs[-1].append(weekday)
        else:
            runs.append([weekday])
    said: list[str] = []
    for run in runs:
        if len(run) > 2:
            said.append(f"{WEEKDAYS[run[0]]} a {WEEKDAYS[run[-1]]}")
        else:
            said += [WEEKDAYS[weekday] for weekday in run]
    return say_list(said)


def _say_intervals(intervals: tuple[Interval, ...]) -> str:
    return say_list([say_time_range(i.start, i.end) for i in intervals]) or "cerrado"


def say_series(series: WeeklySeries, today: date) -> str:
    """'martes y jueves a las 19:00', 'lunes de 18:00 a 19:00 y miércoles a las 20:00, desde el lunes 3 de marzo'."""
    by_time: dict[tuple[time, time | None], list[int]] = {}
    for slot in series.slots:
        by_time.setdefault((slot.start, slot.end), []).append(slot.weekday)
    said = [
        f"{say_weekdays(weekdays)} {say_at(start) if end is None else say_time_range(start, end)}"
        for (start, end), weekdays in by_time.items()
    ]
    text = say_list(said)
    if series.first_day is not None:
        text += f", desde el {say_date(series.first_day, today)}"
    if series.last_day is not None:
        text += f", hasta el {say_date(series.last_day, today)}"
    return text
