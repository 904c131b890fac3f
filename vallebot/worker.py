"""The worker: sends queued messages the moment they are committed, and does what is due.

Threads of one process: one listens for new messages, some send, one does the due work, one settles sends of
unknown outcome. Any number of workers may run; they share the work through the database.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psycopg2
from sqlalchemy.engine import Engine
from sqlalchemy.exc import InterfaceError, OperationalError

from vallebot.clock import Clock
from vallebot.db.claims import Claimer
from vallebot.gateways.whatsapp.client import GraphApi
from vallebot.gateways.whatsapp.read_marks import ReadMarks
from vallebot.gateways.whatsapp.transport import WhatsAppTransport
from vallebot.runtime import Runtime
from vallebot.services import delivery
from vallebot.services.due_handlers import due_work
from vallebot.services.embeddings import Refresher
from vallebot.services.inbox import TYPING_CHANNEL
from vallebot.services.outbox import OUTBOX_CHANNEL
from vallebot.services.pacing import Pace
from vallebot.services.sender import Sender

logger = logging.getLogger(__name__)

DEFAULT_SENDERS = 8

#: Messages that become due later (retries, reminders) ring no bell: look for them this often.
POLL_SECONDS = 2.0
IDLE_SECONDS = 30.0
SETTLE_SECONDS = 5.0
HEARTBEAT_SECONDS = 1.0
VECTORS_SECONDS = 5.0

#: A claim is told to all workers and must be marked once: by the one that holds this advisory lock. The others
#: ask for it this often, in case that one is gone.
READ_MARKS_LOCK = (86_256, 1)
READ_MARKS_SECONDS = 5.0

#: Wait after the n-th failure in a row (database away), in seconds; the last one repeats.
BACKOFF_SECONDS = (0.2, 0.5, 1, 2, 5)

#: How long a stopping worker waits for calls that are on their way.
STOP_SECONDS = 25

_OUTAGES = (OperationalError, InterfaceError, psycopg2.OperationalError, psycopg2.InterfaceError)


class Bell:
    """Wakes sleeping threads; a ring while nobody sleeps is not lost."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._rung = 0

    @property
    def rung(self) -> int:
        """How often it rang: to be read before looking for work, and handed to `wait`."""
        with self._condition:
            return self._rung

    def ring(self) -> None:
        with self._condition:
            self._rung += 1
            self._condition.notify_all()

    def wait(self, heard: int, seconds: float) -> bool:
        """Sleep until it rings for more than the `heard`-th time, at most `seconds`; whether it rang."""
        with self._condition:
            return self._condition.wait_for(lambda: self._rung > heard, seconds)


