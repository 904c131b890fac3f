"""Folding of typed Spanish, so that 'Reflexología', 'reflexologia' and 'REFLEXOLOGIA' meet."""

from __future__ import annotations

import unicodedata
from functools import lru_cache


@lru_cache(maxsize=1024)
def fold_char(char: str) -> str:
    """One character in lower case and without its accent; never longer or shorter than one character.

    'ñ' stays 'ñ' as a base letter would change words ('año'); typed 'n' for 'ñ' is a typo that matchers forgive.
    """
    lowered = char.lower()
    if lowered == "ñ":
        return lowered
    base = unicodedata.normalize("NFD", lowered)[:1]
    return base if base else char


def fold(text: str) -> str:
    """Lower case, accents removed, length preserved: index i of the result is index i of `text`."""
    if text.isascii():
        return text.lower()
    return "".join(map(fold_char, text))


def squash(text: str) -> str:
    """`fold` plus 'ñ' as 'n' and runs of white space as one space: a key for comparing whole strings."""
    return " ".join(fold(text).replace("ñ", "n").split())
