"""What the second reading needs of a language model. `vallebot.gateways.llm` provides it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Prompt:
    """One question. `schema` is the JSON schema of the answer, `max_tokens` its length at most."""

    system: str
    user: str
    schema: dict[str, Any]
    max_tokens: int


@dataclass(frozen=True)
class Usage:
    """What a call took, in tokens, as the server says (0 where it does not)."""

    tokens_in: int = 0
    tokens_out: int = 0

    @property
    def tokens(self) -> int:
        return self.tokens_in + self.tokens_out


class ModelFailed(Exception):
    """No usable answer within the bounds: unreachable, too slow, refused, garbled, or left alone for a while.

    `asked`: whether a request left at all (then it may have been billed).
    """

    def __init__(self, reason: str, *, asked: bool = True) -> None:
        self.asked = asked
        super().__init__(reason)


class BadAnswer(ValueError):
    """The model said something that is no answer to the question."""


class LanguageModel(Protocol):
    """Any model behind any endpoint."""

    @property
    def name(self) -> str:
        """As it is recorded beside what it read."""
        ...

    async def answer(self, prompt: Prompt, check: Callable[[str], T]) -> tuple[T, Usage]:
        """The answer, as `check` reads it (it raises BadAnswer). Raises ModelFailed; never takes longer than the
        configured time, whatever the server does."""
        ...
