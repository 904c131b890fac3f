"""Money announced and money received: inform, confirm, reject, record.

What is owed is in `cargos`, money in `payments`; only confirmed money is applied, by settling.py. Putting things
right is in payment_corrections.py, who owes what is read in accounts.py, proofs are taken in proofs.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from vallebot.db.constraints import constraint_errors
from vallebot.db.tables import Cargo, Payment
from vallebot.domain.money import OpenCharge, exact_match
from vallebot.domain.states import PaymentMeans, PaymentState
from vallebot.errors import InvalidError
from vallebot.services.actor import Actor
from vallebot.services.audit import Change, record
from vallebot.services.booking_steps import Work, require_relation
from vallebot.services.notices import tell_profesional
from vallebot.services.operations import Operation
from vallebot.services.payment_errors import (
    AlreadyInformed,
    AmountMissing,
    DuplicateProof,
)
from vallebot.services.payment_records import PaymentView, locked_payment, payment_view, visible_payment
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
)
from vallebot.services.records import lock_profesional
from vallebot.services.settling import open_charges
from vallebot.services.texts import payments as texts

#: The rule of the database behind "that proof was sent before".
SAME_PROOF = {"uq_payments_live_proof": DuplicateProof}


INFORM = "inform_payment"  #: name of the use case in keys


@dataclass(frozen=True)
class ProofFacts:
    """A proof that is kept: where its file is, and what was read from it (`proofs.py` fills it)."""

    sha256: str
    path: str
    media_type: str
    size_bytes: int
    amount_minor: int | None = None
    currency: str | None = None
    paid_on: date | None = None
    operation_number: str | None = None
    sender: str | None = None
    mismatches: tuple[str, ...] = ()


@dataclass(frozen=True)
class News:
    """A client's "ya te pagué". Without an amount the proof's counts, else what is owed (for `cargo_ids`)."""

    amount_minor: int | None = None
    currency: str | None = None
    means: str = PaymentMeans.TRANSFERENCIA.value
    cargo_ids: tuple[int, ...] = ()
    paid_on: date | None = None
    message_id: int | None = None
    proof: ProofFacts | None = None


@dataclass(frozen=True)
class Received:
    """Money that the professional got. `although_informed`: it is other money than the client announced."""

    cliente_id: int
    amount_minor: int
    currency: str | None = None
    means: str = PaymentMeans.EFECTIVO.value
    cargo_ids: tuple[int, ...] = ()
    paid_on: date | None = None
    although_informed: bool = False


def inform(sessions: sessionmaker, actor: Actor, news: News, *, now: datetime, key: str) -> Outcome:
    """A client announces a payment: *informado* until the professional, who is told, confirms or rejects it.

    Raises AmountMissing, DuplicateProof, InvalidError (amount, means, currency), CargoSettled, NotFoundError."""
    profesional_id, cliente_id = actor.require_tenant(), actor.require_cliente()
    with constraint_errors(SAME_PROOF), sessions.begin() as session:
        operation = Operation.open(session, INFORM, key, Outcome, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        lock_profesional(session, profesional_id)
        currency = news.currency or (news.proof and news.proof.currency) or CURRENCY
        charges = named_charges(session, profesional_id, cliente_id, currency, news.cargo_ids)
        amount_minor = _how_much(news, charges)
        meant = news.cargo_ids or exact_match(amount_minor, charges)
        matched = bool(exact_match(amount_minor, charges))
        values = {
            **_columns(work, profesional_id, cliente_id, news, amount_minor, currency, meant),
            **proof_columns(session, profesional_id, news, amount_minor, matched or not charges),
            "state": PaymentState.INFORMADO.value,
        }
        payment = _insert(work, values, "inform")
        owed = sum(
            charge.open_minor for charge in open_charges(session, profesional_id, cliente_id, currency)
        )
        notice = texts.informed(payment, owed, matched, now)
        tell_profesional(session, profesional_id, notice, key=operation.key, now=now)
        return operation.close(outcome_of(work, payment, matched=matched))


def _how_much(news: News, charges: list[OpenCharge]) -> int:
    """What was said, else what the proof says, else what is owed. Raises AmountMissing, InvalidError."""
    amount = news.amount_minor
    if amount is None and news.proof is not None:
        amount = news.proof.amount_minor
    if amount is None:
        amount = sum(charge.open_minor for charge in charges)
        if not amount:
            raise AmountMissing()
    return checked_amount(amount)


def _columns(
    work: Work,
    profesional_id: int,
    cliente_id: int,
    said: News | Received,
    amount_minor: int,
    currency: str,
    meant: tuple[int, ...],
) -> dict:
    if said.means not in set(PaymentMeans):
        raise InvalidError(field="means")
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha() and currency.isupper()):
        raise InvalidError(field="currency")
    of = work.session.execute(select(Cargo.servicio_id).where(Cargo.id.in_(meant)).distinct()).scalars().all()
    return {
        "profesional_id": profesional_id,
        "cliente_id": cliente_id,
        "servicio_id": of[0] if len(of) == 1 else None,
        "intended_cargo_ids": list(meant),
        "amount_minor": amount_minor,
        "currency": currency,
        "means": said.means,
        "recorded_by": work.actor.rol.value if work.actor.rol is not None else None,
        "informed_at": work.now,
        "paid_on": said.paid_on,
        "message_id": said.message_id if isinstance(said, News) else None,
        "operation_key": work.key,
    }


_REPEATED = text("""
    SELECT 1 FROM payments WHERE profesional_id = :profesional AND operation_number = :number
       AND state IN ('informado', 'confirmado')
