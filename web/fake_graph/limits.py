"""The limits of the platform that depend on what happened before: 24-hour window, pair rate, throughput."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from web.fake_graph.errors import GraphError

WINDOW = timedelta(hours=24)  #: free-form messages may go this long after the person's last message
PAIR_BURST = 45  #: messages to one person at once
PAIR_SECONDS_PER_MESSAGE = 6.0  #: sustained
THROUGHPUT_PER_SECOND = 80  #: per business number, in and out together

Pair = tuple[str, str]  #: (phone_number_id, key of the person)


@dataclass
class _Bucket:
    tokens: float
    at: datetime


class Buckets:
    """Token buckets by name: `capacity` at once, `per_second` refilled."""

    def __init__(self, capacity: float, per_second: float) -> None:
        self._capacity, self._per_second = capacity, per_second
        self._items: dict[object, _Bucket] = {}

    def take(self, key: object, now: datetime, *, force: bool = False) -> bool:
        """Use one token; False (and nothing used) when there is none. `force` may go below zero."""
        bucket = self._items.setdefault(key, _Bucket(self._capacity, now))
        elapsed = max(0.0, (now - bucket.at).total_seconds())  # clock travel may go back
        bucket.tokens = min(self._capacity, bucket.tokens + elapsed * self._per_second)
        bucket.at = now
        if bucket.tokens < 1 - 1e-9 and not force:  # refills add up to one only nearly
            return False
        bucket.tokens -= 1
        return True


class ConversationLimits:
    """What may still be sent to whom. Safe to use from several threads."""

    def __init__(self, *, window: bool = True, rates: bool = True) -> None:
        self._window_enforced, self._rates_enforced = window, rates
        self._lock = threading.Lock()
        self._last_inbound: dict[Pair, datetime] = {}
        self._pairs = Buckets(PAIR_BURST, 1 / PAIR_SECONDS_PER_MESSAGE)
        self._lines = Buckets(THROUGHPUT_PER_SECOND, THROUGHPUT_PER_SECOND)

    def heard_from(self, pair: Pair, sent_at: datetime, now: datetime) -> None:
        """A person wrote: the window is open for 24 hours from the time of that message."""
        with self._lock:
            self._last_inbound[pair] = max(sent_at, self._last_inbound.get(pair, sent_at))
            self._lines.take(pair[0], now, force=True)

    def window_closes_at(self, pair: Pair) -> datetime | None:
        """When free-form messages stop being allowed; None when the person never wrote."""
        with self._lock:
            last = self._last_inbound.get(pair)
        return last + WINDOW if last else None

    def close_window(self, pair: Pair, now: datetime) -> None:
        """Pretend that the person's last message is more than 24 hours old."""
        with self._lock:
            self._last_inbound[pair] = now - WINDOW - timedelta(minutes=1)

    def last_inbound(self) -> dict[Pair, datetime]:
        """When each person last wrote (a copy)."""
        with self._lock:
            return dict(self._last_inbound)

    def restore(self, pair: Pair, last_inbound: datetime) -> None:
        """Put back the time of the last message, after a restart."""
        with self._lock:
            self._last_inbound[pair] = last_inbound

    def check_window(self, pair: Pair, now: datetime) -> None:
        """Raise 131047 when only a template may go."""
        closes_at = self.window_closes_at(pair)
        if self._window_enforced and (closes_at is None or now >= closes_at):
            raise GraphError(
                131047,
                "Message failed to send because more than 24 hours have passed since the customer last "
                "replied to this number.",
            )

    def spend(self, pair: Pair, now: datetime) -> None:
        """Count one message going out; raises 131056 (pair) or 130429 (number) when it is one too many."""
        if not self._rates_enforced:
            return
        with self._lock:
            if not self._lines.take(pair[0], now):
                raise GraphError(130429, "Message throughput of this phone number has been reached.")
            if not self._pairs.take(pair, now):
                raise GraphError(131056, "Too many messages from this phone number to the same phone number.")

    def clear(self) -> None:
        """Forget every conversation."""
        with self._lock:
            self._last_inbound.clear()
            self._pairs = Buckets(PAIR_BURST, 1 / PAIR_SECONDS_PER_MESSAGE)
            self._lines = Buckets(THROUGHPUT_PER_SECOND, THROUGHPUT_PER_SECOND)
