"""Which classes there are, who is in them, and who came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from vallebot.domain.states import BookingState, EnrollmentState
from vallebot.errors import InvalidError
from vallebot.services.actor import Actor
from vallebot.services.agenda_errors import NotYetOver, WrongState
from vallebot.services.booking_steps import Work, change_state
from vallebot.services.class_errors import NotEnrolled
from vallebot.services.class_records import (
    EnrollmentView,
    EsperaView,
    SerieView,
    locked_enrollment,
    locked_occurrence,
    read_enrollments,
    read_esperas,
    read_series,
    visible_occurrence,
)
from vallebot.services.class_steps import change_seat
from vallebot.services.operations import Operation
from vallebot.services.records import BookingView, booking_view, business_bookings
from vallebot.services.relationship import refresh


@dataclass(frozen=True)
class Roster:
    """Who is in a class, by seat (seats held for an offer included), and who waits for it, in order."""

    booking: BookingView
    enrollments: tuple[EnrollmentView, ...]
    waiting: tuple[EsperaView, ...]


@dataclass(frozen=True)
class Attendance:
    """Who came and who did not. `rest`: what becomes of those not named; None: they stay as they are."""

    came: tuple[int, ...] = ()  #: cliente ids
    absent: tuple[int, ...] = ()
    rest: str | None = None  #: 'asistio' or 'ausente'

    def target(self, enrollment: EnrollmentView) -> EnrollmentState | None:
        if enrollment.cliente_id in self.came:
            return EnrollmentState.ASISTIO
        if enrollment.cliente_id in self.absent:
            return EnrollmentState.AUSENTE
        undecided = enrollment.state == EnrollmentState.INSCRIPTO
        return EnrollmentState(self.rest) if self.rest is not None and undecided else None


def upcoming_classes(
    sessions: sessionmaker,
    actor: Actor,
    *,
    servicio_id: int | None = None,
    windows: Sequence[tuple[datetime, datetime]] = (),
    limit: int = 10,
    now: datetime,
) -> list[BookingView]:
    """Classes of the actor's tenant that are yet to begin (inside the windows, where given), in order of time.
    `taken_seats` of `capacity` tell whether there is room."""
    profesional_id = actor.require_tenant()
    where = """b.profesional_id = :profesional AND b.kind = 'clase' AND b.state = 'confirmado' AND b.starts_at > :now
        AND (cast(:servicio AS bigint) IS NULL OR b.servicio_id = :servicio)"""
    values = {"profesional": profesional_id, "now": now, "servicio": servicio_id}
    with sessions() as session:
        found = business_bookings(session, where, **values)
    if windows:
        found = [one for one in found if any(start <= one.starts_at < end for start, end in windows)]
    return found[:limit]


def get_class(sessions: sessionmaker, actor: Actor, booking_id: int) -> BookingView:
    """One occurrence of a class of the actor's tenant. Raises NotFoundError."""
    with sessions() as session:
        return visible_occurrence(session, actor, booking_id)


def list_series(sessions: sessionmaker, actor: Actor, *, servicio_id: int | None = None) -> list[SerieView]:
    """The weekly classes of the actor's tenant that go on, by service, weekday and hour."""
    profesional_id = actor.require_tenant()
    where = """s.profesional_id = :profesional AND s.ended_at IS NULL
        AND (cast(:servicio AS bigint) IS NULL OR s.servicio_id = :servicio)"""
    with sessions() as session:
        return read_series(session, where, profesional=profesional_id, servicio=servicio_id)


def roster(sessions: sessionmaker, actor: Actor, booking_id: int) -> Roster:
    """Names, seats and states of a class; for its professional only. Raises NotFoundError, NotAllowedError."""
    actor.require_profesional()
    with sessions() as session:
        return roster_of(session, visible_occurrence(session, actor, booking_id))


def roster_of(session: Session, occurrence: BookingView) -> Roster:
    """`roster` in the caller's transaction."""
    where = "e.booking_id = :id AND e.state <> 'cancelado'"
    waiting = "w.booking_id = :id AND w.state IN ('esperando', 'ofrecido')"
    return Roster(
        occurrence,
        tuple(read_enrollments(session, where, id=occurrence.id)),
        tuple(read_esperas(session, waiting, id=occurrence.id)),
    )


def record_attendance(
    sessions: sessionmaker, actor: Actor, booking_id: int, attendance: Attendance, *, now: datetime, key: str
) -> Roster:
    """Note who came to a class and who did not; it may be put right later. The class counts as given from then on.

    Raises NotYetOver before it begins, NotEnrolled (facts: cliente_id) for somebody without a seat, WrongState
    (cancelled), InvalidError (somebody both came and did not), NotFoundError."""
    actor.require_profesional()
    if set(attendance.came) & set(attendance.absent):
        raise InvalidError(field="absent")
    if attendance.rest not in (None, EnrollmentState.ASISTIO, EnrollmentState.AUSENTE):
        raise InvalidError(field="rest")
    with sessions.begin() as session:
        operation = Operation.open(session, "record_attendance", key, Roster, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        occurrence = locked_occurrence(work, booking_id)
        if occurrence.starts_at > now:
            raise NotYetOver(booking_id=booking_id)
        if occurrence.state == BookingState.CANCELADO:
            raise WrongState(booking_id=booking_id, state=occurrence.state)
        seated = [seat for seat in roster_of(session, occurrence).enrollments if seat.state != "ofrecido"]
        _mark(work, seated, attendance)
        if occurrence.state == BookingState.CONFIRMADO:
            change_state(work, occurrence, BookingState.REALIZADO, "record_attendance")
        who = [seat.cliente_id for seat in seated]
        refresh(session, occurrence.profesional_id, who, now=now, timezone=occurrence.timezone)
        return operation.close(roster_of(session, booking_view(session, booking_id)))


def _mark(work: Work, seated: list[EnrollmentView], attendance: Attendance) -> None:
    missing = {*attendance.came, *attendance.absent} - {seat.cliente_id for seat in seated}
    if missing:
        raise NotEnrolled(cliente_id=min(missing))
    for seat in seated:
        target = attendance.target(seat)
        if target is not None and seat.state != target:
            change_seat(work, seat, target, f"mark_{target}")


def confirm_coming(
    sessions: sessionmaker, actor: Actor, enrollment_id: int, *, now: datetime, key: str
) -> EnrollmentView:
    """The client says that they will come. Raises NotEnrolled, WrongState (the class is over or cancelled)."""
    actor.require_cliente()
    with sessions.begin() as session:
        operation = Operation.open(session, "confirm_coming", key, EnrollmentView, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        enrollment = locked_enrollment(work, enrollment_id)
        occurrence = enrollment.booking
        if occurrence.state != BookingState.CONFIRMADO or occurrence.ends_at <= now:
            raise WrongState(booking_id=occurrence.id, state=occurrence.state)
        same = EnrollmentState(enrollment.state)
        coming = change_seat(work, enrollment, same, "confirm_coming", attendance_confirmed_at=now)
        return operation.close(coming)
