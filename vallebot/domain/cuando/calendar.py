"""From relative days to the calendar: which dates a `DaySpec` means when said today."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import singledispatch

from vallebot.domain.cuando.units import (
    Ahead,
    DayBound,
    DayRange,
    DaySpec,
    Holiday,
    MonthDay,
    Now,
    Period,
    Portion,
    Relative,
    Stretch,
    Weekday,
    WeekOf,
)

_ONE_DAY = timedelta(days=1)
_HALF_A_YEAR = (
    182  #: days; a weekday that fits last year only is believed when the coming date is farther than this
)
_HOLIDAYS = {
    "navidad": (25, 12), "nochebuena": (24, 12), "año nuevo": (1, 1), "fin de año": (31, 12), "nochevieja": (31, 12),
    "reyes": (6, 1), "san": (14, 2),
}  # fmt: skip
_FROM_EASTER = {
    "viernes": (-2, -2),
    "pascua": (0, 0),
    "pascuas": (0, 0),
    "semana": (-6, 0),
    "carnaval": (-48, -47),
}
_UNIT_DAYS = {"day": 1, "week": 7, "fortnight": 15}


class Impossible(ValueError):
    """No calendar has that day (31/2)."""


@dataclass(frozen=True)
class Days:
    """A day (`end` None) or a range, `end` inclusive; `open` where one bound is only a filler."""

    start: date | None
    end: date | None = None
    open: str | None = None
    others: tuple[Days, ...] = ()  #: other readings

    @property
    def single(self) -> bool:
        return self.end is None and self.open is None

    def bounds(self) -> tuple[date, date]:
        start = self.start or self.end
        assert start is not None
        return start, self.end or start


@singledispatch
def days_of(spec: DaySpec, today: date) -> Days:
    """The dates that `spec` means. Raises Impossible, or OverflowError beyond the calendar."""
    raise TypeError(spec)


@days_of.register
def _(spec: Relative, today: date) -> Days:
    return Days(today + timedelta(days=spec.days))


@days_of.register
def _(spec: Now, today: date) -> Days:
    return Days(today)


@days_of.register
def _(spec: Weekday, today: date) -> Days:
    if spec.within is not None:
        day = _weekday_within(spec, *days_of(spec.within, today).bounds())
        if spec.within == Period("month") and day.start is not None and day.start < today:
            return days_of(replace(spec, within=Period("month", 1)), today)  # this month's is over
        return day
    monday = today - timedelta(days=today.weekday())
    nearest = today + timedelta(days=(spec.weekday - today.weekday() - 1) % 7 + 1)
    following_week = monday + timedelta(days=7 + spec.weekday)
    if spec.shift == "last" or spec.nth < 0:
        return Days(today - timedelta(days=(today.weekday() - spec.weekday - 1) % 7 + 1))
    if spec.shift in ("next", "other"):
        others = (Days(nearest),) if nearest != following_week else ()
        return Days(following_week, others=others)
    others = (Days(today),) if spec.weekday == today.weekday() else ()
    return Days(nearest, others=others)


def _weekday_within(spec: Weekday, start: date, end: date) -> Days:
    first = start + timedelta(days=(spec.weekday - start.weekday()) % 7)
    if spec.nth < 0:
        return Days(end - timedelta(days=(end.weekday() - spec.weekday) % 7))
    return Days(first + timedelta(weeks=max(spec.nth, 1) - 1))


@days_of.register
def _(spec: MonthDay, today: date) -> Days:
    if spec.month is not None and not 1 <= spec.month <= 12:
        raise Impossible(spec)
    if spec.month_shift is not None:
        year, month = _add_months(today.year, today.month, spec.month_shift)
        return Days(_date(year, month, spec.day))
    if spec.year is not None and spec.month is not None:
        return Days(_date(spec.year, spec.month, spec.day))
    if spec.month is None:
        return _day_of_coming_month(spec, today)
    if spec.day > _longest(spec.month):
        raise Impossible(spec)
    years = [today.year + ahead for ahead in range(9)]
    found = [
        _date(y, spec.month, spec.day) for y in years if spec.day <= calendar.monthrange(y, spec.month)[1]
    ]
    coming = next(day for day in found if day >= today)
    if spec.weekday not in (None, coming.weekday()) and (coming - today).days > _HALF_A_YEAR:
        past = _last_year(spec, today)
        if past is not None and past.weekday() == spec.weekday:
            return Days(past, others=(Days(coming),))
    return Days(coming)


def _longest(month: int) -> int:
    return 29 if month == 2 else calendar.monthrange(2001, month)[1]


def _last_year(spec: MonthDay, today: date) -> date | None:
    """The latest such day before today: 'jueves 5 de noviembre' fits one year only."""
    assert spec.month is not None
    for year in (today.year, today.year - 1):
        if spec.day <= calendar.monthrange(year, spec.month)[1] and date(year, spec.month, spec.day) < today:
            return date(year, spec.month, spec.day)
    return None


def _day_of_coming_month(spec: MonthDay, today: date) -> Days:
    """'el 30': the next month that has it; 'el lunes 14': the first Monday 14th."""
    if not 1 <= spec.day <= 31:
        raise Impossible(spec)
    for ahead in range(12 * 12):
        year, month = _add_months(today.year, today.month, ahead)
        if spec.day > calendar.monthrange(year, month)[1]:
            continue
        day = date(year, month, spec.day)
        if day >= today and spec.weekday in (None, day.weekday()):
            return Days(day, others=_doubts(spec, day, today))
    raise Impossible(spec)


def _doubts(spec: MonthDay, day: date, today: date) -> tuple[Days, ...]:
    """'el lunes 14' when no Monday 14th is near: the near 14th and the near Monday are offered."""
    if spec.weekday is None or (day - today).days <= 31:
        return ()
    near = _day_of_coming_month(MonthDay(spec.day), today)
    return (near, Days(days_of(Weekday(spec.weekday), today).start))


def _date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise Impossible(f"{day}/{month}/{year}") from None


def _add_months(year: int, month: int, count: int) -> tuple[int, int]:
    months = year * 12 + month - 1 + count
    return months // 12, months % 12 + 1


def _month(year: int, month: int) -> Days:
    return Days(_date(year, month, 1), _date(year, month, calendar.monthrange(year, month)[1]))


@days_of.register
def _(spec: Period, today: date) -> Days:
    monday = today - timedelta(days=today.weekday())
    if spec.unit in ("week", "weekend"):
        first = monday + timedelta(weeks=spec.shift)
        if spec.unit == "weekend":
            first += timedelta(days=5)
        end = first + timedelta(days=6 if spec.unit == "week" else 1)
        others: tuple[Days, ...] = ()
        if spec.vague:
            step = timedelta(weeks=1 if spec.unit == "week" else -1)
            others = (Days(first + step, end + step),)
        elif spec.unit == "week" and not spec.shift:
            others = (Days(today, end),)
        return Days(first, end, others=others)
    if spec.unit == "year":
        year = spec.year or today.year + spec.shift
        return Days(_date(year, 1, 1), _date(year, 12, 31))
    if spec.month is None:
        return _month(*_add_months(today.year, today.month, spec.shift))
    return _named_month(spec, today)


def _named_month(spec: Period, today: date) -> Days:
    """'en marzo': this one while it lasts, otherwise the next; 'marzo pasado' before this month."""
    assert spec.month is not None
    if spec.year is not None:
        return _month(spec.year, spec.month)
    if spec.shift < 0:
        return _month(today.year - (spec.month >= today.month), spec.month)
    if spec.this:
        return _month(today.year, spec.month)
    return _month(today.year + (spec.month < today.month), spec.month)


@days_of.register
def _(spec: Portion, today: date) -> Days:
    start, end = days_of(spec.of, today).bounds()
    if spec.name == "rest":
        return Days(max(today, start), end)
    if spec.name == "week":
        return _nth_week(start, end, spec.nth)
    length = (end - start).days + 1
    if spec.name == "half":
        middle = start + timedelta(days=15 if length > 27 else length // 2)
        return Days(start, middle - _ONE_DAY) if spec.nth == 1 else Days(middle, end)
    if length <= 7:
        cuts = {"start": (0, 2), "middle": (1, 4), "end": (3, length - 1)}
    else:
        third = 10 * max(1, round(length / 30))
        cuts = {"start": (0, third - 1), "middle": (third, 2 * third - 1), "end": (2 * third, length - 1)}
    first, last = cuts[spec.name]
    portion = Days(start + timedelta(days=first), start + timedelta(days=last))
    if portion.end is not None and portion.end < today and spec.of in (Period("month"), Period("year")):
        following = replace(spec, of=replace(spec.of, shift=1))
        coming = days_of(following, today)  # 'a principio de mes', said later on
        return Days(coming.start, coming.end, others=(portion,))
    return portion


def _nth_week(start: date, end: date, nth: int) -> Days:
    """Weeks of a month or year are Monday to Sunday and belong where their Thursday lies (as ISO 8601 counts)."""
    thursdays = start + timedelta(days=(3 - start.weekday()) % 7)
    if nth < 0:
        thursdays = end - timedelta(days=(end.weekday() - 3) % 7)
        nth = 1
    monday = thursdays - timedelta(days=3) + timedelta(weeks=nth - 1)
    return Days(monday, monday + timedelta(days=6))


@days_of.register
def _(spec: WeekOf, today: date) -> Days:
    day = days_of(spec.day, today).start
    assert day is not None
    monday = day - timedelta(days=day.weekday())
    return Days(monday + timedelta(days=5 if spec.weekend else 0), monday + timedelta(days=6))


@days_of.register
def _(spec: Stretch, today: date) -> Days:
    if spec.workdays:
        return _workdays(int(spec.amounts[0][0]), spec.direction, today)
    if spec.direction > 0:
        return Days(today + _ONE_DAY, move(today, spec.amounts, 1))
    return Days(move(today, spec.amounts, -1), today - _ONE_DAY)


def _workdays(count: int, direction: int, today: date) -> Days:
    days: list[date] = []
    day = today
    while len(days) < min(max(count, 1), 400):
        day += timedelta(days=direction)
        if day.weekday() < 5:
            days.append(day)
    return Days(min(days), max(days))


def move(day: date, amounts: tuple[tuple[float, str], ...], direction: int) -> date:
    """`day` plus whole days, weeks, months and years; 'un mes' after the 31st is the last day of a shorter month."""
    for count, unit in amounts:
        if unit in _UNIT_DAYS:
            day += timedelta(days=direction * round(count * _UNIT_DAYS[unit]))
        elif unit in ("month", "year"):
            months = round(count * (12 if unit == "year" else 1)) * direction
            year, month = _add_months(day.year, day.month, months)
            day = _date(
                year, month, min(day.day, calendar.monthrange(year, month)[1] if 1 <= year <= 9999 else 1)
            )
    return day


@days_of.register
def _(spec: Ahead, today: date) -> Days:
    base = days_of(spec.base, today).start if spec.base is not None else today
    assert base is not None
    if spec.workdays:
        start, end = _workdays(int(spec.amounts[0][0]), spec.direction, base).bounds()
        return Days(end if spec.direction > 0 else start)
    day = move(base, spec.amounts, spec.direction)
    others = (
        (Days(base + timedelta(days=14)),) if spec.amounts == ((15, "day"),) and spec.direction > 0 else ()
    )
    return Days(day, others=others)


@days_of.register
def _(spec: Holiday, today: date) -> Days:
    if spec.name in _HOLIDAYS:
        return days_of(MonthDay(*_HOLIDAYS[spec.name]), today)
    first, last = _FROM_EASTER[spec.name]
    for year in (today.year, today.year + 1):
        easter = _easter(year)
        start, end = easter + timedelta(days=first), easter + timedelta(days=last)
        if end >= today:
            break
    return Days(start, end if end != start else None)


def _easter(year: int) -> date:
    """Easter Sunday, by the Gregorian computus (Meeus, Jones and Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    weekday = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * weekday) // 451
    month, day = divmod(h + weekday - 7 * m + 114, 31)
    return date(year, month, day + 1)


