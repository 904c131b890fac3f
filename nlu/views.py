"""Two readings of a message for the intent classifier: as written, and with its values replaced by their kind.

"cancelame el turno del jueves a las 5" and "cancelame el turno del 3 de mayo" ask for the same operation; in the
masked view both read "cancelame el turno del zzcuando". Pure; the positions of the original are lost.
"""

from __future__ import annotations

import re

from nlu.grammar import Span, time_spans
from vallebot.domain.text import fold
from vallebot.domain.values import normalise_abbreviations
from vallebot.domain.values.first_names import FIRST_NAMES

#: No Spanish word begins with "zz": a placeholder never meets a typed word.
TIME_PLACEHOLDER, NAME_PLACEHOLDER = " zzcuando ", "zzpersona"
_DIGITS = re.compile(r"[0-9]+")


def plain_view(text: str) -> str:
    """The message with abbreviations written out, in lower case and without accents."""
    return fold(normalise_abbreviations(text))


def masked_view(text: str) -> str:
    """`plain_view` of the message with time expressions, first names and digits replaced by placeholders."""
    for span in reversed(time_spans(text)):
        text = _replaced(text, span, TIME_PLACEHOLDER)
    words = _DIGITS.sub("00", plain_view(text)).split()
    return " ".join(NAME_PLACEHOLDER if word.strip(".,!?") in FIRST_NAMES else word for word in words)


def _replaced(text: str, span: Span, placeholder: str) -> str:
    return text[: span.start] + placeholder + text[span.end :]
