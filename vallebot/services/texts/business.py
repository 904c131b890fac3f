"""What a professional is shown of their own business: a service about to be defined, changes, hours, a closure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from vallebot.domain import weekly_hours
from vallebot.domain.availability import MINUTES_PER_DAY, WeeklyHours
from vallebot.domain.service_words import WeeklyTime
from vallebot.domain.spanish import (
    say_at,
    say_date,
    say_datetime,
    say_datetime_range,
    say_duration,
    say_list,
    say_money,
)
from vallebot.domain.states import Billing, PlaceMode, ServicioKind
from vallebot.domain.weekly_hours import say_weekdays
from vallebot.services.catalogue import ServicioCard
from vallebot.services.records import BookingView
from vallebot.services.texts.answers import span_text

PLACES = {
    PlaceMode.CONSULTORIO.value: "en el consultorio",
    PlaceMode.DOMICILIO.value: "a domicilio",
    PlaceMode.ONLINE.value: "online",
}


def price(minor: int, currency: str, billing: str, kind: str) -> str:
    """'$ 15.000 por sesión', '$ 20.000 por mes', 'sin cargo'."""
    if not minor:
        return "sin cargo"
    single = "por clase" if kind == ServicioKind.GRUPAL else "por sesión"
    return f"{say_money(minor, currency)} {'por mes' if billing == Billing.MENSUAL else single}"


def weekly(times: Sequence[WeeklyTime]) -> str:
    """'martes y jueves a las 19:00, sábado a las 10:00'."""
    by_hour: dict[tuple[int, int | None], list[int]] = {}
    for one in times:
        by_hour.setdefault((one.start_minute, one.minutes), []).append(one.weekday)
    said = []
    for (start, length), days in by_hour.items():
        hours = say_at(clock(start)) if length is None else _range(start, start + length)
        said.append(f"{say_weekdays(days)} {hours}")
    return say_list(said)


def clock(minute: int) -> str:
    """'19:00' from minutes of the day."""
    return f"{minute // 60:02}:{minute % 60:02}"


def _range(start: int, end: int) -> str:
    return f"de {clock(start)} a {clock(end)}"


def service(facts: Mapping[str, Any], times: Sequence[WeeklyTime]) -> str:
    """'*Yoga*: clase grupal de 1 hora, martes y jueves a las 19:00, 12 lugares, $ 20.000 por mes'. `facts` are fields
    of `ServicioSpec`."""
    grupal = facts["kind"] == ServicioKind.GRUPAL
    length = say_duration(facts["duration_minutes"])
    parts = [f"clase grupal de {length}" if grupal else f"individual, {length}"]
    if times:
        parts.append(weekly([WeeklyTime(one.weekday, one.start_minute) for one in times]))
    if grupal:
        parts.append(places_for(facts["capacity"]))
    billing = facts.get("billing") or Billing.SESION.value
    parts.append(price(facts["price_minor"], facts.get("currency") or "ARS", billing, facts["kind"]))
    if facts.get("buffer_minutes"):
        parts.append(f"con {say_duration(facts['buffer_minutes'])} libres después de cada uno")
    if facts.get("place_mode"):
        parts.append(PLACES[facts["place_mode"]])
    if facts.get("cancellation_hours") is not None:
        parts.append(f"cancelan hasta {facts['cancellation_hours']} horas antes")
    return f"*{facts['name']}*: {', '.join(parts)}"


def places_for(capacity: int) -> str:
    """'12 lugares'."""
    return "1 lugar" if capacity == 1 else f"{capacity} lugares"


#: Field of a service -> how it is called in a list of changes.
_FIELDS = {
    "name": "nombre",
    "duration_minutes": "duración",
    "price_minor": "precio",
    "billing": "se cobra",
    "capacity": "lugares",
    "buffer_minutes": "tiempo libre después de cada turno",
    "place_mode": "dónde",
    "cancellation_hours": "cancelan sin costo hasta",
    "late_cancellation": "si cancelan tarde",
    "active": "estado",
}
_LATE = {"cobrar": "se cobra igual", "consultar": "te consulto"}


def change_lines(card: ServicioCard, changes: Mapping[str, Any]) -> str:
    """'*Masaje*: precio $ 12.500 → $ 20.000, duración 1 hora → 50 minutos'."""
    said = [
        f"{_FIELDS[field]} {_value(field, getattr(card, field), card)} → {_value(field, changes[field], card)}"
        for field in _FIELDS
        if field in changes
    ]
    return f"*{card.name}*: {', '.join(said)}"


def _value(field: str, value: Any, card: ServicioCard) -> str:
    if field == "price_minor":
        return say_money(value, card.currency) if value else "sin cargo"
    if field in ("duration_minutes", "buffer_minutes"):
        return say_duration(value) if value else "nada"
    if field == "cancellation_hours":
        return f"{value} horas antes"
    if field == "active":
        return "activo" if value else "en pausa"
    if field == "billing":
        return "por mes" if value == Billing.MENSUAL else "por vez"
    return {**PLACES, **_LATE}.get(value, str(value))


def short(card: ServicioCard) -> str:
    """'1 hora, $ 25.000 por sesión', for a row of a list."""
    paused = "" if card.active else ", en pausa"
    money = price(card.price_minor, card.currency, card.billing, card.kind)
    return f"{say_duration(card.duration_minutes)}, {money}{paused}"


def hours(week: Sequence[WeeklyHours], today: date) -> str:
    """'lunes a viernes de 09:00 a 13:00 y de 15:00 a 19:00; sábado de 09:00 a 13:00'."""
    days: dict[int, tuple[weekly_hours.Interval, ...]] = {}
    for one in week:
        interval = weekly_hours.Interval(_time(one.start_minute), _time(one.end_minute))
        days[one.weekday] = (*days.get(one.weekday, ()), interval)
    return weekly_hours.say_hours(weekly_hours.WeeklyHours(days), today)


def _time(minute: int) -> time:
    return time(23, 59) if minute >= MINUTES_PER_DAY else time(minute // 60, minute % 60)


def people_and_times(bookings: Sequence[BookingView], today: date, most: int) -> str:
    """'Ana Gómez (jueves 5 a las 18:00), Yoga con 4 personas (viernes 6 a las 19:00) y 3 más'."""
    said = [f"{_who(one)} ({say_datetime(one.local_start, today)})" for one in bookings[:most]]
    more = len(bookings) - most
    return say_list([*said, f"{more} más"] if more > 0 else said)


def _who(booking: BookingView) -> str:
    if booking.capacity is None:
        return booking.cliente_name or "alguien sin nombre"
    count = booking.taken_seats or 0
    people = "nadie anotado" if not count else "1 persona" if count == 1 else f"{count} personas"
    return f"{booking.servicio_name} con {people}"


def count_bookings(bookings: Sequence[BookingView]) -> str:
    """'1 turno', '2 turnos y 1 clase'."""
    classes = sum(one.capacity is not None for one in bookings)
    sessions = len(bookings) - classes
    said = [f"{sessions} turno{'s' * (sessions != 1)}"] if sessions else []
    return say_list([*said, *([f"{classes} clase{'s' * (classes != 1)}"] if classes else [])])


def stretches(closed: Sequence[tuple[datetime, datetime]], today: date, tz: ZoneInfo) -> str:
    """'mañana de 13:00 a 20:00', 'el jueves 5', 'del sábado 10 al martes 20 de enero', 'lo que queda de hoy'."""
    return say_list([_stretch(start.astimezone(tz), end.astimezone(tz), today) for start, end in closed])


def _stretch(start: datetime, end: datetime, today: date) -> str:
    last = (end - timedelta(minutes=1)).date()
    to_midnight = end.time() == time(0)
    if to_midnight and start.date() == today == last and start.time() != time(0):
        return "lo que queda de hoy"
    if to_midnight and (start.time() == time(0) or start.date() == today):
        return span_text(start.date(), last, today)
    if to_midnight and start.date() == last:
        return f"{_day(start.date(), today)} desde {say_at(start)[2:]}"
    said = say_datetime_range(start, end, today, relative=True)
    return said if said.startswith(("hoy", "mañana", "desde")) else f"el {said}"


def _day(day: date, today: date) -> str:
    said = say_date(day, today, relative=True)
    return said if said in ("hoy", "mañana") else f"el {said}"
