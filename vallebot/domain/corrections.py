"""Saying that one was misunderstood: 'no, eso no', 'me entendiste mal', 'no te pedí eso'. Pure."""

from __future__ import annotations

import re

from vallebot.domain.text import squash

#: Whoever corrects says it at once; a long message is a new request.
MAX_CHARS = 80

_NO = r"(?:no+|nop|nono|nah|noo+)"
_SAID = r"(?:dije|pedi|pregunte|quise decir|queria|quiero|quise)"
_CORRECTION = re.compile(
    rf"(?:^|[\s,.;:!¡?¿])(?:"
    rf"{_NO}[\s,.]+(?:eso|ese|esa|esto|asi|por ahi)\s+no\b"
    rf"|(?:eso|asi)\s+no\b(?=\s*(?:$|[,.!]|era|es|fue|te|quise|pedi|dije))"
    rf"|no\s+(?:era|es|fue|iba por)\s+(?:eso|esa|ese|asi|ahi)\b"
    rf"|(?:eso|esto)\s+no\s+(?:era|es|fue)\b"
    rf"|no\s+(?:te|le)?\s*{_SAID}\s+eso\b"
    rf"|no\s+(?:era|es)\s+lo\s+que\s+(?:te\s+)?(?:\w+\s+)?{_SAID}\b"
    rf"|(?:me\s+)?(?:entendiste|comprendiste|interpretaste)\s+(?:mal|cualquiera)"
    rf"|no\s+me\s+(?:entendiste|entendes|estas entendiendo)"
    rf"|te\s+(?:confundiste|equivocaste|estas confundiendo)"
    rf"|nada\s+que\s+ver\b"
    rf"|cualquiera\s+(?:entendiste|me\s+(?:dijiste|mandaste))"
    rf")"
)


def is_correction(text: str) -> bool:
    """Whether somebody says that what was understood just now is not what they meant.

    >>> is_correction("no, eso no!"), is_correction("no, eso no puedo"), is_correction("no")
    (True, False, False)
    """
    said = squash(text)
    if len(said) > MAX_CHARS:
        return False
    found = _CORRECTION.search(said)
    return found is not None and not re.match(r"\s+(?:puedo|voy|me (?:sirve|queda))", said[found.end() :])
