"""What a client is told when a stretch of the agenda is closed with their bookings inside: everything in one bubble."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from vallebot.domain.spanish import say_list, say_money
from vallebot.domain.states import BookingKind
from vallebot.services.outbox import Bubble, Choice, Template
from vallebot.services.records import BookingView
from vallebot.services.texts.bookings import when


@dataclass(frozen=True)
class Lost:
    """A booking that is cancelled, and what was paid for it and now is the client's again (minor units)."""

    booking: BookingView
    credit_minor: int = 0


def cancelled_together(lost: Sequence[Lost], now: datetime) -> Bubble:
    """'Laura no va a poder atenderte: se cancela Masaje del jueves 27 a las 17:00. ¿Te busco otro horario?'"""
    bookings = [one.booking for one in lost]
    first = bookings[0]
    what = say_list([f"*{one.servicio_name}* del {when(one, now)}" for one in bookings])
    verb = "se cancela" if len(bookings) == 1 else "se cancelan"
    credit = sum(one.credit_minor for one in lost)
    paid = f" Lo que pagaste ({say_money(credit, first.currency)}) te queda a favor." if credit else ""
    names = say_list(list(dict.fromkeys(one.servicio_name for one in bookings)))
    moments = say_list([when(one, now) for one in bookings])
    return Bubble(
        f"{first.profesional_name} no va a poder atenderte: {verb} {what}.{paid} ¿Te busco otro horario?",
        choices=(_another(bookings),),
        template=Template("turno_cancelado", (first.profesional_name, names, moments)),
    )


def _another(bookings: Sequence[BookingView]) -> Choice:
    session = next((one for one in bookings if one.kind == BookingKind.INDIVIDUAL), None)
    if session is None:
        return Choice("Ver otras clases", "/inscribirse_clase")
    return Choice("Buscar otro horario", f'/pedir_turno{{"servicio_id": {session.servicio_id}}}')
