"""Messages that arrive long after they were sent: asked about, not answered as if they were fresh.

WhatsApp repeats a webhook for days, and our own outages take their time. "Quiero turno para hoy" of this morning must
not be booked at night without a question. Reads only; what is asked is said by the inbox like any answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import Session

from vallebot.services.inbox import in_one_line
from vallebot.services.outbox import Bubble, Choice
from vallebot.services.texts import answers

#: Older messages are asked about; a setting of the installation.
LATE_AFTER = timedelta(hours=1)

#: Intent of the buttons under the question; the connector carries it out, Rasa never sees it.
RESUME = "mensaje_tardio"

#: End of the key under which the question is queued.
QUESTION = "late"

_UUID = PG_UUID(as_uuid=True)
_BEGUN = text("SELECT 1 FROM operations WHERE starts_with(key, :wamid || ':') LIMIT 1")
_ZONE = text(
    "SELECT p.timezone FROM conversaciones c JOIN profesionales p ON p.id = c.profesional_id WHERE c.id = :conversation"
).bindparams(bindparam("conversation", type_=_UUID))
_LAST_SAID = text("""
    SELECT dedupe_key, answers_id FROM messages
     WHERE conversacion_id = :conversation AND direction = 'out' AND id < :before ORDER BY id DESC LIMIT 1
""").bindparams(bindparam("conversation", type_=_UUID))
_WRITTEN = text("""
    SELECT kind, payload, text, occurred_at FROM messages
     WHERE (id = :id OR read_with_id = :id) AND conversacion_id = :conversation AND direction = 'in' ORDER BY id
""").bindparams(bindparam("conversation", type_=_UUID))
_DEFAULT_ZONE = "America/Argentina/Buenos_Aires"


@dataclass(frozen=True)
class Written:
    """A message as somebody wrote it."""

    kind: str
    payload: dict
    text: str | None
    occurred_at: datetime


def was_begun(session: Session, wamid: str) -> bool:
    """Whether an operation of this message was carried out before its turn broke off: then it goes on."""
    return session.execute(_BEGUN, {"wamid": wamid}).first() is not None


def question(
    session: Session, conversacion_id: UUID, message_id: int, words: str, sent_at: datetime, *, now: datetime
) -> Bubble:
    """Says when a message was written and asks whether it still holds."""
    zone = session.execute(_ZONE, {"conversation": conversacion_id}).scalar() or _DEFAULT_ZONE
    tz = ZoneInfo(zone)
    told = answers.late_question(words, sent_at.astimezone(tz), now.astimezone(tz).date())
    yes, no = (f'/{RESUME}{{"message_id": {message_id}, "holds": {holds}}}' for holds in ("true", "false"))
    return Bubble(told, (Choice(answers.LATE_YES, yes), Choice(answers.LATE_NO, no)))


def asked_about(session: Session, conversacion_id: UUID, before_id: int) -> int | None:
    """The message in question, where the last thing said in a conversation before a message was that question."""
    values = {"conversation": conversacion_id, "before": before_id}
    last = session.execute(_LAST_SAID, values).first()
    if last is None or not last.dedupe_key.endswith(f":{QUESTION}"):
        return None
    return last.answers_id


def written(session: Session, conversacion_id: UUID, message_id: int) -> Written | None:
    """What was written in this conversation under that id, and read together with it; None for another's, or where
    there is no such row."""
    rows = session.execute(_WRITTEN, {"conversation": conversacion_id, "id": message_id}).mappings().all()
    if not rows:
        return None
    words = in_one_line(row["text"] for row in rows) or None
    return Written(rows[0]["kind"], rows[0]["payload"], words, rows[-1]["occurred_at"])
