"""Charges that follow bookings. Helpers inside a transaction; the professional is locked by the caller."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from vallebot.db.prepared import Prepared
from vallebot.db.tables import Cargo, PaymentApplication
from vallebot.db.tables.money import LIVE_CARGO_SQL
from vallebot.domain.states import Billing, CargoState
from vallebot.services import audit
from vallebot.services.actor import Actor
from vallebot.services.audit import Change, record
from vallebot.services.records import BookingView
from vallebot.services.settling import CREDIT_SQL, use_credit

#: Charges, audits, and tells whether the client has money that may pay it.
_CHARGE = Prepared(
    "charge_session",
    "profesional bigint, cliente bigint, servicio bigint, booking bigint, concept text, amount bigint, currency text, "
    f"due_at timestamptz, {audit.SIGNATURE}",
    f"""
    WITH made AS (
        INSERT INTO cargos (profesional_id, cliente_id, servicio_id, booking_id, concept, amount_minor, currency,
                            due_at)
        VALUES (:profesional, :cliente, :servicio, :booking, :concept, :amount, :currency, :due_at)
        ON CONFLICT (booking_id) WHERE booking_id IS NOT NULL AND {LIVE_CARGO_SQL} DO NOTHING RETURNING id),
    audited AS ({audit.insert_sql("made.id", "FROM made")})
    SELECT id, EXISTS (SELECT FROM payments WHERE profesional_id = :profesional AND cliente_id = :cliente
                          AND {CREDIT_SQL}) AS has_credit
      FROM made
""",
)


@dataclass(frozen=True)
class Voided:
    """A charge that was taken back. `credit_minor`: confirmed money on it, which is the client's again
    (`use_freed` says what else it pays)."""

    cargo_id: int
    credit_minor: int


def charge_session(
    session: Session, actor: Actor, booking: BookingView, *, now: datetime, key: str
) -> int | None:
    """Owe the price of a 1:1 session; once per booking. The client's credit pays what it can.

    None where nothing is owed (free, or paid by month)."""
    if booking.billing != Billing.SESION or not booking.price_minor or booking.cliente_id is None:
        return None
    facts = {"booking_id": booking.id, "amount_minor": booking.price_minor}
    change = Change("cargos", None, "charge", after=CargoState.PENDIENTE, facts=facts)
    values = {
        "profesional": booking.profesional_id,
        "cliente": booking.cliente_id,
        "servicio": booking.servicio_id,
        "booking": booking.id,
        "concept": booking.servicio_name,
        "amount": booking.price_minor,
        "currency": booking.currency,
        "due_at": booking.starts_at,
        **audit.values_of(actor, change, now=now, key=key),
    }
    charged = _CHARGE.run(session, values).first()
    if charged is None:
        return None
    if charged.has_credit:
        use_credit(session, actor, booking.profesional_id, booking.cliente_id, now=now, key=key)
    return charged.id


def live_charge(session: Session, booking_id: int) -> Cargo | None:
    """The charge of a booking that is not void."""
    return session.execute(
        select(Cargo).where(Cargo.booking_id == booking_id, Cargo.state != CargoState.ANULADO)
    ).scalar_one_or_none()


def void_charge(
    session: Session, actor: Actor, cargo: Cargo, reason: str, *, now: datetime, key: str
) -> Voided:
    """Take a charge back: money that was applied to it becomes a credit of the client."""
    before, credit = cargo.state, cargo.applied_minor
    session.execute(delete(PaymentApplication).where(PaymentApplication.cargo_id == cargo.id))
    session.refresh(cargo)  # the trigger took the sums back
    cargo.state, cargo.voided_at, cargo.void_reason = CargoState.ANULADO, now, reason
    session.flush()
    change = Change("cargos", cargo.id, "void", before, CargoState.ANULADO, {"credit_minor": credit})
    record(session, actor, change, now=now, key=key)
    return Voided(cargo.id, credit)


def use_freed(
    session: Session,
    actor: Actor,
    profesional_id: int,
    cliente_id: int,
    freed_minor: int,
    *,
    now: datetime,
    key: str,
) -> int:
    """Money that void charges set free pays what else the client owes; returns what is left of it as a credit.

    Once everything is void: before, it might pay what is about to be void too."""
    if not freed_minor:
        return 0
    return freed_minor - use_credit(session, actor, profesional_id, cliente_id, now=now, key=key)
