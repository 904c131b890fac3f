"""What the bot says about days, hours, stretches, money and durations, in rioplatense Spanish.

Every date or time said here is read back by `vallebot.domain.cuando.interpret` as the same moment, so that a
person who copies the bot's own words ("jueves 27 a las 17:00") is always understood.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from vallebot.domain.cuando.model import Cuando

WEEKDAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio",
    "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
)  # fmt: skip
YEAR_SAID_BEYOND_DAYS = 180  #: nearer than this, weekday + day + month names one date only

_A_NIGHT = timedelta(hours=12)  #: a longer stretch across midnight is said with both days
_SYMBOLS = {"ARS": "$", "USD": "US$", "EUR": "€"}


def say_date(day: date, today: date, *, relative: bool = False, with_month: bool = False) -> str:
    """'jueves 27'; with the month when it is another one or past, with the year when far away.

    `relative`: today and tomorrow are said 'hoy' and 'mañana'. `with_month`: the month is said in any case.
    """
    if relative and day in (today, today + timedelta(days=1)):
        return "hoy" if day == today else "mañana"
    said = f"{WEEKDAYS[day.weekday()]} {day.day}"
    if not with_month and (day.year, day.month) == (today.year, today.month) and day >= today:
        return said
    said += f" de {MONTHS[day.month - 1]}"
    return said if abs((day - today).days) <= YEAR_SAID_BEYOND_DAYS else f"{said} de {day.year}"


def say_time(at: time | datetime | str) -> str:
    """'17:00', always two digits and the 24 hour clock: it cannot be taken for another half of the day."""
    return at[:5] if isinstance(at, str) else f"{at:%H:%M}"


def say_at(at: time | datetime | str) -> str:
    """'a las 17:00', 'a la 01:00'."""
    said = say_time(at)
    return f"a la {said}" if said.startswith("01:") else f"a las {said}"


def say_datetime(at: datetime, today: date, *, relative: bool = False) -> str:
    """'jueves 27 a las 17:00'; `at` in the professional's zone."""
    return f"{say_date(at.date(), today, relative=relative)} {say_at(at)}"


def say_time_range(start: time | datetime, end: time | datetime) -> str:
    """'de 17:00 a 19:00'."""
    return f"de {say_time(start)} a {say_time(end)}"


def say_datetime_range(start: datetime, end: datetime, today: date, *, relative: bool = False) -> str:
    """'jueves 27 de 17:00 a 19:00'; across midnight both days are said."""
    first = say_date(start.date(), today, relative=relative)
    if start.date() == end.date():
        return f"{first} {say_time_range(start, end)}"
    last = say_date(end.date(), today, with_month=start.month != end.month)
    return f"desde el {say_date(start.date(), today)} {say_at(start)} hasta el {last} {say_at(end)}"


def say_date_range(start: date, end: date, today: date) -> str:
    """'del lunes 24 al viernes 28', both days included."""
    other_month = (start.year, start.month) != (end.year, end.month)
    return f"del {say_date(start, today)} al {say_date(end, today, with_month=other_month)}"


def say_cuando(cuando: Cuando, today: date, *, relative: bool = False) -> str:
    """The whole meaning of `cuando`, options included: 'jueves 27 a las 17:00 o viernes 28 desde las 18:00'.

    `today` in the professional's zone. An impossible date is ''; a past one is said as the past moment.
    """
    if cuando.past is not None:
        return say_cuando(cuando.past, today, relative=relative)
    if cuando.problem is not None:
        return ""
    meant = [option for option in (cuando, *cuando.also) if not option.negated]
    excluded = [option for option in (cuando, *cuando.also) if option.negated]
    said = say_list([_say_one(option, today, relative) for option in meant], "o")
    for option in excluded:
        said += f"{', ' if said else ''}menos {_say_one(option, today, relative)}"
    return said


def _say_one(cuando: Cuando, today: date, relative: bool) -> str:
    start, end = cuando.start, cuando.end
    if cuando.kind in ("datetime", "datetime_range"):
        return _say_with_day(cuando, today, relative)
    if cuando.kind == "time":
        assert isinstance(start, time)
        return _say_about(start, cuando.approx)
    if cuando.kind == "time_range":
        return _say_hours(start, end, cuando.open)
    assert not isinstance(start, time)
    assert not isinstance(end, time)
    if cuando.kind == "date":
        assert start is not None
        return say_date(start, today, relative=relative)
    if start is None or cuando.open == "start":
        assert end is not None
        said = f"hasta el {say_date(end, today)}"
    elif end is None:
        said = f"desde el {say_date(start, today)}"
    else:
        said = say_date_range(start, end, today)
    window = cuando.window
    return f"{said} {_say_hours(window.start, window.end, None)}" if window is not None else said


def _say_about(at: time | datetime, approx: bool) -> str:
    return f"alrededor de {say_at(at)[2:]}" if approx else say_at(at)


def _say_hours(start: object, end: object, open_: str | None) -> str:
    """'de 17:00 a 19:00', 'desde las 18:00', 'hasta las 11:00'; one hour where both are the same."""
    if open_ == "end" or not isinstance(end, (time, datetime)):
        assert isinstance(start, (time, datetime))
        return f"desde {say_at(start)[2:]}"
    if open_ == "start" or not isinstance(start, (time, datetime)):
        return f"hasta {say_at(end)[2:]}"
    return say_at(start) if start == end else say_time_range(start, end)


def _say_with_day(cuando: Cuando, today: date, relative: bool) -> str:
    start, end = cuando.start, cuando.end
    if cuando.kind == "datetime":
        assert isinstance(start, datetime)
        return f"{say_date(start.date(), today, relative=relative)} {_say_about(start, cuando.approx)}"
    if not isinstance(end, datetime):
        assert isinstance(start, datetime)
        return f"desde el {say_datetime(start, today)}"
    if not isinstance(start, datetime):
        return f"hasta el {say_datetime(end, today)}"
    if cuando.open is not None and start.date() == end.date():
        return f"{say_date(end.date(), today, relative=relative)} {_say_hours(start, end, cuando.open)}"
    if cuando.open == "start":
        return f"hasta el {say_datetime(end, today)}"
    if end.date() - start.date() == timedelta(days=1) and end - start <= _A_NIGHT:
        return f"{say_date(start.date(), today, relative=relative)} {say_time_range(start, end)}"
    return say_datetime_range(start, end, today, relative=relative)


def say_money(minor: int, currency: str = "ARS") -> str:
    """'$ 12.500' from 1250000 minor units (centavos); cents only when there are some: '$ 12.500,50'."""
    whole, cents = divmod(abs(minor), 100)
    digits = f"{whole:,}".replace(",", ".") + (f",{cents:02}" if cents else "")
    sign = "-" if minor < 0 else ""
    return f"{sign}{_SYMBOLS.get(currency, currency)} {digits}"


def say_duration(minutes: int) -> str:
    """'45 minutos', '1 hora', '1 hora y media', '2 horas y 15 minutos'."""
    hours, rest = divmod(minutes, 60)
    said_rest = f"{rest} minuto" if rest == 1 else f"{rest} minutos"
    if not hours:
        return said_rest
    said = "1 hora" if hours == 1 else f"{hours} horas"
    if not rest:
        return said
    return f"{said} y media" if rest == 30 else f"{said} y {said_rest}"


def say_list(items: list[str] | tuple[str, ...], last: str = "y") -> str:
    """'a, b y c'; `last` may be 'o'."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"
