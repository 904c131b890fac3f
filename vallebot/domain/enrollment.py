"""Seats of a class, and how long a freed one is held for the first who waits."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

#: An offer ends at least this long before what it offers begins: whoever says yes has to get there.
OFFER_MARGIN = timedelta(minutes=15)
#: Less than this is no time to answer in: nothing is offered.
OFFER_LEAST = timedelta(minutes=5)


def lowest_free_seat(taken: Collection[int], capacity: int) -> int | None:
    """The lowest number from 1 to `capacity` that is not taken; None: the class is full."""
    return next((seat for seat in range(1, capacity + 1) if seat not in taken), None)


def offer_until(now: datetime, starts_at: datetime, hold: timedelta) -> datetime | None:
    """When an offer made now lapses; `hold` is the professional's own setting. None where it is too late to offer
    anything."""
    until = min(now + hold, starts_at - OFFER_MARGIN)
    return until if until - now >= OFFER_LEAST else None


def month_of(day: date) -> date:
    """The first day of its month: how monthly fees are named."""
    return day.replace(day=1)


def next_month(month: date) -> date:
    """The month after a month."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)
