"""`interpret` is total: any text, any moment, always an answer, always soon."""

from __future__ import annotations

import random
import time as clock
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vallebot.domain import cuando
from vallebot.domain.cuando import vocabulary

at = datetime.fromisoformat
NOW = at("2026-11-24T10:30")
GENEROUS_SECONDS = 1.0  #: of processor time, twenty times the promise of 50 ms

_GLUE = """
    el la los las de del a al en por para y o u , . - / : ? que viene hasta desde entre antes despues
    partir dentro hace no puedo semana turno pasame tipo eso mas menos tarde resto este esta media
    cuarto hs am p.m. 31/2 30/2 29/2 17:30 4.22 18hs 10am 2026-13-45 99/99 0/0 24:00 31 0 99999 2026
    9999 1/1/1 12/9999 en vez lugar adelante
""".split()  # noqa: SIM905 - a list to be read
_WORDS = sorted(
    {*_GLUE, *vocabulary.SPELLINGS, *vocabulary.WEEKDAYS, *vocabulary.MONTHS, *vocabulary.PARTS, *vocabulary.NUMBERS,
     *vocabulary.ORDINALS, *vocabulary.UNITS, *vocabulary.RELATIVE_DAYS}
)  # fmt: skip
moments = st.datetimes() | st.sampled_from(
    [at("0001-01-01T00:00"), at("9999-12-31T23:59"), at("2024-02-29T23:59")]
)
sentences = st.lists(st.sampled_from(_WORDS) | st.integers(0, 40).map(str), max_size=14).map(" ".join)


def assert_sane(answer: cuando.Cuando | None, text: str) -> None:
    if answer is None:
        return
    answer.as_dict()
    assert all(0 <= start < end <= len(text) for start, end in answer.spans)
    if answer.problem is not None:
        assert answer.start is None
        assert answer.end is None
        return
    expected = {"date": date, "time": time, "datetime": datetime}[answer.kind.removesuffix("_range")]
    for moment in (answer.start, answer.end):
        assert moment is None or type(moment) is expected
    assert answer.kind.endswith("_range") or answer.end is None
    for option in answer.also:
        assert_sane(option, text)


@given(text=st.text(), now=moments)
def test_any_unicode_text_gets_an_answer(text: str, now: datetime) -> None:
    assert_sane(cuando.interpret(text, now), text)


@given(text=sentences, now=moments)
def test_any_sentence_of_words_of_time_gets_a_sane_answer(text: str, now: datetime) -> None:
    assert_sane(cuando.interpret(text, now), text)


@given(text=sentences)
def test_ranges_do_not_run_backwards(text: str) -> None:
    answer = cuando.interpret(text, NOW)
    if answer is not None and answer.kind in ("date_range", "datetime_range") and answer.start and answer.end:
        assert answer.start <= answer.end  # type: ignore[operator]


_random = random.Random(7)
GARBAGE = {
    "digits": "1" * 10_000, "ones": "1 " * 5_000, "ordinals": "1º" * 5_000, "fractions": "1/" * 5_000,
    "dots": "1." * 5_000, "commas": "," * 10_000, "spaces": "a" + " " * 9_998 + "b", "one word": "a" * 10_000,
    "weekdays": "lunes " * 1_600, "hours": "a las 5 " * 1_250, "amounts": "1 mil " * 1_600, "y": "5 y " * 2_500,
    "prose": "quería saber si tenés algo libre para la semana que viene porque me duele la espalda. " * 115,
    "any unicode": "".join(chr(_random.randrange(32, 0xD800)) for _ in range(10_000)),
    "invented words": " ".join("".join(_random.choices("lmjvsdaeinort", k=6)) for _ in range(1_400)),
}  # fmt: skip


@pytest.mark.parametrize("name", GARBAGE)
def test_ten_kilobytes_of_garbage_cost_little(name: str) -> None:
    started = clock.process_time()
    assert_sane(cuando.interpret(GARBAGE[name], NOW), GARBAGE[name])
    assert clock.process_time() - started < GENEROUS_SECONDS


def test_a_date_at_the_end_of_a_long_message_is_still_read() -> None:
    story = "te cuento que la semana pasada no, perdón, que hace mucho que no voy y me duele todo. " * 20
    answer = cuando.interpret(story + "puede ser mañana a las 5?", NOW)
    assert answer is not None
    starts = [option.start for option in (answer, *answer.also)]
    assert datetime.combine(NOW.date() + timedelta(days=1), time(17)) in starts