@days_of.register
def _(spec: DayRange, today: date) -> Days:
    """The end is the coming one; the start the latest before it, so that a range under way is understood."""
    first, last = spec.first, spec.last
    if isinstance(first, MonthDay) and isinstance(last, MonthDay):
        first, last = _share_month(first, last)
        if not _pinned(first) and not _pinned(last):
            end = days_of(last, today).bounds()[1]
            start = (
                _latest_before(first, end) if last.month_shift is None else days_of(first, today).bounds()[0]
            )
            return Days(start, end)
    if (
        isinstance(last, Period)
        and last.month
        and isinstance(first, Period)
        and first.month
        and not first.year
    ):
        end = days_of(last, today).bounds()[1]
        return Days(_latest_before(MonthDay(1, first.month), end), end)
    start = days_of(first, today).bounds()[0]
    end = days_of(last, _anchor(first, last, start, today)).bounds()[1]
    if end < start:
        raise Impossible(spec)
    return Days(start, end)


def _share_month(first: MonthDay, last: MonthDay) -> tuple[MonthDay, MonthDay]:
    """'del 4 al 8 de agosto', 'entre el 4 de enero y el 8': the month is said once."""
    if first.month is None and not _pinned(first) and first.day <= last.day:
        first = replace(first, month=last.month, year=last.year, month_shift=last.month_shift)
    elif last.month is None and not _pinned(last) and first.day < last.day:
        last = replace(last, month=first.month, year=first.year, month_shift=first.month_shift)
    return first, last


