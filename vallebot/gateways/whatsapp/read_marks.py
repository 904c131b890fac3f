"""Blue ticks and "escribiendo…" while an answer is being made: a courtesy that never holds anything up."""

from __future__ import annotations

import json
import logging
import time
from concurrent.futures import ThreadPoolExecutor

from vallebot.gateways.whatsapp.client import GraphApi

logger = logging.getLogger(__name__)

THREADS = 4

#: A mark that waited longer for a free thread is forgotten: by then the answer is on its way.
LATE_SECONDS = 10.0


class ReadMarks:
    """Marks messages as read beside everything else. What fails is logged at INFO and forgotten."""

    def __init__(self, api: GraphApi) -> None:
        self._api = api
        self._threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="read marks")

    def mark_soon(self, notification: str) -> None:
        """Mark the message that a notification on `services.inbox.TYPING_CHANNEL` names; returns at once."""
        self._threads.submit(self._mark, notification, time.monotonic())

    def stop(self) -> None:
        """Begin no further call."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _mark(self, notification: str, asked_at: float) -> None:
        if time.monotonic() - asked_at > LATE_SECONDS:
            return
        try:
            claimed = json.loads(notification)
            self._api.mark_read(claimed["phone_number_id"], claimed["wamid"], typing=True)
        except Exception as exc:  # whatever it is, the answer matters and the tick does not
            logger.info("message not marked as read: %s", exc, extra={"reason": type(exc).__name__})
