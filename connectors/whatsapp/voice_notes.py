"""Voice notes in the inbox: written down where somebody is configured for it, then read as typed text."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from vallebot.config import TranscriptionSettings
from vallebot.runtime import Runtime
from vallebot.services.actor import Actor
from vallebot.services.fallback.budget import Spend
from vallebot.services.inbox import InboxItem
from vallebot.services.outbox import Bubble
from vallebot.services.texts.answers import heard_text
from vallebot.services.voice import VoiceTerms, write_down

AUDIO = "audio"

#: Recordings under way at once in one process; who finds none free is asked to write.
PARALLEL = 4

#: Calls and tokens are not what limits a transcription.
_NO_LIMIT = 2**62


class VoiceNotes:
    """Of one Rasa server."""

    def __init__(self, runtime: Runtime, in_thread: Callable[..., Awaitable[Any]]) -> None:
        self._runtime = runtime
        self._in_thread = in_thread
        settings = runtime.settings.transcription
        self._terms = terms_of(settings) if settings is not None else None
        self._free = PARALLEL

    async def written_down(self, item: InboxItem, actor: Actor) -> InboxItem:
        """The item with the words of its voice note; itself where it is none, or nobody could write it down."""
        transcriber = self._runtime.transcriber
        wanted = (
            item.kind == AUDIO and not item.text and not item.by_hand and actor.profesional_id is not None
        )
        if transcriber is None or self._terms is None or not wanted or self._free < 1:
            return item
        self._free -= 1
        try:
            words = await write_down(
                self._runtime.sessions,
                transcriber,
                self._runtime.media_source,
                actor,
                item,
                self._terms,
                now=self._runtime.clock.now(),
                in_thread=self._in_thread,
            )
        finally:
            self._free += 1
        return replace(item, text=words) if words else item


def terms_of(settings: TranscriptionSettings) -> VoiceTerms:
    """Limits per professional and day."""
    dollars = round(settings.daily_dollars * 1e6)
    limits = Spend(_NO_LIMIT, _NO_LIMIT, settings.daily_minutes * 60, dollars)
    return VoiceTerms(settings.price_minute * 1e6 / 60, limits)


def with_what_was_heard(item: InboxItem, bubbles: list[Bubble]) -> list[Bubble]:
    """The answer to a voice note begins with what was understood of it, so that a misheard word is seen."""
    if item.kind != AUDIO or not item.text or not bubbles or not bubbles[0].text:
        return bubbles
    heard = f"{heard_text(item.text)}\n\n{bubbles[0].text}"
    return [replace(bubbles[0], text=heard), *bubbles[1:]]
