"""Rasa's patched names are where we expect them, and the mends do what they promise."""

from __future__ import annotations

import asyncio

import pytest
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.core.tracker_store import FailSafeTrackerStore, InMemoryTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from connectors import rasa_mends
from connectors.rasa_mends import TurnAbandoned, TurnAborted, durable_turn

rasa_mends.apply()


class AwayStore(InMemoryTrackerStore):
    async def save(self, tracker: DialogueStateTracker) -> None:
        raise ConnectionError("database away")

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        raise ConnectionError("database away")


def tracker() -> DialogueStateTracker:
    return DialogueStateTracker.from_events("c", [])


async def run_action_without_server() -> None:
    await RemoteAction("action_x", None).run(None, None, tracker(), Domain.empty())  # type: ignore[arg-type]


async def test_a_failed_action_aborts_a_turn_of_ours() -> None:
    with durable_turn(), pytest.raises(TurnAborted):
        await run_action_without_server()


async def test_a_turn_can_be_left_after_an_action(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endpoint:
        kwargs: dict = {}

        async def request(self, **_: object) -> dict:
            return {"events": [{"event": "slot", "name": "x", "value": 1}], "responses": []}

    def leave(action: str, so_far: DialogueStateTracker, events: list[Event]) -> None:
        assert (action, [event.key for event in events]) == ("action_x", ["x"])  # type: ignore[attr-defined]
        raise TurnAbandoned(so_far)

    run = RemoteAction("action_x", Endpoint()).run  # type: ignore[arg-type]
    with durable_turn(leave), pytest.raises(TurnAbandoned):
        await run(None, None, tracker(), Domain.empty())  # type: ignore[arg-type]
    with durable_turn():
        assert await run(None, None, tracker(), Domain.empty())  # type: ignore[arg-type]


async def test_outside_a_turn_rasa_behaves_as_ever() -> None:
    with pytest.raises(Exception, match="no endpoint is configured"):
        await run_action_without_server()
    store = FailSafeTrackerStore(AwayStore(Domain.empty()))
    await store.save(tracker())
    assert await store.retrieve("c") is None


async def test_a_failed_save_or_load_aborts_a_turn_of_ours() -> None:
    store = FailSafeTrackerStore(AwayStore(Domain.empty()))
    with durable_turn():
        with pytest.raises(TurnAborted):
            await store.save(tracker())
        with pytest.raises(TurnAborted):
            await store.retrieve("c")


async def test_a_form_may_still_reject_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    assert issubclass(ActionExecutionRejection, Exception)
    assert not issubclass(TurnAborted, Exception)


async def test_turns_of_other_conversations_are_not_affected() -> None:
    async def elsewhere() -> bool:
        await asyncio.sleep(0)
        return rasa_mends._in_turn.get()

    task = asyncio.create_task(elsewhere())
    with durable_turn():
        assert await task is False


def test_answers_of_the_action_server_are_still_checked() -> None:
    action = RemoteAction("action_x", None)
    assert action._validate_action_result({"events": [], "responses": []})
    assert action._validate_action_result({"events": [{"event": "slot", "name": "a", "value": 1}]})
    with pytest.raises(Exception, match=r"is not"):
        action._validate_action_result({"events": [{"event": "nonsense"}]})


def test_event_types_are_found_as_before() -> None:
    assert Event.resolve_by_type("slot") is SlotSet
    assert Event.resolve_by_type("action") is ActionExecuted
    assert Event.resolve_by_type("slot") is SlotSet
    with pytest.raises(ValueError, match="Unknown event name"):
        Event.resolve_by_type("nonsense")
