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

from vallebot.domain.media_types import kind_of
from vallebot.domain.proof_reading import ProofReading, doubts, read_proof
from vallebot.services.actor import Actor
from vallebot.services.payment_errors import DuplicateProof, ProofTooBig, ProofTypeUnknown
from vallebot.services.payment_steps import Outcome
from vallebot.services.payments import INFORM, News, ProofFacts, inform

_MEGABYTE = 1024 * 1024


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
    """A client sends a proof: kept, read, and informed with what it says where `news` says nothing else. What does
    not fit is told to the professional, who decides.

    Raises ProofTypeUnknown, ProofTooBig, DuplicateProof, AmountMissing and all that payments.inform raises."""
    profesional_id = actor.require_tenant()
    actor.require_cliente()
    kept = keep_proof(tools.media, data)
    own_names, today = _look(sessions, profesional_id, kept.sha256, now=now, key=key)
    reading = read_kept(tools, kept)
    facts = ProofFacts(
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
    return inform(sessions, actor, replace(news or News(), proof=facts), now=now, key=key)


_BUSINESS = text("""
    SELECT p.timezone, p.name, c.name, c.profile_name
      FROM profesionales p JOIN clientes c ON c.id = p.cliente_id WHERE p.id = :profesional
""")
#: Another payment than the one of this very request, which may have been carried out before.
_DUPLICATE = text("""
    SELECT 1 FROM payments WHERE profesional_id = :profesional AND proof_sha256 = :sha256
       AND state IN ('informado', 'confirmado') AND operation_key IS DISTINCT FROM :key
""")


def _look(
    sessions: sessionmaker, profesional_id: int, sha256: str, *, now: datetime, key: str
) -> tuple[tuple[str, ...], date]:
    """Names of the professional, and their day. Raises DuplicateProof: an answer before the file is read; the
    unique index decides."""
    values = {"profesional": profesional_id, "sha256": sha256, "key": f"{INFORM}:{key}"}
    with sessions() as session:
        if session.execute(_DUPLICATE, values).first() is not None:
            raise DuplicateProof()
        zone, *names = session.execute(_BUSINESS, values).one()
    return tuple(name for name in names if name), now.astimezone(ZoneInfo(zone)).date()