""")


def proof_columns(
    session: Session, profesional_id: int, news: News, amount_minor: int, fits_debt: bool
) -> dict:
    """The proof's columns, with what does not fit: seen by the professional, never decided here."""
    proof = news.proof
    if proof is None:
        return {}
    found = list(proof.mismatches)
    if proof.amount_minor is not None and proof.amount_minor != amount_minor:
        found.append("amount_differs")
    if proof.currency is not None and news.currency not in (None, proof.currency):
        found.append("currency_differs")
    if not fits_debt:
        found.append("debt_differs")
    number = {"profesional": profesional_id, "number": proof.operation_number}
    if proof.operation_number and session.execute(_REPEATED, number).first() is not None:
        found.append("operation_repeated")
    return {
        "proof_sha256": proof.sha256,
        "proof_path": proof.path,
        "proof_media_type": proof.media_type,
        "proof_bytes": proof.size_bytes,
        "operation_number": proof.operation_number,
        "paid_on": news.paid_on or proof.paid_on,
        "proof_reading": {
            "amount_minor": proof.amount_minor,
            "currency": proof.currency,
            "paid_on": proof.paid_on.isoformat() if proof.paid_on else None,
            "operation_number": proof.operation_number,
            "sender": proof.sender,
            "mismatches": found,
        },
    }


def _insert(work: Work, values: dict, action: str) -> PaymentView:
    payment_id = work.session.execute(insert(Payment).values(values).returning(Payment.id)).scalar_one()
    facts = {name: values[name] for name in ("amount_minor", "currency", "cliente_id", "means")}
    change = Change("payments", payment_id, action, after=values["state"], facts=facts)
    record(work.session, work.actor, change, now=work.now, key=work.key)
    return payment_view(work.session, payment_id)


