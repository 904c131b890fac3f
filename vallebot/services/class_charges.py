"""What a place in a class costs: each session, or each month in full. Helpers inside a transaction, with the
professional locked by the caller."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from vallebot.db.tables import Cargo, Servicio
from vallebot.domain.availability import local_moment
from vallebot.domain.enrollment import month_of, next_month
from vallebot.domain.spanish import MONTHS
from vallebot.domain.states import Billing, CargoState
from vallebot.services.audit import Change, record
from vallebot.services.booking_steps import Work
from vallebot.services.charges import Voided, void_charge
from vallebot.services.class_records import EnrollmentView
from vallebot.services.records import BookingView
from vallebot.services.settling import use_credit

#: void_reason of a month's fee whose client kept no place in it; joining again owes it again.
NOTHING_LEFT = "no class left in the month"
CLASS_LEFT = "left the class"

_CHARGE = text("""
    INSERT INTO cargos (profesional_id, cliente_id, servicio_id, enrollment_id, month, concept, amount_minor,
                        currency, due_at)
    VALUES (:profesional_id, :cliente_id, :servicio_id, :enrollment_id, :month, :concept, :amount_minor,
            :currency, :due_at)
    ON CONFLICT DO NOTHING RETURNING id
""")
#: A fee that the professional forgave is not to come back with the next class of that month.
_FORGIVEN = text("""
    SELECT 1 FROM cargos WHERE cliente_id = :cliente AND servicio_id = :servicio AND month = :month
       AND state = 'anulado' AND void_reason IS DISTINCT FROM :ours
""")
_PLACES = text("""
    SELECT EXISTS (SELECT FROM inscripciones_serie i JOIN series s ON s.id = i.serie_id
                    WHERE i.cliente_id = :cliente AND s.servicio_id = :servicio AND i.ended_at IS NULL)
        OR EXISTS (SELECT FROM enrollments e JOIN bookings b ON b.id = e.booking_id
                    WHERE e.cliente_id = :cliente AND b.servicio_id = :servicio
                      AND e.state IN ('inscripto', 'asistio', 'ausente') AND b.state <> 'cancelado'
                      AND b.starts_at >= :start AND b.starts_at < :end)
""")
_WHO_OWES = text("""
    SELECT i.cliente_id FROM inscripciones_serie i JOIN series s ON s.id = i.serie_id
     WHERE s.servicio_id = :servicio AND i.ended_at IS NULL AND i.starts_on < :next_month
       AND (i.ends_on IS NULL OR i.ends_on >= :month)
    UNION
    SELECT e.cliente_id FROM enrollments e JOIN bookings b ON b.id = e.booking_id
     WHERE b.servicio_id = :servicio AND e.state IN ('inscripto', 'asistio', 'ausente') AND b.state <> 'cancelado'
       AND b.starts_at >= :start AND b.starts_at < :end
     ORDER BY 1
""")


def month_stretch(month: date, tz: ZoneInfo) -> tuple[datetime, datetime]:
    """The local month, [first moment, first moment of the next)."""
    return local_moment(month, 0, tz), local_moment(next_month(month), 0, tz)


def local_month(at: datetime, tz: ZoneInfo) -> date:
    """The first day of the local month of a moment."""
    return month_of(at.astimezone(tz).date())


def charge_seat(work: Work, enrollment: EnrollmentView) -> int:
    """Owe what a seat costs: the session (once per enrolment), or the month in full (once per client, service and
    month; a month that is yet to begin is charged then). Returns what is newly owed, in minor units."""
    occurrence = enrollment.booking
    if occurrence.billing == Billing.MENSUAL:
        month = local_month(occurrence.starts_at, occurrence.tz)
        if month > local_month(work.now, occurrence.tz):
            return 0
        return charge_month(work, occurrence.servicio_id, enrollment.cliente_id, month)
    if not enrollment.price_minor:
        return 0
    values = {
        "profesional_id": occurrence.profesional_id,
        "cliente_id": enrollment.cliente_id,
        "servicio_id": occurrence.servicio_id,
        "enrollment_id": enrollment.id,
        "month": None,
        "concept": occurrence.servicio_name,
        "amount_minor": enrollment.price_minor,
        "currency": enrollment.currency,
        "due_at": occurrence.starts_at,
    }
    return _insert(work, values)


def charge_month(work: Work, servicio_id: int, cliente_id: int, month: date) -> int:
    """Owe the month of a service in full, once whatever runs twice; returns what is newly owed."""
    servicio = work.session.get(Servicio, servicio_id)
    if servicio is None or not servicio.price_minor:
        return 0
    same = {"cliente": cliente_id, "servicio": servicio_id, "month": month}
    if work.session.execute(_FORGIVEN, {**same, "ours": NOTHING_LEFT}).first() is not None:
        return 0
    tz = zone_of(work.session, servicio.profesional_id)
    values = {
        "profesional_id": servicio.profesional_id,
        "cliente_id": cliente_id,
        "servicio_id": servicio_id,
        "enrollment_id": None,
        "month": month,
        "concept": f"{servicio.name}, {MONTHS[month.month - 1]} de {month.year}",
        "amount_minor": servicio.price_minor,
        "currency": servicio.currency,
        "due_at": max(month_stretch(month, tz)[0], work.now),
    }
    return _insert(work, values)


def zone_of(session: Session, profesional_id: int) -> ZoneInfo:
    """The professional's zone."""
    query = text("SELECT timezone FROM profesionales WHERE id = :id")
    return ZoneInfo(session.execute(query, {"id": profesional_id}).scalar_one())


