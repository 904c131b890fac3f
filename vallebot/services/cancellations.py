"""Cancelling a session: what it would mean, doing it, and the professional's word on late requests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from vallebot.db.constraints import constraint_errors
from vallebot.db.tables import Profesional, Servicio
from vallebot.db.tables.messaging import Rol
from vallebot.domain.policies import ChangeOutcome, Policy, outcome_of_change
from vallebot.domain.states import LIVE_BOOKING, BookingKind, BookingState, LateCancellation, StrEnum
from vallebot.errors import InvalidError
from vallebot.services.actor import Actor
from vallebot.services.agenda_errors import LateChange, ServicioIsClass, SlotInPast, WrongState
from vallebot.services.audit import Change, record
from vallebot.services.booking_steps import OVERLAP, Work, cancel_row, locked_booking, update_booking
from vallebot.services.charges import live_charge, use_freed, void_charge
from vallebot.services.notices import tell_cliente, tell_profesional
from vallebot.services.operations import Operation
from vallebot.services.records import BookingView, booking_view, visible_booking
from vallebot.services.relationship import refresh
from vallebot.services.rescheduling_steps import move_row
from vallebot.services.texts import bookings as texts
from vallebot.services.waiting_offers import offer_freed


class Decision(StrEnum):
    """The professional's word on a change that a client asked for."""

    ACEPTAR = "aceptar"
    COBRAR = "cobrar"  #: cancel, but the session stays owed
    RECHAZAR = "rechazar"


@dataclass(frozen=True)
class CancellationTerms:
    """What cancelling now would mean. `cost_minor` stays owed; `credit_minor` was paid and comes back as credit."""

    booking: BookingView
    outcome: str  #: a `ChangeOutcome`
    deadline: datetime  #: until then a client cancels freely
    cost_minor: int
    credit_minor: int


@dataclass(frozen=True)
class Cancelled:
    """What came of it: cancelled (libre, con_costo), or asked to the professional (a_consultar)."""

    booking: BookingView
    outcome: str
    cost_minor: int = 0
    credit_minor: int = 0


def cancellation_terms(
    sessions: sessionmaker, actor: Actor, booking_id: int, *, now: datetime
) -> CancellationTerms:
    """Look before cancelling (or moving: the same rule). Raises NotFoundError, WrongState, SlotInPast."""
    with sessions() as session:
        return terms_of(session, actor, visible_booking(session, actor, booking_id), now=now)


def terms_of(session: Session, actor: Actor, booking: BookingView, *, now: datetime) -> CancellationTerms:
    """The terms for this actor: only clients are bound by the policy."""
    if booking.kind == BookingKind.CLASE:
        raise ServicioIsClass()
    if booking.state not in LIVE_BOOKING:
        raise WrongState(booking_id=booking.id, state=booking.state)
    if actor.rol is Rol.CLIENTE and booking.starts_at <= now:
        raise SlotInPast(starts_at=booking.starts_at.isoformat())
    policy = _policy(session, booking)
    charge = live_charge(session, booking.id)
    amount = charge.amount_minor if charge is not None else 0
    outcome = ChangeOutcome.LIBRE
    if actor.rol is Rol.CLIENTE:
        state = BookingState(booking.state)
        outcome = outcome_of_change(policy, state, booking.starts_at, cost_minor=amount, now=now)
    paid = charge.applied_minor if charge is not None else 0
    return CancellationTerms(
        booking,
        outcome.value,
        policy.deadline(booking.starts_at),
        cost_minor=amount if outcome is ChangeOutcome.CON_COSTO else 0,
        credit_minor=0 if outcome is ChangeOutcome.CON_COSTO else paid,
    )


def _policy(session: Session, booking: BookingView) -> Policy:
    own, usual, late = session.execute(
        select(Servicio.cancellation_hours, Profesional.cancellation_hours, Servicio.late_cancellation)
        .join(Profesional, Profesional.id == Servicio.profesional_id)
        .where(Servicio.id == booking.servicio_id)
    ).one()
    return Policy(usual if own is None else own, LateCancellation(late))


