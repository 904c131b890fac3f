"""Proofs of payment: taken as files, kept privately, read as far as they can be, and informed.

Files and their reading are outside of any transaction; the payment that they belong to is informed in one
(payments.inform). The same live proof is refused by the database.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import sessionmaker

from vallebot.db.constraints import constraint_errors
from vallebot.domain.media_types import kind_of
from vallebot.domain.money import exact_match
from vallebot.domain.proof_reading import ProofReading, doubts, read_proof
from vallebot.domain.states import PaymentState
from vallebot.services.actor import Actor
from vallebot.services.audit import Change, record
from vallebot.services.booking_steps import Work
from vallebot.services.notices import tell_profesional
from vallebot.services.operations import Operation
from vallebot.services.payment_errors import (
    DuplicateProof,
    ProofTooBig,
    ProofTypeUnknown,
    WrongPaymentState,
)
from vallebot.services.payment_records import locked_payment, payment_view
from vallebot.services.payment_steps import Outcome, outcome_of, write_payment
from vallebot.services.payments import INFORM, SAME_PROOF, News, ProofFacts, inform, proof_columns
from vallebot.services.settling import open_charges
from vallebot.services.texts import payments as texts

_MEGABYTE = 1024 * 1024

PROVE = "prove_payment"  #: name of the use case in keys


@dataclass(frozen=True)
class KeptFile:
    """A file in the media store; `path` is relative to its root, `media_type` by content."""

    sha256: str
    path: str
    media_type: str
    size_bytes: int


class Media(Protocol):
    """Where files are kept (gateways/media_store.py)."""

    def keep(self, data: bytes, media_type: str, suffix: str) -> KeptFile: ...

    def read(self, path: str) -> bytes: ...

    def remove(self, path: str) -> bool: ...


class ProofText(Protocol):
    """Reads the text of a file (gateways/proof_text.py); None where there is none or it cannot be read in time."""

    def text_of(self, data: bytes, media_type: str) -> str | None: ...


@dataclass(frozen=True)
class ProofTools:
    """What taking a proof needs from outside."""

    media: Media
    text: ProofText


def keep_proof(media: Media, data: bytes) -> KeptFile:
    """Check a file by its content and keep it. Raises ProofTypeUnknown, ProofTooBig."""
    kind = kind_of(data)
    if kind is None:
        raise ProofTypeUnknown()
    if len(data) > kind.max_bytes:
        raise ProofTooBig(max_megabytes=kind.max_bytes // _MEGABYTE)
    return media.keep(data, kind.media_type, kind.suffix)


def read_kept(tools: ProofTools, kept: KeptFile) -> ProofReading:
    """What a kept file says; empty where it cannot be read."""
    found = tools.text.text_of(tools.media.read(kept.path), kept.media_type)
    return read_proof(found) if found else ProofReading()


def inform_with_proof(
    sessions: sessionmaker,
    actor: Actor,
    tools: ProofTools,
    data: bytes,
    news: News | None = None,
    *,
    now: datetime,
    key: str,
) -> Outcome:
    """A client sends a proof: kept, read, informed (see `inform_kept`). Also raises ProofTypeUnknown, ProofTooBig."""
    actor.require_cliente()
    kept = keep_proof(tools.media, data)
    check_new(sessions, actor, kept, now=now, key=key)  # before it is read, which takes its time
    return inform_kept(sessions, actor, kept, read_kept(tools, kept), news, now=now, key=key)


def inform_kept(
    sessions: sessionmaker,
    actor: Actor,
    kept: KeptFile,
    reading: ProofReading,
    news: News | None = None,
    *,
    now: datetime,
    key: str,
) -> Outcome:
    """A proof that was kept and read is informed, with what it says where `news` says nothing else. What does not
    fit is told to the professional, who decides.

    Raises DuplicateProof, AmountMissing and all that payments.inform raises."""
    actor.require_cliente()
    facts = _facts(sessions, kept, reading, actor=actor, now=now, key=key)
    return inform(sessions, actor, replace(news or News(), proof=facts), now=now, key=key)


def prove(
    sessions: sessionmaker,
    actor: Actor,
    payment_id: int,
    kept: KeptFile,
    reading: ProofReading,
    *,
    now: datetime,
    key: str,
) -> Outcome:
    """The proof of a payment that the client announced before in words: the professional gets it.

    Raises WrongPaymentState (decided meanwhile, or proved already), DuplicateProof, NotFoundError."""
    actor.require_cliente()
    facts = _facts(sessions, kept, reading, actor=actor, now=now, key=key)
    with constraint_errors(SAME_PROOF), sessions.begin() as session:
        operation = Operation.open(session, PROVE, key, Outcome, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        payment = locked_payment(session, actor, payment_id)
        if payment.state != PaymentState.INFORMADO or payment.proof_path is not None:
            raise WrongPaymentState(payment_id=payment.id, state=payment.state)
        charges = open_charges(session, payment.profesional_id, payment.cliente_id, payment.currency)
        matched = bool(exact_match(payment.amount_minor, charges))
        said = News(currency=payment.currency, paid_on=payment.paid_on, proof=facts)
        columns = proof_columns(
            session, payment.profesional_id, said, payment.amount_minor, matched or not charges
        )
        write_payment(work, payment.id, columns)
        change = Change("payments", payment.id, "prove", payment.state, payment.state)
        record(session, actor, change, now=now, key=work.key)
        payment = payment_view(session, payment.id)
        notice = texts.proved(payment, sum(charge.open_minor for charge in charges), matched, now)
        tell_profesional(session, payment.profesional_id, notice, key=work.key, now=now)
        return operation.close(outcome_of(work, payment, matched=matched))


def check_new(sessions: sessionmaker, actor: Actor, kept: KeptFile, *, now: datetime, key: str) -> None:
    """An early answer for a proof that was sent before (not by the very request `key`, whatever it was carried out
    as); the unique index decides. Raises DuplicateProof."""
    actor.require_cliente()
    _look(sessions, actor.require_tenant(), kept.sha256, now=now, key=key)


def _facts(
    sessions: sessionmaker, kept: KeptFile, reading: ProofReading, *, actor: Actor, now: datetime, key: str
) -> ProofFacts:
    own_names, today = _look(sessions, actor.require_tenant(), kept.sha256, now=now, key=key)
    return ProofFacts(
        kept.sha256,
        kept.path,
        kept.media_type,
        kept.size_bytes,
        amount_minor=reading.amount_minor,
        currency=reading.currency,
        paid_on=reading.paid_on,
        operation_number=reading.operation_number,
        sender=reading.sender,
        mismatches=doubts(reading, today, own_names),
    )


_BUSINESS = text("""
    SELECT p.timezone, p.name, c.name, c.profile_name
      FROM profesionales p JOIN clientes c ON c.id = p.cliente_id WHERE p.id = :profesional
""")
#: Another payment than the one of this very request, which may have been carried out before.
_DUPLICATE = text("""
    SELECT 1 FROM payments WHERE profesional_id = :profesional AND proof_sha256 = :sha256
       AND state IN ('informado', 'confirmado') AND NOT EXISTS (SELECT FROM operations o WHERE o.key = ANY(:keys))
""")


def _look(
    sessions: sessionmaker, profesional_id: int, sha256: str, *, now: datetime, key: str
) -> tuple[tuple[str, ...], date]:
    """Names of the professional, and their day. Raises DuplicateProof: an answer before the file is read; the
    unique index decides."""
    keys = [f"{use_case}:{key}" for use_case in (INFORM, PROVE)]
    values = {"profesional": profesional_id, "sha256": sha256, "keys": keys}
    with sessions() as session:
        if session.execute(_DUPLICATE, values).first() is not None:
            raise DuplicateProof()
        zone, *names = session.execute(_BUSINESS, values).one()
    return tuple(name for name in names if name), now.astimezone(ZoneInfo(zone)).date()
