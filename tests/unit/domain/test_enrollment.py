from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vallebot.domain.enrollment import lowest_free_seat, month_of, next_month, offer_until

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("taken", "capacity", "seat"),
    [(set(), 3, 1), ({1}, 3, 2), ({2, 3}, 3, 1), ({1, 3}, 3, 2), ({1, 2, 3}, 3, None), ({1, 9}, 2, 2)],
)
def test_lowest_free_seat(taken, capacity, seat):
    assert lowest_free_seat(taken, capacity) == seat


@pytest.mark.parametrize(
    ("minutes_ahead", "held_minutes"),
    [(24 * 60, 120), (135, 120), (134, 119), (60, 45), (20, 5), (19, None), (0, None), (-10, None)],
)
def test_offer_ends_in_time_for_what_it_offers(minutes_ahead, held_minutes):
    until = offer_until(NOW, NOW + timedelta(minutes=minutes_ahead), timedelta(hours=2))
    assert until == (None if held_minutes is None else NOW + timedelta(minutes=held_minutes))


@given(st.dates(date(2000, 1, 1), date(2100, 12, 31)))
def test_months_follow_each_other(day):
    first, second = month_of(day), next_month(month_of(day))
    assert (first.day, second.day) == (1, 1)
    assert first <= day < second
    assert (second - first).days in (28, 29, 30, 31)
