"""Money meets charges. Helpers inside a transaction, with the professional locked by the caller.

Confirmed money that is not applied (credit) settles whatever its client owes in the same currency, named charges
first, then the oldest. The sums on both sides are kept, and bounded, by the database.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from vallebot.domain.money import OpenCharge, allocate
from vallebot.domain.states import CargoState
from vallebot.services.actor import Actor
from vallebot.services.audit import Change, record

_OPEN = text("""
    SELECT id, amount_minor - applied_minor AS open_minor, due_at FROM cargos
     WHERE profesional_id = :profesional AND cliente_id = :cliente AND currency = :currency AND state = 'pendiente'
     ORDER BY due_at, id
""")
#: A payment of which something is left: confirmed, not applied nor given back.
CREDIT_SQL = "state = 'confirmado' AND amount_minor > applied_minor + refunded_minor"
_CREDITS = text(f"""
    SELECT id, amount_minor - applied_minor - refunded_minor AS left_minor, currency, intended_cargo_ids
      FROM payments
     WHERE profesional_id = :profesional AND cliente_id = :cliente AND {CREDIT_SQL}
     ORDER BY decided_at, id
""")
#: A payment may get more of a charge that it had a part of before.
_APPLY = text("""
    INSERT INTO payment_applications AS known (payment_id, cargo_id, profesional_id, cliente_id, currency, amount_minor)
    VALUES (:payment, :cargo, :profesional, :cliente, :currency, :amount)
    ON CONFLICT (payment_id, cargo_id) DO UPDATE SET amount_minor = known.amount_minor + excluded.amount_minor
    RETURNING id
""")
_TAKE_BACK = text("""
    DELETE FROM payment_applications WHERE payment_id = :payment RETURNING id, cargo_id, amount_minor
""")
_STATE = text("SELECT state FROM cargos WHERE id = :cargo")


def open_charges(session: Session, profesional_id: int, cliente_id: int, currency: str) -> list[OpenCharge]:
    """What a client owes, the oldest first."""
    values = {"profesional": profesional_id, "cliente": cliente_id, "currency": currency}
    return [OpenCharge(**row) for row in session.execute(_OPEN, values).mappings()]


def use_credit(
    session: Session,
    actor: Actor,
    profesional_id: int,
    cliente_id: int,
    *,
    first: Collection[int] = (),
    now: datetime,
    key: str,
) -> int:
    """Apply the client's credit to what they owe: charges in `first`, then those the payment was meant for, then
    the oldest. Returns how much was applied (minor units, all currencies). Called after a charge is made and after
    money becomes free."""
    used = 0
    pair = {"profesional": profesional_id, "cliente": cliente_id}
    for credit in session.execute(_CREDITS, pair).mappings().all():
        charges = open_charges(session, profesional_id, cliente_id, credit["currency"])
        named = [*first, *credit["intended_cargo_ids"]]
        for share in allocate(credit["left_minor"], charges, named):
            values = {
                **pair,
                "payment": credit["id"],
                "cargo": share.cargo_id,
                "currency": credit["currency"],
                "amount": share.amount_minor,
            }
            application_id = session.execute(_APPLY, values).scalar_one()
            facts = {name: values[name] for name in ("payment", "cargo", "amount")}
            change = Change("payment_applications", application_id, "apply", facts=facts)
            record(session, actor, change, now=now, key=key)
            _note_settled(session, actor, share.cargo_id, CargoState.PENDIENTE, now, key)
            used += share.amount_minor
    return used


def take_back(session: Session, actor: Actor, payment_id: int, *, now: datetime, key: str) -> int:
    """Undo all applications of a payment; its charges are open again. Returns how much came back."""
    before = text("""
        SELECT c.id, c.state FROM cargos c JOIN payment_applications a ON a.cargo_id = c.id
         WHERE a.payment_id = :payment ORDER BY c.id
    """)
    states = dict(session.execute(before, {"payment": payment_id}).all())
    came_back = 0
    for row in session.execute(_TAKE_BACK, {"payment": payment_id}).mappings().all():
        facts = {"payment": payment_id, "cargo": row["cargo_id"], "amount": row["amount_minor"]}
        change = Change("payment_applications", row["id"], "unapply", facts=facts)
        record(session, actor, change, now=now, key=key)
        _note_settled(session, actor, row["cargo_id"], CargoState(states[row["cargo_id"]]), now, key)
        came_back += row["amount_minor"]
    return came_back


def _note_settled(
    session: Session, actor: Actor, cargo_id: int, before: CargoState, now: datetime, key: str
) -> None:
    """Audit that a charge became settled, or is open again: the trigger did it, the evidence is ours."""
    after = session.execute(_STATE, {"cargo": cargo_id}).scalar_one()
    if after == before:
        return
    action = "settle" if after == CargoState.SALDADO else "reopen"
    record(session, actor, Change("cargos", cargo_id, action, before, after), now=now, key=key)