def cancel(
    sessions: sessionmaker,
    actor: Actor,
    booking_id: int,
    *,
    reason: str | None = None,
    accept_cost: bool = False,
    now: datetime,
    key: str,
) -> Cancelled:
    """Cancel a session. In time, or by the professional: its unpaid debt is void and paid money becomes a credit.
    Late by the client: LateChange tells the cost until it is accepted (then it stays owed), or the professional
    is asked and the booking stays live meanwhile.

    Raises NotFoundError, WrongState, SlotInPast, LateChange."""
    with sessions.begin() as session:
        operation = Operation.open(session, "cancel", key, Cancelled, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        booking = locked_booking(session, actor, booking_id)
        terms = terms_of(session, actor, booking, now=now)
        if terms.outcome == ChangeOutcome.A_CONSULTAR:
            return operation.close(ask_for_change(work, booking, None, reason))
        if terms.cost_minor and not accept_cost:
            raise LateChange(booking_id=booking.id, cost_minor=terms.cost_minor, currency=booking.currency)
        return operation.close(cancel_session(work, booking, reason, keep_charge=bool(terms.cost_minor)))


def cancel_session(
    work: Work,
    booking: BookingView,
    reason: str | None,
    *,
    keep_charge: bool,
    notice: bool = True,
    offer: bool = True,
) -> Cancelled:
    """Cancel in the caller's transaction, tell the other side (`notice`) and offer the time to whoever waits for
    one (`offer`); `keep_charge`: the session stays owed."""
    cancelled = cancel_row(work, booking, "cancel", reason)
    cost, credit = settle_charge(work, booking.id, keep=keep_charge)
    if notice:
        _tell_other_side(work, booking, cancelled, reason, cost, credit)
    if booking.cliente_id is not None:
        refresh(
            work.session, booking.profesional_id, booking.cliente_id, now=work.now, timezone=booking.timezone
        )
    if offer:
        offer_freed(work, cancelled)
    outcome = ChangeOutcome.CON_COSTO if cost else ChangeOutcome.LIBRE
    return Cancelled(cancelled, outcome.value, cost, credit)


def settle_charge(work: Work, booking_id: int, *, keep: bool) -> tuple[int, int]:
    """(what stays owed, what becomes a credit) when a booking ends; minor units."""
    charge = live_charge(work.session, booking_id)
    if charge is None:
        return 0, 0
    if keep:
        return charge.amount_minor, 0
    session, actor, now, key = work.session, work.actor, work.now, work.key
    voided = void_charge(session, actor, charge, "booking cancelled", now=now, key=key)
    of = (charge.profesional_id, charge.cliente_id)
    return 0, use_freed(session, actor, *of, voided.credit_minor, now=now, key=key)


def _tell_other_side(
    work: Work, before: BookingView, booking: BookingView, reason: str | None, cost: int, credit: int
) -> None:
    session, now, key = work.session, work.now, work.key
    if work.actor.rol is Rol.CLIENTE:
        notice = texts.cancelled_by_cliente(booking, now, reason, cost)
        tell_profesional(session, booking.profesional_id, notice, key=key, now=now)
        return
    if booking.cliente_id is None:
        return
    if before.state == BookingState.PENDIENTE:
        notice = texts.rejected(booking, now, reason)
    else:
        notice = texts.cancelled_by_profesional(booking, now, reason, credit)
    tell_cliente(session, booking.profesional_id, booking.cliente_id, notice, key=key, now=now)


def ask_for_change(
    work: Work, booking: BookingView, starts_at: datetime | None, reason: str | None
) -> Cancelled:
    """Leave the decision to the professional: cancel (starts_at None) or move there. Asking again replaces what
    was asked; the same again says nothing twice."""
    same = booking.change_requested_at is not None and booking.change_requested_to == starts_at
    if not same:
        values = {"change_requested_at": work.now, "change_requested_to": starts_at}
        update_booking(work, booking.id, values)
        facts = {"to": starts_at.isoformat()} if starts_at is not None else {}
        change = Change("bookings", booking.id, "ask_for_change", booking.state, booking.state, facts)
        record(work.session, work.actor, change, now=work.now, key=work.key)
        booking = booking_view(work.session, booking.id)
        notice = texts.change_asked(booking, work.now, reason)
        tell_profesional(work.session, booking.profesional_id, notice, key=work.key, now=work.now)
    return Cancelled(booking, ChangeOutcome.A_CONSULTAR.value)


def decide_change(
    sessions: sessionmaker,
    actor: Actor,
    booking_id: int,
    decision: Decision | str,
    *,
    now: datetime,
    key: str,
) -> Cancelled:
    """The professional's word on a change that the client asked for; the client is told.

    Raises WrongState where nothing is asked (any more), SlotTaken where the new time is gone meanwhile,
    InvalidError for a decision that does not fit (a move costs nothing)."""
    actor.require_profesional()
    word = Decision(decision)
    with constraint_errors(OVERLAP), sessions.begin() as session:
        operation = Operation.open(session, "decide_change", key, Cancelled, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        booking = locked_booking(session, actor, booking_id)
        if booking.change_requested_at is None or booking.state not in LIVE_BOOKING:
            raise WrongState(booking_id=booking.id, state=booking.state)
        if booking.change_requested_to is not None and word is Decision.COBRAR:
            raise InvalidError(field="decision")
        return operation.close(_carry_out(work, booking, word))


def _carry_out(work: Work, booking: BookingView, word: Decision) -> Cancelled:
    if word is Decision.RECHAZAR:
        update_booking(work, booking.id, {"change_requested_at": None, "change_requested_to": None})
        change = Change("bookings", booking.id, "refuse_change", booking.state, booking.state)
        record(work.session, work.actor, change, now=work.now, key=work.key)
        result = Cancelled(booking_view(work.session, booking.id), ChangeOutcome.A_CONSULTAR.value)
        notice = texts.change_decided(booking, work.now, approved=False)
    elif booking.change_requested_to is not None:
        moved = move_row(work, booking, booking.change_requested_to)
        offer_freed(work, booking)
        result = Cancelled(moved, ChangeOutcome.LIBRE.value)
        notice = texts.moved_by_profesional(booking, moved, work.now)
    else:
        result = cancel_session(work, booking, None, keep_charge=word is Decision.COBRAR, notice=False)
        notice = texts.change_decided(booking, work.now, approved=True, cost_minor=result.cost_minor)
    if booking.cliente_id is not None:
        tell_cliente(
            work.session, booking.profesional_id, booking.cliente_id, notice, key=work.key, now=work.now
        )
        refresh(
            work.session, booking.profesional_id, booking.cliente_id, now=work.now, timezone=booking.timezone
        )
    return result
