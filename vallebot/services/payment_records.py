"""Payments as plain data, and the lock under which they are changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from vallebot.db.tables.messaging import Rol
from vallebot.errors import NotFoundError
from vallebot.services.actor import Actor
from vallebot.services.records import lock_profesional


@dataclass(frozen=True)
class Covered:
    """A charge that a payment settles, wholly or in part."""

    cargo_id: int
    concept: str
    amount_minor: int


@dataclass(frozen=True)
class PaymentView:
    """A payment with all that is needed to speak about it. Times are aware; money in minor units.

    `mismatches`: what of the proof does not fit (see domain/proof_reading.py)."""

    id: int
    state: str
    profesional_id: int
    profesional_name: str
    timezone: str
    cliente_id: int
    cliente_name: str | None
    amount_minor: int
    currency: str
    applied_minor: int
    refunded_minor: int
    means: str
    informed_at: datetime
    decided_at: datetime | None
    paid_on: date | None
    reason: str | None
    servicio_name: str | None
    operation_number: str | None
    proof_path: str | None
    proof_media_type: str | None
    read_minor: int | None  #: the amount that the proof says
    mismatches: tuple[str, ...] = ()
    intended_cargo_ids: tuple[int, ...] = ()
    covers: tuple[Covered, ...] = ()

    @property
    def credit_minor(self) -> int:
        """Confirmed money that settles nothing and was not given back."""
        if self.state != "confirmado":
            return 0
        return self.amount_minor - self.applied_minor - self.refunded_minor

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


_SELECT = """
    SELECT p.id, p.state, p.profesional_id, f.name AS profesional_name, f.timezone, p.cliente_id,
           coalesce(r.name, c.name, c.profile_name, c.phone_e164) AS cliente_name, p.amount_minor, p.currency,
           p.applied_minor, p.refunded_minor, p.means, p.informed_at, p.decided_at, p.paid_on, p.reason,
           s.name AS servicio_name, p.operation_number, p.proof_path, p.proof_media_type,
           (p.proof_reading ->> 'amount_minor')::bigint AS read_minor,
           coalesce(p.proof_reading -> 'mismatches', '[]') AS mismatches, p.intended_cargo_ids,
           (SELECT coalesce(json_agg(json_build_object('cargo_id', g.id, 'concept', g.concept,
                                                       'amount_minor', a.amount_minor) ORDER BY g.due_at, g.id), '[]')
              FROM payment_applications a JOIN cargos g ON g.id = a.cargo_id WHERE a.payment_id = p.id) AS covers
      FROM payments p JOIN profesionales f ON f.id = p.profesional_id JOIN clientes c ON c.id = p.cliente_id
      LEFT JOIN relaciones r ON r.profesional_id = p.profesional_id AND r.cliente_id = p.cliente_id
      LEFT JOIN servicios s ON s.id = p.servicio_id
     WHERE {where} ORDER BY p.informed_at DESC, p.id DESC
"""


def payment_views(
    session: Session, where: str, *, limit: int | None = None, **values: Any
) -> list[PaymentView]:
    """Payments, the latest first; `where` is SQL about `p`."""
    query = _SELECT.format(where=where) + (f" LIMIT {int(limit)}" if limit is not None else "")
    return [_view(row) for row in session.execute(text(query), values).mappings()]


def _view(row: Any) -> PaymentView:
    covers = tuple(Covered(**part) for part in row["covers"])
    lists = {name: tuple(row[name]) for name in ("mismatches", "intended_cargo_ids")}
    return PaymentView(**{**row, **lists, "covers": covers})


def payment_view(session: Session, payment_id: int) -> PaymentView:
    """One payment; it exists."""
    return payment_views(session, "p.id = :id", id=payment_id)[0]


def visible_payment(session: Session, actor: Actor, payment_id: int) -> PaymentView:
    """A payment that the actor may see: the professional's, the client's own, any for the system. Raises
    NotFoundError for all others, whether they exist or not."""
    found = payment_views(session, "p.id = :id", id=payment_id)
    if not found or not _may_see(actor, found[0]):
        raise NotFoundError(what="payment")
    return found[0]


def _may_see(actor: Actor, payment: PaymentView) -> bool:
    if actor.rol is Rol.CLIENTE:
        return payment.cliente_id == actor.require_cliente()
    if actor.is_system:
        return actor.profesional_id in (None, payment.profesional_id)
    return payment.profesional_id == actor.require_profesional()


def locked_payment(session: Session, actor: Actor, payment_id: int) -> PaymentView:
    """A payment that the actor may see, its professional locked: what is read here stays true until commit."""
    seen = visible_payment(session, actor, payment_id)  # before the lock: a stranger holds up nobody
    lock_profesional(session, seen.profesional_id)
    return visible_payment(session, actor, payment_id)
