"""What happened so far, and ways to wait for what is to come."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from web.fake_graph.chats import ChatBook
from web.fake_graph.delivery import Posting
from web.fake_graph.records import ApiCall, ReadMark, RefusedCall, SentMessage

_POSTINGS_KEPT = 5000
_CALLS_KEPT = 5000


class History:
    """The calls that came in and the webhooks that went out. Safe to use from several threads."""

    def __init__(self) -> None:
        self.chats = ChatBook()
        self._lock = threading.RLock()
        self._sent: list[SentMessage] = []
        self._refused: list[RefusedCall] = []
        self._read_marks: list[ReadMark] = []
        self._calls: deque[ApiCall] = deque(maxlen=_CALLS_KEPT)
        self._postings: deque[Posting] = deque(maxlen=_POSTINGS_KEPT)

    @property
    def sent(self) -> list[SentMessage]:
        """The accepted messages, oldest first (a copy)."""
        with self._lock:
            return list(self._sent)

    @property
    def refused(self) -> list[RefusedCall]:
        """The sends answered with an error, oldest first (a copy)."""
        with self._lock:
            return list(self._refused)

    @property
    def read_marks(self) -> list[ReadMark]:
        """The "mark as read" calls, oldest first (a copy)."""
        with self._lock:
            return list(self._read_marks)

    @property
    def calls(self) -> list[ApiCall]:
        """The HTTP calls, oldest first (a copy)."""
        with self._lock:
            return list(self._calls)

    def postings(self, about: str | None = None) -> list[Posting]:
        """The webhooks posted, all or those about one message."""
        with self._lock:
            return [item for item in self._postings if about in (None, item.about)]

    def sent_to(self, person: str) -> list[SentMessage]:
        """The accepted messages to one person."""
        return [item for item in self.sent if item.person == person]

    def wait_for(
        self, predicate: Callable[[SentMessage], bool], timeout: float = 10.0, *, since: int = 0
    ) -> SentMessage:
        """The first accepted message, from position `since` of `sent` on, for which `predicate` holds.

        Raises TimeoutError, saying what was sent instead, after `timeout` seconds.
        """
        found: list[SentMessage] = []

        def look() -> bool:
            found[:] = [item for item in self.sent[since:] if predicate(item)][:1]
            return bool(found)

        if not self.chats.wait_until(look, timeout):
            told = [f"{item.type} to {item.person}: {item.text!r}" for item in self.sent[since:]]
            raise TimeoutError(f"no such message in {timeout} s; accepted: {told}; refused: {self.refused}")
        return found[0]

    def wait_until(self, condition: Callable[[], bool], timeout: float = 10.0) -> None:
        """Wait until `condition()` holds; raises TimeoutError."""
        if not self.chats.wait_until(condition, timeout):
            raise TimeoutError(f"the condition did not hold within {timeout} s")

    def wait_acknowledged(self, wamid: str, timeout: float = 10.0) -> None:
        """Wait until every webhook about this message was answered with a 200; raises TimeoutError."""
        self.wait_until(lambda: all(item.state == "acknowledged" for item in self.postings(wamid)), timeout)

    def log_call(self, call: ApiCall) -> None:
        """Remember an HTTP call (the routes tell)."""
        with self._lock:
            self._calls.append(call)
        self.chats.tell("call", {"person": call.person, "summary": call.summary, "status": call.status})

    def forget(self) -> None:
        """Empty the lists; the chats are the caller's."""
        with self._lock:
            self._sent.clear()
            self._refused.clear()
            self._read_marks.clear()
            self._calls.clear()
            self._postings.clear()
