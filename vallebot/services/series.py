"""Weekly classes: define them, keep the agenda filled, and what happens to a single occurrence or to all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone

from sqlalchemy import text
from sqlalchemy.orm import sessionmaker

from vallebot.db.constraints import constraint_errors
from vallebot.db.tables import Serie, Servicio
from vallebot.domain.availability import Needs
from vallebot.domain.states import EnrollmentState, ServicioKind
from vallebot.errors import InvalidError
from vallebot.services.actor import Actor
from vallebot.services.agenda_errors import ServicioPaused, SlotInPast, SlotTaken, WrongState
from vallebot.services.audit import Change, record
from vallebot.services.booking_steps import (
    OVERLAP,
    Work,
    schedule_reminders,
    time_columns,
    update_booking,
)
from vallebot.services.calendar import read_rules
from vallebot.services.class_errors import SerieEnded, SerieExists, ServicioNotClass
from vallebot.services.class_records import (
    SerieView,
    locked_occurrence,
    locked_serie,
    read_enrollments,
    serie_view,
)
from vallebot.services.class_steps import is_open
from vallebot.services.notices import tell_cliente
from vallebot.services.operations import Operation
from vallebot.services.records import BookingView, booking_view, lock_profesional, own_servicio
from vallebot.services.relationship import refresh
from vallebot.services.series_ending import SerieEnding, end_serie
from vallebot.services.series_steps import ClassTime, cancel_class, insert_class, materialise
from vallebot.services.texts import classes as texts
from vallebot.services.waiting_offers import tighten_offers

#: The rules of the database behind "that time is taken" and "you have that class".
RULES = {**OVERLAP, "uq_series_live_time": SerieExists}


@dataclass(frozen=True)
class SerieSpec:
    """A weekly class: "martes a las 19" is one, "martes y jueves" are two. None: the service's own value."""

    weekday: int  #: 0 = Monday
    start_minute: int  #: of the local day
    starts_on: date | None = None  #: None: from today on
    ends_on: date | None = None  #: last day on which it may happen
    interval_weeks: int = 1
    capacity: int | None = None
    duration_minutes: int | None = None

    def columns(self, servicio: Servicio, today: date) -> dict:
        """Columns of `series`. Raises InvalidError naming the first field that breaks a rule."""
        duration = servicio.duration_minutes if self.duration_minutes is None else self.duration_minutes
        capacity = servicio.capacity if self.capacity is None else self.capacity
        starts_on = self.starts_on or today
        rules = {
            "weekday": 0 <= self.weekday <= 6,
            "start_minute": 0 <= self.start_minute < 1440,
            "interval_weeks": 1 <= self.interval_weeks <= 8,
            "duration_minutes": 5 <= duration <= 1440,
            "capacity": capacity is not None and 1 <= capacity <= 1000,
            "ends_on": self.ends_on is None or self.ends_on >= starts_on,
        }
        for field, kept in rules.items():
            if not kept:
                raise InvalidError(field=field)
        return {
            "weekday": self.weekday,
            "start_minute": self.start_minute,
            "starts_on": starts_on,
            "ends_on": self.ends_on,
            "interval_weeks": self.interval_weeks,
            "capacity": capacity,
            "duration_minutes": duration,
        }


@dataclass(frozen=True)
class SeriesDefined:
    """The weekly classes, how many dates were put into the agenda, and the moments at which there was no room."""

    series: tuple[SerieView, ...]
    dates: int
    clashes: tuple[datetime, ...]


@dataclass(frozen=True)
class ClassCancelled:
    """A class that does not take place; `told`: how many had a seat in it."""

    booking: BookingView
    told: int


