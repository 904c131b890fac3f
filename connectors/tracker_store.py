"""Rasa's tracker store in Vallebot's own database, so that no URL has to be written into endpoints.yml."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker

from connectors.off_loop import off_loop
from vallebot.db.migrate import upgrade
from vallebot.runtime import get_runtime

#: Conversations read or saved at the same time; SQLTrackerStore's pool has as many connections at least.
THREADS = 8


class VallebotTrackerStore(SQLTrackerStore):
    """`SQLTrackerStore` on the configured database (or the embedded one, which it starts).

    The schema is brought up to date first: `rasa shell` may well be the first process of a fresh clone.
    """

    def __init__(
        self, domain: Domain | None = None, event_broker: EventBroker | None = None, **kwargs: Any
    ) -> None:
        kwargs.pop("host", None)  # Rasa hands over the endpoint's `url`, of which there is none
        url = get_runtime().database_url
        upgrade(url)
        super().__init__(domain=domain, host=url, event_broker=event_broker, **kwargs)
        self._beside = event_broker is None  # a broker needs the loop
        self._threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="tracker store")

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker of the latest session; the event loop does not wait for the database."""
        reading = super().retrieve(sender_id)
        return await (off_loop(self._threads, reading) if self._beside else reading)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Committed when it returns; the event loop does not wait for that."""
        saving = super().save(tracker)
        await (off_loop(self._threads, saving) if self._beside else saving)