def confirm(
    sessions: sessionmaker,
    actor: Actor,
    payment_id: int,
    *,
    amount_minor: int | None = None,
    cargo_ids: tuple[int, ...] = (),
    now: datetime,
    key: str,
) -> Outcome:
    """The professional (or a payment provider) has the money: it settles what it was meant for, then the oldest
    debts; the rest is credit. `amount_minor`: what really came in, where that is not what was announced.

    Raises WrongPaymentState, InvalidError, CargoSettled, NotFoundError. Of two at once, one finds it decided."""
    actor.require_profesional()
    with sessions.begin() as session:
        operation = Operation.open(session, "confirm_payment", key, Outcome, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        payment = locked_payment(session, actor, payment_id)
        values: dict = {"state": PaymentState.CONFIRMADO.value, "decided_at": now}
        if cargo_ids:
            named_charges(session, payment.profesional_id, payment.cliente_id, payment.currency, cargo_ids)
            values["intended_cargo_ids"] = list(cargo_ids)
        if amount_minor is not None:
            values["amount_minor"] = checked_amount(amount_minor)
        payment = take_step(work, payment, PaymentState.CONFIRMADO, "confirm", values)
        outcome = settle(work, payment)
        tell_payer(
            work, outcome.payment, texts.confirmed(outcome.payment, outcome.owed_minor, outcome.credit_minor)
        )
        return operation.close(outcome)


def reject(
    sessions: sessionmaker,
    actor: Actor,
    payment_id: int,
    *,
    reason: str | None = None,
    now: datetime,
    key: str,
) -> Outcome:
    """The money did not come: the client is told why and may send the proof again. Raises WrongPaymentState."""
    actor.require_profesional()
    with sessions.begin() as session:
        operation = Operation.open(session, "reject_payment", key, Outcome, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        payment = locked_payment(session, actor, payment_id)
        values = {"state": PaymentState.RECHAZADO.value, "decided_at": now, "reason": tidy_words(reason)}
        payment = take_step(work, payment, PaymentState.RECHAZADO, "reject", values)
        tell_payer(work, payment, texts.rejected(payment, payment.reason))
        return operation.close(outcome_of(work, payment))


def record_received(
    sessions: sessionmaker, actor: Actor, received: Received, *, now: datetime, key: str
) -> Outcome:
    """The professional notes down money that nobody had announced (cash, say): confirmed at once, the client gets
    a receipt. Raises AlreadyInformed, InvalidError, CargoSettled, NotFoundError (client)."""
    profesional_id = actor.require_profesional()
    with sessions.begin() as session:
        operation = Operation.open(session, "record_payment", key, Outcome, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        lock_profesional(session, profesional_id)
        require_relation(session, profesional_id, received.cliente_id)
        amount_minor = checked_amount(received.amount_minor)
        currency = received.currency or CURRENCY
        if not received.although_informed:
            _refuse_announced(session, profesional_id, received, currency)
        charges = named_charges(session, profesional_id, received.cliente_id, currency, received.cargo_ids)
        meant = received.cargo_ids or exact_match(amount_minor, charges)
        columns = _columns(work, profesional_id, received.cliente_id, received, amount_minor, currency, meant)
        values = {**columns, "state": PaymentState.CONFIRMADO.value, "decided_at": now}
        outcome = settle(work, _insert(work, values, "record"))
        tell_payer(
            work, outcome.payment, texts.recorded(outcome.payment, outcome.owed_minor, outcome.credit_minor)
        )
        return operation.close(outcome)


def _refuse_announced(session: Session, profesional_id: int, received: Received, currency: str) -> None:
    query = select(Payment.id).filter_by(
        profesional_id=profesional_id,
        cliente_id=received.cliente_id,
        currency=currency,
        amount_minor=received.amount_minor,
        state=PaymentState.INFORMADO,
    )
    announced = session.execute(query.order_by(Payment.id).limit(1)).scalar()
    if announced is not None:
        raise AlreadyInformed(payment_id=announced, amount_minor=received.amount_minor, currency=currency)


def get_payment(sessions: sessionmaker, actor: Actor, payment_id: int) -> PaymentView:
    """One payment that the actor may see. Raises NotFoundError."""
    with sessions() as session:
        return visible_payment(session, actor, payment_id)
