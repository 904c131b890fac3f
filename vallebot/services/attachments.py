"""Files that people send: taken over from WhatsApp once, kept privately, found again by their message.

WhatsApp keeps a file for seven days and gives it out by an id; what was taken is noted in the message's own row, so
that a repeated turn, or a tap hours later, finds the file here.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import text
from sqlalchemy.orm import sessionmaker

from vallebot.domain.media_types import LARGEST_BYTES
from vallebot.domain.proof_reading import ProofReading
from vallebot.errors import NotFoundError, OutageError
from vallebot.services.actor import Actor
from vallebot.services.payment_errors import AttachmentGone
from vallebot.services.proofs import KeptFile, ProofTools, keep_proof, read_kept

#: What of WhatsApp's message types is a file that is looked into.
KINDS = frozenset({"image", "document"})

#: How long a file that cannot be had keeps its conversation waiting: then the person is asked for it again.
PATIENCE = timedelta(minutes=30)


class MediaSource(Protocol):
    """Where files come from (gateways/whatsapp/media.py)."""

    def fetch(self, media_id: str, *, max_bytes: int) -> bytes:
        """The whole file, as it was sent. Raises AttachmentGone, ProofTooBig, ProofError (it arrives damaged),
        OutageError."""


@dataclass(frozen=True)
class Attachment:
    """A file that came with a message, and what it says; `caption`: the words under it."""

    message_id: int
    file: KeptFile
    reading: ProofReading
    filename: str | None
    caption: str | None


_FIND = text("""
    SELECT id, kind, text, payload, occurred_at FROM messages
     WHERE id = :id AND conversacion_id = :conversation AND direction = 'in'
""")
_NOTE = text("""
    UPDATE messages SET payload = payload || cast(:kept AS jsonb)
     WHERE id = :id AND payload ? 'message'
""")


def attachment(
    sessions: sessionmaker,
    actor: Actor,
    source: MediaSource,
    tools: ProofTools,
    message_id: int,
    *,
    now: datetime,
) -> Attachment:
    """The file of a message that this conversation got; taken over from WhatsApp and read where that was not done
    yet.

    Raises NotFoundError (no such message here, or none with a file), AttachmentGone, ProofTypeUnknown, ProofTooBig,
    ProofError (damaged), OutageError."""
    values = {"id": message_id, "conversation": actor.conversacion_id}
    with sessions() as session:
        row = session.execute(_FIND, values).mappings().first()
    if row is None or row["kind"] not in KINDS:
        raise NotFoundError(what="message")
    payload = row["payload"]
    if "kept" in payload:
        kept, reading = KeptFile(**payload["kept"]), _reading_from(payload["reading"])
    else:
        kept = keep_proof(tools.media, _fetch(source, payload, now - row["occurred_at"]))
        reading = read_kept(tools, kept)
        noted = json.dumps({"kept": asdict(kept), "reading": asdict(reading)}, default=date.isoformat)
        with sessions.begin() as session:
            session.execute(_NOTE, {"id": message_id, "kept": noted})
    content = _content(payload, row["kind"])
    return Attachment(row["id"], kept, reading, content.get("filename"), row["text"])


def _reading_from(kept: dict[str, Any]) -> ProofReading:
    paid_on = kept["paid_on"]
    return ProofReading(**{**kept, "paid_on": date.fromisoformat(paid_on) if paid_on else None})


def _fetch(source: MediaSource, payload: dict[str, Any], age: timedelta) -> bytes:
    media_id = payload.get("media_id")
    if not media_id:
        raise AttachmentGone()
    try:
        return source.fetch(str(media_id), max_bytes=LARGEST_BYTES)
    except OutageError:
        if age > PATIENCE:  # one file must not silence its sender for ever
            raise AttachmentGone() from None
        raise


def _content(payload: dict[str, Any], kind: str) -> dict[str, Any]:
    content = payload.get("message", {}).get(kind)
    return content if isinstance(content, dict) else {}
