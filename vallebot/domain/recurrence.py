"""On which days a weekly class happens, and at which moments: the wall clock stays, the moment in UTC may move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from vallebot.domain.availability import local_moment


@dataclass(frozen=True)
class Weekly:
    """A class that repeats on one weekday (0 = Monday), `start_minute` after local midnight.

    It begins on the first such day from `starts_on` on, comes back every `interval_weeks`, and ends with `ends_on`
    (included; None: it goes on).
    """

    weekday: int
    start_minute: int
    starts_on: date
    ends_on: date | None = None
    interval_weeks: int = 1

    @property
    def first_day(self) -> date:
        return self.starts_on + timedelta(days=(self.weekday - self.starts_on.weekday()) % 7)


def days(rule: Weekly, since: date, until: date) -> Iterator[date]:
    """The days from `since` to `until` (both included) on which the class happens, in order."""
    step = timedelta(weeks=rule.interval_weeks)
    day = rule.first_day
    if day < since:
        day += -((day - since) // step) * step
    last = until if rule.ends_on is None else min(until, rule.ends_on)
    while day <= last:
        yield day
        day += step


def occurrences(rule: Weekly, since: date, until: date, tz: ZoneInfo) -> list[datetime]:
    """The moments (UTC) at which the class begins on those days.

    An hour that the clock skips that day means the moment of the change, one that it shows twice the first.
    """
    return [local_moment(day, rule.start_minute, tz) for day in days(rule, since, until)]
