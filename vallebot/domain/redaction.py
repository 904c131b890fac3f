"""Taking a person's names and numbers out of text and JSON. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from vallebot.domain.text import fold

BLANK = "[borrado]"
#: Parts of names that are words of every sentence.
_PARTICLES = frozenset({"del", "los", "las", "van", "von", "san", "mac", "para", "por", "con", "una", "uno"})
_PART_MIN_CHARS = 3
_SEPARATORS = r"[ .()\-]{0,2}"


class Redactor:
    """Replaces, whatever their case and accents: the names and each word of them; phones, however they are spaced;
    and exact strings (e-mail, ids).

    >>> Redactor(["Ana Gómez"], ["+5491155550001"]).redact("ANA gomez, 11 5555-0001, mañana")
    '[borrado] [borrado], [borrado], mañana'
    """

    def __init__(self, names: Collection[str], phones: Collection[str], exact: Collection[str] = ()) -> None:
        words = {word for name in names for word in re.findall(r"[^\W_]+", fold(name))}
        words = {word for word in words if len(word) >= _PART_MIN_CHARS and word not in _PARTICLES}
        patterns = [re.escape(fold(value)) for value in sorted(exact, key=len, reverse=True) if value]
        for phone in phones:
            digits = re.sub(r"\D", "", phone)
            for length in (len(digits), 10, 8):  # whole, with the area code, as neighbours say it
                if 8 <= length <= len(digits):
                    patterns.append(_SEPARATORS.join(digits[-length:]))
        patterns += [rf"(?<!\w){re.escape(word)}(?!\w)" for word in sorted(words, key=len, reverse=True)]
        self._pattern = re.compile("|".join(patterns)) if patterns else None

    def redact(self, text: str) -> str:
        """The text without them; itself where they are not in it."""
        if self._pattern is None:
            return text
        parts, at = [], 0
        for found in self._pattern.finditer(fold(text)):  # folding keeps the length
            parts += [text[at : found.start()], BLANK]
            at = found.end()
        return "".join([*parts, text[at:]])

    def redact_json(self, value: Any) -> Any:
        """The same for every string inside a JSON value; keys stay."""
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, dict):
            return {key: self.redact_json(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.redact_json(item) for item in value]
        return value