@dataclass
class Worker:
    """One worker process. `due_work` does what is due and returns whether there was anything; `read_marks` (None:
    nobody) tells people that their message is being worked on."""

    engine: Engine
    sender: Sender
    clock: Clock
    due_work: Callable[[], bool] = lambda: False
    senders: int = DEFAULT_SENDERS
    heartbeat: Path | None = None
    read_marks: ReadMarks | None = None
    refresh_vectors: Callable[[], bool] | None = None  #: a batch of them; whether there may be more
    _bell: Bell = field(init=False, default_factory=Bell)
    _stop: threading.Event = field(init=False, default_factory=threading.Event)
    _threads: list[threading.Thread] = field(init=False, default_factory=list)
    _turned: set[str] = field(init=False, default_factory=set)
    _failures: dict[str, int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._claimer = Claimer(self.engine)

    def start(self) -> None:
        """Begin to work, in threads."""
        loops: dict[str, Callable[[], None]] = {"listener": self._listen}
        # One of them looks for what becomes due without a ring; as many looking would find the same.
        waits = [POLL_SECONDS] + [IDLE_SECONDS] * (self.senders - 1)
        loops |= {f"sender {number}": partial(self._send, wait) for number, wait in enumerate(waits, start=1)}
        loops |= {"due work": self._do_due_work, "settler": self._settle}
        if self.refresh_vectors is not None:
            loops["vectors"] = self._refresh_vectors
        for name, step in loops.items():
            thread = threading.Thread(target=self._forever, args=(name, step), name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Finish the calls that are on their way, take up nothing new."""
        self._stop.set()
        self._bell.ring()
        for thread in self._threads:
            thread.join(STOP_SECONDS)
        self._claimer.close()
        if self.read_marks is not None:
            self.read_marks.stop()
        if self.heartbeat is not None:
            self.heartbeat.unlink(missing_ok=True)

    def run_until_signal(self) -> None:
        """Work until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.ask_to_stop())
        self.run()

    def ask_to_stop(self) -> None:
        """Make `run` return soon. For signal handlers."""
        self._stop.set()

    def run(self) -> None:
        """Work until `ask_to_stop`."""
        self.start()
        logger.info("worker started", extra={"senders": self.senders})
        while not self._stop.wait(HEARTBEAT_SECONDS if self.is_healthy else 0.05):
            self._beat()
        self.stop()
        logger.info("worker stopped")

    @property
    def is_healthy(self) -> bool:
        """Every loop has turned once, so the database was reached, and all threads live."""
        living = [thread for thread in self._threads if thread.is_alive()]
        return len(self._turned) == len(self._threads) == len(living) > 0

    def _beat(self) -> None:
        if self.heartbeat is not None and self.is_healthy:
            self.heartbeat.parent.mkdir(parents=True, exist_ok=True)
            self.heartbeat.write_text(f"{os.getpid()}\n")

    def _forever(self, name: str, step: Callable[[], None]) -> None:
        """Repeat a step until the worker stops; outages are waited for, bugs are logged and survived."""
        while not self._stop.is_set():
            try:
                step()
                continue
            except _OUTAGES as exc:
                if name not in self._failures:
                    logger.warning("the database is away", extra={"loop": name, "reason": type(exc).__name__})
            except Exception:  # the last resort of a thread: the others' work must go on
                logger.exception("loop failed", extra={"loop": name})
            self._failures[name] = self._failures.get(name, 0) + 1
            self._stop.wait(BACKOFF_SECONDS[min(self._failures[name], len(BACKOFF_SECONDS)) - 1])

    def _works(self) -> None:
        """Called by each loop when it got round once."""
        name = threading.current_thread().name
        if self._failures.pop(name, 0):
            logger.warning("works again", extra={"loop": name})
        self._turned.add(name)

    def _send(self, poll_seconds: float) -> None:
        """Send until nothing is due, sleep until the bell rings or it is time to look by oneself."""
        woke_alone = False
        while not self._stop.is_set():
            heard = self._bell.rung
            key = self._claimer.key()
            while not self._stop.is_set() and self.sender.send_next(key):
                if woke_alone:  # what became due without a ring may be more than one message
                    self._bell.ring()
                    woke_alone = False
            self._works()
            woke_alone = not self._bell.wait(heard, poll_seconds)

    def _listen(self) -> None:
        """Ring the bell for each notification, until the connection breaks or the worker stops."""
        connection = self.engine.raw_connection()
        try:
            listening = connection.connection
            listening.autocommit = True
            with listening.cursor() as cursor:
                cursor.execute(f"LISTEN {OUTBOX_CHANNEL}")
            self._bell.ring()  # what was committed before this moment rang no bell here
            self._works()
            marking, ask_at = self.read_marks is None, 0.0
            while not self._stop.is_set():
                if not marking and time.monotonic() >= ask_at:
                    marking, ask_at = take_marking(listening), time.monotonic() + READ_MARKS_SECONDS
                self._hear(listening)
        finally:
            connection.invalidate()  # never back into the pool: it would go on listening
            connection.close()

    def _hear(self, listening: Any) -> None:
        if not listening.notifies:  # asking for the lock may have brought some in
            readable, _, _ = select.select([listening], [], [], 0.5)
            if readable:
                listening.poll()
        heard = list(listening.notifies)
        listening.notifies.clear()
        if any(told.channel == OUTBOX_CHANNEL for told in heard):
            self._bell.ring()
        for told in heard:
            if told.channel == TYPING_CHANNEL and self.read_marks is not None:
                self.read_marks.mark_soon(told.payload)

    def _do_due_work(self) -> None:
        while not self._stop.is_set() and self.due_work():
            pass
        self._works()
        self._stop.wait(POLL_SECONDS / 2)

    def _refresh_vectors(self) -> None:
        assert self.refresh_vectors is not None
        while not self._stop.is_set() and self.refresh_vectors():
            pass
        self._works()
        self._stop.wait(VECTORS_SECONDS)

    def _settle(self) -> None:
        decided = delivery.settle_unknown(self.sender.sessions, now=self.clock.now())
        if decided:
            logger.warning("sends of unknown outcome settled", extra={"messages": decided})
            self._bell.ring()
        self._works()
        self._stop.wait(SETTLE_SECONDS)


def take_marking(listening: Any) -> bool:
    """Become the worker that marks messages as read, until the connection ends; False where another one is."""
    with listening.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", READ_MARKS_LOCK)
        taken = bool(cursor.fetchone()[0])
        if taken:
            cursor.execute(f"LISTEN {TYPING_CHANNEL}")
        return taken


def vectors_of(runtime: Runtime) -> Callable[[], bool]:
    """Brings vectors up to date, once the database can be asked whether it holds any."""
    made: list[Refresher | None] = []

    def step() -> bool:
        if not made:
            encoder = runtime.encoder
            made.append(Refresher(runtime.sessions, encoder) if encoder is not None else None)
        return made[0].step() if made[0] is not None else False

    return step


def build_worker(
    runtime: Runtime, *, senders: int = DEFAULT_SENDERS, heartbeat: Path | None = None
) -> Worker:
    """The worker of an installation."""
    settings = runtime.settings
    api = GraphApi(settings.whatsapp)
    whatsapp = settings.whatsapp
    transport = WhatsAppTransport(
        api,
        secret=settings.secret,
        files=runtime.proof_tools.media,
        strip_9=whatsapp.argentina_strip_9,
        first_line=next(iter(whatsapp.phone_number_ids), ""),
    )
    return Worker(
        engine=runtime.engine,
        sender=Sender(
            runtime.sessions,
            transport,
            runtime.clock,
            Pace(whatsapp.messages_per_second, whatsapp.messages_per_person),
        ),
        clock=runtime.clock,
        due_work=due_work(runtime.sessions, runtime.clock.now),
        senders=senders,
        heartbeat=heartbeat,
        read_marks=ReadMarks(api),
        refresh_vectors=vectors_of(runtime) if settings.embeddings else None,
    )
