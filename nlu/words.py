"""Words of a message with their places: the units that tokenizer, tagger and word lists work on.

spaCy's rules for Spanish (no model needed) part signs from words and keep addresses of the web whole; what people type
against each other is parted further: "18hs", "$5000", "jueves10:30".
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from spacy.tokenizer import Tokenizer

#: Runs of digits, runs of letters, single signs.
_PIECE = re.compile(r"[0-9]+|[^\W\d_]+|\S")

_WEB = ("http://", "https://", "www.")


class Word(NamedTuple):
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@lru_cache(maxsize=64)
def words_of(text: str) -> tuple[Word, ...]:
    """The words of `text` in order. Cached: several readers ask about the same message."""
    words: list[Word] = []
    for token in _tokenizer()(text):
        if token.like_email or token.text.startswith(_WEB):
            words.append(Word(token.text, token.idx))
        else:
            words += [Word(found.group(), token.idx + found.start()) for found in _PIECE.finditer(token.text)]
    return tuple(words)


@lru_cache(maxsize=1)
def _tokenizer() -> Tokenizer:
    import spacy  # slow to import: only when first needed

    return spacy.blank("es").tokenizer
