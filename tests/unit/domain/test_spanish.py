"""The bot's words for time and money; whatever it says about time it must read back the same."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vallebot.domain import cuando, spanish
from vallebot.domain.cuando import Cuando, Window

at = datetime.fromisoformat
TODAY = date(2026, 11, 24)
nows = st.datetimes(at("2020-01-01T00:00"), at("2040-12-31T00:00"))
hours = st.times().map(lambda at: at.replace(minute=at.minute // 5 * 5, second=0, microsecond=0))
distances = st.integers(-400, 900)


def reading(answer: Cuando | None) -> object:
    """What must survive being said and read: not the alternatives, which a full wording does not have."""
    if answer is None:
        return None
    if answer.past is not None:
        return ("pasado", reading(answer.past))
    return (answer.kind, answer.start, answer.end, answer.open, answer.window, answer.negated, answer.approx,
            tuple(reading(option) for option in answer.also))  # fmt: skip


def read_back(meant: Cuando, now: datetime, *, relative: bool = False) -> None:
    said = spanish.say_cuando(meant, now.date(), relative=relative)
    heard = cuando.interpret(said, now)
    expected = reading(meant)
    assert reading(heard) in (expected, ("pasado", expected)), said


@given(now=nows, ahead=distances, relative=st.booleans())
def test_a_said_date_is_read_back(now: datetime, ahead: int, relative: bool) -> None:
    read_back(Cuando("date", now.date() + timedelta(days=ahead)), now, relative=relative)


@given(now=nows, at=hours, approx=st.booleans())
def test_a_said_hour_is_read_back(now: datetime, at: time, approx: bool) -> None:
    read_back(Cuando("time", at, approx=approx), now)


@given(now=nows, ahead=st.integers(1, 900), at=hours, relative=st.booleans(), approx=st.booleans())
def test_a_said_moment_is_read_back(
    now: datetime, ahead: int, at: time, relative: bool, approx: bool
) -> None:
    day = now.date() + timedelta(days=ahead)
    read_back(Cuando("datetime", datetime.combine(day, at), approx=approx), now, relative=relative)


@given(now=nows, ahead=distances, length=st.integers(1, 200), window=st.none() | st.tuples(hours, hours))
def test_said_days_are_read_back(
    now: datetime, ahead: int, length: int, window: tuple[time, time] | None
) -> None:
    start = now.date() + timedelta(days=ahead)
    hours_each_day = Window(*sorted(window)) if window and len(set(window)) == 2 else None
    read_back(Cuando("date_range", start, start + timedelta(days=length), window=hours_each_day), now)


@given(now=nows, ahead=st.integers(0, 600))
def test_said_open_days_are_read_back(now: datetime, ahead: int) -> None:
    day = now.date() + timedelta(days=ahead)
    read_back(Cuando("date_range", day, None, open="end"), now)
    read_back(Cuando("date_range", now.date(), day, open="start"), now)


@given(now=nows, start=hours, end=hours)
def test_said_hours_are_read_back(now: datetime, start: time, end: time) -> None:
    minutes = (end.hour * 60 + end.minute - start.hour * 60 - start.minute) % (24 * 60)
    if end != time(0) and (start < end or 0 < minutes <= 12 * 60):  # across midnight, a night at most
        read_back(Cuando("time_range", start, end), now)
    read_back(Cuando("time_range", start, time(23, 59), open="end"), now)
    read_back(Cuando("time_range", time(0), end, open="start"), now)


@given(now=nows, ahead=st.integers(1, 600), start=hours, minutes=st.integers(5, 60 * 50))
def test_a_said_stretch_is_read_back(now: datetime, ahead: int, start: time, minutes: int) -> None:
    first = datetime.combine(now.date() + timedelta(days=ahead), start)
    last = first + timedelta(minutes=minutes)
    if last.time() != time(0):
        read_back(Cuando("datetime_range", first, last), now)


@given(now=nows, ahead=st.integers(1, 600), at=hours)
def test_a_said_open_stretch_is_read_back(now: datetime, ahead: int, at: time) -> None:
    moment = datetime.combine(now.date() + timedelta(days=ahead), at)
    read_back(Cuando("datetime_range", moment, moment.replace(hour=23, minute=59), open="end"), now)
    read_back(Cuando("datetime_range", moment.replace(hour=0, minute=0), moment, open="start"), now)
    read_back(Cuando("datetime_range", moment, None, open="end"), now)


@given(now=nows, first=st.integers(1, 60), second=st.integers(61, 120), at=hours, negated=st.booleans())
def test_said_options_are_read_back(now: datetime, first: int, second: int, at: time, negated: bool) -> None:
    days = [now.date() + timedelta(days=ahead) for ahead in (first, second)]
    read_back(Cuando("date", days[0], also=(Cuando("date", days[1], negated=negated),)), now)
    moments = [datetime.combine(day, at) for day in days]
    read_back(Cuando("datetime", moments[0], also=(Cuando("datetime", moments[1]),)), now)


def test_dates_say_no_more_than_is_needed() -> None:
    assert spanish.say_date(date(2026, 11, 27), TODAY) == "viernes 27"
    assert spanish.say_date(date(2026, 12, 3), TODAY) == "jueves 3 de diciembre"
    assert spanish.say_date(date(2026, 11, 5), TODAY) == "jueves 5 de noviembre"
    assert spanish.say_date(date(2027, 11, 5), TODAY) == "viernes 5 de noviembre de 2027"
    assert spanish.say_date(date(2026, 11, 25), TODAY, relative=True) == "mañana"
    assert spanish.say_date(TODAY, TODAY, relative=True) == "hoy"


def test_hours_are_said_on_the_24_hour_clock() -> None:
    assert spanish.say_time("17:00") == "17:00"
    assert spanish.say_datetime(at("2026-11-27T09:00"), TODAY) == "viernes 27 a las 09:00"
    assert spanish.say_at(time(1, 30)) == "a la 01:30"
    assert spanish.say_datetime_range(at("2026-11-27T09:00"), at("2026-11-27T10:00"), TODAY) == (
        "viernes 27 de 09:00 a 10:00"
    )


def test_an_impossible_date_is_not_said_and_a_past_one_is_said_as_it_was() -> None:
    impossible = cuando.interpret("31/2", at("2026-11-24T00:00"))
    past = cuando.interpret("ayer", at("2026-11-24T00:00"))
    assert impossible is not None
    assert spanish.say_cuando(impossible, TODAY) == ""
    assert past is not None
    assert spanish.say_cuando(past, TODAY) == "lunes 23 de noviembre"


@pytest.mark.parametrize(
    ("minor", "currency", "said"),
    [
        (1_250_000, "ARS", "$ 12.500"),
        (1_250_050, "ARS", "$ 12.500,50"),
        (99, "ARS", "$ 0,99"),
        (-500_000, "ARS", "-$ 5.000"),
        (2_000, "USD", "US$ 20"),
        (100, "UYU", "UYU 1"),
    ],
)
def test_money_is_said_in_whole_units_with_cents_only_if_there_are_some(
    minor: int, currency: str, said: str
) -> None:
    assert spanish.say_money(minor, currency) == said


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (45, "45 minutos"),
        (1, "1 minuto"),
        (60, "1 hora"),
        (90, "1 hora y media"),
        (135, "2 horas y 15 minutos"),
    ],
)
def test_durations_are_said_in_hours_and_minutes(minutes: int, said: str) -> None:
    assert spanish.say_duration(minutes) == said


def test_lists_end_with_their_conjunction() -> None:
    assert spanish.say_list([]) == ""
    assert spanish.say_list(["a"]) == "a"
    assert spanish.say_list(["a", "b", "c"], "o") == "a, b o c"
