"""Putting money right: what it was for, giving credit back, taking a payment back, forgiving a charge."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from vallebot.db.tables import Cargo, Payment
from vallebot.db.tables.messaging import Rol
from vallebot.domain.states import CargoState, PaymentState
from vallebot.errors import NotAllowedError, NotFoundError
from vallebot.services.actor import Actor
from vallebot.services.audit import Change, record
from vallebot.services.booking_steps import Work
from vallebot.services.charges import void_charge
from vallebot.services.notices import tell_cliente, tell_profesional
from vallebot.services.operations import Operation
from vallebot.services.payment_errors import (
    CargoSettled,
    NotSoMuchLeft,
    WrongPaymentState,
)
from vallebot.services.payment_records import locked_payment, payment_view
from vallebot.services.payment_steps import (
    CURRENCY,
    Outcome,
    checked_amount,
    named_charges,
    outcome_of,
    settle,
    take_step,
    tell_payer,
    tidy_words,
    write_payment,
)
from vallebot.services.records import locked_profesional
from vallebot.services.relationship import refresh
from vallebot.services.settling import take_back, use_credit
from vallebot.services.texts import payments as texts


@dataclass(frozen=True)
class Waived:
    """A charge that was forgiven; `credit_minor`: money on it that is the client's again."""

    cargo_id: int
    cliente_id: int
    open_minor: int
    credit_minor: int
    currency: str = field(default=CURRENCY)


def apply_to(
    sessions: sessionmaker,
    actor: Actor,
    payment_id: int,
    cargo_ids: tuple[int, ...],
    *,
    now: datetime,
    key: str,
) -> Outcome:
    """The professional says what confirmed money is for ("eso era por febrero"): the named charges first, what is
    left goes to the oldest. Raises WrongPaymentState, CargoSettled, NotFoundError."""
    actor.require_profesional()
    with sessions.begin() as session:
        operation = Operation.open(session, "apply_payment", key, Outcome, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        payment = locked_payment(session, actor, payment_id)
        if payment.state != PaymentState.CONFIRMADO:
            raise WrongPaymentState(payment_id=payment.id, state=payment.state)
        take_back(session, actor, payment.id, now=now, key=work.key)
        named_charges(session, payment.profesional_id, payment.cliente_id, payment.currency, cargo_ids)
        write_payment(work, payment.id, {"intended_cargo_ids": list(cargo_ids)})
        return operation.close(settle(work, payment, first=cargo_ids))


def refund(
    sessions: sessionmaker,
    actor: Actor,
    payment_id: int,
    *,
    amount_minor: int | None = None,
    note: str | None = None,
    now: datetime,
    key: str,
) -> Outcome:
    """The professional gave credit back (all that is left of a payment, where no amount is said); only a note, no
    money moves here. The client is told. Raises NotSoMuchLeft, WrongPaymentState, InvalidError."""
    actor.require_profesional()
    with sessions.begin() as session:
        operation = Operation.open(session, "refund_payment", key, Outcome, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        payment = locked_payment(session, actor, payment_id)
        if payment.state != PaymentState.CONFIRMADO:
            raise WrongPaymentState(payment_id=payment.id, state=payment.state)
        left = payment.credit_minor
        given = left if amount_minor is None else checked_amount(amount_minor)
        if not 0 < given <= left:
            raise NotSoMuchLeft(payment_id=payment.id, left_minor=left, currency=payment.currency)
        notes = " / ".join(filter(None, (_refund_note(session, payment.id), tidy_words(note))))
        write_payment(
            work, payment.id, {"refunded_minor": payment.refunded_minor + given, "refund_note": notes or None}
        )
        change = Change(
            "payments", payment.id, "refund", payment.state, payment.state, {"amount_minor": given}
        )
        record(session, actor, change, now=now, key=work.key)
        payment = payment_view(session, payment.id)
        tell_payer(work, payment, texts.refunded(payment, given, tidy_words(note)))
        return operation.close(outcome_of(work, payment))


def _refund_note(session: Session, payment_id: int) -> str | None:
    return session.execute(select(Payment.refund_note).filter_by(id=payment_id)).scalar_one()


def void(
    sessions: sessionmaker,
    actor: Actor,
    payment_id: int,
    *,
    reason: str | None = None,
    now: datetime,
    key: str,
) -> Outcome:
    """Take a payment back: a mistake, or money that bounced; its charges are owed again. A client may only withdraw
    what they announced and nobody decided yet. The other side is told.

    Raises WrongPaymentState (also where money of it was given back), NotAllowedError, NotFoundError."""
    with sessions.begin() as session:
        operation = Operation.open(session, "void_payment", key, Outcome, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        payment = locked_payment(session, actor, payment_id)
        if actor.rol is Rol.CLIENTE and payment.state == PaymentState.CONFIRMADO:
            raise NotAllowedError()
        if payment.refunded_minor:
            raise WrongPaymentState(payment_id=payment.id, state=payment.state)
        take_back(session, actor, payment.id, now=now, key=work.key)
        values = {"state": PaymentState.ANULADO.value, "decided_at": now, "reason": tidy_words(reason)}
        outcome = settle(work, take_step(work, payment, PaymentState.ANULADO, "void", values))
        payment = outcome.payment
        if actor.rol is Rol.CLIENTE:
            notice = texts.withdrawn(payment, payment.reason)
            tell_profesional(session, payment.profesional_id, notice, key=work.key, now=now)
        else:
            notice = texts.voided(payment, payment.reason, outcome.owed_minor, outcome.credit_minor)
            tell_payer(work, payment, notice)
        return operation.close(outcome)


def waive(
    sessions: sessionmaker,
    actor: Actor,
    cargo_id: int,
    *,
    reason: str | None = None,
    now: datetime,
    key: str,
) -> Waived:
    """The professional forgives a charge: nothing is owed for it any more, money on it becomes credit and settles
    what else is owed. Raises CargoSettled (void already), NotFoundError."""
    profesional_id = actor.require_profesional()
    with sessions.begin() as session:
        operation = Operation.open(session, "waive_charge", key, Waived, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        profesional = locked_profesional(session, profesional_id)
        cargo = session.get(Cargo, cargo_id, populate_existing=True)
        if cargo is None or cargo.profesional_id != profesional_id:
            raise NotFoundError(what="cargo")
        if cargo.state == CargoState.ANULADO:
            raise CargoSettled(cargo_id=cargo_id, state=cargo.state)
        open_minor = cargo.amount_minor - cargo.applied_minor
        voided = void_charge(session, actor, cargo, tidy_words(reason) or "waived", now=now, key=work.key)
        use_credit(session, actor, profesional_id, cargo.cliente_id, now=now, key=work.key)
        if open_minor:
            notice = texts.waived(profesional.name, cargo.concept, open_minor, cargo.currency)
            tell_cliente(session, profesional_id, cargo.cliente_id, notice, key=work.key, now=now)
        refresh(session, profesional_id, cargo.cliente_id, now=now, timezone=profesional.timezone)
        done = Waived(cargo.id, cargo.cliente_id, open_minor, voided.credit_minor, cargo.currency)
        return operation.close(done)
