"""Clients in classes: a seat in one occurrence, or in each of a whole series.

Giving seats back is in leaving.py, rosters and attendance in rosters.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import sessionmaker

from vallebot.db.constraints import constraint_errors
from vallebot.db.tables.messaging import Rol
from vallebot.domain.states import EnrollmentState
from vallebot.errors import InvalidError
from vallebot.services.actor import Actor
from vallebot.services.agenda_errors import ServicioPaused, SlotInPast, WrongState
from vallebot.services.booking_steps import Work
from vallebot.services.calendar import read_rules
from vallebot.services.class_errors import AlreadyEnrolled
from vallebot.services.class_records import (
    EnrollmentView,
    SerieView,
    for_whom,
    locked_occurrence,
    locked_serie,
    name_of_cliente,
    require_known,
    serie_view,
)
from vallebot.services.class_steps import (
    SEATS,
    is_open,
    keep_seat,
    seat_of,
    settle_seat,
    take_seat,
)
from vallebot.services.memberships import MEMBERSHIPS, Membership, check_room, join
from vallebot.services.notices import tell_cliente, tell_profesional
from vallebot.services.operations import Operation
from vallebot.services.records import BookingView
from vallebot.services.relationship import refresh
from vallebot.services.texts import classes as texts
from vallebot.services.waiting_offers import waits_done


@dataclass(frozen=True)
class Enrolled:
    """A seat that was taken; `full`: it was the last one; `owed_minor`: what is newly owed."""

    enrollment: EnrollmentView
    owed_minor: int
    full: bool


@dataclass(frozen=True)
class SeriesEnrolled:
    """Memberships that were begun, one per series. `full`: one of them has no place left now."""

    memberships: tuple[Membership, ...]
    owed_minor: int
    full: bool


def enrol_once(
    sessions: sessionmaker,
    actor: Actor,
    booking_id: int,
    *,
    cliente_id: int | None = None,
    now: datetime,
    key: str,
) -> Enrolled:
    """Take a seat in one occurrence; a seat that is held for the client becomes theirs. The professional names the
    client, and may add somebody to a class that has begun.

    Raises ClassFull, AlreadyEnrolled, SlotInPast, WrongState (cancelled), ServicioPaused, NotFoundError (class;
    client who is not the professional's). Safe to race: the seat's unique index decides."""
    who = for_whom(actor, cliente_id)
    with constraint_errors(SEATS, booking_id=booking_id), sessions.begin() as session:
        operation = Operation.open(session, "enrol_once", key, Enrolled, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        occurrence = locked_occurrence(work, booking_id)
        require_known(work, occurrence.profesional_id, who)
        _check_takes_people(work, occurrence)
        enrolled = _enrol(work, occurrence, who)
        waits_done(work, who, booking_id=booking_id)
        _tell_enrolled(work, enrolled)
        refresh(session, occurrence.profesional_id, who, now=now, timezone=occurrence.timezone)
        return operation.close(enrolled)


def _check_takes_people(work: Work, occurrence: BookingView) -> None:
    if occurrence.state not in ("confirmado", "realizado"):
        raise WrongState(booking_id=occurrence.id, state=occurrence.state)
    if work.actor.rol is not Rol.CLIENTE:
        return
    if not is_open(occurrence, work.now):
        raise SlotInPast(starts_at=occurrence.starts_at.isoformat())
    if not read_rules(work.session, occurrence.profesional_id, occurrence.servicio_id).open_for_new:
        raise ServicioPaused()


def _enrol(work: Work, occurrence: BookingView, cliente_id: int) -> Enrolled:
    mine = seat_of(work.session, occurrence.id, cliente_id)
    if mine is not None and mine.state != EnrollmentState.OFRECIDO:
        raise AlreadyEnrolled(booking_id=occurrence.id)
    if mine is not None:
        enrollment, owed = keep_seat(work, mine)
    else:
        enrollment = take_seat(work, occurrence, cliente_id)
        owed = settle_seat(work, enrollment)
    return Enrolled(enrollment, owed, is_full(enrollment.booking))


def is_full(occurrence: BookingView) -> bool:
    """Whether no seat is left."""
    return (occurrence.taken_seats or 0) >= (occurrence.capacity or 0)


def _tell_enrolled(work: Work, enrolled: Enrolled) -> None:
    occurrence, who = enrolled.enrollment.booking, enrolled.enrollment.cliente_id
    if work.actor.rol is Rol.CLIENTE:
        notice = texts.enrolled(enrolled.enrollment, work.now, full=enrolled.full)
        tell_profesional(work.session, occurrence.profesional_id, notice, key=work.key, now=work.now)
    else:
        notice = texts.enrolled_by_profesional(enrolled.enrollment, work.now)
        tell_cliente(work.session, occurrence.profesional_id, who, notice, key=work.key, now=work.now)


def enrol_in_series(
    sessions: sessionmaker,
    actor: Actor,
    serie_ids: Sequence[int],
    *,
    cliente_id: int | None = None,
    starts_on: date | None = None,
    now: datetime,
    key: str,
) -> SeriesEnrolled:
    """Join one or more weekly classes of one service as a whole ("martes y jueves"), all or nothing: a seat in each
    class ahead and in those to come; classes that are full already put the client in their waiting list.

    Raises ClassFull, AlreadyEnrolled, SerieEnded, ServicioPaused, InvalidError (no series; several services; a
    first day that is over), NotFoundError."""
    who = for_whom(actor, cliente_id)
    if not serie_ids:
        raise InvalidError(field="serie_ids")
    with constraint_errors({**SEATS, **MEMBERSHIPS}), sessions.begin() as session:
        operation = Operation.open(session, "enrol_in_series", key, SeriesEnrolled, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        series = [locked_serie(work, serie_id) for serie_id in sorted(set(serie_ids))]
        first_day = _check_joinable(work, series, who, starts_on)
        memberships = tuple(join(work, serie, who, first_day) for serie in series)
        enrolled = _series_enrolled(work, memberships)
        tell_joined(work, enrolled, who)
        refresh(session, series[0].profesional_id, who, now=now, timezone=series[0].timezone)
        return operation.close(enrolled)


def _check_joinable(work: Work, series: list[SerieView], cliente_id: int, starts_on: date | None) -> date:
    """The first day of the memberships; raises what stands against them."""
    first = series[0]
    today = work.now.astimezone(first.tz).date()
    if len({serie.servicio_id for serie in series}) > 1:
        raise InvalidError(field="serie_ids")
    if starts_on is not None and starts_on < today:
        raise InvalidError(field="starts_on")
    require_known(work, first.profesional_id, cliente_id)
    for serie in series:
        check_room(work, serie, cliente_id)
    rules = read_rules(work.session, first.profesional_id, first.servicio_id)
    if work.actor.rol is Rol.CLIENTE and not rules.open_for_new:
        raise ServicioPaused()
    return starts_on or today


def _series_enrolled(work: Work, memberships: tuple[Membership, ...]) -> SeriesEnrolled:
    series = [serie_view(work.session, membership.serie.id) for membership in memberships]
    full = any(serie.members + serie.offered >= serie.capacity for serie in series)
    return SeriesEnrolled(memberships, sum(one.owed_minor for one in memberships), full)


def tell_joined(work: Work, enrolled: SeriesEnrolled, cliente_id: int) -> None:
    """The other side hears of the memberships, in one bubble."""
    series = [serie_view(work.session, membership.serie.id) for membership in enrolled.memberships]
    profesional_id = series[0].profesional_id
    if work.actor.rol is Rol.CLIENTE:
        name = name_of_cliente(work.session, profesional_id, cliente_id)
        notice = texts.joined(name, series, full=enrolled.full)
        tell_profesional(work.session, profesional_id, notice, key=work.key, now=work.now)
    else:
        notice = texts.joined_by_profesional(series)
        tell_cliente(work.session, profesional_id, cliente_id, notice, key=work.key, now=work.now)
