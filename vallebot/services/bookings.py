"""1:1 sessions: book, accept, reject, let expire, confirm, record attendance, list.

Cancelling is in cancellations.py, moving in rescheduling.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from vallebot.db.constraints import constraint_errors
from vallebot.db.tables.messaging import Rol
from vallebot.domain.states import BookingState, PlaceMode, ServicioKind
from vallebot.errors import InvalidError, NotAllowedError
from vallebot.services.actor import Actor
from vallebot.services.agenda_errors import (
    NotYetOver,
    ServicioIsClass,
    ServicioPaused,
    SlotInPast,
    WrongState,
)
from vallebot.services.audit import Change, record
from vallebot.services.booking_steps import (
    OVERLAP,
    Wanted,
    Work,
    cancel_row,
    change_state,
    check_time,
    insert_session,
    locked_booking,
    require_relation,
    settle_in,
    update_booking,
)
from vallebot.services.calendar import Rules, read_rules_at
from vallebot.services.notices import tell_cliente, tell_profesional
from vallebot.services.operations import Operation
from vallebot.services.records import (
    BookingView,
    business_bookings,
    cliente_bookings,
    lock_profesional,
    visible_booking,
)
from vallebot.services.relationship import refresh
from vallebot.services.texts import bookings as texts
from vallebot.services.waiting_offers import offer_freed

EXPIRED = "vencido"  #: cancel_reason of a pending booking that nobody accepted in time


@dataclass(frozen=True)
class BookRequest:
    """A session to be booked. `cliente_id`: for whom, said by the professional only."""

    servicio_id: int
    starts_at: datetime
    cliente_id: int | None = None
    place_mode: str | None = None
    place: str | None = None
    override: bool = False  #: the professional books outside their hours on purpose

    def wanted(self) -> Wanted:
        return Wanted(self.starts_at, self.place_mode, self.place, self.override).checked()


def book(
    sessions: sessionmaker, actor: Actor, request: BookRequest, *, now: datetime, key: str
) -> BookingView:
    """Book a session: *confirmado*, or *pendiente* where the professional wants to accept each one.

    Raises SlotTaken, SlotInPast, TooSoon, TooFar, OutsideHours, ServicioPaused, ServicioIsClass, InvalidError
    (place: a home visit needs an address), NotFoundError (service; client who is not the professional's).
    Safe to race: the exclusion constraint decides."""
    profesional_id = actor.require_tenant()
    cliente_id = _for_whom(actor, request)
    wanted = request.wanted()
    with constraint_errors(OVERLAP, starts_at=wanted.starts_at.isoformat()), sessions.begin() as session:
        operation = Operation.open(session, "book", key, BookingView, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        rules = _check(work, profesional_id, cliente_id, request.servicio_id, wanted)
        booking = insert_session(work, profesional_id, request.servicio_id, cliente_id, rules, wanted)
        if actor.rol is Rol.CLIENTE:
            notice = texts.asked_or_booked(booking, now)
            tell_profesional(session, profesional_id, notice, key=operation.key, now=now)
        else:
            notice = texts.booked_for_cliente(booking, now)
            tell_cliente(session, profesional_id, cliente_id, notice, key=operation.key, now=now)
        refresh(session, profesional_id, cliente_id, now=now, timezone=booking.timezone)
        return operation.close(booking)


def _for_whom(actor: Actor, request: BookRequest) -> int:
    if actor.rol is Rol.CLIENTE:
        if request.cliente_id not in (None, actor.require_cliente()):
            raise NotAllowedError()
        return actor.require_cliente()
    if request.cliente_id is None:
        raise InvalidError(field="cliente_id")
    return request.cliente_id


def _check(work: Work, profesional_id: int, cliente_id: int, servicio_id: int, wanted: Wanted) -> Rules:
    """Everything that can be said against the request before the database has its say; locks the professional."""
    lock_profesional(work.session, profesional_id)
    rules, hours = read_rules_at(work.session, profesional_id, servicio_id, wanted.starts_at)
    if work.actor.rol is not Rol.CLIENTE:
        require_relation(work.session, profesional_id, cliente_id)
    if rules.kind == ServicioKind.GRUPAL:
        raise ServicioIsClass()
    if not rules.open_for_new:
        raise ServicioPaused()
    place_mode = wanted.place_mode or rules.place_mode
    if place_mode == PlaceMode.DOMICILIO and not wanted.place and work.actor.rol is Rol.CLIENTE:
        raise InvalidError(field="place")
    check_time(work, rules, hours, wanted)
    return rules


def accept(sessions: sessionmaker, actor: Actor, booking_id: int, *, now: datetime, key: str) -> BookingView:
    """The professional accepts a pending booking; the client is told. Raises WrongState, SlotInPast."""
    actor.require_profesional()
    with sessions.begin() as session:
        operation = Operation.open(session, "accept", key, BookingView, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        pending = _pending(work, booking_id)
        if pending.starts_at <= now:
            raise SlotInPast(starts_at=pending.starts_at.isoformat())
        booking = change_state(work, pending, BookingState.CONFIRMADO, "accept")
        settle_in(work, booking)
        _tell_and_refresh(work, booking, texts.confirmed(booking, now))
        return operation.close(booking)


def reject(
    sessions: sessionmaker,
    actor: Actor,
    booking_id: int,
    *,
    reason: str | None = None,
    now: datetime,
    key: str,
) -> BookingView:
    """The professional turns a pending booking down; the client is told. Raises WrongState."""
    actor.require_profesional()
    with sessions.begin() as session:
        operation = Operation.open(session, "reject", key, BookingView, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        booking = cancel_row(work, _pending(work, booking_id), "reject", reason)
        _tell_and_refresh(work, booking, texts.rejected(booking, now, reason))
        offer_freed(work, booking)
        return operation.close(booking)


def _pending(work: Work, booking_id: int) -> BookingView:
    booking = locked_booking(work.session, work.actor, booking_id)
    if booking.state != BookingState.PENDIENTE:
        raise WrongState(booking_id=booking.id, state=booking.state)
    return booking


def _tell_and_refresh(work: Work, booking: BookingView, notice: texts.Bubble) -> None:
    """The client hears of it, and their snapshot tells it."""
    if booking.cliente_id is None:
        return
    tell_cliente(work.session, booking.profesional_id, booking.cliente_id, notice, key=work.key, now=work.now)
    refresh(work.session, booking.profesional_id, booking.cliente_id, now=work.now, timezone=booking.timezone)


def expire(session: Session, actor: Actor, booking_id: int, *, now: datetime, key: str) -> BookingView | None:
    """A pending booking whose time to be accepted is over ends *cancelado*; both are told. In the worker's
    transaction. None where there is nothing to do (decided meanwhile, or not due yet)."""
    work = Work(session, actor, now, key)
    booking = locked_booking(session, actor, booking_id)
    if booking.state != BookingState.PENDIENTE or booking.expires_at is None or booking.expires_at > now:
        return None
    expired = cancel_row(work, booking, "expire", EXPIRED)
    notice = texts.expired_to_profesional(expired, now)
    tell_profesional(session, expired.profesional_id, notice, key=key, now=now)
    _tell_and_refresh(work, expired, texts.expired_to_cliente(expired, now))
    offer_freed(work, expired)
    return expired


def confirm_attendance(
    sessions: sessionmaker, actor: Actor, booking_id: int, *, now: datetime, key: str
) -> BookingView:
    """The client says that they will come. Raises WrongState for what is not confirmed or over."""
    actor.require_cliente()
    with sessions.begin() as session:
        operation = Operation.open(session, "confirm_attendance", key, BookingView, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        booking = locked_booking(session, actor, booking_id)
        if booking.state != BookingState.CONFIRMADO or booking.ends_at <= now:
            raise WrongState(booking_id=booking.id, state=booking.state)
        update_booking(work, booking.id, {"attendance_confirmed_at": now})
        change = Change("bookings", booking.id, "confirm_attendance", booking.state, booking.state)
        record(session, actor, change, now=now, key=work.key)
        return operation.close(booking)


def mark_done(
    sessions: sessionmaker, actor: Actor, booking_id: int, *, now: datetime, key: str
) -> BookingView:
    """The session took place. Raises NotYetOver before its start, WrongState."""
    return _mark(sessions, actor, booking_id, BookingState.REALIZADO, now=now, key=key)


def mark_absent(
    sessions: sessionmaker, actor: Actor, booking_id: int, *, now: datetime, key: str
) -> BookingView:
    """The client did not come; what the session costs stays owed. Raises NotYetOver before its start, WrongState."""
    return _mark(sessions, actor, booking_id, BookingState.AUSENTE, now=now, key=key)


def _mark(
    sessions: sessionmaker, actor: Actor, booking_id: int, target: BookingState, *, now: datetime, key: str
) -> BookingView:
    actor.require_profesional()
    with sessions.begin() as session:
        operation = Operation.open(session, f"mark_{target}", key, BookingView, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        booking = locked_booking(session, actor, booking_id)
        if booking.starts_at > now:
            raise NotYetOver(booking_id=booking.id)
        if booking.state != target:
            booking = change_state(work, booking, target, f"mark_{target}")
        if booking.cliente_id is not None:
            refresh(session, booking.profesional_id, booking.cliente_id, now=now, timezone=booking.timezone)
        return operation.close(booking)


def get_booking(sessions: sessionmaker, actor: Actor, booking_id: int) -> BookingView:
    """One booking that the actor may see. Raises NotFoundError."""
    with sessions() as session:
        return visible_booking(session, actor, booking_id)


def bookings_of(
    sessions: sessionmaker,
    actor: Actor,
    *,
    cliente_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    cancelled: bool = False,
    limit: int = 50,
) -> list[BookingView]:
    """A client's sessions and classes that end after `since` and start before `until`, in order of time.

    A client sees their own (with every professional, while none is chosen); a professional those of one of their
    clients, or of all of them (then classes appear as such, without clients)."""
    if actor.rol is Rol.CLIENTE and cliente_id not in (None, actor.require_cliente()):
        raise NotAllowedError()
    who = actor.require_cliente() if actor.rol is Rol.CLIENTE else cliente_id
    if actor.rol is not Rol.CLIENTE:
        actor.require_profesional()
    where = """(cast(:profesional AS bigint) IS NULL OR b.profesional_id = :profesional)
        AND (cast(:since AS timestamptz) IS NULL OR b.ends_at > :since)
        AND (cast(:until AS timestamptz) IS NULL OR b.starts_at < :until)"""
    if not cancelled:
        where += " AND b.state <> 'cancelado'"
    values = {"profesional": actor.profesional_id, "since": since, "until": until}
    with sessions() as session:
        if who is None:
            return business_bookings(session, where, **values)[:limit]
        return cliente_bookings(session, where, cliente=who, **values)[:limit]
