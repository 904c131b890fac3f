"""What Rasa says in one turn, collected and turned into bubbles."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from rasa.core.channels.channel import OutputChannel
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from vallebot.services.outbox import Bubble, Choice


class TurnCollector(OutputChannel):
    """Rasa's way out for one turn: nothing is sent, everything is kept until the turn is saved."""

    def __init__(self) -> None:
        self.utterances: list[dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        """The channel's name, by which responses in domain.yml may vary."""
        return "whatsapp"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Keep one utterance, as Rasa made it from the response."""
        self.utterances.append(message)


def utterances_of_turn(tracker: DialogueStateTracker, wamid: str) -> list[dict[str, Any]] | None:
    """What the bot said to a message, read back from a saved tracker; None where it never got there."""
    said: list[dict[str, Any]] | None = None
    for event in tracker.events:
        if isinstance(event, UserUttered):
            if said is not None:
                return said
            if event.message_id == wamid:
                said = []
        elif isinstance(event, BotUttered) and said is not None:
            said.append(event.message())
    return said


def heard_in_turn(tracker: DialogueStateTracker, wamid: str) -> UserUttered | None:
    """A message as a saved tracker holds it; None where it never got there."""
    said_by_user = (event for event in tracker.events if isinstance(event, UserUttered))
    return next((event for event in said_by_user if event.message_id == wamid), None)


def bubbles_of(utterances: Iterable[dict[str, Any]]) -> list[Bubble]:
    """One answer is one bubble: the texts of a turn are joined, and the last choices offered are the ones to tap.

    A picture or document stands over the words; only a place keeps a bubble of its own.
    """
    texts: list[str] = []
    apart: list[Bubble] = []
    buttons: list[dict[str, Any]] = []
    extra: dict[str, Any] = {}
    for utterance in utterances:
        if utterance.get("text"):
            texts.append(str(utterance["text"]).strip())
        buttons = utterance.get("buttons") or buttons
        custom = _custom(utterance)
        extra.update(
            {key: custom[key] for key in ("list_button", "url", "request_location", "media") if key in custom}
        )
        if "location" in custom:
            apart.append(Bubble(text="", location=custom["location"]))
    if not texts:
        return [Bubble(text="", media=extra["media"]), *apart] if "media" in extra else apart
    joined = Bubble(text="\n\n".join(texts), choices=tuple(_choice(button) for button in buttons), **extra)
    return [joined, *apart]


def _custom(utterance: dict[str, Any]) -> dict[str, Any]:
    custom = utterance.get("custom") or utterance.get("json_message") or {}
    return custom if isinstance(custom, dict) else {}


def _choice(button: dict[str, Any]) -> Choice:
    payload = button.get("payload") or ""
    if isinstance(payload, dict):
        payload = json.dumps(payload, ensure_ascii=False)
    return Choice(
        title=str(button.get("title", "")),
        payload=str(payload),
        description=str(button.get("description") or ""),
    )
