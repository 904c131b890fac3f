"""Closing stretches of the agenda together with what is booked inside them, as one operation."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import sessionmaker

from vallebot.domain.availability import Stretch
from vallebot.errors import InvalidError
from vallebot.services.actor import Actor
from vallebot.services.agenda import add_closure, check_stretch, live_inside
from vallebot.services.booking_steps import Work
from vallebot.services.cancellations import cancel_session
from vallebot.services.class_records import is_class
from vallebot.services.notices import tell_cliente
from vallebot.services.operations import Operation
from vallebot.services.records import BookingView, lock_profesional
from vallebot.services.series_steps import cancel_class
from vallebot.services.texts import closing as texts


@dataclass(frozen=True)
class Closed:
    """What came of closing: the bookings that were cancelled, those that stay inside, the names of the clients who
    were told (each once), and of those whom WhatsApp cannot reach."""

    cancelled: tuple[BookingView, ...]
    kept: tuple[BookingView, ...]
    told: tuple[str, ...]
    unreached: tuple[str, ...]


def close_stretches(
    sessions: sessionmaker,
    actor: Actor,
    stretches: Sequence[Stretch],
    *,
    cancel: Collection[int] = (),
    now: datetime,
    key: str,
) -> Closed:
    """Close stretches (aware, end exclusive) and cancel the bookings inside that are named (`cancel`, ids: the ones
    that the professional was shown). Nothing new is booked there. Every client concerned is told once, however many
    of their bookings are cancelled; unpaid debts are void, what was paid becomes credit.

    Raises InvalidError (no stretch, an empty one)."""
    profesional_id = actor.require_profesional()
    if not stretches:
        raise InvalidError(field="stretch")
    for start, end in stretches:
        check_stretch(start, end)
    with sessions.begin() as session:
        operation = Operation.open(session, "close_stretches", key, Closed, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        lock_profesional(session, profesional_id)
        inside: dict[int, BookingView] = {}
        for start, end in stretches:
            add_closure(work, profesional_id, (start, end))
            inside |= {one.id: one for one in live_inside(session, profesional_id, start, end)}
        chosen = [one for one in inside.values() if one.id in cancel]
        told, unreached = _cancel_all(work, profesional_id, chosen)
        kept = tuple(one for one in inside.values() if one.id not in cancel)
        return operation.close(Closed(tuple(chosen), kept, told, unreached))


def _cancel_all(
    work: Work, profesional_id: int, chosen: Sequence[BookingView]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Cancel each; then one bubble for each client. Returns (names told, names out of reach)."""
    lost: dict[int, list[texts.Lost]] = {}
    for booking in chosen:
        for cliente_id, one in _cancel(work, booking):
            lost.setdefault(cliente_id, []).append(one)
    told: list[str] = []
    unreached: list[str] = []
    for cliente_id, bookings in sorted(lost.items()):
        bubble = texts.cancelled_together(bookings, work.now)
        key = f"{work.key}:closed"
        reached = tell_cliente(work.session, profesional_id, cliente_id, bubble, key=key, now=work.now)
        (told if reached else unreached).append(bookings[0].booking.cliente_name or "alguien sin nombre")
    return tuple(told), tuple(unreached)


def _cancel(work: Work, booking: BookingView) -> list[tuple[int, texts.Lost]]:
    """(client, what they lose) of one booking."""
    if not is_class(booking):
        done = cancel_session(work, booking, None, keep_charge=False, notice=False)
        return [(booking.cliente_id, texts.Lost(booking, done.credit_minor))] if booking.cliente_id else []
    done_class = cancel_class(work, booking, None, tell=False)
    seated = {seat.cliente_id: seat.as_booking for seat in done_class.seats}
    return [(who, texts.Lost(seat, done_class.credits.get(who, 0))) for who, seat in seated.items()]
