"""Voice notes: fetched, written down by whoever is configured, kept with the message, read as if they were typed."""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import text
from sqlalchemy.orm import sessionmaker

from vallebot.errors import OutageError, VallebotError
from vallebot.services.actor import Actor
from vallebot.services.attachments import PATIENCE, MediaSource
from vallebot.services.fallback import budget
from vallebot.services.fallback.budget import Spend
from vallebot.services.fallback.model import ModelFailed
from vallebot.services.inbox import InboxItem

logger = logging.getLogger(__name__)

#: Longer ones are asked for in writing. About ten minutes.
AUDIO_MAX_BYTES = 2 * 1024 * 1024
#: WhatsApp's voice notes (Opus) take 2 to 3 kB a second; counted on the safe side.
BYTES_PER_SECOND = 1500
#: What was written down, at most: as long as a typed message may be.
TEXT_MAX_CHARS = 2000

_KEEP = text("""
    UPDATE messages SET text = :text, payload = payload || jsonb_build_object('transcribed_by', cast(:model AS text))
     WHERE id = :id AND state = 'procesando' AND claimed_by = :mine
""")

InThread = Callable[..., Awaitable[Any]]


class Transcriber(Protocol):
    """Any speech recognition behind any endpoint."""

    @property
    def name(self) -> str:
        """As it is noted beside what it wrote."""
        ...

    async def transcribe(self, audio: bytes, media_type: str) -> str:
        """The words of a recording; '' where there are none. Raises ModelFailed within the configured time."""
        ...


@dataclass(frozen=True)
class VoiceTerms:
    """Millionths of a dollar per second, and the limits per professional and day."""

    micros_second: float
    limits: Spend


async def write_down(
    sessions: sessionmaker,
    transcriber: Transcriber,
    source: MediaSource,
    actor: Actor,
    item: InboxItem,
    terms: VoiceTerms,
    *,
    now: datetime,
    in_thread: InThread,
) -> str | None:
    """The words of a voice note, kept with its message; None where it could not be had, written down or paid for.

    Raises NotAllowedError where no professional is chosen, OutageError where WhatsApp is away (not for ever).
    """
    try:
        audio = await in_thread(source.fetch, str(item.payload.get("media_id")), max_bytes=AUDIO_MAX_BYTES)
    except VallebotError as error:
        logger.info("a voice note was not fetched: %s", error.code, extra={"message_id": item.id})
        return None
    except OutageError:
        if now - item.occurred_at > PATIENCE:
            return None
        raise
    seconds = math.ceil(len(audio) / BYTES_PER_SECOND)
    spend = Spend(audio_seconds=seconds, cost_micros=round(seconds * terms.micros_second))
    account = await in_thread(budget.account_of, sessions, actor.require_tenant(), now=now)
    if not await in_thread(budget.reserve, sessions, account, spend, terms.limits):
        logger.warning("the day's budget is used up", extra={"profesional_id": account.profesional_id})
        return None
    try:
        written = await transcriber.transcribe(audio, _media_type(item))
    except ModelFailed as failed:
        logger.warning("no transcript: %s", failed, extra={"message_id": item.id})
        spent = spend if failed.asked else Spend()
        await in_thread(budget.settle, sessions, account, spend, spent, failed=True)
        return None
    words = " ".join(written.split())[:TEXT_MAX_CHARS]
    if words:
        await in_thread(_keep, sessions, item, words, transcriber.name)
    return words or None


def _media_type(item: InboxItem) -> str:
    content = item.payload.get("message", {}).get("audio")
    return str(content.get("mime_type") or "") if isinstance(content, dict) else ""


def _keep(sessions: sessionmaker, item: InboxItem, words: str, model: str) -> None:
    """A message taken up again is not listened to again."""
    with sessions.begin() as session:
        session.execute(_KEEP, {"id": item.id, "mine": item.claimed_by, "text": words, "model": model})
