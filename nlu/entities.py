"""The entities of a message: what the grammar of e-mail addresses is sure of, then what the tagger found.

Where spans overlap the earlier source wins; `opcion` over a `cuando` inside it is the tagger's own doing. Taking more
from the grammars and word lists than the tagger did was measured and lowers F1: it has seen the same hints.
"""

from __future__ import annotations

import re

from nlu.grammar import grammar_spans
from nlu.tagger import EntityModel, Tagged

#: What begins a range, and how a span must go on for that word to be part of it: "del 20 al 27", "de 9 a 18".
_RANGES = (
    (re.compile(r"\bdel\s+$", re.IGNORECASE), re.compile(r"\w+( \d+)?( de \w+)? al ", re.IGNORECASE)),
    (re.compile(r"\bde\s+$", re.IGNORECASE), re.compile(r"\d[\d:.]*( ?hs)? a \d", re.IGNORECASE)),
    (re.compile(r"\bdesde\s+$", re.IGNORECASE), re.compile(r".* hasta ", re.IGNORECASE)),
)


def find_entities(text: str, model: EntityModel) -> list[Tagged]:
    """Entities of `text` in order, without overlaps; adjacent ones of one kind stay apart."""
    kept = [Tagged(span, 1.0) for span in grammar_spans(text) if span.entity == "email"]
    kept += [
        tagged
        for tagged in (with_range_word(text, found) for found in model.tag(text))
        if not any(tagged.span.overlaps(other.span) for other in kept)
    ]
    return sorted(kept, key=lambda tagged: tagged.span)


def with_range_word(text: str, tagged: Tagged) -> Tagged:
    """`tagged` with the "del" or "de" of its range, where the tagger left it out."""
    span = tagged.span
    if span.entity == "cuando":
        for word, continuation in _RANGES:
            before = word.search(text, 0, span.start)
            if before and continuation.match(text[span.start : span.end]):
                return Tagged(span._replace(start=before.start()), tagged.confidence)
    return tagged
