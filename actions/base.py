"""The base of all actions: off the event loop, errors to sentences, nothing swallowed."""

from __future__ import annotations

import abc
import asyncio
import logging
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sanic.exceptions import ServiceUnavailable
from sqlalchemy.exc import InterfaceError, OperationalError

from actions.switching import offer_return
from actions.tenancy import ask_with_whom, settled
from actions.turn import Turn
from actions.wording import choice
from vallebot.errors import OutageError, VallebotError
from vallebot.runtime import get_runtime
from vallebot.services.inbox import OUTAGE

__all__ = ["Events", "VallebotAction", "choice"]

logger = logging.getLogger(__name__)

Events = list[dict[str, Any]]


class VallebotAction(Action, abc.ABC):
    """An action that translates slots into a service call and its result into a response.

    `handle` runs in a thread: a slow query delays its own conversation only. A VallebotError becomes
    `utter_error_<code>`; an outage (the database, WhatsApp's files) is refused with OUTAGE, so that the connector
    repeats the whole turn later; anything else is a bug of ours: logged with ids, and the person still gets a
    kind answer.
    """

    #: Where no professional is chosen (on a line that several share), ask for one before anything is done.
    needs_profesional = True

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
        turn = settled(Turn.of(tracker, get_runtime()))
        part = [SlotSet("rol", str(turn.actor.rol))] if turn.changed == "rol" else []
        if self.needs_profesional and turn.actor.profesional_id is None:
            return [*part, *ask_with_whom(dispatcher, turn, self.name())]
        events = self.handle(dispatcher, turn)
        return [*part, *events, *offer_return(dispatcher, turn, events)]

    def explain(self, dispatcher: CollectingDispatcher, error: VallebotError) -> Events:
        """Say what went wrong; forms override it where there is something better to do."""
        dispatcher.utter_message(response=f"utter_error_{error.code}", **error.facts)
        return []

    @abc.abstractmethod
    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        """Do it. Blocking calls are fine here."""
