"""Taking a seat in an occurrence of a class, and giving it back. All run inside the caller's transaction, with the
professional locked; none commits. Offering freed seats is in waiting_offers.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from vallebot.db.tables import Enrollment, Espera, InscripcionSerie, Profesional, Servicio
from vallebot.domain.enrollment import lowest_free_seat
from vallebot.domain.policies import Policy
from vallebot.domain.states import (
    Billing,
    BookingState,
    EnrollmentState,
    EsperaState,
    LateCancellation,
)
from vallebot.errors import VallebotError
from vallebot.services.audit import Change, record
from vallebot.services.booking_steps import Work, schedule_reminders
from vallebot.services.catalogue import card
from vallebot.services.charges import use_freed
from vallebot.services.class_charges import charge_of, charge_seat, void_seat
from vallebot.services.class_errors import AlreadyEnrolled, ClassFull
from vallebot.services.class_records import EnrollmentView, enrollment_view
from vallebot.services.records import BookingView

#: The rules of the database behind "the class is full" and "you are in it already".
SEATS: Mapping[str, type[VallebotError]] = {
    "uq_enrollments_live_seat": ClassFull,
    "ck_enrollments_seat_within_capacity": ClassFull,
    "uq_enrollments_live_cliente": AlreadyEnrolled,
}

_TAKEN = text("SELECT seat FROM enrollments WHERE booking_id = :id AND state <> 'cancelado'")
_MINE = text("""
    SELECT id FROM enrollments WHERE booking_id = :id AND cliente_id = :cliente AND state <> 'cancelado'
""")


@dataclass(frozen=True)
class Left:
    """What came of giving a seat back: `cost_minor` stays owed, `credit_minor` was paid and is the client's."""

    cost_minor: int = 0
    credit_minor: int = 0


def free_seat(session: Session, occurrence: BookingView) -> int | None:
    """The lowest free seat; None: the class is full."""
    taken = set(session.execute(_TAKEN, {"id": occurrence.id}).scalars())
    return lowest_free_seat(taken, occurrence.capacity or 0)


def seat_of(session: Session, booking_id: int, cliente_id: int) -> EnrollmentView | None:
    """A client's live seat in an occurrence, taken or offered."""
    found = session.execute(_MINE, {"id": booking_id, "cliente": cliente_id}).scalar()
    return enrollment_view(session, found) if found is not None else None


def take_seat(
    work: Work,
    occurrence: BookingView,
    cliente_id: int,
    *,
    inscripcion_id: int | None = None,
    until: datetime | None = None,
) -> EnrollmentView:
    """Give the client the lowest free seat; `until`: only held for an offer. Raises ClassFull. Two who race for the
    last seat meet at the unique index (`SEATS` says what a violation means)."""
    seat = free_seat(work.session, occurrence)
    if seat is None:
        raise ClassFull(booking_id=occurrence.id, capacity=occurrence.capacity)
    state = EnrollmentState.INSCRIPTO if until is None else EnrollmentState.OFRECIDO
    values = {
        "profesional_id": occurrence.profesional_id,
        "booking_id": occurrence.id,
        "cliente_id": cliente_id,
        "inscripcion_id": inscripcion_id,
        "state": state.value,
        "seat": seat,
        "capacity": occurrence.capacity,
        "expires_at": until,
        "price_minor": 0 if occurrence.billing == Billing.MENSUAL else occurrence.price_minor,
        "currency": occurrence.currency,
    }
    enrollment_id = work.session.execute(
        insert(Enrollment).values(values).returning(Enrollment.id)
    ).scalar_one()
    facts = {"booking_id": occurrence.id, "cliente_id": cliente_id, "seat": seat}
    change = Change("enrollments", enrollment_id, "offer" if until else "enrol", after=state, facts=facts)
    record(work.session, work.actor, change, now=work.now, key=work.key)
    return enrollment_view(work.session, enrollment_id)


def settle_seat(work: Work, enrollment: EnrollmentView) -> int:
    """What follows from having a seat: the charge (returns what is newly owed) and the reminders."""
    owed = charge_seat(work, enrollment)
    schedule_reminders(work.session, enrollment.as_booking, now=work.now)
    return owed


