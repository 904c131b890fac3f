"""A language model behind an OpenAI-compatible endpoint: hosted, or llama.cpp, Ollama, vLLM on one's own machine."""

from __future__ import annotations

import enum
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from vallebot.config import LlmSettings
from vallebot.gateways.bounded import Bounded
from vallebot.gateways.breaker import Breaker
from vallebot.gateways.openai_sdk import async_client, openai
from vallebot.services.fallback.model import BadAnswer, Prompt, Usage

logger = logging.getLogger(__name__)
T = TypeVar("T")


class Output(enum.Enum):
    """How the server is told to answer in JSON, the strictest first; what it refuses is not asked again."""

    SCHEMA = "json_schema"
    OBJECT = "json_object"
    WORDS = "text"  #: only the prompt says so


class OpenAiModel:
    """See `LanguageModel`. For one event loop; whoever uses it bounds how many questions are under way."""

    def __init__(self, settings: LlmSettings, breaker: Breaker | None = None) -> None:
        self._settings = settings
        # The SDK imports what is touched: now, where the process starts, and not while somebody waits.
        self._completions = async_client(settings.base_url, settings.api_key).chat.completions
        self._bounded = Bounded(settings.timeout_seconds, breaker)
        self._output = Output.SCHEMA

    @property
    def name(self) -> str:
        """See LanguageModel."""
        return self._settings.model

    async def answer(self, prompt: Prompt, check: Callable[[str], T]) -> tuple[T, Usage]:
        """See LanguageModel."""

        async def once() -> tuple[T, Usage]:
            raw, usage = await self._asked(prompt)
            return check(raw), usage

        return await self._bounded.call(once)

    async def _asked(self, prompt: Prompt) -> tuple[str, Usage]:
        """In the strictest way that the server knows: that it refuses one is no failure of the model."""
        while True:
            output = self._output
            try:
                return await self._ask(prompt, output)
            except openai().BadRequestError:
                if output is Output.WORDS:
                    raise
                self._output = Output.OBJECT if output is Output.SCHEMA else Output.WORDS
                logger.info("the language model's server refuses %s", output.value)

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
            done = await self._completions.create(model=self._settings.model, messages=messages, **options)
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
