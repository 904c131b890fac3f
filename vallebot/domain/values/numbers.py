"""Numbers as people write them: '12.500,50', 'doce mil', 'quince mil quinientos', 'dos'."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from vallebot.domain.values.tokens import Token

UNITS = {
    "un": 1, "uno": 1, "una": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8,
    "nueve": 9, "diez": 10, "once": 11, "doce": 12, "trece": 13, "catorce": 14, "quince": 15, "dieciseis": 16,
    "diecisiete": 17, "dieciocho": 18, "diecinueve": 19, "veinte": 20, "veintiun": 21, "veintiuno": 21,
    "veintiuna": 21, "veintidos": 22, "veintitres": 23, "veinticuatro": 24, "veinticinco": 25, "veintiseis": 26,
    "veintisiete": 27, "veintiocho": 28, "veintinueve": 29,
}  # fmt: skip
TENS = {
    "treinta": 30, "cuarenta": 40, "cincuenta": 50, "sesenta": 60, "setenta": 70, "ochenta": 80, "noventa": 90,
}  # fmt: skip
HUNDREDS = {
    "cien": 100, "ciento": 100, "doscientos": 200, "doscientas": 200, "trescientos": 300, "trescientas": 300,
    "cuatrocientos": 400, "cuatrocientas": 400, "quinientos": 500, "quinientas": 500, "seiscientos": 600,
    "seiscientas": 600, "setecientos": 700, "setecientas": 700, "sietecientos": 700, "ochocientos": 800,
    "ochocientas": 800, "novecientos": 900, "novecientas": 900, "nuevecientos": 900,
}  # fmt: skip
SMALL_WORDS = {**UNITS, **TENS, **HUNDREDS}

#: Longer runs of digits are account or card numbers, never a quantity; it also bounds the cost of int().
MAX_DIGITS = 12

_GROUPED = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]{1,2})?$")  # 12.500 / 12.500,50
_GROUPED_US = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]{1,2})?$")  # 12,500 / 12,500.50
_PLAIN = re.compile(r"[0-9]+(?:[.,][0-9]{1,2})?$")  # 12500 / 12500,5 / 1.5


@dataclass(frozen=True)
class Number:
    """A number read from tokens [first, after); `in_words` tells 'doce' from '12'."""

    value: Decimal
    first: int
    after: int
    in_words: bool


def digits_value(written: str) -> Decimal | None:
    """'12.500,50' -> 12500.50; dot or comma before three digits group thousands, before one or two are decimals."""
    if sum(char.isdigit() for char in written) > MAX_DIGITS:
        return None
    if _GROUPED.match(written):
        return Decimal(written.replace(".", "").replace(",", "."))
    if _GROUPED_US.match(written):
        return Decimal(written.replace(",", ""))
    if _PLAIN.match(written):
        return Decimal(written.replace(",", "."))
    return None


def read_number(tokens: Sequence[Token], at: int) -> Number | None:
    """The number that starts at token `at`, as long as it goes: digits, or words up to the millions."""
    if at >= len(tokens):
        return None
    if tokens[at].is_number:
        value = digits_value(tokens[at].word)
        return None if value is None else Number(value, at, at + 1, in_words=False)
    return _read_words(tokens, at)


def _read_words(tokens: Sequence[Token], at: int) -> Number | None:
    total, chunk, position = 0, _read_below_thousand(tokens, at), at
    if chunk is None and not _is_thousand(tokens, at):
        return None
    value, position = chunk if chunk else (1, at)
    if _is_thousand(tokens, position):
        total, position = value * 1000, position + 1
        rest = _read_below_thousand(tokens, position)
        if rest:
            total, position = total + rest[0], rest[1]
        return Number(Decimal(total), at, position, in_words=True)
    return Number(Decimal(value), at, position, in_words=True)


def _is_thousand(tokens: Sequence[Token], at: int) -> bool:
    return at < len(tokens) and tokens[at].word == "mil"


def _read_below_thousand(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """(value, next position) of 'ciento veinte', 'cuarenta y cinco', 'dos'; None where no number word stands."""
    total, position = 0, at
    if position < len(tokens) and tokens[position].word in HUNDREDS:
        total, position = HUNDREDS[tokens[position].word], position + 1
    if position < len(tokens) and tokens[position].word in TENS:
        total, position = total + TENS[tokens[position].word], position + 1
        follows = tokens[position : position + 2]
        if len(follows) == 2 and follows[0].word == "y" and UNITS.get(follows[1].word, 10) < 10:
            total, position = total + UNITS[follows[1].word], position + 2
    elif position < len(tokens) and tokens[position].word in UNITS:
        total, position = total + UNITS[tokens[position].word], position + 1
    return (total, position) if position > at else None
