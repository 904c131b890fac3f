"""Small pieces of sentences that several actions fill into responses."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from actions.turn import Turn
from vallebot.domain.spanish import say_datetime, say_money, say_time

#: WhatsApp list rows: 24 characters of title. 'miércoles 27 17:00' fits.
_SHORT_DAYS = ("lun", "mar", "mié", "jue", "vie", "sáb", "dom")


def payload(intent: str, values: dict[str, Any]) -> str:
    """What a button says when it is tapped; short, because WhatsApp bounds the ids of options."""
    return f"/{intent}{json.dumps(values, separators=(',', ':'))}" if values else f"/{intent}"


def choice(title: str, payload: str, description: str = "") -> dict[str, str]:
    """A button (Rasa's shape); WhatsApp shows up to three as buttons, more as a list."""
    return {"title": title, "payload": payload, "description": description}


def say_when(turn: Turn, at: datetime) -> str:
    """'jueves 27 a las 17:00', in the professional's zone."""
    return say_datetime(turn.local(at), turn.today)


def offer_title(turn: Turn, at: datetime) -> str:
    """'jue 27/11 17:00': a row or button that stays distinct when cut."""
    local = turn.local(at)
    return f"{_SHORT_DAYS[local.weekday()]} {local.day}/{local.month} {say_time(local)}"


def say_price(servicio: Any) -> str:
    """'$ 25.000', or 'sin cargo'."""
    return say_money(servicio.price_minor, servicio.currency) if servicio.price_minor else "sin cargo"


def first_name(name: str | None) -> str:
    """The name to call somebody by."""
    return name.split()[0] if name else ""


def vocative(name: str | None) -> str:
    """', Marta' or nothing: goes right behind a greeting."""
    return f", {first_name(name)}" if name else ""


def booking_phrase(turn: Turn, booking: Any, *, with_client: bool = False) -> str:
    """'*Masaje relajante* el jueves 27 a las 17:00' (for the professional: 'de Marta Ruiz' behind it)."""
    phrase = f"*{booking.servicio_name}* el {say_when(turn, booking.starts_at)}"
    return f"{phrase}, de {booking.cliente_name}" if with_client and booking.cliente_name else phrase
