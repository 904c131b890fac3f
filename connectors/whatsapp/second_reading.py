"""Asking a language model what a message means, where the dialogue would only have said that it did not understand.

The turn is run as always. Where an action gives up (the NLU was unsure and no form could read the message; a form
could not read an answer for the second time; an answer fits no question again), the turn is abandoned: nothing of it
is saved or said. The model is asked on the event loop, bounded in time, and the turn is run once more with what it
read; where there is no reading, once more as it was. See docs/decisions and docs/llm.md.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from connectors.rasa_mends import AfterAction, TurnAbandoned
from vallebot.config import LlmSettings
from vallebot.domain.states import InterpretationSource
from vallebot.runtime import Runtime
from vallebot.services import fallback
from vallebot.services.actor import Actor
from vallebot.services.fallback import Terms
from vallebot.services.fallback.answers import ASK_BACK, Reading
from vallebot.services.fallback.budget import Spend
from vallebot.services.fallback.gathering import Asked
from vallebot.services.inbox import InboxItem
from vallebot.services.outcomes import OPERATION_NAMES

logger = logging.getLogger(__name__)

#: Actions that say that the message was not understood, unless they find something to do with it after all.
NOT_UNDERSTOOD = "action_no_entendi"
ANSWER_TO_NOTHING = "action_sin_contexto"

#: How the actions say that they give up (actions/forms.py): a miss is counted, or the form's question is replaced by
#: the one that offers a way out.
MISSES_SLOT = "no_entendidos"
WAY_OUT = ("requested_slot", "salida")

#: The model is told what the NLU thought of, as far as it thought of anything.
GUESSES = 3

InThread = Callable[..., Awaitable[Any]]


class SecondReading:
    """Of one Rasa server. At most `parallel` questions are under way; nobody waits in line for one."""

    def __init__(self, runtime: Runtime, in_thread: InThread) -> None:
        self._runtime = runtime
        self._in_thread = in_thread
        self._model = runtime.language_model
        self._encoder = runtime.encoder if self._model is not None else None
        settings = runtime.settings.llm
        self._free = settings.parallel if settings is not None else 0
        self._terms = terms_of(settings) if settings is not None else None

    def watch(self, message: UserMessage, actor: Actor) -> AfterAction | None:
        """What is to be called after each action of a turn: abandons the turn where the model may help."""
        typed = message.metadata.get("source")
        if self._model is None or actor.profesional_id is None or typed != InterpretationSource.NLU.value:
            return None
        return self._abandon_where_stuck

    def _abandon_where_stuck(self, action: str, tracker: DialogueStateTracker, events: list[Event]) -> None:
        if self._free > 0 and is_stuck(action, tracker, events):
            raise TurnAbandoned(tracker)

    async def read(
        self, item: InboxItem, actor: Actor, message: UserMessage, tracker: DialogueStateTracker
    ) -> None:
        """Put the model's reading into the message; leave it as it is where there is none."""
        if self._model is None or self._terms is None or self._free < 1:
            return
        self._free -= 1
        try:
            asked = asked_of(item, message, tracker)
            reading = await fallback.read(
                self._runtime.sessions,
                self._model,
                actor,
                asked,
                self._terms,
                now=self._runtime.clock.now(),
                in_thread=self._in_thread,
                encoder=self._encoder,
            )
        finally:
            self._free += 1
        if reading is not None:
            put_reading(message, reading, self._model.name)


def terms_of(settings: LlmSettings) -> Terms:
    """Dollars per million tokens are millionths of a dollar per token."""
    limits = Spend(settings.daily_calls, settings.daily_tokens, 0, round(settings.daily_dollars * 1e6))
    return Terms(settings.price_in, settings.price_out, limits)


def is_stuck(action: str, tracker: DialogueStateTracker, events: list[Event]) -> bool:
    """Whether an action gave up on the message."""
    slots = {event.key: event.value for event in events if isinstance(event, SlotSet)}
    if action == NOT_UNDERSTOOD:
        return MISSES_SLOT in slots
    if action == ANSWER_TO_NOTHING:
        said_only = all(isinstance(event, BotUttered) for event in events)
        return said_only and bool({ANSWER_TO_NOTHING, NOT_UNDERSTOOD} & actions_of_previous_turn(tracker))
    if not action.startswith("validate_"):
        return False
    unsure = (tracker.latest_message.intent or {}).get("name") == "nlu_fallback"
    return WAY_OUT in slots.items() or (unsure and bool(slots.get(MISSES_SLOT)))


def actions_of_previous_turn(tracker: DialogueStateTracker) -> set[str]:
    """What was done after the message before the latest one."""
    names: set[str] = set()
    messages = 0
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            messages += 1
            if messages == 2:
                return names
        elif messages == 1 and isinstance(event, ActionExecuted) and event.action_name:
            names.add(event.action_name)
    return names


def put_in_doubt(message: UserMessage, tracker: DialogueStateTracker) -> None:
    """Somebody says that they were misunderstood: what the NLU thought of besides is offered, the wrong reading is
    not. Nothing changes where no operation was read before."""
    before = _last_heard(tracker)
    if before is None or before.intent_name not in OPERATION_NAMES:
        return
    fallback_intent = {"name": "nlu_fallback", "confidence": 0.0}
    ranking = before.parse_data.get("intent_ranking") or []
    others = [dict(entry) for entry in ranking if entry["name"] not in (before.intent_name, "nlu_fallback")]
    message.parse_data |= {"intent": fallback_intent, "intent_ranking": [fallback_intent, *others]}
    message.metadata["rejected"] = before.intent_name


def _last_heard(tracker: DialogueStateTracker) -> UserUttered | None:
    return next((event for event in reversed(tracker.events) if isinstance(event, UserUttered)), None)


def asked_of(item: InboxItem, message: UserMessage, tracker: DialogueStateTracker) -> Asked:
    """What the dialogue knows of the message."""
    form, slot = tracker.active_loop_name, tracker.get_slot("requested_slot")
    ranking = message.parse_data.get("intent_ranking") or []
    guesses = [
        (entry["name"], float(entry["confidence"])) for entry in ranking if entry["name"] != "nlu_fallback"
    ]
    return Asked(
        message_id=item.id,
        text=message.text or "",
        pending=f"{form}: {slot}" if form and slot else None,
        guesses=tuple(guesses[:GUESSES]),
        rejected=message.metadata.get("rejected"),
    )


def put_reading(message: UserMessage, reading: Reading, model: str) -> None:
    """As if the NLU had read it so. The options of a question back are the ranking, as action_aclarar reads it."""
    best = {"name": reading.intent, "confidence": reading.confidence}
    others = [{"name": option, "confidence": 0.0} for option in reading.options]
    kept = [entity for entity in message.parse_data["entities"] if entity["entity"] == "rol"]
    named = [
        {
            "entity": value.entity,
            "value": value.text,
            "start": value.start,
            "end": value.end,
            "extractor": "LanguageModel",
        }
        for value in reading.values
    ]
    # Of what the NLU had found, what the reading does not contradict still helps the forms.
    known = {value.entity for value in reading.values}
    if reading.intent != ASK_BACK:
        named += [
            entity
            for entity in message.parse_data["entities"]
            if entity["entity"] not in known and entity["entity"] != "rol"
        ]
    message.parse_data = {
        **message.parse_data,
        "intent": best,
        "intent_ranking": [best, *others],
        "entities": [*named, *kept],
    }
    message.metadata |= {"source": InterpretationSource.LLM.value, "model": f"{model} {fallback.VERSION}"}
