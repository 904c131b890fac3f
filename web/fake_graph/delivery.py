"""Posting webhooks the way Meta does: at least once, retried until a 200, without blocking one another."""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

import requests

from web.fake_graph.webhooks import SIGNATURE_HEADER, sign

logger = logging.getLogger(__name__)

#: Pauses in seconds between tries. Meta goes on for 7 days; here it ends after about two minutes.
RETRY_DELAYS_S = (0.3, 0.7, 1.5, 3.0, 5.0, 5.0, 10.0, 10.0, 15.0, 15.0, 30.0, 30.0)
_POST_TIMEOUT_S = 20.0
_WORKERS = 8


@dataclass(frozen=True)
class Attempt:
    """One POST of a webhook."""

    at_s: float  #: Unix time
    status: int  #: HTTP status, 0 when there was no answer
    elapsed_ms: float
    error: str = ""


@dataclass
class Posting:
    """One webhook on its way. `lane` keeps what concerns one conversation in order."""

    raw: bytes
    lane: str
    about: str  #: wamid it tells about, "" for other bodies
    what: str  #: "message", "status sent", ... for the log
    signature: str = ""  #: replaces the right one, to try a forged webhook
    attempts: list[Attempt] = field(default_factory=list)
    state: str = "pending"  #: pending, acknowledged, abandoned
    done: threading.Event = field(default_factory=threading.Event, repr=False)


class WebhookPoster:
    """A pool of threads that posts webhooks. First tries of a lane keep their order; retries do not wait.

    `on_change` is called, from a worker thread, after each try.
    """

    def __init__(
        self,
        url: str,
        app_secret: str,
        *,
        retry_delays_s: Sequence[float] = RETRY_DELAYS_S,
        on_change: Callable[[Posting], None] = lambda posting: None,
    ) -> None:
        self.url = url
        self._app_secret = app_secret
        self._retry_delays_s = tuple(retry_delays_s)
        self._on_change = on_change
        self._ready = threading.Condition()
        self._due: list[tuple[float, int, Posting]] = []
        self._numbers = count()
        self._busy: set[str] = set()
        self._queued: dict[str, deque[Posting]] = {}
        self._running = False

    def start(self) -> None:
        """Start the threads; what was put in before is posted now."""
        self._running = True
        for number in range(_WORKERS):
            threading.Thread(target=self._work, name=f"webhook-{number}", daemon=True).start()

    def stop(self) -> None:
        """Stop after the posts under way; what waits is dropped."""
        with self._ready:
            self._running = False
            self._ready.notify_all()

    def put(self, posting: Posting, *, delay_s: float = 0.0) -> Posting:
        """Post this webhook after `delay_s`."""
        with self._ready:
            heapq.heappush(self._due, (time.monotonic() + delay_s, next(self._numbers), posting))
            self._ready.notify()
        return posting

    def idle(self) -> bool:
        """Whether nothing waits and nothing is under way."""
        with self._ready:
            return not self._due and not self._busy and not self._queued

    def _work(self) -> None:
        with requests.Session() as session:
            session.trust_env = False  # a proxy of the environment has no business with a loopback address
            while (posting := self._next()) is not None:
                try:
                    self._post(session, posting)
                except Exception:
                    logger.exception("webhook worker failed", extra={"about": posting.about})
                finally:
                    self._release(posting)

    def _next(self) -> Posting | None:
        with self._ready:
            while self._running:
                wait_s = self._due[0][0] - time.monotonic() if self._due else None
                if wait_s is None or wait_s > 0:
                    self._ready.wait(wait_s)
                    continue
                posting = heapq.heappop(self._due)[2]
                if posting.lane in self._busy:
                    self._queued.setdefault(posting.lane, deque()).append(posting)
                    continue
                self._busy.add(posting.lane)
                return posting
        return None

    def _release(self, posting: Posting) -> None:
        with self._ready:
            self._busy.discard(posting.lane)
            queue = self._queued.get(posting.lane)
            if queue:
                heapq.heappush(self._due, (0.0, next(self._numbers), queue.popleft()))
                if not queue:
                    del self._queued[posting.lane]
            self._ready.notify()

    def _post(self, session: requests.Session, posting: Posting) -> None:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            SIGNATURE_HEADER: posting.signature or sign(posting.raw, self._app_secret),
        }
        began = time.perf_counter()
        status, error = 0, ""
        try:
            answer = session.post(
                self.url, data=posting.raw, headers=headers, timeout=_POST_TIMEOUT_S, allow_redirects=False
            )
            status = answer.status_code
        except requests.RequestException as exc:
            error = type(exc).__name__
        elapsed_ms = (time.perf_counter() - began) * 1000
        posting.attempts.append(Attempt(time.time(), status, elapsed_ms, error))
        if status == 200:
            posting.state = "acknowledged"
        elif len(posting.attempts) > len(self._retry_delays_s):
            posting.state = "abandoned"
        else:
            self.put(posting, delay_s=self._retry_delays_s[len(posting.attempts) - 1])
        self._on_change(posting)
        if posting.state != "pending":
            posting.done.set()
