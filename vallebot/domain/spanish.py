"""What the bot says about days, hours, stretches, money and durations, in rioplatense Spanish.

Every date or time said here is read back by `vallebot.domain.cuando.interpret` as the same moment, so that a
person who copies the bot's own words ("jueves 27 a las 17:00") is always understood.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

WEEKDAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio",
    "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
)  # fmt: skip
YEAR_SAID_BEYOND_DAYS = 180  #: nearer than this, weekday + day + month names one date only

_SYMBOLS = {"ARS": "$", "USD": "US$", "EUR": "€"}


def say_date(day: date, today: date, *, relative: bool = False) -> str:
    """'jueves 27'; with the month when it is another one or past, with the year when far away.

    `relative`: today and tomorrow are said 'hoy' and 'mañana'.
    """
    if relative and day in (today, today + timedelta(days=1)):
        return "hoy" if day == today else "mañana"
    said = f"{WEEKDAYS[day.weekday()]} {day.day}"
    if (day.year, day.month) == (today.year, today.month) and day >= today:
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
    return f"desde {first} {say_at(start)} hasta {say_datetime(end, today)}"


def say_date_range(start: date, end: date, today: date) -> str:
    """'del lunes 24 al viernes 28', both days included."""
    return f"del {say_date(start, today)} al {say_date(end, today)}"


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
