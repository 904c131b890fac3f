from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from vallebot import clock
from vallebot.clock import FixedClock, SystemClock, set_offset


def test_all_clocks_share_the_offset(sessions, monkeypatch):
    here, there = SystemClock(sessions), SystemClock(sessions)
    set_offset(sessions, timedelta(days=3))
    ahead = here.now() - datetime.now(timezone.utc)
    assert timedelta(days=3) - ahead < timedelta(seconds=1)
    assert there.offset() == timedelta(days=3)


def test_the_offset_is_read_again_after_a_moment(sessions, count_queries, monkeypatch):
    running = SystemClock(sessions)
    running.now()
    set_offset(sessions, timedelta(hours=1))
    with count_queries() as statements:
        assert running.offset() == timedelta()
    assert statements == []
    monkeypatch.setattr(clock, "CACHE_SECONDS", 0.0)
    assert running.offset() == timedelta(hours=1)


def test_fixed_clock_moves_only_when_told():
    fixed = FixedClock(datetime(2026, 3, 2, 12, tzinfo=timezone.utc))
    fixed.advance(timedelta(minutes=5))
    assert fixed.now() == fixed.now() == datetime(2026, 3, 2, 12, 5, tzinfo=timezone.utc)
    with pytest.raises(ValueError, match="aware"):
        FixedClock(datetime(2026, 3, 2))  # noqa: DTZ001
