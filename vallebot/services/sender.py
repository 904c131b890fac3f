"""The sender: takes queued messages one by one and has WhatsApp deliver them."""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy.orm import sessionmaker

from vallebot.clock import Clock
from vallebot.services import delivery
from vallebot.services.delivery import OutboxItem
from vallebot.services.outbox import Bubble

logger = logging.getLogger(__name__)

#: Cloud API: free-form messages only within 24 hours of the person's last message.
WINDOW = timedelta(hours=24)


class Refused(Exception):
    """The Graph API said no. `wait_seconds`: try again then; None: never. `park`: an operator can mend it."""

    def __init__(self, code: int, reason: str, *, wait_seconds: float | None, park: bool) -> None:
        self.code = code
        self.wait_seconds = wait_seconds
        self.park = park
        super().__init__(reason)


class OutcomeUnknown(Exception):
    """The call broke off: it may have gone out."""


class Transport(Protocol):
    """How a message leaves. Implemented by vallebot.gateways.whatsapp."""

    def send(self, item: OutboxItem, bubble: Bubble, *, template: bool, now: datetime) -> str:
        """Send it; returns the wamid. Raises Refused or OutcomeUnknown."""


@dataclass(frozen=True)
class Sender:
    """Sends what is due. One instance per thread or process, as many as wanted."""

    sessions: sessionmaker
    transport: Transport
    clock: Clock

    def send_next(self, claimer: int) -> bool:
        """Send one message; False where nothing is due. Never raises for what one message does."""
        now = self.clock.now()
        item = delivery.claim_next(self.sessions, claimer, now=now)
        if item is None:
            return False
        bubble = Bubble.from_payload(item.payload)
        outside = item.last_inbound_at is None or now - item.last_inbound_at >= WINDOW
        if outside and bubble.template is None:
            reason = "the 24-hour window is closed and the message has no template"
            delivery.give_up(self.sessions, item, None, reason, park=True)
            logger.warning("message parked", extra={"message_id": item.id, "reason": "window_closed"})
            return True
        self._send(item, bubble, outside, now)
        return True

    def _send(self, item: OutboxItem, bubble: Bubble, outside: bool, now: datetime) -> None:
        try:
            wamid = self.transport.send(item, bubble, template=outside, now=now)
        except OutcomeUnknown as exc:
            logger.warning("send of unknown outcome", extra={"message_id": item.id})
            delivery.record_unknown(self.sessions, item, str(exc))
        except Refused as refusal:
            self._refused(item, refusal, now)
        else:
            delivery.record_sent(self.sessions, item, wamid)

    def _refused(self, item: OutboxItem, refusal: Refused, now: datetime) -> None:
        facts: dict[str, Any] = {"message_id": item.id, "code": refusal.code, "tries": item.tries}
        wait = refusal.wait_seconds
        if wait is not None and item.tries < delivery.MAX_REFUSALS:
            jitter = random.uniform(0, wait / 4)
            logger.info("send refused, will try again", extra=facts)
            due = now + timedelta(seconds=wait + jitter)
            delivery.retry_at(self.sessions, item, due, refusal.code, str(refusal))
            return
        logger.error("send refused for good: %s", refusal, extra=facts)
        park = refusal.park or wait is not None
        delivery.give_up(self.sessions, item, refusal.code, str(refusal), park=park)
