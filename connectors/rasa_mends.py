"""Mends of Rasa 3.6, applied once by the connector. Rasa is frozen upstream; each says what it cures.

1. *Swallowed failures.* `MessageProcessor` logs an exception of a custom action and goes on ("the action's
   events are lost"); `FailSafeTrackerStore` goes on in memory when the database is away. For a message of ours
   both would be a silent loss, so inside a turn they raise `TurnAborted`, which the connector catches and
   retries from the stored message. It derives from BaseException because Rasa's handlers catch Exception.
   In the same place a turn can be abandoned after an action (`TurnAbandoned`): it is run again differently.
2. *Hot spot:* the JSON schema of action answers is rebuilt and checked at every custom action (~30 ms).
3. *Hot spot:* `Event.resolve_by_type` walks all subclasses for every event of the tracker.
`tests/unit/connectors/test_rasa_mends.py` fails if a name patched here moves.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import jsonschema
from rasa.core.actions import action as rasa_actions
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.shared.core import events as rasa_events
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker


class TurnAborted(BaseException):
    """A message could not be worked through; nothing of the turn was saved. `cause` is what happened."""

    def __init__(self, cause: BaseException) -> None:
        self.cause = cause
        super().__init__(f"{type(cause).__name__}: {cause}")


class TurnAbandoned(BaseException):
    """A turn was left on purpose; nothing of it was saved. `tracker` is how far it had come."""

    def __init__(self, tracker: DialogueStateTracker) -> None:
        self.tracker = tracker
        super().__init__("turn abandoned")


#: Called after each custom action with its name, the tracker before it and its events; may raise TurnAbandoned.
AfterAction = Callable[[str, DialogueStateTracker, list[Event]], None]

_in_turn: ContextVar[bool] = ContextVar("vallebot_in_turn", default=False)
_after_action: ContextVar[AfterAction | None] = ContextVar("vallebot_after_action", default=None)


@contextmanager
def durable_turn(after_action: AfterAction | None = None) -> Iterator[None]:
    """Inside, failures that Rasa would swallow abort the turn instead."""
    token, watching = _in_turn.set(True), _after_action.set(after_action)
    try:
        yield
    finally:
        _after_action.reset(watching)
        _in_turn.reset(token)


def apply() -> None:
    """Install the mends; harmless when called again."""
    if getattr(rasa_actions.RemoteAction.run, "_vallebot", False):
        return
    _abort_on_action_failure()
    _abort_on_store_failure()
    _check_action_answers_with_one_validator()
    _resolve_event_types_once()


def _abort_on_action_failure() -> None:
    original = rasa_actions.RemoteAction.run

    @functools.wraps(original)
    async def run(self: Any, output_channel: Any, nlg: Any, tracker: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            events = await original(self, output_channel, nlg, tracker, *args, **kwargs)
        except rasa_actions.ActionExecutionRejection:
            raise
        except Exception as exc:
            if _in_turn.get():
                raise TurnAborted(exc) from exc
            raise
        after_action = _after_action.get()
        if after_action is not None:
            after_action(self.name(), tracker, events)
        return events

    run._vallebot = True  # type: ignore[attr-defined]
    rasa_actions.RemoteAction.run = run


def _abort_on_store_failure() -> None:
    for name in ("on_tracker_store_error", "on_tracker_store_retrieve_error"):
        original = getattr(FailSafeTrackerStore, name)

        def handle(self: Any, error: Exception, _original: Any = original) -> None:
            if _in_turn.get():
                raise TurnAborted(error)
            _original(self, error)

        setattr(FailSafeTrackerStore, name, handle)


def _check_action_answers_with_one_validator() -> None:
    schema = rasa_actions.RemoteAction.action_response_format_spec()
    validator = jsonschema.validators.validator_for(schema)(schema)

    def validate(self: Any, result: dict[str, Any]) -> bool:
        validator.validate(result)
        return True

    rasa_actions.RemoteAction._validate_action_result = validate


def _resolve_event_types_once() -> None:
    original = rasa_events.Event.resolve_by_type
    known: dict[str, Any] = {}

    def resolve_by_type(type_name: str, default: Any = None) -> Any:
        if type_name not in known:
            found = original(type_name, default)
            if found is None or found is default:
                return found
            known[type_name] = found
        return known[type_name]

    rasa_events.Event.resolve_by_type = staticmethod(resolve_by_type)
