"""A language model behind an OpenAI-compatible endpoint: hosted, or llama.cpp, Ollama, vLLM on one's own machine."""

from __future__ import annotations

import asyncio
import enum
import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from vallebot.config import LlmSettings
from vallebot.gateways.breaker import Breaker
from vallebot.gateways.openai_sdk import async_client, openai
from vallebot.services.fallback.model import BadAnswer, ModelFailed, Prompt, Usage

logger = logging.getLogger(__name__)
T = TypeVar("T")

#: A second try needs at least this much of the time that is left.
RETRY_NEEDS_SECONDS = 0.5
TRIES = 2


class Output(enum.Enum):
    """How the server is told to answer in JSON, the strictest first; what it refuses is not asked again."""

    SCHEMA = "json_schema"
    OBJECT = "json_object"
    WORDS = "text"  #: only the prompt says so


class OpenAiModel:
    """See `LanguageModel`. For one event loop; whoever uses it bounds how many questions are under way."""

    def __init__(self, settings: LlmSettings, breaker: Breaker | None = None) -> None:
        self._settings = settings
        self._client = async_client(settings.base_url, settings.api_key)
        self._breaker = breaker or Breaker()
        self._output = Output.SCHEMA

    @property
    def name(self) -> str:
        """See LanguageModel."""
        return self._settings.model

    async def answer(self, prompt: Prompt, check: Callable[[str], T]) -> tuple[T, Usage]:
        """See LanguageModel."""
        if not self._breaker.allows():
            raise ModelFailed("resting after failures", asked=False)
        try:
            answer = await asyncio.wait_for(
                self._tried_twice(prompt, check), timeout=self._settings.timeout_seconds
            )
        except asyncio.TimeoutError as exc:
            self._breaker.failed()
            raise ModelFailed("too slow") from exc
        except ModelFailed:
            self._breaker.failed()
            raise
        self._breaker.succeeded()
        return answer

    async def _tried_twice(self, prompt: Prompt, check: Callable[[str], T]) -> tuple[T, Usage]:
        deadline = time.monotonic() + self._settings.timeout_seconds
        tries = TRIES
        while True:
            output = self._output
            try:
                raw, usage = await self._ask(prompt, output)
                return check(raw), usage
            except openai().BadRequestError as exc:
                # Not a failure of the model: the server does not know this way of asking for JSON.
                if output is Output.WORDS:
                    raise ModelFailed("refused: 400") from exc
                self._output = Output.OBJECT if output is Output.SCHEMA else Output.WORDS
                logger.info("the language model's server refuses %s", output.value)
            except (openai().APIError, BadAnswer) as exc:
                tries -= 1
                left = deadline - time.monotonic()
                if tries == 0 or not _may_pass(exc) or left < RETRY_NEEDS_SECONDS:
                    raise ModelFailed(_reason(exc)) from exc

    async def _ask(self, prompt: Prompt, output: Output) -> tuple[str, Usage]:
        options: dict[str, Any] = {}
        if output is Output.SCHEMA:
            schema = {"name": "reading", "strict": True, "schema": prompt.schema}
            options["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif output is Output.OBJECT:
            options["response_format"] = {"type": "json_object"}
        messages = [
            {"role": "system", "content": prompt.system},
            {"role": "user", "content": prompt.user},
        ]
        options |= {"temperature": 0, "max_tokens": prompt.max_tokens}
        try:
            done = await self._client.chat.completions.create(
                model=self._settings.model, messages=messages, **options
            )
        except ValueError as exc:  # of the SDK's JSON: the body is none
            raise BadAnswer("garbled") from exc
        return _content(done), _usage(done)


def _content(done: Any) -> str:
    """The text of the answer. Servers differ in what they leave out, so nothing is taken for granted."""
    choice = next(iter(getattr(done, "choices", None) or ()), None)
    content = getattr(getattr(choice, "message", None), "content", None)
    if not isinstance(content, str):
        raise BadAnswer("no text")
    if getattr(choice, "finish_reason", None) == "length":
        raise BadAnswer("cut off")
    return content


def _usage(done: Any) -> Usage:
    usage = getattr(done, "usage", None)
    counted = [getattr(usage, name, None) for name in ("prompt_tokens", "completion_tokens")]
    return Usage(*(count if isinstance(count, int) and count >= 0 else 0 for count in counted))


def _may_pass(exc: Exception) -> bool:
    """Whether the same question may be answered a moment later."""
    status = getattr(exc, "status_code", None)
    return status is None or status in (408, 409, 429) or status >= 500


def _reason(exc: Exception) -> str:
    """For logs: never what the server wrote, which may quote the question."""
    status = getattr(exc, "status_code", None)
    if isinstance(exc, BadAnswer):
        return f"bad answer: {exc}"
    return f"{type(exc).__name__}{f' {status}' if status else ''}"
