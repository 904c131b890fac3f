"""A message to be passed on, out of the order to pass it on: 'avisales a los de yoga que hoy no hay clase'."""

from __future__ import annotations

import re

_QUOTED = re.compile(r"[\"“«]([^\"”»]{2,})[\"”»]")
_COLON = re.compile(r":\s*(?=\S)")
_QUE = re.compile(r"\b(?:diciendo(?:les?)? que|que|q)\s+(?=\S)", re.IGNORECASE)
#: 'los que no pagaron', 'la que viene' belong to whom, not to what; a question is passed on with its 'si'.
_WHO_QUE = re.compile(r"\b(?:los|las|el|la|lo|semana|mes)\s+$", re.IGNORECASE)
_ASKED = re.compile(r"\bpregunt[aá]\w*\b.*?\b(si|c[oó]mo|cu[aá]ndo|d[oó]nde|qu[eé])\s+", re.IGNORECASE)


def split_order(text: str) -> tuple[str, str | None]:
    """(whom it is for, as it was said; the message itself or None where there is none yet)."""
    quoted = _QUOTED.search(text)
    if quoted is not None:
        return text[: quoted.start()], quoted[1].strip()
    colon = _COLON.search(text)
    if colon is not None and not re.search(r"\d$", text[: colon.start()]):
        return text[: colon.start()], text[colon.end() :].strip()
    asked = _ASKED.search(text)
    if asked is not None:
        return text[: asked.start(1)], text[asked.start(1) :].strip()
    for found in _QUE.finditer(text):
        if not _WHO_QUE.search(text[: found.start()]):
            return text[: found.start()], text[found.end() :].strip()
    return text, None
