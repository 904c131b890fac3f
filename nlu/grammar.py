"""Spans of values in a message that a grammar finds better than a trained tagger: time, money, contact.

Pure. Spans are character ranges of the original text, end exclusive.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from vallebot.domain.cuando import Cuando, interpret

#: Any moment will do: where a time expression stands in a message does not depend on when it was written.
_READ_AT = datetime(2026, 3, 4, 10, 0)  # noqa: DTZ001 - local, as a professional's day is


class Span(NamedTuple):
    start: int
    end: int


@lru_cache(maxsize=64)
def time_spans(text: str) -> tuple[Span, ...]:
    """Where `text` speaks of time, in order and without overlaps. Cached: several components ask per message."""
    found = interpret(text, _READ_AT)
    spans = sorted({Span(*span) for part in _parts(found) for span in part.spans})
    kept: list[Span] = []
    for span in spans:
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return tuple(kept)


def _parts(found: Cuando | None) -> list[Cuando]:
    """The moment, its further options and what it is moved away from."""
    if found is None:
        return []
    return [found, *(part for option in (*found.also, found.source) for part in _parts(option))]