def keep_seat(
    work: Work, enrollment: EnrollmentView, *, inscripcion_id: int | None = None
) -> tuple[EnrollmentView, int]:
    """An offered seat becomes the client's; returns it and what is newly owed."""
    kept = change_seat(
        work,
        enrollment,
        EnrollmentState.INSCRIPTO,
        "accept_offer",
        expires_at=None,
        inscripcion_id=inscripcion_id,
    )
    return kept, settle_seat(work, kept)


def change_seat(
    work: Work, enrollment: EnrollmentView, target: EnrollmentState, action: str, **columns: object
) -> EnrollmentView:
    """Take the step and audit it."""
    work.session.execute(
        update(Enrollment)
        .where(Enrollment.id == enrollment.id)
        .values(state=target.value, **columns)
        .execution_options(synchronize_session=False)
    )
    facts = {"booking_id": enrollment.booking.id, "cliente_id": enrollment.cliente_id}
    change = Change("enrollments", enrollment.id, action, enrollment.state, target, facts)
    record(work.session, work.actor, change, now=work.now, key=work.key)
    return enrollment_view(work.session, enrollment.id)


def give_seat_back(
    work: Work,
    enrollment: EnrollmentView,
    action: str,
    *,
    reason: str | None = None,
    keep_charge: bool = False,
) -> Left:
    """The seat is free from the commit on; what it cost is void, or stays owed (`keep_charge`)."""
    change_seat(
        work,
        enrollment,
        EnrollmentState.CANCELADO,
        action,
        expires_at=None,
        cancelled_at=work.now,
        cancelled_by=work.by,
        cancel_reason=reason,
    )
    if keep_charge:
        cargo = charge_of(work.session, enrollment.id)
        return Left(cost_minor=cargo.amount_minor if cargo is not None else 0)
    if enrollment.state == EnrollmentState.OFRECIDO:
        return Left()
    voided = void_seat(work, enrollment)
    return Left(credit_minor=voided.credit_minor if voided is not None else 0)


def settle_left(work: Work, enrollment: EnrollmentView, left: Left) -> Left:
    """What was paid for seats that are given back pays what else their client owes; what of it is a credit then."""
    of = (enrollment.booking.profesional_id, enrollment.cliente_id)
    credit = use_freed(work.session, work.actor, *of, left.credit_minor, now=work.now, key=work.key)
    return Left(left.cost_minor, credit)


def policy_of(session: Session, servicio_id: int) -> Policy:
    """The rule of cancelling that is in force for a service."""
    servicio, profesional = session.execute(
        select(Servicio, Profesional).join(Profesional).where(Servicio.id == servicio_id)
    ).one()
    shown = card(servicio, profesional)
    return Policy(shown.cancellation_hours, LateCancellation(shown.late_cancellation))


def set_espera(work: Work, espera_id: int, target: EsperaState, action: str, **columns: object) -> None:
    """Change the state of a place in line and audit it; an offer's expiry ends with the offer."""
    row = work.session.get(Espera, espera_id, populate_existing=True)
    assert row is not None  # the caller has just read it under the professional's lock
    before = row.state
    row.state = target.value
    row.offer_expires_at = None
    for name, value in columns.items():
        setattr(row, name, value)
    work.session.flush()
    facts = {"cliente_id": row.cliente_id}
    change = Change("esperas", espera_id, action, before, target, facts)
    record(work.session, work.actor, change, now=work.now, key=work.key)


def end_membership(work: Work, inscripcion_id: int, action: str) -> None:
    """The membership covers nothing from now on."""
    row = work.session.get(InscripcionSerie, inscripcion_id, populate_existing=True)
    assert row is not None
    row.ended_at = work.now
    work.session.flush()
    facts = {"serie_id": row.serie_id, "cliente_id": row.cliente_id}
    change = Change("inscripciones_serie", inscripcion_id, action, "activa", "terminada", facts)
    record(work.session, work.actor, change, now=work.now, key=work.key)


def is_open(occurrence: BookingView, now: datetime) -> bool:
    """Whether a class is yet to begin and takes place."""
    return occurrence.state == BookingState.CONFIRMADO and occurrence.starts_at > now
