"""Money announced and money received: inform, confirm, reject, record, apply, give back, void; forgiving a charge.

What is owed is in `cargos`, money in `payments`; only confirmed money is applied, by settling.py. Who owes what is
read in accounts.py, proofs are taken in proofs.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from vallebot.db.constraints import constraint_errors
from vallebot.db.tables import Cargo, Payment
from vallebot.db.tables.messaging import Rol
from vallebot.domain.money import OpenCharge, exact_match, payment_may_become
from vallebot.domain.states import CargoState, PaymentMeans, PaymentState
from vallebot.errors import InvalidError, NotAllowedError, NotFoundError
from vallebot.services.actor import Actor
from vallebot.services.audit import Change, record
from vallebot.services.booking_steps import Work, require_relation
from vallebot.services.charges import void_charge
from vallebot.services.notices import tell_cliente, tell_profesional
from vallebot.services.operations import Operation
from vallebot.services.outbox import Bubble
from vallebot.services.payment_errors import (
    AlreadyInformed,
    AmountMissing,
    CargoSettled,
    DuplicateProof,
    NotSoMuchLeft,
    WrongPaymentState,
)
from vallebot.services.payment_records import PaymentView, locked_payment, payment_view, visible_payment
from vallebot.services.records import lock_profesional, locked_profesional
from vallebot.services.relationship import refresh
from vallebot.services.settling import open_charges, take_back, use_credit
from vallebot.services.texts import payments as texts

#: The rule of the database behind "that proof was sent before".
SAME_PROOF = {"uq_payments_live_proof": DuplicateProof}
INFORM = "inform_payment"  #: name of the use case in keys
CURRENCY = "ARS"  #: where nothing says another one
AMOUNT_MAX_MINOR = 10**13  #: larger "sums" are account numbers
TEXT_MAX_CHARS = 300  #: reasons and notes


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


@dataclass(frozen=True)
class Outcome:
    """A payment after a step, and where its client stands then (minor units of its currency).

    matched  inform: the amount is exactly (a part of) what is owed, nothing has to be asked
    """

    payment: PaymentView
    owed_minor: int
    credit_minor: int
    matched: bool = False


@dataclass(frozen=True)
class Waived:
    """A charge that was forgiven; `credit_minor`: money on it that is the client's again."""

    cargo_id: int
    cliente_id: int
    open_minor: int
    credit_minor: int
    currency: str = field(default=CURRENCY)


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
        charges = _named(session, profesional_id, cliente_id, currency, news.cargo_ids)
        amount_minor = _how_much(news, charges)
        meant = news.cargo_ids or exact_match(amount_minor, charges)
        matched = bool(exact_match(amount_minor, charges))
        values = {
            **_columns(work, profesional_id, cliente_id, news, amount_minor, currency, meant),
            **_proof_columns(session, profesional_id, news, amount_minor, matched or not charges),
            "state": PaymentState.INFORMADO.value,
        }
        payment = _insert(work, values, "inform")
        owed = sum(
            charge.open_minor for charge in open_charges(session, profesional_id, cliente_id, currency)
        )
        notice = texts.informed(payment, owed, matched, now)
        tell_profesional(session, profesional_id, notice, key=operation.key, now=now)
        return operation.close(_outcome(work, payment, matched=matched))


