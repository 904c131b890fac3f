"""The base of all actions: off the event loop, errors to sentences, nothing swallowed."""

from __future__ import annotations

import abc
import asyncio
import logging
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from sanic.exceptions import ServiceUnavailable
from sqlalchemy.exc import InterfaceError, OperationalError

from actions.turn import Turn
from vallebot.errors import OutageError, VallebotError
from vallebot.runtime import get_runtime
from vallebot.services.inbox import OUTAGE

logger = logging.getLogger(__name__)

Events = list[dict[str, Any]]


class VallebotAction(Action, abc.ABC):
    """An action that translates slots into a service call and its result into a response.

    `handle` runs in a thread: a slow query delays its own conversation only. A VallebotError becomes
    `utter_error_<code>`; an outage (the database, WhatsApp's files) is refused with OUTAGE, so that the connector
    repeats the whole turn later; anything else is a bug of ours: logged with ids, and the person still gets a
    kind answer.
    """

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Called by rasa_sdk."""
        try:
            return await asyncio.to_thread(self._handle, dispatcher, tracker)
        except VallebotError as error:
            dispatcher.messages.clear()
            return self.explain(dispatcher, error)
        except (OperationalError, InterfaceError) as exc:
            logger.error("%s: database away (%s)", self.name(), type(exc).__name__)
            raise ServiceUnavailable(OUTAGE) from None  # the cause may quote what somebody wrote
        except OutageError as exc:
            logger.warning("%s waits for an outage to end: %s", self.name(), exc)
            raise ServiceUnavailable(OUTAGE) from None
        except Exception:
            # Ids in the message itself: rasa_sdk's format does not show `extra`.
            logger.exception("%s failed in conversation %s", self.name(), tracker.sender_id)
            dispatcher.messages.clear()
            dispatcher.utter_message(response="utter_error_internal")
        return []

    def _handle(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        return self.handle(dispatcher, Turn.of(tracker, get_runtime()))

    def explain(self, dispatcher: CollectingDispatcher, error: VallebotError) -> Events:
        """Say what went wrong; forms override it where there is something better to do."""
        dispatcher.utter_message(response=f"utter_error_{error.code}", **error.facts)
        return []

    @abc.abstractmethod
    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        """Do it. Blocking calls are fine here."""


def choice(title: str, payload: str, description: str = "") -> dict[str, str]:
    """A button (Rasa's shape); WhatsApp shows up to three as buttons, more as a list."""
    return {"title": title, "payload": payload, "description": description}
