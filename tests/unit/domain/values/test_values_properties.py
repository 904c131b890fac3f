"""What holds for any text at all: nothing raises, spans are real, work grows with the length and no faster."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vallebot.domain.matching import Candidate, choose_option, decide, match
from vallebot.domain.values import (
    find_amounts,
    find_durations,
    find_modalities,
    find_payment_means,
    normalise_abbreviations,
    parse_address,
    parse_amount,
    parse_capacity,
    parse_duration,
    parse_email,
    parse_name,
    parse_phone,
    parse_yes_no,
)

LOCAL = ZoneInfo("America/Argentina/Buenos_Aires")
CATALOGUE = [
    Candidate(1, "Masaje 60 min", ("masajito",)),
    Candidate(2, "Yoga"),
    Candidate(3, ""),
    Candidate(4, "😀 2x1"),
]
PEOPLE = [
    Candidate(1, "Ana Ruiz"),
    Candidate(2, "Juan Pablo de la Fuente"),
    Candidate(3, ""),
    Candidate(4, "O'Hara 😀"),
]
OPTIONS = [("Mar 24/11 10:00", datetime(2026, 11, 24, 10, tzinfo=LOCAL)), ("Masaje", None), ("", None)]

READERS = {
    "amounts": find_amounts,
    "amount": lambda text: parse_amount(text, bare=True),
    "durations": find_durations,
    "duration": lambda text: parse_duration(text, bare=True),
    "capacity": lambda text: parse_capacity(text, bare=True),
    "email": parse_email,
    "phone": parse_phone,
    "name": parse_name,
    "address": lambda text: parse_address(text, bare=True),
    "yes_no": parse_yes_no,
    "modality": find_modalities,
    "payment means": find_payment_means,
    "abbreviations": normalise_abbreviations,
    "services": lambda text: decide(match(text, CATALOGUE)),
    "persons": lambda text: decide(match(text, PEOPLE, kind="person")),
    "options": lambda text: choose_option(text, OPTIONS, now=datetime(2026, 11, 23, tzinfo=LOCAL)),
}

#: Any Unicode, and text made of the pieces that the readers look for.
_PIECES = """
15 12.500 $ u$s lucas mil y media medio hora hs min ' las a de la el 17:30 @ gmail.com . , - + ( ) / 11 6111 0001
calle av entre piso n° ana soy si no dale cupo hasta personas primero último opcion 9 julio 12/10 ½ 👍 ñ É ß İ ﬁ
"""
PIECES = st.sampled_from(_PIECES.split())
TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(PIECES, max_size=25).map(" ".join),
    st.lists(PIECES, max_size=25).map("".join),
)


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS.keys())
@given(text=TEXTS)
@settings(max_examples=60, deadline=None)
def test_no_text_makes_a_reader_raise(reader, text):
    reader(text)


@given(text=TEXTS)
@settings(max_examples=100, deadline=None)
def test_spans_lie_in_the_text_in_order_and_apart(text):
    for found in (find_amounts(text), find_durations(text)):
        ends = 0
        for value in found:
            assert ends <= value.span[0] < value.span[1] <= len(text)
            assert text[slice(*value.span)] == value.text
            ends = value.span[1]


@given(text=TEXTS)
@settings(max_examples=100, deadline=None)
def test_values_are_within_their_bounds(text):
    assert all(amount.minor > 0 for amount in find_amounts(text))
    assert all(duration.minutes > 0 for duration in find_durations(text))
    phone = parse_phone(text)
    assert phone is None or (phone.wa_id.isascii() and phone.wa_id.isdigit())
    assert all(0 <= found.score <= 1 for found in match(text, CATALOGUE))
    assert all(0 <= found.score <= 1 for found in match(text, PEOPLE, kind="person"))


#: Beginnings of many a pattern, over and over.
HOSTILE = [
    "a", "1", "1.", "$", "5 ", "500 ", "ana 500 ", "a ", "a@", "a.", "1 2", "11 ", "y ", "de la ", "av a ", "soy ",
    "no ", "1:", "🎉", "mil ", "calle 1 y ", "(", "masaje ", "las 5 o ",
]  # fmt: skip
LENGTH = 2 * 4096  #: twice what WhatsApp lets a person type


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.timeout(20)
def test_a_long_hostile_text_is_read_at_once(piece):
    """Nothing quadratic: every reader reads it; together they stay far within the time limit."""
    text = (piece * LENGTH)[:LENGTH]
    for reader in READERS.values():
        reader(text)
