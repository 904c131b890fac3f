"""Words of a typed text with their places, the ground on which all value readers stand."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from vallebot.domain.text import fold

Span = tuple[int, int]  #: character range [start, end) of the text as it was given

#: A word, a number with its separators, or one other visible character. Only ASCII digits count as digits:
#: int() would take '٣' too, but nobody types amounts that way here.
_TOKEN = re.compile(r"[0-9]+(?:[.,:][0-9]+)*|[^\W\d_]+|[^\s]")
_REPEATED = re.compile(r"(.)\1{2,}")


@dataclass(frozen=True)
class Token:
    """`word` is folded (lower case, no accents); `span` points into the original text."""

    word: str
    start: int
    end: int

    @property
    def is_number(self) -> bool:
        """Starts with an ASCII digit ('12', '12.500,50', '17:30')."""
        return self.word[0] in "0123456789"

    @property
    def is_word(self) -> bool:
        """Letters only."""
        return self.word[0].isalpha()


def tokens_of(text: str) -> list[Token]:
    """All tokens of `text` in order; spans refer to `text`."""
    return list(_tokens_of(text))


@lru_cache(maxsize=64)
def _tokens_of(text: str) -> tuple[Token, ...]:
    """Cached: every reader of values asks about the same message."""
    return tuple(Token(found.group(), found.start(), found.end()) for found in _TOKEN.finditer(fold(text)))


def words_of(text: str) -> list[str]:
    """The folded words and numbers of `text` without punctuation, 'ñ' kept."""
    return [token.word for token in tokens_of(text) if token.is_number or token.is_word]


def word_set(block: str) -> frozenset[str]:
    """The blank-separated words of a block of text, folded: keeps long word lists readable in source."""
    return frozenset(fold(block).split())


def calm(word: str) -> str:
    """Letters repeated for emphasis reduced to one: 'siiii' -> 'si', 'daleee' -> 'dale'; doubles stay ('llueve')."""
    return _REPEATED.sub(r"\1", word)


def joined(tokens: Iterable[Token]) -> str:
    """The folded tokens with single blanks, for phrase lookups."""
    return " ".join(token.word for token in tokens)
