"""Words of a message with their places: the units that the tokenizer and the tagger work on."""

from __future__ import annotations

import re
from typing import NamedTuple

#: Digits, letters and single signs apart: "18hs", "$5000" and "hola!!quiero" are several words.
_PIECE = re.compile(r"[0-9]+|[^\W\d_]+|\S")


class Word(NamedTuple):
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def words_of(text: str, offset: int = 0) -> list[Word]:
    """The words of `text`; `offset` is added to their places."""
    return [Word(found.group(), offset + found.start()) for found in _PIECE.finditer(text)]
