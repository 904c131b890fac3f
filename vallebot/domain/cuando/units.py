"""What the grammar builds before it is resolved against a calendar: days, periods and hours, still relative."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Shift = Literal["bare", "this", "next", "last", "other"]
Side = Literal["after", "from", "before", "until"]
Amounts = tuple[tuple[float, str], ...]  #: ((2, "week"), (1, "day"))


@dataclass(frozen=True)
class Relative:
    """hoy (0), mañana (1), ayer (-1)."""

    days: int


@dataclass(frozen=True)
class Weekday:
    """el jueves; `nth` counts inside the period `within` ('el primer lunes de marzo'), 0 where it is not said."""

    weekday: int
    shift: Shift = "bare"
    within: DaySpec | None = None
    nth: int = 0


@dataclass(frozen=True)
class MonthDay:
    """el 30, el 3/12, el lunes 14; `month_shift` for 'el 4 de este mes' (0) or 'del mes que viene' (1)."""

    day: int
    month: int | None = None
    year: int | None = None
    weekday: int | None = None
    month_shift: int | None = None


@dataclass(frozen=True)
class Period:
    """A whole week, weekend, month or year; `month` and `year` name one, `shift` counts from the present one."""

    unit: Literal["week", "weekend", "month", "year"]
    shift: int = 0
    month: int | None = None
    year: int | None = None
    this: bool = False  #: 'este mes', 'este agosto': the one of now, even if it is over
    vague: bool = False  #: 'la otra semana', 'el finde que viene': the neighbour is accepted too


@dataclass(frozen=True)
class Portion:
    """start, middle, end or rest of a period; 'week' and 'half' (quincena) with the number `nth`, -1 the last."""

    name: Literal["start", "middle", "end", "rest", "week", "half"]
    of: DaySpec
    nth: int = 0


@dataclass(frozen=True)
class WeekOf:
    """la semana del 14, el finde del 14."""

    day: DaySpec
    weekend: bool = False


@dataclass(frozen=True)
class Stretch:
    """los próximos 3 días, las últimas 2 semanas: a range that touches today."""

    amounts: Amounts
    direction: int
    workdays: bool = False


@dataclass(frozen=True)
class Ahead:
    """en 3 días, hace un mes, en 2 horas; counted from `base` (today where None)."""

    amounts: Amounts
    direction: int = 1
    base: DaySpec | None = None
    workdays: bool = False


@dataclass(frozen=True)
class Holiday:
    name: str


@dataclass(frozen=True)
class Now:
    """ahora; `rest` for 'el resto del día', which lasts until midnight."""

    rest: bool = False


@dataclass(frozen=True)
class DayRange:
    first: DaySpec
    last: DaySpec


@dataclass(frozen=True)
class DayBound:
    """antes del viernes, a partir del lunes."""

    side: Side
    day: DaySpec


DaySpec = (
    Relative
    | Weekday
    | MonthDay
    | Period
    | Portion
    | WeekOf
    | Stretch
    | Ahead
    | Holiday
    | Now
    | DayRange
    | DayBound
)


@dataclass(frozen=True)
class Clock:
    """An hour as written. `half` is 'am', 'pm' or a part of the day, None where nobody said.

    `settled`: written so that it has no twin twelve hours away (18hs, 9hs); `padded`: with a leading zero (05:00),
    which is the 24 hour clock.
    """

    hour: int
    minute: int = 0
    half: str | None = None
    settled: bool = False
    padded: bool = False
    approx: bool = False


@dataclass(frozen=True)
class ClockRange:
    start: Clock
    end: Clock


@dataclass(frozen=True)
class Part:
    """A part of the day ('tarde') or an edge of one ('early tarde')."""

    name: str
    edge: str = ""  #: 'early', 'middle', 'late' or 'temprano' (a looser early)


@dataclass(frozen=True)
class ClockBound:
    """después de las 18, hasta el mediodía."""

    side: Side
    at: Clock | Part


HourSpec = Clock | ClockRange | Part | ClockBound


@dataclass(frozen=True)
class Moment:
    """A day, an hour, or both."""

    day: DaySpec | None = None
    hours: HourSpec | None = None
    approx: bool = False


@dataclass(frozen=True)
class MomentRange:
    """desde las 16 de hoy hasta las 17 de mañana."""

    first: Moment
    last: Moment
