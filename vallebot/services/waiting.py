"""Waiting lists: wait for a seat in a class, for a place in a weekly class, or for a 1:1 time to become free; answer
an offer; leave the list. How offers are made is in waiting_offers.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg2.extras import DateTimeTZRange
from sqlalchemy.orm import Session, sessionmaker

from vallebot.db.constraints import constraint_errors
from vallebot.db.tables.messaging import Rol
from vallebot.domain.states import LIVE_ESPERA, BookingState, EsperaState, ServicioKind
from vallebot.errors import InvalidError, NotAllowedError
from vallebot.services.actor import Actor
from vallebot.services.agenda_errors import (
    ServicioIsClass,
    ServicioPaused,
    SlotInPast,
    WrongState,
)
from vallebot.services.booking_steps import Work, change_state, settle_in
from vallebot.services.calendar import read_rules
from vallebot.services.class_errors import AlreadyEnrolled, OfferGone, SeatsFree, SerieEnded, TimeFree
from vallebot.services.class_records import (
    EnrollmentView,
    EsperaView,
    espera_view,
    for_whom,
    locked_espera,
    locked_occurrence,
    locked_serie,
    read_esperas,
    require_known,
    serie_view,
)
from vallebot.services.class_steps import SEATS, free_seat, is_open, keep_seat, seat_of, set_espera
from vallebot.services.memberships import MEMBERSHIPS, join, membership_of
from vallebot.services.notices import tell_cliente, tell_profesional
from vallebot.services.operations import Operation
from vallebot.services.records import BookingView, lock_profesional
from vallebot.services.relationship import refresh
from vallebot.services.scheduling import Due, schedule
from vallebot.services.texts import bookings as booking_texts
from vallebot.services.texts import classes as texts
from vallebot.services.waiting_offers import (
    end_offer,
    held_seats,
    stand_in_line,
    time_for,
)

#: Nobody waits for longer than this.
MAX_WINDOW = timedelta(days=400)


@dataclass(frozen=True)
class TimeWanted:
    """A 1:1 service and when it would suit: starts inside [starts_at, ends_at), there only between those minutes of
    the local day ("el martes después de las 18": the day, 1080 to 1440)."""

    servicio_id: int
    starts_at: datetime
    ends_at: datetime
    from_minute: int | None = None
    to_minute: int | None = None

    def target(self, now: datetime) -> dict:
        """Columns of `esperas`. Raises InvalidError, SlotInPast."""
        if self.starts_at.tzinfo is None or self.ends_at.tzinfo is None or self.ends_at <= self.starts_at:
            raise InvalidError(field="window")
        if self.ends_at - self.starts_at > MAX_WINDOW:
            raise InvalidError(field="window")
        if self.ends_at <= now:
            raise SlotInPast(starts_at=self.ends_at.isoformat())
        hours = (self.from_minute, self.to_minute)
        if (hours[0] is None) != (hours[1] is None):
            raise InvalidError(field="hours")
        if hours[0] is not None and hours[1] is not None and not 0 <= hours[0] < hours[1] <= 1440:
            raise InvalidError(field="hours")
        return {
            "wanted": DateTimeTZRange(self.starts_at, self.ends_at, "[)"),
            "wanted_from_minute": self.from_minute,
            "wanted_to_minute": self.to_minute,
        }


@dataclass(frozen=True)
class Answered:
    """What an accepted offer became: a seat, seats of a series, or a session (pendiente where the professional
    accepts each one). `owed_minor`: what is newly owed for a class."""

    espera: EsperaView
    seats: tuple[EnrollmentView, ...] = ()
    booking: BookingView | None = None
    owed_minor: int = 0


def wait_for_class(
    sessions: sessionmaker,
    actor: Actor,
    booking_id: int,
    *,
    cliente_id: int | None = None,
    now: datetime,
    key: str,
) -> EsperaView:
    """Stand in line for a seat in a full class; asking again changes nothing.

    Raises SeatsFree, AlreadyEnrolled, SlotInPast, WrongState (cancelled), ServicioPaused, NotFoundError."""
    who = for_whom(actor, cliente_id)
    with sessions.begin() as session:
        operation = Operation.open(session, "wait_for_class", key, EsperaView, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        occurrence = locked_occurrence(work, booking_id)
        if occurrence.state != BookingState.CONFIRMADO:
            raise WrongState(booking_id=booking_id, state=occurrence.state)
        if not is_open(occurrence, now):
            raise SlotInPast(starts_at=occurrence.starts_at.isoformat())
        _check_takes_people(work, occurrence.profesional_id, occurrence.servicio_id)
        mine = seat_of(session, booking_id, who)
        if mine is not None and mine.state != "ofrecido":
            raise AlreadyEnrolled(booking_id=booking_id)
        if mine is None and free_seat(session, occurrence) is not None:
            free = (occurrence.capacity or 0) - (occurrence.taken_seats or 0)
            raise SeatsFree(booking_id=booking_id, free=free)
        require_known(work, occurrence.profesional_id, who)
        espera_id = stand_in_line(
            work, {"booking_id": booking_id}, who, occurrence.profesional_id, occurrence.servicio_id
        )
        return operation.close(_in_line(work, espera_id, until=occurrence.starts_at))


def wait_for_series(
    sessions: sessionmaker,
    actor: Actor,
    serie_id: int,
    *,
    cliente_id: int | None = None,
    now: datetime,
    key: str,
) -> EsperaView:
    """Stand in line for a place in a weekly class whose places are all taken; asking again changes nothing.

    Raises SeatsFree, AlreadyEnrolled, SerieEnded, ServicioPaused, NotFoundError."""
    who = for_whom(actor, cliente_id)
    with sessions.begin() as session:
        operation = Operation.open(session, "wait_for_series", key, EsperaView, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        serie = locked_serie(work, serie_id)
        if serie.ended_at is not None:
            raise SerieEnded(serie_id=serie_id)
        _check_takes_people(work, serie.profesional_id, serie.servicio_id)
        if membership_of(session, serie_id, who) is not None:
            raise AlreadyEnrolled(serie_id=serie_id)
        free = serie.capacity - serie.members - serie.offered
        if free > 0:
            raise SeatsFree(serie_id=serie_id, free=free)
        require_known(work, serie.profesional_id, who)
        espera_id = stand_in_line(work, {"serie_id": serie_id}, who, serie.profesional_id, serie.servicio_id)
        return operation.close(_in_line(work, espera_id))


def wait_for_time(
    sessions: sessionmaker,
    actor: Actor,
    wanted: TimeWanted,
    *,
    cliente_id: int | None = None,
    now: datetime,
    key: str,
) -> EsperaView:
    """Stand in line for a free 1:1 time inside a window; asking again changes nothing.

    Raises TimeFree (there is one already; fact: starts_at), ServicioIsClass, ServicioPaused, SlotInPast,
    InvalidError, NotFoundError."""
    who, target = for_whom(actor, cliente_id), wanted.target(now)
    profesional_id = actor.require_tenant()
    with sessions.begin() as session:
        operation = Operation.open(session, "wait_for_time", key, EsperaView, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        lock_profesional(session, profesional_id)
        rules = read_rules(session, profesional_id, wanted.servicio_id)
        if rules.kind == ServicioKind.GRUPAL:
            raise ServicioIsClass()
        if not rules.open_for_new:
            raise ServicioPaused()
        require_known(work, profesional_id, who)
        espera_id = stand_in_line(work, target, who, profesional_id, wanted.servicio_id)
        espera = espera_view(session, espera_id)
        free = time_for(work, espera, rules, (wanted.starts_at, wanted.ends_at))
        if free is not None:
            raise TimeFree(starts_at=free.isoformat())
        return operation.close(_in_line(work, espera_id, until=wanted.ends_at))


def _check_takes_people(work: Work, profesional_id: int, servicio_id: int) -> None:
    if (
        work.actor.rol is Rol.CLIENTE
        and not read_rules(work.session, profesional_id, servicio_id).open_for_new
    ):
        raise ServicioPaused()


def _in_line(work: Work, espera_id: int, *, until: datetime | None = None) -> EsperaView:
    """What follows from standing in line: it ends by itself, and the snapshot tells it."""
    espera = espera_view(work.session, espera_id)
    if until is not None:
        schedule_end(work, espera, until)
    refresh(work.session, espera.profesional_id, espera.cliente_id, now=work.now, timezone=espera.timezone)
    return espera


def schedule_end(work: Work, espera: EsperaView, over: datetime) -> None:
    """A row that ends the place in line when nothing can come of it any more."""
    key = f"close_wait:{espera.id}:{over:%Y%m%dT%H%M}"
    schedule(work.session, Due("close_wait", {"espera_id": espera.id}, over, key, espera.profesional_id))


def accept_offer(
    sessions: sessionmaker, actor: Actor, espera_id: int, *, now: datetime, key: str
) -> Answered:
    """Take what is held: the seat, the place in the weekly class, or the 1:1 time. Accepting, declining and lapsing
    exclude each other: the first one counts. Raises OfferGone, NotFoundError."""
    with constraint_errors({**SEATS, **MEMBERSHIPS}), sessions.begin() as session:
        operation = Operation.open(session, "accept_offer", key, Answered, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        espera = _offered(work, espera_id)
        if espera.serie_id is not None:
            answered = _take_membership(work, espera)
        elif espera.booking is not None:
            answered = _take_offered_seat(work, espera)
        else:
            answered = _take_offered_time(work, espera)
        refresh(session, espera.profesional_id, espera.cliente_id, now=now, timezone=espera.timezone)
        return operation.close(answered)


def _offered(work: Work, espera_id: int) -> EsperaView:
    """An offer that stands; its professional is locked."""
    espera = locked_espera(work, espera_id)
    standing = espera.state == EsperaState.OFRECIDO and espera.offer_expires_at is not None
    if not standing or (espera.offer_expires_at or work.now) <= work.now:
        raise OfferGone(espera_id=espera_id, state=espera.state)
    return espera


def _take_offered_seat(work: Work, espera: EsperaView) -> Answered:
    held = held_seats(work.session, espera)
    if not held or held[0].booking.state != BookingState.CONFIRMADO:
        raise OfferGone(espera_id=espera.id, state=espera.state)
    seat, owed = keep_seat(work, held[0])
    set_espera(work, espera.id, EsperaState.ACEPTADO, "accept_offer")
    if work.actor.rol is Rol.CLIENTE:
        full = (seat.booking.taken_seats or 0) >= (seat.booking.capacity or 0)
        notice = texts.enrolled(seat, work.now, full=full, offered=True)
        tell_profesional(work.session, espera.profesional_id, notice, key=work.key, now=work.now)
    else:
        notice = texts.enrolled_by_profesional(seat, work.now)
        tell_cliente(
            work.session, espera.profesional_id, espera.cliente_id, notice, key=work.key, now=work.now
        )
    return Answered(espera_view(work.session, espera.id), (seat,), owed_minor=owed)


def _take_membership(work: Work, espera: EsperaView) -> Answered:
    assert espera.serie_id is not None
    serie = serie_view(work.session, espera.serie_id)
    if serie.ended_at is not None:
        raise OfferGone(espera_id=espera.id, state=espera.state)
    membership = join(work, serie, espera.cliente_id, work.now.astimezone(serie.tz).date())
    serie = serie_view(work.session, serie.id)
    if work.actor.rol is Rol.CLIENTE:
        notice = texts.joined(
            espera.cliente_name, [serie], full=serie.members + serie.offered >= serie.capacity
        )
        tell_profesional(work.session, espera.profesional_id, notice, key=work.key, now=work.now)
    else:
        notice = texts.joined_by_profesional([serie])
        tell_cliente(
            work.session, espera.profesional_id, espera.cliente_id, notice, key=work.key, now=work.now
        )
    return Answered(espera_view(work.session, espera.id), membership.seats, owed_minor=membership.owed_minor)


def _take_offered_time(work: Work, espera: EsperaView) -> Answered:
    held = espera.offered
    if held is None or held.state != BookingState.OFRECIDO:
        raise OfferGone(espera_id=espera.id, state=espera.state)
    rules = read_rules(work.session, espera.profesional_id, espera.servicio_id)
    needs_word = work.actor.rol is Rol.CLIENTE and not rules.auto_confirm
    target = BookingState.PENDIENTE if needs_word else BookingState.CONFIRMADO
    expires_at = min(work.now + rules.pending_expiry, held.starts_at) if needs_word else None
    booking = change_state(work, held, target, "accept_offer", expires_at=expires_at)
    settle_in(work, booking)
    set_espera(work, espera.id, EsperaState.ACEPTADO, "accept_offer")
    accepted = espera_view(work.session, espera.id)
    if work.actor.rol is Rol.CLIENTE:
        notice = booking_texts.asked_or_booked(booking, work.now)
        if not needs_word:
            notice = texts.offer_taken(accepted, work.now)
        tell_profesional(work.session, espera.profesional_id, notice, key=work.key, now=work.now)
    else:
        notice = booking_texts.booked_for_cliente(booking, work.now)
        tell_cliente(
            work.session, espera.profesional_id, espera.cliente_id, notice, key=work.key, now=work.now
        )
    return Answered(accepted, booking=booking)


def leave_list(
    sessions: sessionmaker, actor: Actor, espera_id: int, *, now: datetime, key: str
) -> EsperaView:
    """Wait no more; an offer that stands is declined by it and goes to the next in line. Raises OfferGone (answered
    or over already), NotFoundError."""
    with sessions.begin() as session:
        operation = Operation.open(session, "leave_list", key, EsperaView, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        espera = locked_espera(work, espera_id)
        if espera.state not in LIVE_ESPERA:
            raise OfferGone(espera_id=espera_id, state=espera.state)
        offered = espera.state == EsperaState.OFRECIDO
        target = EsperaState.RECHAZADO if offered else EsperaState.CANCELADO
        end_offer(work, espera, target, "decline" if offered else "leave_list")
        return operation.close(espera_view(session, espera_id))


def decline_offer(
    sessions: sessionmaker, actor: Actor, espera_id: int, *, now: datetime, key: str
) -> EsperaView:
    """Say no to what is held; it goes to the next in line. Raises OfferGone, NotFoundError."""
    with sessions.begin() as session:
        operation = Operation.open(session, "decline_offer", key, EsperaView, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        end_offer(work, _offered(work, espera_id), EsperaState.RECHAZADO, "decline")
        return operation.close(espera_view(session, espera_id))


def lapse_offer(session: Session, actor: Actor, espera_id: int, *, now: datetime, key: str) -> bool:
    """An offer whose time is over goes to the next in line; the client is told. In the worker's transaction. False
    where there is nothing to do (answered meanwhile, or not due yet)."""
    work = Work(session, actor, now, key)
    espera = locked_espera(work, espera_id)
    if (
        espera.state != EsperaState.OFRECIDO
        or espera.offer_expires_at is None
        or espera.offer_expires_at > now
    ):
        return False
    end_offer(work, espera, EsperaState.VENCIDO, "lapse")
    notice = texts.offer_lapsed(espera)
    tell_cliente(session, espera.profesional_id, espera.cliente_id, notice, key=f"lapse:{espera_id}", now=now)
    return True


def close_wait(session: Session, actor: Actor, espera_id: int, *, now: datetime, key: str) -> bool:
    """What somebody waited for has begun, or the window is over: the place in line ends, without a word. In the
    worker's transaction. False where there is nothing to do."""
    work = Work(session, actor, now, key)
    espera = locked_espera(work, espera_id)
    over = espera.booking.starts_at if espera.booking is not None else espera.wanted_to
    if espera.state != EsperaState.ESPERANDO or over is None:
        return False
    if over > now:  # the class was moved to a later time
        schedule_end(work, espera, over)
        return False
    set_espera(work, espera_id, EsperaState.VENCIDO, "lapse")
    refresh(session, espera.profesional_id, espera.cliente_id, now=now, timezone=espera.timezone)
    return True


def waits_of(sessions: sessionmaker, actor: Actor, *, cliente_id: int | None = None) -> list[EsperaView]:
    """Live places in line: a client's own (with every professional, while none is chosen); for the professional
    those of one client, or of all, in order of arrival."""
    if actor.rol is Rol.CLIENTE and cliente_id not in (None, actor.require_cliente()):
        raise NotAllowedError()
    who = actor.require_cliente() if actor.rol is Rol.CLIENTE else cliente_id
    if actor.rol is not Rol.CLIENTE:
        actor.require_profesional()
    where = """w.state IN ('esperando', 'ofrecido')
        AND (cast(:profesional AS bigint) IS NULL OR w.profesional_id = :profesional)
        AND (cast(:cliente AS bigint) IS NULL OR w.cliente_id = :cliente)"""
    with sessions() as session:
        return read_esperas(session, where, profesional=actor.profesional_id, cliente=who)
