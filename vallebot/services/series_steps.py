"""The steps that weekly classes are made of: putting occurrences into the agenda, and cancelling one. All run inside
the caller's transaction, with the professional locked; none commits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from vallebot.db.tables import Booking, Serie
from vallebot.domain.availability import Needs
from vallebot.domain.recurrence import Weekly, occurrences
from vallebot.domain.states import BookingKind, BookingState, EnrollmentState, EsperaState
from vallebot.services.audit import Change, record
from vallebot.services.booking_steps import Work, cancel_row, time_columns
from vallebot.services.calendar import Rules, read_rules
from vallebot.services.class_records import (
    EnrollmentView,
    EsperaView,
    SerieView,
    read_enrollments,
    read_esperas,
)
from vallebot.services.class_steps import give_seat_back, set_espera, settle_left
from vallebot.services.memberships import seat_members
from vallebot.services.notices import tell_cliente
from vallebot.services.outbox import Bubble
from vallebot.services.records import BookingView, booking_view
from vallebot.services.relationship import refresh
from vallebot.services.texts import classes as texts

_CLOSED = text("""
    SELECT 1 FROM bloqueos WHERE profesional_id = :profesional AND kind = 'cierre' AND cancelled_at IS NULL
       AND period && tstzrange(:start, :end)