def _named(
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


def checked_amount(amount_minor: int) -> int:
    """Itself. Raises InvalidError for what is no sum of money."""
    if isinstance(amount_minor, bool) or not 0 < amount_minor < AMOUNT_MAX_MINOR:
        raise InvalidError(field="amount_minor")
    return amount_minor


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


def _proof_columns(
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
            _named(session, payment.profesional_id, payment.cliente_id, payment.currency, cargo_ids)
            values["intended_cargo_ids"] = list(cargo_ids)
        if amount_minor is not None:
            values["amount_minor"] = checked_amount(amount_minor)
        payment = _step(work, payment, PaymentState.CONFIRMADO, "confirm", values)
        outcome = _settle(work, payment)
        _tell(
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
        values = {"state": PaymentState.RECHAZADO.value, "decided_at": now, "reason": _kept(reason)}
        payment = _step(work, payment, PaymentState.RECHAZADO, "reject", values)
        _tell(work, payment, texts.rejected(payment, payment.reason))
        return operation.close(_outcome(work, payment))


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
        charges = _named(session, profesional_id, received.cliente_id, currency, received.cargo_ids)
        meant = received.cargo_ids or exact_match(amount_minor, charges)
        columns = _columns(work, profesional_id, received.cliente_id, received, amount_minor, currency, meant)
        values = {**columns, "state": PaymentState.CONFIRMADO.value, "decided_at": now}
        outcome = _settle(work, _insert(work, values, "record"))
        _tell(
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
        _named(session, payment.profesional_id, payment.cliente_id, payment.currency, cargo_ids)
        _write(work, payment.id, {"intended_cargo_ids": list(cargo_ids)})
        return operation.close(_settle(work, payment, first=cargo_ids))


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
        notes = " / ".join(filter(None, (_refund_note(session, payment.id), _kept(note))))
        _write(
            work, payment.id, {"refunded_minor": payment.refunded_minor + given, "refund_note": notes or None}
        )
        change = Change(
            "payments", payment.id, "refund", payment.state, payment.state, {"amount_minor": given}
        )
        record(session, actor, change, now=now, key=work.key)
        payment = payment_view(session, payment.id)
        _tell(work, payment, texts.refunded(payment, given, _kept(note)))
        return operation.close(_outcome(work, payment))


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
        values = {"state": PaymentState.ANULADO.value, "decided_at": now, "reason": _kept(reason)}
        outcome = _settle(work, _step(work, payment, PaymentState.ANULADO, "void", values))
        payment = outcome.payment
        if actor.rol is Rol.CLIENTE:
            notice = texts.withdrawn(payment, payment.reason)
            tell_profesional(session, payment.profesional_id, notice, key=work.key, now=now)
        else:
            notice = texts.voided(payment, payment.reason, outcome.owed_minor, outcome.credit_minor)
            _tell(work, payment, notice)
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
        voided = void_charge(session, actor, cargo, _kept(reason) or "waived", now=now, key=work.key)
        use_credit(session, actor, profesional_id, cargo.cliente_id, now=now, key=work.key)
        if open_minor:
            notice = texts.waived(profesional.name, cargo.concept, open_minor, cargo.currency)
            tell_cliente(session, profesional_id, cargo.cliente_id, notice, key=work.key, now=now)
        refresh(session, profesional_id, cargo.cliente_id, now=now, timezone=profesional.timezone)
        done = Waived(cargo.id, cargo.cliente_id, open_minor, voided.credit_minor, cargo.currency)
        return operation.close(done)


def get_payment(sessions: sessionmaker, actor: Actor, payment_id: int) -> PaymentView:
    """One payment that the actor may see. Raises NotFoundError."""
    with sessions() as session:
        return visible_payment(session, actor, payment_id)


def _kept(words: str | None) -> str | None:
    """A reason or note as it is kept: one line, bounded. None for an empty one."""
    kept = " ".join((words or "").replace("\x00", "").split())
    return kept[:TEXT_MAX_CHARS] or None


def _step(work: Work, payment: PaymentView, target: PaymentState, action: str, values: dict) -> PaymentView:
    """Take the step and audit it. Raises WrongPaymentState."""
    if not payment_may_become(payment.state, target):
        raise WrongPaymentState(payment_id=payment.id, state=payment.state)
    _write(work, payment.id, values)
    facts = {name: values[name] for name in ("amount_minor",) if name in values}
    change = Change("payments", payment.id, action, payment.state, target, facts)
    record(work.session, work.actor, change, now=work.now, key=work.key)
    return payment_view(work.session, payment.id)


def _write(work: Work, payment_id: int, values: dict) -> None:
    work.session.execute(
        update(Payment)
        .where(Payment.id == payment_id)
        .values(values)
        .execution_options(synchronize_session=False)
    )


def _settle(work: Work, payment: PaymentView, first: tuple[int, ...] = ()) -> Outcome:
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
    return _outcome(work, payment_view(work.session, payment.id))


def _outcome(work: Work, payment: PaymentView, *, matched: bool = False) -> Outcome:
    """Refresh what the pair is to each other, and say where the client stands."""
    session, pair = work.session, (payment.profesional_id, payment.cliente_id)
    refresh(session, *pair, now=work.now, timezone=payment.timezone)
    owed = sum(charge.open_minor for charge in open_charges(session, *pair, payment.currency))
    left = Payment.amount_minor - Payment.applied_minor - Payment.refunded_minor
    query = select(func.coalesce(func.sum(left), 0)).filter_by(
        profesional_id=pair[0], cliente_id=pair[1], currency=payment.currency, state=PaymentState.CONFIRMADO
    )
    return Outcome(payment, owed, int(session.execute(query).scalar_one()), matched)


def _tell(work: Work, payment: PaymentView, bubble: Bubble) -> None:
    tell_cliente(work.session, payment.profesional_id, payment.cliente_id, bubble, key=work.key, now=work.now)
