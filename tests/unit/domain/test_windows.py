"""What people wish for becomes stretches in which free slots are looked for."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from vallebot.domain import cuando
from vallebot.domain.windows import OPEN_DAYS, Wish, wish_of

TZ = ZoneInfo("America/Argentina/Buenos_Aires")
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=TZ)  # a Monday


def wish(text: str) -> Wish | None:
    return wish_of(cuando.interpret(text, NOW, tz=TZ), NOW, TZ)


def covers(found: Wish, moment: str) -> bool:
    at = datetime.fromisoformat(moment).replace(tzinfo=TZ)
    return any(start <= at < end for start, end in found.ranges)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("el jueves a la tarde", ["2026-11-26T15:00"], ["2026-11-26T10:00", "2026-11-27T15:00"]),
        ("mañana", ["2026-11-24T09:00", "2026-11-24T20:00"], ["2026-11-25T09:00"]),
        ("hoy", ["2026-11-23T18:00"], ["2026-11-23T09:00"]),
        ("el martes después de las 18", ["2026-11-24T19:30"], ["2026-11-24T17:00", "2026-11-25T19:00"]),
        ("jueves o viernes", ["2026-11-26T10:00", "2026-11-27T10:00"], ["2026-11-28T10:00"]),
        ("la semana que viene a la mañana", ["2026-12-01T09:00"], ["2026-12-01T16:00", "2026-11-25T09:00"]),
        ("a las 5", ["2026-11-23T17:00", "2026-11-25T17:30"], ["2026-11-25T16:00"]),
        ("a partir del jueves", ["2026-11-26T09:00", "2026-12-03T09:00"], ["2026-11-25T09:00"]),
        ("el jueves no puedo, el viernes sí", ["2026-11-27T10:00"], ["2026-11-26T10:00"]),
    ],
)
def test_a_wish_covers_what_was_said_and_nothing_else(
    text: str, inside: list[str], outside: list[str]
) -> None:
    found = wish(text)
    assert found is not None
    assert all(covers(found, moment) for moment in inside)
    assert not any(covers(found, moment) for moment in outside)


def test_an_exclusion_alone_means_any_time_but_then() -> None:
    found = wish("cualquier día menos el miércoles")
    assert found is not None
    assert not covers(found, "2026-11-25T10:00")
    assert covers(found, "2026-11-26T10:00")
    assert (found.ranges[-1][1] - NOW).days <= OPEN_DAYS


def test_a_day_with_its_hour_is_exact() -> None:
    found = wish("el jueves a las 17")
    assert found is not None
    assert found.exact == datetime(2026, 11, 26, 17, 0, tzinfo=TZ)
    assert wish("el jueves a la tarde").exact is None  # type: ignore[union-attr]


def test_an_hour_alone_is_kept_as_such() -> None:
    found = wish("a las 5")
    assert found is not None
    assert (found.exact, found.at) == (None, time(17))


@pytest.mark.parametrize("text", ["hola", "el 31/2", "ayer"])
def test_what_is_no_time_ahead_is_no_wish(text: str) -> None:
    assert wish(text) is None


def test_nothing_asked_for_lies_behind_us() -> None:
    found = wish("hoy a la mañana")
    assert found is not None
    assert found.ranges[0][0] == NOW