def _insert(work: Work, values: dict) -> int:
    cargo_id = work.session.execute(_CHARGE, values).scalar()
    if cargo_id is None:
        return 0
    facts = {
        name: values[name].isoformat() if isinstance(values[name], date) else values[name]
        for name in ("enrollment_id", "month", "amount_minor", "cliente_id")
        if values[name] is not None
    }
    change = Change("cargos", cargo_id, "charge", after=CargoState.PENDIENTE, facts=facts)
    record(work.session, work.actor, change, now=work.now, key=work.key)
    tenant, who = values["profesional_id"], values["cliente_id"]
    use_credit(work.session, work.actor, tenant, who, now=work.now, key=work.key)
    return values["amount_minor"]


def charge_of(session: Session, enrollment_id: int) -> Cargo | None:
    """The live charge of one enrolment; None where nothing is owed for it alone."""
    query = select(Cargo).where(Cargo.enrollment_id == enrollment_id, Cargo.state != CargoState.ANULADO)
    return session.execute(query).scalar_one_or_none()


def void_seat(work: Work, enrollment: EnrollmentView, reason: str = CLASS_LEFT) -> Voided | None:
    """Take back what a seat cost. A month's fee goes only when nothing is left that it pays for."""
    if enrollment.booking.billing == Billing.MENSUAL:
        month = local_month(enrollment.booking.starts_at, enrollment.booking.tz)
        return void_month_without_classes(work, enrollment.booking, enrollment.cliente_id, month)
    cargo = charge_of(work.session, enrollment.id)
    return void_charge(work.session, work.actor, cargo, reason, now=work.now, key=work.key) if cargo else None


def void_month_without_classes(work: Work, of: BookingView, cliente_id: int, month: date) -> Voided | None:
    """Void the fee of a month in which the client has no place (left) in any class of that service."""
    start, end = month_stretch(month, of.tz)
    who = {"cliente": cliente_id, "servicio": of.servicio_id}
    if work.session.execute(_PLACES, {**who, "start": start, "end": end}).scalar():
        return None
    query = select(Cargo).where(
        Cargo.cliente_id == cliente_id,
        Cargo.servicio_id == of.servicio_id,
        Cargo.month == month,
        Cargo.state != CargoState.ANULADO,
    )
    cargo = work.session.execute(query).scalar_one_or_none()
    if cargo is None:
        return None
    return void_charge(work.session, work.actor, cargo, NOTHING_LEFT, now=work.now, key=work.key)


def charge_fees(work: Work, profesional_id: int, servicio_id: int, month: date) -> list[int]:
    """Charge a month's fee to everybody who has a place in it; returns those clients. Running it again, or beside
    somebody who joins, charges nobody twice."""
    start, end = month_stretch(month, zone_of(work.session, profesional_id))
    values = {
        "servicio": servicio_id,
        "month": month,
        "next_month": next_month(month),
        "start": start,
        "end": end,
    }
    clientes = list(work.session.execute(_WHO_OWES, values).scalars())
    return [who for who in clientes if charge_month(work, servicio_id, who, month)]
