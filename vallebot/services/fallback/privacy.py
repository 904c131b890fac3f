"""What of a text may leave the house: first names, no phones, no e-mails, no account numbers. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from vallebot.domain.text import fold

_MAIL = re.compile(r"[^\s@<>()]+@[^\s@<>()]+\.[^\s@<>()]+")
_LINK = re.compile(r"(?:https?://|www\.|wa\.me/)\S+", re.IGNORECASE)
#: Phones, CBU, CUIT, card and operation numbers: 7 digits or more, however they are spaced. Dates and amounts have
#: less, or a sign in front ("$ 1.250.000").
_NUMBER = re.compile(r"(?<![\w$.,])\+?\(?\d(?:[\s().\-]{0,3}\d){6,}(?![\w])")
#: "27/11/2026", "2026-11-27 17" (the rest of the hour follows)
_DATE = re.compile(r"\d{1,4}[/.\-]\d{1,2}[/.\-]\d{1,4}(?:\s+\d{1,2})?")


def minimised(text: str, names: Iterable[str] = ()) -> str:
    """The text with known full names cut to the first name, and without phones, e-mails and links.

    >>> minimised("Marta Ruiz, 11 6111-0001, marta@x.com", ["Marta Ruiz"])
    'Marta, [número], [e-mail]'
    """
    return without_numbers(with_first_names(text, names))


def with_first_names(text: str, names: Iterable[str]) -> str:
    """The text with known full names cut to the first name."""
    for name in sorted(set(names), key=len, reverse=True):
        first, *rest = name.split()
        if rest:
            text = _replaced(text, " ".join([first, *rest]), first)
    return text


def without_numbers(text: str) -> str:
    """The text without phones, account numbers, e-mails and links."""
    text = _LINK.sub("[link]", _MAIL.sub("[e-mail]", text))
    return _NUMBER.sub(_number, text)


def _number(found: re.Match[str]) -> str:
    written = found[0]
    return written if _DATE.fullmatch(written) or _is_price(written) else "[número]"


def _is_price(written: str) -> bool:
    return re.fullmatch(r"\d{1,3}(?:\.\d{3})+", written) is not None


def _replaced(text: str, name: str, by: str) -> str:
    """Every occurrence of a name, whatever its case, accents and spacing."""
    pattern = r"(?<!\w)" + r"\s+".join(re.escape(word) for word in fold(name).split()) + r"(?!\w)"
    parts, at = [], 0
    for found in re.finditer(pattern, fold(text)):  # folding keeps the length
        parts += [text[at : found.start()], by]
        at = found.end()
    return "".join([*parts, text[at:]])