def define_series(
    sessions: sessionmaker,
    actor: Actor,
    servicio_id: int,
    specs: Sequence[SerieSpec],
    *,
    now: datetime,
    key: str,
) -> SeriesDefined:
    """Define one or more weekly classes of a service and put their dates up to the horizon into the agenda. Dates at
    which something else is booked, or that are closed, are left out and told.

    Raises SerieExists, SlotTaken (no date of one of them has room), ServicioNotClass, ServicioPaused, InvalidError
    (fact: field), NotFoundError."""
    profesional_id = actor.require_profesional()
    if not specs:
        raise InvalidError(field="specs")
    with constraint_errors(RULES), sessions.begin() as session:
        operation = Operation.open(session, "define_series", key, SeriesDefined, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        lock_profesional(session, profesional_id)
        servicio = _class_servicio(work, profesional_id, servicio_id)
        return operation.close(add_series(work, servicio, specs))


def add_series(work: Work, servicio: Servicio, specs: Sequence[SerieSpec]) -> SeriesDefined:
    """The step of `define_series`, in the caller's transaction with the professional locked."""
    made = [_define(work, servicio, spec, number) for number, spec in enumerate(specs)]
    done = [(serie_view(work.session, serie_id), dates, clashes) for serie_id, dates, clashes in made]
    series = tuple(serie for serie, _, _ in done)
    clashes = tuple(sorted(clash for _, _, found in done for clash in found))
    return SeriesDefined(series, sum(dates for _, dates, _ in done), clashes)


def _class_servicio(work: Work, profesional_id: int, servicio_id: int) -> Servicio:
    servicio = own_servicio(work.session, profesional_id, servicio_id)
    if servicio.kind != ServicioKind.GRUPAL:
        raise ServicioNotClass()
    if not servicio.active:
        raise ServicioPaused()
    return servicio


def _define(
    work: Work, servicio: Servicio, spec: SerieSpec, number: int
) -> tuple[int, int, tuple[datetime, ...]]:
    """(series.id, dates in the agenda, moments without room)."""
    profesional_id = servicio.profesional_id
    today = work.now.astimezone(read_rules(work.session, profesional_id, servicio.id).tz).date()
    row = Serie(
        profesional_id=profesional_id,
        servicio_id=servicio.id,
        operation_key=f"{work.key}:{number}",
        **spec.columns(servicio, today),
    )
    work.session.add(row)
    work.session.flush()
    facts = {"weekday": spec.weekday, "start_minute": spec.start_minute}
    change = Change("series", row.id, "define", after="activa", facts=facts)
    record(work.session, work.actor, change, now=work.now, key=work.key)
    done = materialise(work, serie_view(work.session, row.id))
    if done.clashes and not done.created:
        raise SlotTaken(starts_at=done.clashes[0].isoformat())
    return row.id, len(done.created), done.clashes


def extend_series(
    sessions: sessionmaker, actor: Actor, serie_id: int, *, now: datetime, key: str
) -> SeriesDefined:
    """Put the dates of a weekly class that have come into the horizon into the agenda (the worker does so by
    itself). Raises SerieEnded, NotFoundError."""
    actor.require_profesional()
    with sessions.begin() as session:
        operation = Operation.open(session, "extend_series", key, SeriesDefined, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        serie = locked_serie(work, serie_id)
        if serie.ended_at is not None:
            raise SerieEnded(serie_id=serie_id)
        done = materialise(work, serie)
        result = SeriesDefined((serie_view(session, serie_id),), len(done.created), done.clashes)
        return operation.close(result)


def add_class(
    sessions: sessionmaker,
    actor: Actor,
    servicio_id: int,
    starts_at: datetime,
    *,
    capacity: int | None = None,
    duration_minutes: int | None = None,
    now: datetime,
    key: str,
) -> BookingView:
    """Put a single class, outside any series, into the agenda ("sumá una el sábado a las 10").

    Raises SlotTaken, SlotInPast, ServicioNotClass, ServicioPaused, InvalidError (fact: field), NotFoundError."""
    profesional_id = actor.require_profesional()
    at = _to_the_minute(starts_at)
    with sessions.begin() as session:
        operation = Operation.open(session, "add_class", key, BookingView, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        lock_profesional(session, profesional_id)
        if at <= now:
            raise SlotInPast(starts_at=at.isoformat())
        servicio = _class_servicio(work, profesional_id, servicio_id)
        spec = SerieSpec(0, 0, capacity=capacity, duration_minutes=duration_minutes)
        columns = spec.columns(servicio, at.date())
        of = ClassTime(profesional_id, servicio_id, at, columns["duration_minutes"], columns["capacity"])
        booking_id = insert_class(work, read_rules(session, profesional_id, servicio_id), of)
        if booking_id is None:
            raise SlotTaken(starts_at=at.isoformat())
        return operation.close(booking_view(session, booking_id))


def _to_the_minute(starts_at: datetime) -> datetime:
    if starts_at.tzinfo is None:
        raise InvalidError(field="starts_at")
    return starts_at.astimezone(timezone.utc).replace(second=0, microsecond=0)


def cancel_occurrence(
    sessions: sessionmaker,
    actor: Actor,
    booking_id: int,
    *,
    reason: str | None = None,
    now: datetime,
    key: str,
) -> ClassCancelled:
    """The professional cancels one class; the series goes on. Everybody with a seat, or waiting for one, is told
    once; what was owed for it is void, what was paid becomes credit. Raises WrongState, NotFoundError."""
    actor.require_profesional()
    with sessions.begin() as session:
        operation = Operation.open(session, "cancel_occurrence", key, ClassCancelled, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        occurrence = locked_occurrence(work, booking_id)
        cancelled = cancel_class(work, occurrence, reason)
        return operation.close(ClassCancelled(cancelled.booking, len(cancelled.seats)))


def move_occurrence(
    sessions: sessionmaker, actor: Actor, booking_id: int, starts_at: datetime, *, now: datetime, key: str
) -> BookingView:
    """The professional moves one class; the series stays as it is. Everybody with a seat is told once, and may
    leave freely. Raises SlotTaken, SlotInPast, WrongState (cancelled, over), InvalidError, NotFoundError."""
    actor.require_profesional()
    at = _to_the_minute(starts_at)
    with constraint_errors(OVERLAP, starts_at=at.isoformat()), sessions.begin() as session:
        operation = Operation.open(session, "move_occurrence", key, BookingView, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        occurrence = locked_occurrence(work, booking_id)
        if not is_open(occurrence, now):
            raise WrongState(booking_id=booking_id, state=occurrence.state)
        if at <= now:
            raise SlotInPast(starts_at=at.isoformat())
        if at == occurrence.starts_at:
            raise InvalidError(field="starts_at")
        moved = _move(work, occurrence, at)
        _tell_moved(work, occurrence, moved)
        return operation.close(moved)


def _move(work: Work, occurrence: BookingView, starts_at: datetime) -> BookingView:
    """One UPDATE: the old time is given up only if the new one is got."""
    usual = read_rules(work.session, occurrence.profesional_id, occurrence.servicio_id).needs()
    needs = Needs(occurrence.ends_at - occurrence.starts_at, usual.before, usual.after)
    update_booking(work, occurrence.id, time_columns(needs, starts_at))
    values = {"at": starts_at, "id": occurrence.id}
    mine = "(SELECT id FROM enrollments WHERE booking_id = :id)"
    work.session.execute(
        text(f"UPDATE cargos SET due_at = :at WHERE enrollment_id IN {mine} AND state <> 'anulado'"), values
    )
    work.session.execute(
        text("UPDATE enrollments SET attendance_confirmed_at = NULL WHERE booking_id = :id"), values
    )
    moved = booking_view(work.session, occurrence.id)
    facts = {"from": occurrence.starts_at.isoformat(), "to": moved.starts_at.isoformat()}
    change = Change("bookings", occurrence.id, "reschedule", occurrence.state, moved.state, facts)
    record(work.session, work.actor, change, now=work.now, key=work.key)
    tighten_offers(work, moved)
    return moved


def _tell_moved(work: Work, before: BookingView, moved: BookingView) -> None:
    seats = read_enrollments(
        work.session, "e.booking_id = :id AND e.state IN ('inscripto', 'ofrecido')", id=moved.id
    )
    for seat in seats:
        notice = texts.class_moved(before, moved, work.now)
        tell_cliente(work.session, moved.profesional_id, seat.cliente_id, notice, key=work.key, now=work.now)
        if seat.state == EnrollmentState.INSCRIPTO:
            schedule_reminders(work.session, seat.as_booking, now=work.now)
    who = [seat.cliente_id for seat in seats]
    refresh(work.session, moved.profesional_id, who, now=work.now, timezone=moved.timezone)


def end_series(
    sessions: sessionmaker,
    actor: Actor,
    serie_id: int,
    *,
    last_day: date | None = None,
    now: datetime,
    key: str,
) -> SerieEnding:
    """A weekly class ends: after `last_day` (local; None: at once). Classes after it are cancelled, memberships and
    waiting lists end, and everybody concerned is told once, however many classes it is about.

    Raises SerieEnded, InvalidError (a last day that is over), NotFoundError."""
    actor.require_profesional()
    with sessions.begin() as session:
        operation = Operation.open(session, "end_series", key, SerieEnding, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        serie = locked_serie(work, serie_id)
        if serie.ended_at is not None:
            raise SerieEnded(serie_id=serie_id)
        if last_day is not None and last_day < now.astimezone(serie.tz).date():
            raise InvalidError(field="last_day")
        return operation.close(end_serie(work, serie, last_day))