def _anchor(first: DaySpec, last: DaySpec, start: date, today: date) -> date:
    """The day from which the end of a range is looked for: its start, unless the end names its own date."""
    if isinstance(last, Weekday):
        if last.shift != "bare":
            return today
        same = isinstance(first, Weekday) and first.weekday == last.weekday
        return start if same else start - _ONE_DAY  # 'de lunes a lunes' is a week
    return start if isinstance(last, MonthDay) and last.year is None else today


def _pinned(spec: MonthDay) -> bool:
    """Whether a weekday or a year already says which one is meant."""
    return spec.weekday is not None or spec.year is not None


def _latest_before(spec: MonthDay, end: date) -> date:
    for back in range(36):
        year, month = _add_months(end.year, end.month, -back)
        if spec.month in (None, month) and spec.day <= calendar.monthrange(year, month)[1]:
            day = date(year, month, spec.day)
            if day <= end:
                return day
    raise Impossible(spec)


@days_of.register
def _(spec: DayBound, today: date) -> Days:
    inner = days_of(spec.day, today)
    start, end = inner.bounds()
    if spec.side in ("from", "after"):
        first = end + _ONE_DAY if spec.side == "after" else start
        others = (Days(start, None, "end"),) if spec.side == "after" else ()
        return Days(first, None, "end", others)
    last = start - _ONE_DAY if spec.side == "before" else end
    return Days(min(today, last), last, "start")
