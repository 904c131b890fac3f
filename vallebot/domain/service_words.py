"""What a message tells about a service: 'clase de yoga martes y jueves 19hs, una hora, 12 lugares, 20 mil por mes'.

Pure. The name is not read here: it is whatever is left, and the tagger of the NLU finds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from vallebot.domain.text import fold
from vallebot.domain.values import (
    Amount,
    Duration,
    find_amounts,
    find_durations,
    find_modalities,
    parse_amount,
    parse_capacity,
    parse_duration,
)
from vallebot.domain.weekly_hours import WeeklySeries, read_series

#: 'cobro 15' means 15 thousand pesos: nobody in Argentina charges less than this for a session.
SMALLEST_PRICE_MINOR = 100_000
THOUSAND = 1000

_GROUP = re.compile(r"\b(?:grupal(?:es)?|grup(?:o|os|ito|itos)|taller(?:es)?|curso|cursos)\b")
_CLASS = re.compile(r"\bclases?\b")
_ALONE = re.compile(
    r"\b(?:individual(?:es)?|uno a uno|1 a 1|1:1|personalizad[oa]s?|particular(?:es)?|one to one)\b"
)
_MONTHLY = re.compile(r"\b(?:por mes|al mes|el mes|x mes|mensual(?:es|idad)?|cuota|abono)\b")
_SINGLE = re.compile(
    r"\b(?:(?:por|cada|la|x) (?:clase|sesion|vez|turno|encuentro)|suelt[oa]s?|cada una|por persona|la hora)\b"
)
_FREE = re.compile(
    r"\b(?:gratis|gratuit[oa]s?|sin (?:cargo|costo)|no (?:sale|cuesta) nada|libre y gratuit[oa])\b"
)
_REFUSED = re.compile(r"(?:en vez de|en lugar de|ya no (?:sale|dura|son|cuesta|es)?|\bno|antes (?:era|salia|duraba))"
                      r"\s+(?:(?:de|a|los|las|el|la|son|es|sale|dura)\s+)*$")  # fmt: skip
#: Words that give a length another meaning, in the same breath with it: how free time is kept, or rules.
_BUFFER = re.compile(
    r"\b(?:descanso|colchon|pausa|ventilar|libres?|entre (?:turno|sesion|cada|masaje|uno|paciente|cliente)s?|"
    r"buffer|margen)\b"
)
_CANCEL = re.compile(r"\bcancel\w*")
_NOTICE = re.compile(
    r"\b(?:aviso minimo|antelacion|anticipacion|reservar|reserva|sacar(?:me)? turno|como minimo|minimo)\b"
)
_TRAVEL = re.compile(r"\bviaj\w*|\btraslado\b")
_BREATH = re.compile(r"[;.\n]|,(?!\d)")


@dataclass(frozen=True)
class WeeklyTime:
    """One weekly time of a class: 0 = Monday, minutes of the local day; `minutes` where a length was said."""

    weekday: int
    start_minute: int
    minutes: int | None = None


@dataclass(frozen=True)
class ServiceWords:
    """What was told; None (or nothing) where it was not."""

    kind: str | None = None  #: 'individual' or 'grupal'; None also for a bare 'clase', which may be either
    says_class: bool = False  #: the word 'clase' was there
    duration_minutes: int | None = None
    price_minor: int | None = None
    currency: str | None = None
    billing: str | None = None  #: 'sesion' or 'mensual'
    capacity: int | None = None
    place_mode: str | None = None
    buffer_minutes: int | None = None
    travel_minutes: int | None = None
    cancellation_hours: int | None = None
    notice_minutes: int | None = None
    times: tuple[WeeklyTime, ...] = ()
    starts_on: date | None = None
    ends_on: date | None = None


def read_service(text: str, now: datetime, *, asked: str | None = None) -> ServiceWords:
    """What `text` tells about a service. `asked`: the field that was asked for; then a lone number is its value."""
    folded = fold(text)
    series = read_series(text, now)
    lengths = _lengths(text, folded, bare=asked == "duration_minutes")
    price = _price(text, folded, bare=asked == "price_minor")
    capacity = parse_capacity(text, bare=asked == "capacity")
    modalities = find_modalities(text)
    times = tuple(weekly_times(series)) if series else ()
    return ServiceWords(
        kind=_kind(folded, capacity is not None or bool(times)),
        says_class=bool(_CLASS.search(folded)),
        price_minor=price[0] if price else None,
        currency=price[1] if price else None,
        billing="mensual" if _MONTHLY.search(folded) else "sesion" if _SINGLE.search(folded) else None,
        capacity=capacity.people if capacity else None,
        place_mode=modalities[0] if len(modalities) == 1 else None,
        times=times,
        starts_on=series.first_day if series else None,
        ends_on=series.last_day if series else None,
        **{**_length_of_series(times), **lengths},
    )


def weekly_times(series: WeeklySeries) -> Iterable[WeeklyTime]:
    """The times of a class, with the length of those that have an end."""
    for slot in series.slots:
        start = _minute(slot.start)
        length = _minute(slot.end) - start if slot.end is not None else None
        yield WeeklyTime(slot.weekday, start, length if length and length > 0 else None)


def wanted(text: str, found: Iterable[Amount | Duration]) -> list[Amount | Duration]:
    """Those values that are not what is left behind: '40 min en vez de 30', 'ya no sale 9, sale 11'."""
    folded = fold(text)
    return [value for value in found if not _REFUSED.search(folded[: value.span[0]])]


def as_price(amount: Amount) -> int:
    """Minor units; a bare small number is meant in thousands ('cobro 15')."""
    small = amount.currency == "ARS" and amount.minor < SMALLEST_PRICE_MINOR
    return amount.minor * THOUSAND if small and amount.text.strip().isdigit() else amount.minor


def _kind(folded: str, has_group_facts: bool) -> str | None:
    if _ALONE.search(folded):
        return "individual"
    return "grupal" if has_group_facts or _GROUP.search(folded) else None


def _price(text: str, folded: str, *, bare: bool) -> tuple[int, str] | None:
    found = wanted(text, find_amounts(text))
    if not found and bare:
        lone = parse_amount(text, bare=True)
        found = [lone] if lone else []
    if found and isinstance(found[0], Amount):
        return as_price(found[0]), found[0].currency
    return (0, "ARS") if _FREE.search(folded) else None


def _lengths(text: str, folded: str, *, bare: bool) -> dict[str, int]:
    """Each length under the field that the words around it mean."""
    lengths: dict[str, int] = {}
    for duration in wanted(text, find_durations(text)):
        assert isinstance(duration, Duration)
        field = _field_of(_breath(folded, duration.span))
        minutes = duration.minutes if field != "cancellation_hours" else round(duration.minutes / 60)
        lengths.setdefault(field, minutes)
    if not lengths and bare:
        lone = parse_duration(text, bare=True)
        return {"duration_minutes": lone.minutes} if lone else {}
    return lengths


def _field_of(around: str) -> str:
    if _CANCEL.search(around):
        return "cancellation_hours"
    if _BUFFER.search(around):
        return "buffer_minutes"
    if _NOTICE.search(around):
        return "notice_minutes"
    return "travel_minutes" if _TRAVEL.search(around) else "duration_minutes"


def _breath(folded: str, span: tuple[int, int]) -> str:
    """The words between the commas around a value."""
    start = max((found.end() for found in _BREATH.finditer(folded, 0, span[0])), default=0)
    end = next((found.start() for found in _BREATH.finditer(folded, span[1])), len(folded))
    return folded[start:end]


def _length_of_series(times: tuple[WeeklyTime, ...]) -> dict[str, int]:
    said = {one.minutes for one in times if one.minutes}
    return {"duration_minutes": said.pop()} if len(said) == 1 else {}


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute
