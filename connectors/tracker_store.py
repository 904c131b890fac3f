"""Rasa's tracker store in Vallebot's own database, so that no URL has to be written into endpoints.yml."""

from __future__ import annotations

from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain

from vallebot.db.migrate import upgrade
from vallebot.runtime import get_runtime


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
