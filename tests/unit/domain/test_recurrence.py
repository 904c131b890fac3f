from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vallebot.domain.recurrence import Weekly, days, occurrences

BUENOS_AIRES = ZoneInfo("America/Argentina/Buenos_Aires")
SANTIAGO = ZoneInfo("America/Santiago")
MADRID = ZoneInfo("Europe/Madrid")
MONDAY = 0
SUNDAY = 6


def test_class_begins_on_the_first_such_weekday():
    rule = Weekly(MONDAY, 19 * 60, starts_on=date(2026, 3, 4))  # a Wednesday
    assert rule.first_day == date(2026, 3, 9)
    assert list(days(rule, date(2026, 3, 1), date(2026, 3, 23))) == [
        date(2026, 3, 9),
        date(2026, 3, 16),
        date(2026, 3, 23),
    ]


def test_range_may_begin_and_end_anywhere():
    rule = Weekly(MONDAY, 0, starts_on=date(2026, 1, 5), ends_on=date(2026, 3, 16))
    assert list(days(rule, date(2026, 3, 10), date(2026, 12, 31))) == [date(2026, 3, 16)]
    assert list(days(rule, date(2026, 3, 17), date(2026, 12, 31))) == []
    assert list(days(rule, date(2025, 1, 1), date(2026, 1, 4))) == []


def test_every_second_week_counts_from_the_first_class():
    rule = Weekly(MONDAY, 0, starts_on=date(2026, 3, 2), interval_weeks=2)
    assert list(days(rule, date(2026, 3, 9), date(2026, 4, 1))) == [date(2026, 3, 16), date(2026, 3, 30)]


@pytest.mark.parametrize(
    ("tz", "first", "hours_in_utc"),
    [
        (BUENOS_AIRES, date(2026, 3, 23), [22, 22, 22]),
        (MADRID, date(2026, 3, 23), [18, 17, 17]),  # forward on Sunday 29 March
        (MADRID, date(2026, 10, 19), [17, 18, 18]),  # back on Sunday 25 October
        (SANTIAGO, date(2026, 3, 30), [22, 23, 23]),  # back at midnight of Sunday 5 April
        (SANTIAGO, date(2026, 8, 31), [23, 22, 22]),  # forward at midnight of Sunday 6 September
    ],
)
def test_wall_clock_stays_when_the_offset_changes(tz, first, hours_in_utc):
    rule = Weekly(MONDAY, 19 * 60, starts_on=first)
    found = occurrences(rule, first, first + timedelta(days=14), tz)
    assert [start.hour for start in found] == hours_in_utc
    assert {(start.astimezone(tz).hour, start.astimezone(tz).minute) for start in found} == {(19, 0)}


def test_hour_that_is_skipped_becomes_the_moment_of_the_change():
    rule = Weekly(SUNDAY, 30, starts_on=date(2026, 8, 30))  # 00:30, does not exist on 6 September in Santiago
    found = occurrences(rule, date(2026, 8, 30), date(2026, 9, 13), SANTIAGO)
    assert [f"{start.astimezone(SANTIAGO):%d %H:%M}" for start in found] == [
        "30 00:30",
        "06 01:00",
        "13 00:30",
    ]


def test_hour_that_comes_twice_is_taken_once_the_first_time():
    rule = Weekly(SUNDAY, 150, starts_on=date(2026, 10, 25))  # 02:30, twice that night in Madrid
    (found,) = occurrences(rule, date(2026, 10, 25), date(2026, 10, 25), MADRID)
    assert found.hour == 0
    assert found.astimezone(MADRID).fold == 0


@given(
    weekday=st.integers(0, 6),
    minute=st.integers(0, 1439),
    starts_on=st.dates(date(2025, 1, 1), date(2027, 12, 31)),
    length=st.integers(0, 400),
    cut=st.integers(0, 400),
    interval=st.integers(1, 8),
    tz=st.sampled_from([BUENOS_AIRES, SANTIAGO, MADRID]),
)
def test_a_range_in_two_parts_gives_the_same_moments_as_in_one(
    weekday, minute, starts_on, length, cut, interval, tz
):
    rule = Weekly(weekday, minute, starts_on, interval_weeks=interval)
    until = starts_on + timedelta(days=length)
    middle = starts_on + timedelta(days=cut)
    whole = occurrences(rule, starts_on, until, tz)
    parts = occurrences(rule, starts_on, min(middle, until), tz)
    parts += occurrences(rule, middle + timedelta(days=1), until, tz)
    assert parts == whole
    assert len(set(whole)) == len(whole)
    local_days = [start.astimezone(tz).date() for start in whole]
    assert all(day.weekday() == weekday for day in local_days)
    assert all((b - a).days == 7 * interval for a, b in pairwise(local_days))
