"""The sender: takes queued messages one by one and has WhatsApp deliver them."""

from __future__ import annotations

import logging
import random
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import sessionmaker

from vallebot.clock import Clock
from vallebot.services import delivery
from vallebot.services.delivery import OutboxItem
from vallebot.services.outbox import Bubble
from vallebot.services.pacing import Pace

logger = logging.getLogger(__name__)

#: Cloud API: free-form messages only within 24 hours of the person's last message.
WINDOW = timedelta(hours=24)

#: How often the log tells that a line is stopped.
COMPLAINT_INTERVAL = timedelta(minutes=1)


class NotSent(Exception):
    """A bubble did not go out as a whole. `parts_sent`: how many messages of it surely went (a bubble may take
    several, such as a file and a list); they are not sent again."""

    parts_sent = 0


class Refused(NotSent):
    """The Graph API said no. `wait_seconds`: try again then; None: never. `park`: an operator can mend it."""

    def __init__(self, code: int, reason: str, *, wait_seconds: float | None, park: bool) -> None:
        self.code = code
        self.wait_seconds = wait_seconds
        self.park = park
        super().__init__(reason)


class LineStopped(NotSent):
    """The Graph API takes nothing from this line (token, account, permission), or cannot be reached: no message is
    at fault."""

    def __init__(self, code: int, reason: str, *, wait_seconds: float) -> None:
        self.code = code
        self.wait_seconds = wait_seconds
        super().__init__(reason)


class OutcomeUnknown(NotSent):
    """The call broke off: it may have gone out."""


class Transport(Protocol):
    """How a message leaves. Implemented by vallebot.gateways.whatsapp."""

    def send(self, item: OutboxItem, bubble: Bubble, *, template: bool, now: datetime) -> str:
        """Send it, or what `item.parts_sent` left of it; returns the last wamid. Raises Refused, LineStopped or
        OutcomeUnknown."""


class LineComplaints:
    """Says of each line, not of each message, that it is stopped: once a minute for as long as it is tried."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said_at: dict[str, datetime] = {}

    def complain(self, item: OutboxItem, stop: LineStopped, now: datetime) -> None:
        """Log an attempt that the line refused, unless another one was logged in the last minute."""
        line = item.phone_number_id
        with self._lock:
            said_at = self._said_at.get(line)
            if said_at is not None and now - said_at < COMPLAINT_INTERVAL:
                return
            self._said_at[line] = now
        facts = {"line": line, "code": stop.code, "message_id": item.id, "stops": item.line_stops + 1}
        logger.error("the line is stopped, its messages wait: %s", stop, extra=facts)


@dataclass(frozen=True)
class Sender:
    """Sends what is due. One instance per thread or process, as many as wanted."""

    sessions: sessionmaker
    transport: Transport
    clock: Clock
    pace: Pace = field(default_factory=Pace)
    _complaints: LineComplaints = field(init=False, default_factory=LineComplaints)

    def send_next(self, claimer: int) -> bool:
        """Send one message; False where nothing is due. Never raises for what one message does."""
        now = self.clock.now()
        item = delivery.claim_next(self.sessions, claimer, now=now)
        if item is None:
            return False
        try:
            if self._in_pace(item, now):
                self._deliver(item, now)
        except (OperationalError, InterfaceError):
            raise  # the database is away: the claim dies with the connection, and the row is settled later
        except Exception as exc:
            # A bug of ours about this one message: the messages behind it must not wait for it for ever.
            logger.exception("send failed", extra={"message_id": item.id})
            delivery.give_up(self.sessions, item, None, type(exc).__name__, park=True)
        return True

    def _in_pace(self, item: OutboxItem, now: datetime) -> bool:
        """Wait for the line's turn; False where the person got so many that this one was put off."""
        seconds = self.pace.seconds_for_person(item.conversacion_id)
        if seconds > 0:
            delivery.postpone(self.sessions, item, now + timedelta(seconds=seconds))
            return False
        time.sleep(self.pace.seconds_for_line(item.phone_number_id, answers=item.answers))
        return True

    def _deliver(self, item: OutboxItem, now: datetime) -> None:
        bubble = Bubble.from_payload(item.payload)
        outside = item.last_inbound_at is None or now - item.last_inbound_at >= WINDOW
        if outside and bubble.template is None:
            reason = "the 24-hour window is closed and the message has no template"
            delivery.give_up(self.sessions, item, None, reason, park=True)
            logger.warning("message parked", extra={"message_id": item.id, "reason": "window_closed"})
            return
        self._send(item, bubble, outside, now)

    def _send(self, item: OutboxItem, bubble: Bubble, outside: bool, now: datetime) -> None:
        try:
            wamid = self.transport.send(item, bubble, template=outside, now=now)
        except NotSent as exc:
            if exc.parts_sent > item.parts_sent:
                delivery.note_parts(self.sessions, item, exc.parts_sent)
            self._not_sent(item, exc, now)
        else:
            delivery.record_sent(self.sessions, item, wamid)

    def _not_sent(self, item: OutboxItem, exc: NotSent, now: datetime) -> None:
        if isinstance(exc, OutcomeUnknown):
            logger.warning("send of unknown outcome", extra={"message_id": item.id})
            delivery.record_unknown(self.sessions, item, str(exc))
        elif isinstance(exc, LineStopped):
            self._complaints.complain(item, exc, now)
            due = now + with_jitter(exc.wait_seconds)
            delivery.line_stopped(self.sessions, item, due, exc.code, str(exc))
        elif isinstance(exc, Refused):
            self._refused(item, exc, now)
        else:
            raise exc

    def _refused(self, item: OutboxItem, refusal: Refused, now: datetime) -> None:
        facts: dict[str, Any] = {"message_id": item.id, "code": refusal.code, "tries": item.tries}
        wait = refusal.wait_seconds
        if wait is not None and item.tries < delivery.MAX_REFUSALS:
            logger.info("send refused, will try again", extra=facts)
            due = now + with_jitter(wait)
            delivery.retry_at(self.sessions, item, due, refusal.code, str(refusal))
            return
        logger.error("send refused for good: %s", refusal, extra=facts)
        park = refusal.park or wait is not None
        delivery.give_up(self.sessions, item, refusal.code, str(refusal), park=park)


def with_jitter(seconds: float) -> timedelta:
    """A wait lengthened by up to a quarter, so that what was refused together does not come back together."""
    return timedelta(seconds=seconds + random.uniform(0, seconds / 4))
