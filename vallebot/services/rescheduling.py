"""Moving a session to another time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import sessionmaker

from vallebot.db.constraints import constraint_errors
from vallebot.db.tables import Profesional
from vallebot.db.tables.messaging import Rol
from vallebot.domain.policies import ChangeOutcome
from vallebot.domain.states import BookingState
from vallebot.errors import InvalidError
from vallebot.services.actor import Actor
from vallebot.services.agenda_errors import LateChange, WrongState
from vallebot.services.booking_steps import OVERLAP, Wanted, Work, insert_session, locked_booking
from vallebot.services.calendar import read_rules
from vallebot.services.cancellations import ask_for_change, cancel_session, terms_of
from vallebot.services.notices import tell_cliente, tell_profesional
from vallebot.services.operations import Operation
from vallebot.services.records import BookingView
from vallebot.services.relationship import refresh
from vallebot.services.rescheduling_steps import check_new_time, move_row
from vallebot.services.texts import bookings as texts
from vallebot.services.waiting_offers import offer_freed


@dataclass(frozen=True)
class RescheduleRequest:
    """A session and its new start. `accept_cost`: the client agrees to owe the old time (late change)."""

    booking_id: int
    starts_at: datetime
    accept_cost: bool = False
    override: bool = False  #: the professional moves it outside their hours on purpose
    reason: str | None = None


@dataclass(frozen=True)
class Rescheduled:
    """The booking as it is now; `outcome` con_costo: the old one stays owed and `booking` is a new one;
    a_consultar: nothing moved yet, the professional was asked."""

    booking: BookingView
    outcome: str
    cost_minor: int = 0


def reschedule(
    sessions: sessionmaker, actor: Actor, request: RescheduleRequest, *, now: datetime, key: str
) -> Rescheduled:
    """Move a session, all or nothing: the old time is released only if the new one is taken.

    Clients follow the cancellation policy; where the professional accepts each booking, moving a confirmed one
    asks them. Raises SlotTaken, SlotInPast, TooSoon, TooFar, OutsideHours, LateChange, WrongState (over, or
    only offered), ServicioIsClass, NotFoundError, InvalidError (it is at that time already)."""
    with constraint_errors(OVERLAP, starts_at=request.starts_at.isoformat()), sessions.begin() as session:
        operation = Operation.open(session, "reschedule", key, Rescheduled, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        booking = locked_booking(session, actor, request.booking_id)
        if (
            booking.state == BookingState.OFRECIDO
        ):  # nobody's yet: an offer is accepted or declined, not moved
            raise WrongState(booking_id=booking.id, state=booking.state)
        terms = terms_of(session, actor, booking, now=now)
        wanted = check_new_time(work, booking, request.starts_at, override=request.override)
        if wanted.starts_at == booking.starts_at:
            raise InvalidError(field="starts_at")
        if terms.outcome == ChangeOutcome.A_CONSULTAR or _needs_word(work, booking):
            asked = ask_for_change(work, booking, wanted.starts_at, request.reason)
            return operation.close(Rescheduled(asked.booking, asked.outcome))
        if terms.cost_minor and not request.accept_cost:
            raise LateChange(booking_id=booking.id, cost_minor=terms.cost_minor, currency=booking.currency)
        moved = (
            _replace(work, booking, wanted) if terms.cost_minor else move_row(work, booking, wanted.starts_at)
        )
        _tell_and_refresh(work, booking, moved)
        offer_freed(work, booking)
        return operation.close(Rescheduled(moved, terms.outcome, terms.cost_minor))


def _needs_word(work: Work, booking: BookingView) -> bool:
    """A confirmed booking that a client moves has to be accepted again where each one is."""
    if work.actor.rol is not Rol.CLIENTE or booking.state != BookingState.CONFIRMADO:
        return False
    return not work.session.execute(
        select(Profesional.auto_confirm).filter_by(id=booking.profesional_id)
    ).scalar_one()


def _replace(work: Work, booking: BookingView, wanted: Wanted) -> BookingView:
    """A late change that costs: the old session is cancelled and stays owed, a new one is booked."""
    cancel_session(work, booking, "rescheduled", keep_charge=True, notice=False, offer=False)
    rules = read_rules(work.session, booking.profesional_id, booking.servicio_id)
    kept = Wanted(wanted.starts_at, booking.place_mode, booking.place)
    return insert_session(
        work, booking.profesional_id, booking.servicio_id, work.actor.require_cliente(), rules, kept
    )


def _tell_and_refresh(work: Work, before: BookingView, after: BookingView) -> None:
    session, now, key = work.session, work.now, work.key
    if work.actor.rol is Rol.CLIENTE:
        notice = texts.moved_by_cliente(before, after, now)
        if after.state == BookingState.PENDIENTE:
            notice = texts.asked_or_booked(after, now)
        tell_profesional(session, after.profesional_id, notice, key=key, now=now)
    elif after.cliente_id is not None:
        notice = texts.moved_by_profesional(before, after, now)
        tell_cliente(session, after.profesional_id, after.cliente_id, notice, key=key, now=now)
    if after.cliente_id is not None:
        refresh(session, after.profesional_id, after.cliente_id, now=now, timezone=after.timezone)
