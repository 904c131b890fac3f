"""What to do with a message that arrived late, and with the answer to the question about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rasa.core.channels.channel import UserMessage
from sqlalchemy.orm import Session

from vallebot.domain.values import parse_yes_no
from vallebot.services import lateness
from vallebot.services.inbox import InboxItem
from vallebot.services.outbox import Bubble
from vallebot.services.texts import answers

#: Words that need no answer hours later.
_SMALL_TALK = frozenset({"agradecer", "despedir", "fuera_de_tema"})

#: Intents that may answer the question about a late message.
_ANSWERS = ("afirmar", "negar")

#: Taps whose meaning does not age, or that are refused anyway.
_TIMELESS = frozenset({"opcion_vencida", lateness.RESUME})


@dataclass(frozen=True)
class Verdict:
    """Either bubbles to say instead of an answer (`key` ends the key of the first), or what to read instead."""

    bubbles: tuple[Bubble, ...] = ()
    key: str = "0"
    instead: InboxItem | None = None


def is_late(item: InboxItem, now: datetime, late_after: timedelta) -> bool:
    """Words or a tap, written longer ago than an answer may take. Files, places and the like keep their worth."""
    return now - item.occurred_at > late_after and bool(item.text)


def concerns(item: InboxItem, intent: str, now: datetime, late_after: timedelta) -> bool:
    """Whether `judge` may have anything to say: it asks the database."""
    return intent in (lateness.RESUME, *_ANSWERS) or is_late(item, now, late_after)


def judge(
    session: Session, item: InboxItem, message: UserMessage, *, now: datetime, late_after: timedelta
) -> Verdict | None:
    """What becomes of a message instead of an ordinary turn; None for an ordinary turn."""
    intent = message.parse_data["intent"]["name"]
    if intent == lateness.RESUME:
        values = {entity["entity"]: entity["value"] for entity in message.parse_data["entities"]}
        return _resumed(session, item, int(values["message_id"]), bool(values["holds"]))
    if intent in _ANSWERS and item.kind == "text":
        holds = parse_yes_no(item.text or "")
        asked = lateness.asked_about(session, item.conversacion_id, item.id) if holds is not None else None
        if asked is not None and holds is not None:
            return _resumed(session, item, asked, holds)
    if not is_late(item, now, late_after) or intent in _TIMELESS or lateness.was_begun(session, item.wamid):
        return None
    if intent in _SMALL_TALK:
        return Verdict()
    if intent == "saludar":
        return Verdict((Bubble(answers.LATE_HELLO),))
    words, sent_at = item.text or "", item.occurred_at
    asking = lateness.question(session, item.conversacion_id, item.id, words, sent_at, now=now)
    return Verdict((asking,), lateness.QUESTION)


def _resumed(session: Session, item: InboxItem, message_id: int, holds: bool) -> Verdict | None:
    """The message that was asked about, read in the place of the answer to the question: once, by the answer's id,
    and with its dates as they were meant when it was written."""
    if not holds:
        return Verdict((Bubble(answers.LATE_LEFT),))
    written = lateness.written(session, item.conversacion_id, message_id)
    if written is None:
        return None
    return Verdict(
        instead=replace(
            item,
            kind=written.kind,
            payload=written.payload,
            text=written.text,
            occurred_at=written.occurred_at,
        )
    )
