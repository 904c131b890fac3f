"""Picking one of the offered options."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from vallebot.domain.matching import Ambiguous, choose_option

at = partial(datetime, tzinfo=ZoneInfo("America/Argentina/Buenos_Aires"))

OFFERED = [
    ("Mar 24/11 10:00", at(2026, 11, 24, 10)),
    ("Mar 24/11 17:00", at(2026, 11, 24, 17)),
    ("Jue 26/11 17:30", at(2026, 11, 26, 17, 30)),
    ("Vie 27/11 11:00", at(2026, 11, 27, 11)),
]
NOW = at(2026, 11, 23, 9)
SERVICES = [
    ("Masaje relajante", None),
    ("Masaje descontracturante 60", None),
    ("Masaje descontracturante 90", None),
]
TABLE = Path(__file__).parents[2] / "data" / "values" / "options.txt"


def places(choice) -> str:
    if isinstance(choice, Ambiguous):
        return " ".join(str(place) for place in choice.places)
    return "" if choice is None else str(choice)


def cases() -> list[tuple[str, str]]:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    pairs = [line.partition("=>") for line in lines if line and not line.startswith("#")]
    return [(text.strip(), expected.strip()) for text, _, expected in pairs]


@pytest.mark.parametrize(("text", "expected"), cases())
def test_picks_among_offered_times(text, expected):
    assert places(choose_option(text, OFFERED, now=NOW)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("relajante", "0"),
        ("el relajante", "0"),
        ("el de 90", "2"),
        ("el de una hora", "1"),
        ("descontracturante", "1 2"),
        ("descontracturante de hora y media", "2"),
        ("1", "0"),
        ("la del medio", "1"),
        ("el último", "2"),
        ("tailandés", ""),
    ],
)
def test_picks_among_titles(text, expected):
    assert places(choose_option(text, SERVICES)) == expected


def test_a_number_that_is_also_an_hour_of_another_option_is_asked_back():
    two_and_three = [("14:00", at(2026, 1, 5, 14)), ("15:00", at(2026, 1, 5, 15))]
    assert choose_option("2", two_and_three) == Ambiguous((0, 1))
    assert choose_option("la de las 2", two_and_three) == 0
    assert choose_option("opción 2", two_and_three) == 1


@pytest.mark.parametrize("text", ["ese", "sí", "dale", "👍", "ok dale"])
def test_agreeing_to_the_only_option_takes_it(text):
    assert choose_option(text, OFFERED[:1]) == 0


def test_without_options_nothing_is_picked():
    assert choose_option("el primero", []) is None


def test_the_full_hour_wins_over_the_half():
    options = [("17:30", at(2026, 1, 5, 17, 30)), ("17:00", at(2026, 1, 5, 17))]
    assert choose_option("la de las 5", options) == 1
    assert choose_option("la de las 5", options[:1]) == 0
