"""The steps that the use cases of payments are made of. All run inside the caller's transaction, with the
professional locked; none commits."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from vallebot.db.tables import Cargo, Payment
from vallebot.domain.money import OpenCharge, payment_may_become
from vallebot.domain.states import PaymentState
from vallebot.errors import InvalidError, NotFoundError
from vallebot.services.audit import Change, record
from vallebot.services.booking_steps import Work
from vallebot.services.notices import tell_cliente
from vallebot.services.outbox import Bubble
from vallebot.services.payment_errors import CargoSettled, WrongPaymentState
from vallebot.services.payment_records import PaymentView, payment_view
from vallebot.services.relationship import refresh
from vallebot.services.settling import open_charges, use_credit

CURRENCY = "ARS"  #: where nothing says another one
AMOUNT_MAX_MINOR = 10**13  #: larger "sums" are account numbers
TEXT_MAX_CHARS = 300  #: reasons and notes


@dataclass(frozen=True)
class Outcome:
    """A payment after a step, and where its client stands then (minor units of its currency).

    matched  inform: the amount is exactly (a part of) what is owed, nothing has to be asked
    """

    payment: PaymentView
    owed_minor: int
    credit_minor: int
    matched: bool = False


def named_charges(
    session: Session, profesional_id: int, cliente_id: int, currency: str, cargo_ids: tuple[int, ...]
) -> list[OpenCharge]:
    """Open charges of the client: those that were named, else all. Raises NotFoundError, CargoSettled."""
    charges = open_charges(session, profesional_id, cliente_id, currency)
    if not cargo_ids:
        return charges
    known = {charge.id: charge for charge in charges}
    for cargo_id in cargo_ids:
        if cargo_id in known:
            continue
        query = select(Cargo.state).filter_by(
            id=cargo_id, profesional_id=profesional_id, cliente_id=cliente_id, currency=currency
        )
        state = session.execute(query).scalar()
        if state is None:
            raise NotFoundError(what="cargo")
        raise CargoSettled(cargo_id=cargo_id, state=state)
    return [known[cargo_id] for cargo_id in dict.fromkeys(cargo_ids)]


def checked_amount(amount_minor: int) -> int:
    """Itself. Raises InvalidError for what is no sum of money."""
    if isinstance(amount_minor, bool) or not 0 < amount_minor < AMOUNT_MAX_MINOR:
        raise InvalidError(field="amount_minor")
    return amount_minor


def tidy_words(words: str | None) -> str | None:
    """A reason or note as it is kept: one line, bounded. None for an empty one."""
    kept = " ".join((words or "").replace("\x00", "").split())
    return kept[:TEXT_MAX_CHARS] or None


def take_step(
    work: Work, payment: PaymentView, target: PaymentState, action: str, values: dict
) -> PaymentView:
    """Take the step and audit it. Raises WrongPaymentState."""
    if not payment_may_become(payment.state, target):
        raise WrongPaymentState(payment_id=payment.id, state=payment.state)
    write_payment(work, payment.id, values)
    facts = {name: values[name] for name in ("amount_minor",) if name in values}
    change = Change("payments", payment.id, action, payment.state, target, facts)
    record(work.session, work.actor, change, now=work.now, key=work.key)
    return payment_view(work.session, payment.id)


def write_payment(work: Work, payment_id: int, values: dict) -> None:
    work.session.execute(
        update(Payment)
        .where(Payment.id == payment_id)
        .values(values)
        .execution_options(synchronize_session=False)
    )


def settle(work: Work, payment: PaymentView, first: tuple[int, ...] = ()) -> Outcome:
    """Apply whatever credit the client has now; the payment as it is then."""
    use_credit(
        work.session,
        work.actor,
        payment.profesional_id,
        payment.cliente_id,
        first=first,
        now=work.now,
        key=work.key,
    )
    return outcome_of(work, payment_view(work.session, payment.id))


def outcome_of(work: Work, payment: PaymentView, *, matched: bool = False) -> Outcome:
    """Refresh what the pair is to each other, and say where the client stands."""
    session, pair = work.session, (payment.profesional_id, payment.cliente_id)
    refresh(session, *pair, now=work.now, timezone=payment.timezone)
    owed = sum(charge.open_minor for charge in open_charges(session, *pair, payment.currency))
    left = Payment.amount_minor - Payment.applied_minor - Payment.refunded_minor
    query = select(func.coalesce(func.sum(left), 0)).filter_by(
        profesional_id=pair[0], cliente_id=pair[1], currency=payment.currency, state=PaymentState.CONFIRMADO
    )
    return Outcome(payment, owed, int(session.execute(query).scalar_one()), matched)


def tell_payer(work: Work, payment: PaymentView, bubble: Bubble) -> None:
    tell_cliente(work.session, payment.profesional_id, payment.cliente_id, bubble, key=work.key, now=work.now)
