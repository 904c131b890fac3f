"""Giving a seat back, or all seats of a weekly class: what it would cost, doing it, and the professional's word on
what was given back too late.

A seat that is given back is free at once, also a late one: somebody else may have it. What the policy decides is
only whether the class stays owed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from vallebot.db.tables.messaging import Rol
from vallebot.domain.policies import ChangeOutcome, outcome_of_change
from vallebot.domain.states import Billing, BookingState, EnrollmentState
from vallebot.errors import InvalidError
from vallebot.services.actor import Actor
from vallebot.services.agenda_errors import LateChange, SlotInPast, WrongState
from vallebot.services.booking_steps import Work
from vallebot.services.charges import void_charge
from vallebot.services.class_charges import charge_of, local_month
from vallebot.services.class_errors import NotEnrolled
from vallebot.services.class_records import (
    EnrollmentView,
    SerieView,
    enrollment_view,
    for_whom,
    locked_enrollment,
    locked_serie,
    name_of_cliente,
    read_enrollments,
    visible_enrollment,
)
from vallebot.services.class_steps import Left, give_seat_back, policy_of, settle_left
from vallebot.services.memberships import end, membership_of
from vallebot.services.notices import tell_cliente, tell_profesional
from vallebot.services.operations import Operation
from vallebot.services.records import booking_view, lock_profesional
from vallebot.services.relationship import refresh
from vallebot.services.texts import classes as texts
from vallebot.services.waiting_offers import offer_memberships, offer_seats

_MOVED = text("SELECT series_starts_at <> starts_at FROM bookings WHERE id = :id")


@dataclass(frozen=True)
class LeavingTerms:
    """What giving the seat back now would mean. `cost_minor` stays owed (a_consultar: unless the professional lets
    it go); `credit_minor` was paid and comes back as credit."""

    enrollment: EnrollmentView
    outcome: str  #: a `ChangeOutcome`
    deadline: datetime  #: until then a client leaves freely
    cost_minor: int
    credit_minor: int


@dataclass(frozen=True)
class LeftClass:
    """A seat that was given back; the seat itself is free in every case."""

    enrollment: EnrollmentView
    outcome: str
    cost_minor: int = 0
    credit_minor: int = 0


@dataclass(frozen=True)
class SeriesLeft:
    """Memberships that ended, and the seats that became free with them."""

    series: tuple[SerieView, ...]
    seats: tuple[EnrollmentView, ...]
    cost_minor: int = 0
    credit_minor: int = 0


def leaving_terms(sessions: sessionmaker, actor: Actor, enrollment_id: int, *, now: datetime) -> LeavingTerms:
    """Look before leaving. Raises NotFoundError, NotEnrolled, SlotInPast, WrongState (attendance is recorded)."""
    with sessions() as session:
        return terms_of(session, actor, visible_enrollment(session, actor, enrollment_id), now=now)


def terms_of(session: Session, actor: Actor, enrollment: EnrollmentView, *, now: datetime) -> LeavingTerms:
    """The terms for this actor: only clients are bound by the policy, and not in a class that was moved."""
    occurrence = enrollment.booking
    if enrollment.state in (EnrollmentState.CANCELADO, EnrollmentState.OFRECIDO):
        raise NotEnrolled(enrollment_id=enrollment.id)
    if enrollment.state != EnrollmentState.INSCRIPTO:
        raise WrongState(booking_id=occurrence.id, state=enrollment.state)
    if actor.rol is Rol.CLIENTE and occurrence.starts_at <= now:
        raise SlotInPast(starts_at=occurrence.starts_at.isoformat())
    policy = policy_of(session, occurrence.servicio_id)
    charge = charge_of(session, enrollment.id)
    amount = charge.amount_minor if charge is not None else 0
    moved = session.execute(_MOVED, {"id": occurrence.id}).scalar()
    outcome = ChangeOutcome.LIBRE
    if actor.rol is Rol.CLIENTE and amount and not moved:
        outcome = outcome_of_change(
            policy, BookingState.CONFIRMADO, occurrence.starts_at, cost_minor=amount, now=now
        )
    free = outcome is ChangeOutcome.LIBRE
    paid = charge.applied_minor if charge is not None else 0
    return LeavingTerms(
        enrollment,
        outcome.value,
        policy.deadline(occurrence.starts_at),
        cost_minor=0 if free else amount,
        credit_minor=paid if free else 0,
    )


def leave(
    sessions: sessionmaker,
    actor: Actor,
    enrollment_id: int,
    *,
    reason: str | None = None,
    accept_cost: bool = False,
    now: datetime,
    key: str,
) -> LeftClass:
    """Give back the seat in one occurrence (a membership goes on). In time, or by the professional: what it cost is
    void. Late by the client: LateChange tells the cost until it is accepted; then it stays owed, and where the
    service says so the professional is asked whether to let it go.

    Raises NotFoundError, NotEnrolled, WrongState, SlotInPast, LateChange."""
    with sessions.begin() as session:
        operation = Operation.open(session, "leave", key, LeftClass, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        enrollment = locked_enrollment(work, enrollment_id)
        terms = terms_of(session, actor, enrollment, now=now)
        if terms.cost_minor and not accept_cost:
            raise LateChange(
                booking_id=enrollment.booking.id, cost_minor=terms.cost_minor, currency=enrollment.currency
            )
        left = give_seat_back(work, enrollment, "leave", reason=reason, keep_charge=_is_late(work, terms))
        left = settle_left(work, enrollment, left)
        offer_seats(work, booking_view(session, enrollment.booking.id), not_to=enrollment.cliente_id)
        _tell_left(work, terms, reason, left)
        occurrence = enrollment.booking
        refresh(
            session, occurrence.profesional_id, enrollment.cliente_id, now=now, timezone=occurrence.timezone
        )
        view = enrollment_view(session, enrollment.id)
        return operation.close(LeftClass(view, terms.outcome, left.cost_minor, left.credit_minor))


def _is_late(work: Work, terms: LeavingTerms) -> bool:
    """Whether what was owed stays owed: past the deadline, by the client, also where a month pays for it."""
    monthly = terms.enrollment.booking.billing == Billing.MENSUAL
    if monthly and work.actor.rol is Rol.CLIENTE:
        return work.now > terms.deadline
    return bool(terms.cost_minor)


def _tell_left(work: Work, terms: LeavingTerms, reason: str | None, left: Left) -> None:
    enrollment, session, now, key = terms.enrollment, work.session, work.now, work.key
    profesional_id = enrollment.booking.profesional_id
    if work.actor.rol is not Rol.CLIENTE:
        notice = texts.removed(enrollment, now, reason, left.credit_minor)
        tell_cliente(session, profesional_id, enrollment.cliente_id, notice, key=key, now=now)
    elif terms.outcome == ChangeOutcome.A_CONSULTAR:
        notice = texts.left_late(enrollment, now, left.cost_minor)
        tell_profesional(session, profesional_id, notice, key=key, now=now)
    else:
        notice = texts.left(enrollment, now, left.cost_minor)
        tell_profesional(session, profesional_id, notice, key=key, now=now)


def decide_late_leave(
    sessions: sessionmaker, actor: Actor, enrollment_id: int, *, charge: bool, now: datetime, key: str
) -> LeftClass:
    """The professional's word on a seat that was given back too late: it stays owed, or it is let go and the client
    is told. Raises WrongState where nothing is owed (any more) for a seat given back, NotFoundError."""
    actor.require_profesional()
    with sessions.begin() as session:
        operation = Operation.open(session, "decide_late_leave", key, LeftClass, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        seen = visible_enrollment(session, actor, enrollment_id)
        lock_profesional(session, seen.booking.profesional_id)
        cargo = charge_of(session, enrollment_id)
        enrollment = visible_enrollment(session, actor, enrollment_id)
        if enrollment.state != EnrollmentState.CANCELADO or cargo is None:
            raise WrongState(booking_id=enrollment.booking.id, state=enrollment.state)
        if charge:
            return operation.close(LeftClass(enrollment, ChangeOutcome.CON_COSTO.value, cargo.amount_minor))
        voided = void_charge(session, actor, cargo, "late leave let go", now=now, key=work.key)
        left = settle_left(work, enrollment, Left(credit_minor=voided.credit_minor))
        occurrence, who = enrollment.booking, enrollment.cliente_id
        notice = texts.waived(enrollment, now)
        tell_cliente(session, occurrence.profesional_id, who, notice, key=work.key, now=now)
        refresh(session, occurrence.profesional_id, who, now=now, timezone=occurrence.timezone)
        return operation.close(LeftClass(enrollment, ChangeOutcome.LIBRE.value, 0, left.credit_minor))


def leave_series(
    sessions: sessionmaker,
    actor: Actor,
    serie_ids: Sequence[int],
    *,
    cliente_id: int | None = None,
    reason: str | None = None,
    accept_cost: bool = False,
    now: datetime,
    key: str,
) -> SeriesLeft:
    """Leave one or more weekly classes for good: the seats ahead are free, those of the past stay as they were. A
    month that has begun stays owed in full. Seats given back too late follow the policy, as in `leave`.

    Raises NotFoundError, NotEnrolled, LateChange, InvalidError (no series)."""
    who = for_whom(actor, cliente_id)
    if not serie_ids:
        raise InvalidError(field="serie_ids")
    with sessions.begin() as session:
        operation = Operation.open(session, "leave_series", key, SeriesLeft, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        series = tuple(locked_serie(work, serie_id) for serie_id in sorted(set(serie_ids)))
        seats = end_memberships(work, series, who)
        terms = [terms_of(session, actor, seat, now=now) for seat in seats]
        cost = sum(one.cost_minor for one in terms)
        if cost and not accept_cost:
            raise LateChange(booking_id=seats[0].booking.id, cost_minor=cost, currency=seats[0].currency)
        left = give_all_back(work, terms, reason)
        for serie in series:
            offer_memberships(work, serie.id)
        for seat in seats:
            offer_seats(work, booking_view(session, seat.booking.id), not_to=who)
        _tell_series_left(work, series, who, reason)
        refresh(session, series[0].profesional_id, who, now=now, timezone=series[0].timezone)
        return operation.close(SeriesLeft(series, tuple(seats), left.cost_minor, left.credit_minor))


def end_memberships(work: Work, series: Sequence[SerieView], cliente_id: int) -> list[EnrollmentView]:
    """End them; returns the seats ahead that came with them, in order of time."""
    seats: list[EnrollmentView] = []
    for serie in series:
        inscripcion_id = membership_of(work.session, serie.id, cliente_id)
        if inscripcion_id is None:
            raise NotEnrolled(serie_id=serie.id)
        end(work, inscripcion_id, serie.id, cliente_id)
        where = "e.inscripcion_id = :id AND e.state = 'inscripto' AND b.starts_at > :now"
        seats += read_enrollments(work.session, where, id=inscripcion_id, now=work.now)
    return sorted(seats, key=lambda seat: seat.booking.starts_at)


def give_all_back(work: Work, terms: list[LeavingTerms], reason: str | None) -> Left:
    """Give the seats back. A month of which a class was given up too late stays owed with it."""
    late_months = {
        local_month(one.enrollment.booking.starts_at, one.enrollment.booking.tz)
        for one in terms
        if one.enrollment.booking.billing == Billing.MENSUAL and _is_late(work, one)
    }
    cost = credit = 0
    for one in terms:
        month = local_month(one.enrollment.booking.starts_at, one.enrollment.booking.tz)
        keep = month in late_months or _is_late(work, one)
        left = give_seat_back(work, one.enrollment, "leave", reason=reason, keep_charge=keep)
        cost, credit = cost + left.cost_minor, credit + left.credit_minor
    return settle_left(work, terms[0].enrollment, Left(cost, credit)) if terms else Left()


def _tell_series_left(work: Work, series: Sequence[SerieView], cliente_id: int, reason: str | None) -> None:
    profesional_id = series[0].profesional_id
    if work.actor.rol is Rol.CLIENTE:
        name = name_of_cliente(work.session, profesional_id, cliente_id)
        notice = texts.left_series(name, series)
        tell_profesional(work.session, profesional_id, notice, key=work.key, now=work.now)
    else:
        notice = texts.removed_from_series(series, reason)
        tell_cliente(work.session, profesional_id, cliente_id, notice, key=work.key, now=work.now)
