"""Answers about places in waiting lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from vallebot.domain.spanish import say_date, say_datetime, say_datetime_range
from vallebot.domain.states import EsperaState
from vallebot.services.class_records import EsperaView


def waits_text(waits: Sequence[EsperaView], today: date, *, with_names: bool = False) -> str:
    """Places in line, one a line: whose, for what, and how many stand before."""
    head = "En lista de espera:" if with_names else "Estás en lista de espera para:"
    return "\n".join([head, *[f"• {_line(one, today, with_names)}" for one in waits]])


def _line(espera: EsperaView, today: date, with_names: bool) -> str:
    who = f"{espera.cliente_name or 'Sin nombre'}, " if with_names else ""
    place = f" (puesto {espera.position})" if espera.position else ""
    if espera.state == EsperaState.OFRECIDO and espera.offer_expires_at is not None:
        until = say_datetime(espera.offer_expires_at.astimezone(espera.tz), today)
        place = f" (lugar ofrecido hasta el {until})"
    return f"{who}*{espera.servicio_name}*{_what(espera, today)}{place}"


def _what(espera: EsperaView, today: date) -> str:
    if espera.booking is not None:
        return f" del {say_datetime(espera.booking.local_start, today)}"
    if espera.wanted_from is None or espera.wanted_to is None:
        return ", lugar fijo"
    start, end = espera.wanted_from.astimezone(espera.tz), espera.wanted_to.astimezone(espera.tz)
    if (end - timedelta(seconds=1)).date() != start.date():
        return f" hasta el {say_date((end - timedelta(seconds=1)).date(), today)}"
    if end.date() != start.date():  # until midnight
        return f" del {say_date(start.date(), today)}"
    return f" del {say_datetime_range(start, end, today)}"


def wait_title(espera: EsperaView) -> str:
    """'Yoga 10/3' on a button."""
    at = espera.booking.local_start if espera.booking is not None else espera.wanted_from
    local = at.astimezone(espera.tz) if at is not None else None
    return f"{espera.servicio_name} {local.day}/{local.month}" if local is not None else espera.servicio_name
