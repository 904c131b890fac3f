from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vallebot.domain.availability import (
    Asked,
    Calendar,
    Needs,
    WeeklyHours,
    fits,
    free_starts,
    local_moment,
    subtract,
    union,
    weekly_stretches,
)

UTC = timezone.utc
BUENOS_AIRES = ZoneInfo("America/Argentina/Buenos_Aires")
SANTIAGO = ZoneInfo("America/Santiago")
MADRID = ZoneInfo("Europe/Madrid")
MONDAY = date(2026, 3, 2)
EVERY_DAY_9_TO_18 = tuple(WeeklyHours(day, 540, 1080) for day in range(7))


def at(clock: str, day: date = MONDAY, tz: ZoneInfo = BUENOS_AIRES) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return local_moment(day, hour * 60 + minute, tz)


def asked(day: date = MONDAY, tz: ZoneInfo = BUENOS_AIRES, days: int = 1, **over) -> Asked:
    start, end = local_moment(day, 0, tz), local_moment(day + timedelta(days=days), 0, tz)
    return Asked(**{"windows": ((start, end),), "earliest": start, "latest": end, **over})


def starts(
    calendar: Calendar, request: Asked, needs: Needs | None = None, tz: ZoneInfo = BUENOS_AIRES
) -> list[str]:
    needs = needs or Needs(timedelta(hours=1))
    return [f"{moment.astimezone(tz):%H:%M}" for moment in free_starts(calendar, needs, request)]


def hourly(**over) -> Asked:
    return asked(step=timedelta(hours=1), **over)


def test_day_without_bookings_is_free_from_opening_to_closing():
    calendar = Calendar(BUENOS_AIRES, (WeeklyHours(0, 540, 780),))
    assert starts(calendar, hourly()) == ["09:00", "10:00", "11:00", "12:00"]


def test_buffers_of_both_sessions_are_kept_free():
    busy = ((at("11:00"), at("12:10")),)
    calendar = Calendar(BUENOS_AIRES, (WeeklyHours(0, 540, 900),), busy=busy)
    needs = Needs(timedelta(minutes=60), before=timedelta(minutes=20), after=timedelta(minutes=15))
    quarter = asked(step=timedelta(minutes=15))
    before, after = "09:00 09:15 09:30 09:45", "12:30 12:45 13:00 13:15 13:30 13:45 14:00"
    assert starts(calendar, quarter, needs) == [*before.split(), *after.split()]


def test_buffer_may_lie_outside_the_working_hours():
    calendar = Calendar(BUENOS_AIRES, (WeeklyHours(0, 540, 600),))
    needs = Needs(timedelta(hours=1), before=timedelta(minutes=30), after=timedelta(minutes=30))
    assert starts(calendar, hourly(), needs) == ["09:00"]


def test_opening_adds_time_and_closure_wins_over_it():
    calendar = Calendar(
        BUENOS_AIRES,
        (WeeklyHours(0, 540, 720),),
        openings=((at("12:00"), at("16:00")),),
        closures=((at("10:00"), at("13:00")),),
    )
    assert starts(calendar, hourly()) == ["09:00", "13:00", "14:00", "15:00"]


def test_grid_is_kept_after_a_closure_that_ends_in_between():
    calendar = Calendar(BUENOS_AIRES, (WeeklyHours(0, 540, 780),), closures=((at("09:00"), at("10:10")),))
    assert starts(calendar, asked()) == ["10:30", "11:00", "11:30", "12:00"]


def test_notice_horizon_and_hours_of_the_day_limit_the_start():
    calendar = Calendar(BUENOS_AIRES, EVERY_DAY_9_TO_18)
    assert starts(calendar, hourly(earliest=at("14:01")))[0] == "15:00"
    assert starts(calendar, hourly(latest=at("11:00"))) == ["09:00", "10:00"]
    assert starts(calendar, hourly(hours_of_day=(13 * 60, 15 * 60))) == ["13:00", "14:00"]


def test_hours_that_touch_at_midnight_are_one_night():
    night = (WeeklyHours(0, 22 * 60, 1440), WeeklyHours(1, 0, 120))
    assert starts(Calendar(BUENOS_AIRES, night), hourly(days=2), Needs(timedelta(hours=2))) == [
        "22:00",
        "23:00",
        "00:00",
    ]


@pytest.mark.parametrize(
    ("day", "minute", "tz", "expected"),
    [
        (date(2026, 9, 6), 0, SANTIAGO, "2026-09-06T04:00"),  # midnight is skipped: 00:00 -> 01:00
        (date(2026, 9, 6), 30, SANTIAGO, "2026-09-06T04:00"),
        (date(2026, 9, 6), 60, SANTIAGO, "2026-09-06T04:00"),
        (date(2026, 4, 4), 23 * 60 + 30, SANTIAGO, "2026-04-05T02:30"),  # 23:30 occurs twice: the first
        (date(2026, 4, 4), 1440, SANTIAGO, "2026-04-05T04:00"),
        (date(2026, 3, 29), 2 * 60 + 30, MADRID, "2026-03-29T01:00"),  # 02:30 is skipped
        (date(2026, 10, 25), 2 * 60 + 30, MADRID, "2026-10-25T00:30"),  # 02:30 occurs twice
    ],
)
def test_wall_clock_times_around_changes_of_the_clock(day, minute, tz, expected):
    assert local_moment(day, minute, tz).strftime("%Y-%m-%dT%H:%M") == expected


