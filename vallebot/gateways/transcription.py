"""Voice notes written down by an OpenAI-compatible `/audio/transcriptions`: hosted Whisper, or one's own."""

from __future__ import annotations

from vallebot.config import TranscriptionSettings
from vallebot.gateways.bounded import Bounded
from vallebot.gateways.breaker import Breaker
from vallebot.gateways.openai_sdk import async_client
from vallebot.services.fallback.model import BadAnswer

#: Endings by which servers know a format; WhatsApp's own voice notes are Ogg.
_SUFFIXES = {
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/aac": "aac",
    "audio/amr": "amr",
    "audio/wav": "wav",
}


class OpenAiTranscriber:
    """See `vallebot.services.voice.Transcriber`."""

    def __init__(self, settings: TranscriptionSettings, breaker: Breaker | None = None) -> None:
        self._settings = settings
        self._transcriptions = async_client(settings.base_url, settings.api_key).audio.transcriptions
        self._bounded = Bounded(settings.timeout_seconds, breaker)

    @property
    def name(self) -> str:
        """See Transcriber."""
        return self._settings.model

    async def transcribe(self, audio: bytes, media_type: str) -> str:
        """See Transcriber."""
        suffix = _SUFFIXES.get(media_type.partition(";")[0].strip().lower(), "ogg")

        async def once() -> str:
            try:
                done = await self._transcriptions.create(
                    model=self._settings.model, file=(f"audio.{suffix}", audio), language="es"
                )
            except ValueError as exc:  # of the SDK's JSON: the body is none
                raise BadAnswer("garbled") from exc
            text = getattr(done, "text", None)
            if not isinstance(text, str):
                raise BadAnswer("no text")
            return text

        return await self._bounded.call(once)
