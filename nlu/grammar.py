"""Spans of values in a message that a grammar finds without training: time, money, durations, contact, addresses.

Pure. Spans are character ranges of the original text, end exclusive.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from vallebot.domain.cuando import Cuando, interpret
from vallebot.domain.values import find_amounts, find_durations, parse_address, parse_capacity, parse_email

#: Any moment will do: where a time expression stands in a message does not depend on when it was written.
_READ_AT = datetime(2026, 3, 4, 10, 0)  # noqa: DTZ001 - local, as a professional's day is


class Span(NamedTuple):
    """A range of characters and the entity that it may be."""

    start: int
    end: int
    entity: str

    def overlaps(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end


@lru_cache(maxsize=64)
def grammar_spans(text: str) -> tuple[Span, ...]:
    """All that the grammars read in `text`, in order; kinds may overlap. Cached: several components ask."""
    amounts = (Span(*found.span, "monto") for found in find_amounts(text))
    durations = (Span(*found.span, "duracion") for found in find_durations(text))
    single = [
        Span(*found.span, entity)
        for entity, found in (("cupo", parse_capacity(text)), ("direccion", parse_address(text)))
        if found is not None
    ]
    return tuple(sorted([*time_spans(text), *amounts, *durations, *single, *_emails(text)]))


@lru_cache(maxsize=64)
def time_spans(text: str) -> tuple[Span, ...]:
    """Where `text` speaks of time, in order and without overlaps."""
    found = interpret(text, _READ_AT)
    return tuple(_apart(sorted({Span(*span, "cuando") for part in _parts(found) for span in part.spans})))


def _apart(spans: Iterable[Span]) -> list[Span]:
    """`spans` without those that overlap an earlier one."""
    kept: list[Span] = []
    for span in spans:
        if not any(span.overlaps(other) for other in kept):
            kept.append(span)
    return kept


def _parts(found: Cuando | None) -> list[Cuando]:
    """The moment, its further options and what it is moved away from."""
    if found is None:
        return []
    return [found, *(part for option in (*found.also, found.source) for part in _parts(option))]


def _emails(text: str) -> list[Span]:
    address = parse_email(text) if "@" in text else None
    at = text.lower().find(address.lower()) if address else -1
    return [Span(at, at + len(address), "email")] if address and at >= 0 else []