@pytest.mark.parametrize("tz", [BUENOS_AIRES, SANTIAGO, MADRID])
def test_nine_o_clock_is_nine_o_clock_all_year(tz):
    calendar = Calendar(tz, EVERY_DAY_9_TO_18)
    year = asked(date(2026, 1, 1), tz, days=365, step=timedelta(hours=9))
    found = list(free_starts(calendar, Needs(timedelta(hours=9)), year))
    assert len(found) == 365
    assert {f"{moment.astimezone(tz):%H:%M}" for moment in found} == {"09:00"}


def test_night_of_the_change_is_as_long_as_it_really_is():
    whole_saturday = (WeeklyHours(5, 0, 1440),)
    lengths = {
        day: sum(
            ((end - start) for start, end in weekly_stretches(whole_saturday, SANTIAGO, span)), timedelta()
        )
        for day, span in {
            d: (local_moment(d, 0, SANTIAGO),) * 2 for d in (date(2026, 4, 4), date(2026, 9, 5))
        }.items()
    }
    assert lengths == {date(2026, 4, 4): timedelta(hours=25), date(2026, 9, 5): timedelta(hours=24)}


def test_fits_asks_for_working_time_only():
    calendar = Calendar(BUENOS_AIRES, (WeeklyHours(0, 540, 1080),), busy=((at("10:00"), at("11:00")),))
    hour = Needs(timedelta(hours=1))
    assert fits(calendar, hour, at("10:00"))
    assert fits(calendar, hour, at("17:00"))
    assert not fits(calendar, hour, at("17:01"))
    assert not fits(calendar, hour, at("08:59"))


EPOCH = datetime(2026, 4, 3, tzinfo=UTC)
moments = st.integers(0, 24 * 4).map(lambda quarter: EPOCH + timedelta(minutes=15 * quarter))
stretches = st.lists(st.tuples(moments, moments).map(lambda pair: tuple(sorted(pair))), max_size=6)


def covered(group, moment: datetime) -> bool:
    return any(start <= moment < end for start, end in group)


@given(stretches, stretches)
def test_union_and_subtract_agree_with_membership(some, others):
    joined, left = union(some, others), subtract(some, others)
    for quarter in range(24 * 4 + 1):
        moment = EPOCH + timedelta(minutes=15 * quarter)
        assert covered(joined, moment) == (covered(some, moment) or covered(others, moment))
        assert covered(left, moment) == (covered(some, moment) and not covered(others, moment))
    for group in (joined, left):
        assert all(a < b for a, b in group)
        assert all(first[1] < second[0] for first, second in itertools.pairwise(joined))


weekly_hours = st.builds(
    lambda day, start, length: WeeklyHours(day, start * 15, min(1440, (start + length) * 15)),
    st.integers(0, 6),
    st.integers(0, 95),
    st.integers(1, 48),
)
needs_around = st.builds(
    lambda duration, before, after: Needs(*(timedelta(minutes=15 * n) for n in (duration, before, after))),
    st.integers(1, 8),
    st.integers(0, 3),
    st.integers(0, 3),
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([BUENOS_AIRES, SANTIAGO, MADRID]),
    st.sampled_from([date(2026, 3, 28), date(2026, 4, 4), date(2026, 9, 5), date(2026, 10, 24)]),
    st.lists(weekly_hours, max_size=8),
    st.data(),
)
def test_free_starts_agree_with_a_brute_force_search(tz, day, weekly, data):
    """Quarter by quarter: a start is free iff every quarter of the session is worked time and every quarter of
    what it takes around itself is free of bookings."""
    base = local_moment(day, 0, tz)
    quarters = st.integers(-8, 24 * 4 * 2).map(lambda quarter: base + timedelta(minutes=15 * quarter))
    pairs = st.tuples(quarters, quarters).map(lambda pair: tuple(sorted(pair)))
    spans = st.lists(pairs.filter(lambda pair: pair[0] < pair[1]), max_size=4)  # as the tables: never empty
    calendar = Calendar(
        tz, tuple(weekly), tuple(data.draw(spans)), tuple(data.draw(spans)), tuple(data.draw(spans))
    )
    needs = data.draw(needs_around)
    window = data.draw(st.tuples(quarters, quarters).map(lambda pair: tuple(sorted(pair))))
    request = Asked((window,), base, base + timedelta(days=2), step=timedelta(minutes=15))
    assert list(free_starts(calendar, needs, request)) == list(brute_force(calendar, needs, request))


def brute_force(calendar: Calendar, needs: Needs, request: Asked):
    quarter = timedelta(minutes=15)
    hours = [
        (local_moment(day, rule.start_minute, calendar.tz), local_moment(day, rule.end_minute, calendar.tz))
        for rule in calendar.weekly
        for day in (request.earliest.astimezone(calendar.tz).date() + timedelta(days=n) for n in range(-2, 5))
        if day.weekday() == rule.weekday
    ]

    def worked(moment: datetime) -> bool:
        opened = covered(hours, moment) or covered(calendar.openings, moment)
        return opened and not covered(calendar.closures, moment)

    def quarters(start: datetime, end: datetime):
        while start < end:
            yield start
            start += quarter

    moment = request.earliest
    while moment < request.latest:
        end = moment + needs.duration
        if (
            covered(request.windows, moment)
            and all(worked(q) for q in quarters(moment, end))
            and not any(covered(calendar.busy, q) for q in quarters(moment - needs.before, end + needs.after))
        ):
            yield moment
        moment += quarter