""")


@dataclass(frozen=True)
class Materialised:
    """Occurrences that were put into the agenda, and moments (UTC) at which there was no room for one: something
    else is booked then, or that time is closed."""

    created: tuple[BookingView, ...]
    clashes: tuple[datetime, ...]


@dataclass(frozen=True)
class ClassTime:
    """One class to be put into the agenda."""

    profesional_id: int
    servicio_id: int
    starts_at: datetime
    duration_minutes: int
    capacity: int
    serie_id: int | None = None


def weekly_of(serie: SerieView) -> Weekly:
    """The recurrence of a series."""
    return Weekly(serie.weekday, serie.start_minute, serie.starts_on, serie.ends_on, serie.interval_weeks)


def materialise(work: Work, serie: SerieView) -> Materialised:
    """Put the occurrences from where the last run ended up to the professional's horizon into the agenda, and seat
    the members in them. Running it again, or twice at once, adds nothing. What has no room is left out for good."""
    today = work.now.astimezone(serie.tz).date()
    rules = read_rules(work.session, serie.profesional_id, serie.servicio_id)
    until = today + timedelta(days=rules.horizon_days)
    since = today if serie.materialised_until is None else serie.materialised_until + timedelta(days=1)
    created, clashes, members = [], [], set()
    for starts_at in occurrences(weekly_of(serie), max(since, serie.starts_on), until, serie.tz):
        if starts_at <= work.now:
            continue
        of = class_at(serie, starts_at)
        booking_id = insert_class(work, rules, of)
        if booking_id is not None:
            occurrence = booking_view(work.session, booking_id)
            members.update(seat_members(work, serie.id, occurrence))
            created.append(booking_view(work.session, booking_id))
        elif not _exists(work.session, of):
            clashes.append(starts_at)
    _set_materialised(work.session, serie.id, until)
    refresh(work.session, serie.profesional_id, members, now=work.now, timezone=serie.timezone)
    return Materialised(tuple(created), tuple(clashes))


def class_at(serie: SerieView, starts_at: datetime) -> ClassTime:
    """One occurrence of a series."""
    return ClassTime(
        serie.profesional_id,
        serie.servicio_id,
        starts_at,
        serie.duration_minutes,
        serie.capacity,
        serie.id,
    )


def insert_class(work: Work, rules: Rules, of: ClassTime) -> int | None:
    """Put a class into the agenda; None where something else takes that time, it is closed, or (series) it is there
    already. The database decides: nothing is ever overlapped."""
    usual = rules.needs()
    needs = Needs(timedelta(minutes=of.duration_minutes), usual.before, usual.after)
    ends_at = of.starts_at + needs.duration
    values = {"profesional": of.profesional_id, "start": of.starts_at, "end": ends_at}
    if of.serie_id is not None and work.session.execute(_CLOSED, values).first() is not None:
        return None
    row = {
        "profesional_id": of.profesional_id,
        "servicio_id": of.servicio_id,
        "kind": BookingKind.CLASE.value,
        "state": BookingState.CONFIRMADO.value,
        "place_mode": rules.place_mode,
        "price_minor": rules.price_minor,
        "currency": rules.currency,
        "capacity": of.capacity,
        "serie_id": of.serie_id,
        "series_starts_at": of.starts_at if of.serie_id is not None else None,
        **time_columns(needs, of.starts_at),
    }
    statement = insert(Booking).values(row).on_conflict_do_nothing().returning(Booking.id)
    booking_id = work.session.execute(statement).scalar()
    if booking_id is not None:
        facts = {"serie_id": of.serie_id, "starts_at": of.starts_at.isoformat()}
        change = Change("bookings", booking_id, "materialise", after=BookingState.CONFIRMADO, facts=facts)
        record(work.session, work.actor, change, now=work.now, key=work.key)
    return booking_id


def _exists(session: Session, of: ClassTime) -> bool:
    query = text("SELECT 1 FROM bookings WHERE serie_id = :serie AND series_starts_at = :at")
    return session.execute(query, {"serie": of.serie_id, "at": of.starts_at}).first() is not None


def _set_materialised(session: Session, serie_id: int, until: date) -> None:
    row = session.get(Serie, serie_id, populate_existing=True)
    assert row is not None
    row.materialised_until = max(until, row.materialised_until or until)
    session.flush()


@dataclass(frozen=True)
class CancelledClass:
    """An occurrence that was cancelled; who had a seat, with what becomes their credit (minor units); who waited."""

    booking: BookingView
    seats: tuple[EnrollmentView, ...]
    credits: dict[int, int]
    waiting: tuple[int, ...]


def cancel_class(
    work: Work, occurrence: BookingView, reason: str | None, *, tell: bool = True
) -> CancelledClass:
    """Cancel an occurrence: seats are given back, their charges void, the waiting list is dissolved, and everybody
    concerned is told exactly once. Not `tell`: one of several, what was paid is settled by the caller too.

    The time is not offered to those who wait for a 1:1 session: who cancels a class is seldom there."""
    live = "e.booking_id = :id AND e.state IN ('inscripto', 'ofrecido')"
    held = read_enrollments(work.session, live, id=occurrence.id)
    in_line = "w.booking_id = :id AND w.state IN ('esperando', 'ofrecido')"
    waiting = read_esperas(work.session, in_line, id=occurrence.id)
    cancelled = cancel_row(work, occurrence, "cancel", reason)
    credits = {}
    for seat in held:
        left = give_seat_back(work, seat, "class_cancelled", reason=reason)
        left = settle_left(work, seat, left) if tell else left
        if seat.state == EnrollmentState.INSCRIPTO:
            credits[seat.cliente_id] = left.credit_minor
    for espera in waiting:
        set_espera(work, espera.id, EsperaState.CANCELADO, "class_cancelled")
    if tell:
        told = {espera.cliente_id: texts.wait_over(espera, work.now, reason) for espera in waiting}
        for cliente_id, credit in credits.items():
            told[cliente_id] = texts.class_cancelled(occurrence, work.now, reason, credit_minor=credit)
        _tell_all(work, occurrence, told)
    everybody = {seat.cliente_id for seat in held} | {espera.cliente_id for espera in waiting}
    refresh(work.session, occurrence.profesional_id, everybody, now=work.now, timezone=occurrence.timezone)
    seats = tuple(seat for seat in held if seat.state == EnrollmentState.INSCRIPTO)
    return CancelledClass(cancelled, seats, credits, tuple(espera.cliente_id for espera in waiting))


def _tell_all(work: Work, occurrence: BookingView, told: dict[int, Bubble]) -> None:
    for cliente_id, bubble in sorted(told.items()):
        key = f"class_cancelled:{occurrence.id}"
        tell_cliente(work.session, occurrence.profesional_id, cliente_id, bubble, key=key, now=work.now)


def waiting_for_serie(session: Session, serie_id: int) -> list[EsperaView]:
    """Who waits for a place in a series, or is offered one."""
    where = "w.serie_id = :id AND w.state IN ('esperando', 'ofrecido')"
    return read_esperas(session, where, id=serie_id)
