"""Weekly hours and class series: what professionals type, and what is said back."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vallebot.domain.weekly_hours import (
    DatedHours,
    Interval,
    Slot,
    WeeklyHours,
    WeeklySeries,
    read_hours,
    read_series,
    say_hours,
    say_series,
)

at = datetime.fromisoformat
NOW = at("2026-11-24T10:00")  # a Tuesday
MORNING, AFTERNOON = Interval(time(9), time(13)), Interval(time(15), time(19))


def hours(start: int, end: int) -> Interval:
    return Interval(time(start), time(end))


def test_a_whole_week_in_one_message() -> None:
    read = read_hours("lunes a viernes de 9 a 13 y de 15 a 19, sábados hasta el mediodía, el 24 cierro", NOW)
    assert read == WeeklyHours(
        {**dict.fromkeys(range(5), (MORNING, AFTERNOON)), 5: (hours(9, 12),)},
        (DatedHours(date(2026, 11, 24), date(2026, 11, 24)),),
    )


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("de 9 a 18 de lunes a viernes", dict.fromkeys(range(5), (hours(9, 18),))),
        ("Lun a vie 9-18", dict.fromkeys(range(5), (hours(9, 18),))),
        ("lun mie vie 14 a 18", dict.fromkeys((0, 2, 4), (hours(14, 18),))),
        ("lunes 9 a 13, martes 15 a 20hs", {0: (hours(9, 13),), 1: (hours(15, 20),)}),
        ("todos los dias de 10 a 20 menos los domingos", {**dict.fromkeys(range(6), (hours(10, 20),)), 6: ()}),
        ("de lunes a sabado 8 a 12 y 16 a 20hs. domingos cerrado",
         {**dict.fromkeys(range(6), (hours(8, 12), hours(16, 20))), 6: ()}),
        ("lunes a viernes a la mañana", dict.fromkeys(range(5), (hours(8, 12),))),
        ("martes y jueves a la tarde", dict.fromkeys((1, 3), (hours(13, 19),))),
        ("de 8 a 12 y de 4 a 8 los lunes", {0: (hours(8, 12), hours(16, 20))}),
        ("lunes a viernes de 7 a 21", dict.fromkeys(range(5), (hours(7, 21),))),
        ("días hábiles de 9 a 17", dict.fromkeys(range(5), (hours(9, 17),))),
        ("fines de semana de 10 a 14", dict.fromkeys((5, 6), (hours(10, 14),))),
        ("los sábados no atiendo", {5: ()}),
        ("cerrado domingos y lunes", {0: (), 6: ()}),
        ("viernes a lunes de 9 a 12", dict.fromkeys((0, 4, 5, 6), (hours(9, 12),))),
        ("lunes de 9 a 12 y de 11 a 14", {0: (hours(9, 14),)}),
        ("lunes a viernes desde las 15", dict.fromkeys(range(5), (hours(15, 20),))),
        ("sábado de 9 a 1", {5: (hours(9, 13),)}),
    ],
)  # fmt: skip
def test_weekly_hours_are_read(text: str, days: dict[int, tuple[Interval, ...]]) -> None:
    assert read_hours(text, NOW) == WeeklyHours(dict(sorted(days.items())))


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("del 1 al 15 de enero estoy de vacaciones", date(2027, 1, 1), date(2027, 1, 15)),
        ("este viernes no atiendo", date(2026, 11, 27), date(2026, 11, 27)),
        ("navidad cerrado", date(2026, 12, 25), date(2026, 12, 25)),
    ],
)
def test_dated_closings_are_exceptions(text: str, start: date, end: date) -> None:
    assert read_hours(text, NOW) == WeeklyHours({}, (DatedHours(start, end),))


@pytest.mark.parametrize(
    "text", ["", "hola, qué tal", "quiero un turno", "martes y jueves", "el 31/2 cierro", "de 9 a 18"]
)
def test_texts_without_weekly_hours_give_none(text: str) -> None:
    assert read_hours(text, NOW) is None


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("martes y jueves 19hs", [Slot(1, time(19)), Slot(3, time(19))]),
        ("martes y jueves 19", [Slot(1, time(19)), Slot(3, time(19))]),
        ("martes 18hs y jueves 19:30", [Slot(1, time(18)), Slot(3, time(19, 30))]),
        ("lunes y miércoles de 18 a 19", [Slot(0, time(18), time(19)), Slot(2, time(18), time(19))]),
        ("todos los sábados a las 10", [Slot(5, time(10))]),
        (
            "lunes, miércoles y viernes a las 7 de la mañana",
            [Slot(0, time(7)), Slot(2, time(7)), Slot(4, time(7))],
        ),
        ("los jueves a las 9 y a las 18", [Slot(3, time(9)), Slot(3, time(18))]),
    ],
)
def test_class_series_are_read(text: str, slots: list[Slot]) -> None:
    assert read_series(text, NOW) == WeeklySeries(tuple(slots))


def test_a_series_may_begin_and_end() -> None:
    read = read_series("martes y jueves a las 19 desde el 3 de marzo hasta el 30 de junio", NOW)
    assert read is not None
    assert (read.first_day, read.last_day) == (date(2027, 3, 3), date(2027, 6, 30))


def test_a_day_without_an_hour_is_no_series() -> None:
    assert read_series("los martes", NOW) is None


clock_times = st.integers(0, 23 * 12 + 11).map(lambda step: time(step // 12, step % 12 * 5))
intervals = st.lists(clock_times, min_size=2, max_size=6, unique=True).map(
    lambda times: tuple(
        Interval(start, end) for start, end in zip(sorted(times)[::2], sorted(times)[1::2], strict=False)
    )
)
weeks = st.dictionaries(st.integers(0, 6), st.just(()) | intervals, min_size=1)
later_dates = st.integers(1, 500).map(lambda ahead: date.fromordinal(NOW.toordinal() + ahead))
exceptions = st.lists(
    st.tuples(later_dates, st.integers(0, 30), st.just(()) | intervals).map(
        lambda parts: DatedHours(parts[0], date.fromordinal(parts[0].toordinal() + parts[1]), parts[2])
    ),
    max_size=2,
)


@given(days=weeks, dated=exceptions)
def test_said_hours_are_read_back(days: dict[int, tuple[Interval, ...]], dated: list[DatedHours]) -> None:
    meant = WeeklyHours(dict(sorted(days.items())), tuple(dated))
    assert read_hours(say_hours(meant, NOW.date()), NOW) == meant


@given(
    slots=st.sets(st.tuples(st.integers(0, 6), clock_times), min_size=1, max_size=5),
    length=st.none() | st.integers(5, 100),
    bounds=st.tuples(st.none() | later_dates, st.none() | later_dates),
)
def test_a_said_series_is_read_back(
    slots: set[tuple[int, time]], length: int | None, bounds: tuple[date | None, date | None]
) -> None:
    def end_of(start: time) -> time | None:
        minutes = start.hour * 60 + start.minute + (length or 0)
        return time(minutes // 60, minutes % 60) if length and minutes < 24 * 60 else None

    first_day, last_day = bounds
    if first_day and last_day and last_day < first_day:
        first_day, last_day = last_day, first_day
    meant = WeeklySeries(
        tuple(Slot(weekday, start, end_of(start)) for weekday, start in sorted(slots)), first_day, last_day
    )
    assert read_series(say_series(meant, NOW.date()), NOW) == meant


WORDS = ["lunes", "a", "viernes", "de", "9", "13", "y", "sábado", "hasta", "el", "mediodía", "cierro", "24", "no",
         "atiendo", "menos", ",", ";", "19hs", "desde", "31/2", "enero", "que viene"]  # fmt: skip


@given(text=st.text() | st.lists(st.sampled_from(WORDS)).map(" ".join))
def test_any_text_gets_an_answer(text: str) -> None:
    for read, say in ((read_hours, say_hours), (read_series, say_series)):
        answer = read(text, NOW)
        if answer is not None:
            assert say(answer, NOW.date())  # type: ignore[operator]
