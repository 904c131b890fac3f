"""What is on the phones: chats with their messages, and a numbered stream of what changes in them."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

#: Changes kept for readers that reconnect; whoever missed more reloads everything.
_STREAM_LENGTH = 5000
#: How far a message got; a later report never takes it back.
_RANK = {"pending": 0, "accepted": 1, "sent": 2, "delivered": 3, "read": 4, "failed": 5}


@dataclass(frozen=True)
class ChatMessage:
    """One bubble. `mine` is seen from the phone: True for what the person wrote.

    `status` of the person's messages: pending (webhook under way), delivered (acknowledged with a 200), read,
    failed (given up). Of the business's: accepted, sent, delivered, read, failed.
    """

    wamid: str
    line: str  #: phone_number_id
    person: str  #: `Person.key`
    mine: bool
    at: str  #: ISO 8601 with zone
    type: str
    content: dict[str, Any]  #: the part of Meta's message named after its type
    status: str
    reply_to: str = ""
    reactions: dict[str, str] = field(default_factory=dict)  #: "person" / "business" to emoji
    error: str = ""

    def as_json(self) -> dict[str, Any]:
        """For the page and the state file."""
        return asdict(self)


class ChatBook:
    """All chats and the stream of changes. Safe to use from several threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._messages: dict[str, ChatMessage] = {}
        self._by_chat: dict[tuple[str, str], list[str]] = {}  #: (line, person) to wamids, oldest first
        self._stream: deque[dict[str, Any]] = deque(maxlen=_STREAM_LENGTH)
        self._number = 0

    def restore(self, messages: list[ChatMessage]) -> None:
        """Put back the bubbles of an earlier process."""
        with self._changed:
            self._messages.clear()
            self._by_chat.clear()
            for message in messages:
                self._keep(message)

    def add(self, message: ChatMessage) -> None:
        """A new bubble."""
        with self._changed:
            self._keep(message)
            self._tell("message", message.as_json())

    def get(self, wamid: str) -> ChatMessage | None:
        """One bubble by its WhatsApp id."""
        with self._changed:
            return self._messages.get(wamid)

    def all(self) -> list[ChatMessage]:
        """Every bubble, in the order of arrival."""
        with self._changed:
            return list(self._messages.values())

    def of(self, line: str, person: str) -> list[ChatMessage]:
        """The bubbles of one chat, in the order of arrival."""
        with self._changed:
            return [self._messages[wamid] for wamid in self._by_chat.get((line, person), [])]

    def raise_status(self, wamid: str, status: str, error: str = "") -> bool:
        """Move a message on; False when it is unknown or already further."""

        def move(message: ChatMessage) -> ChatMessage:
            if _RANK[status] <= _RANK[message.status]:
                return message
            return replace(message, status=status, error=error)

        return self._update(wamid, move)

    def retry(self, wamid: str) -> bool:
        """Back to pending, when a message that was given up is sent again."""
        return self._update(
            wamid, lambda item: replace(item, status="pending", error="") if item.status == "failed" else item
        )

    def react(self, wamid: str, who: str, emoji: str) -> bool:
        """Put, change or (with "") take back a reaction."""

        def change(message: ChatMessage) -> ChatMessage:
            others = {key: value for key, value in message.reactions.items() if key != who}
            return replace(message, reactions={**others, who: emoji} if emoji else others)

        return self._update(wamid, change)

    def tell(self, kind: str, data: dict[str, Any]) -> None:
        """Put something else in the stream: typing, clock, people, deliveries."""
        with self._changed:
            self._tell(kind, data)

    def clear(self) -> None:
        """Empty all chats; readers reload."""
        with self._changed:
            self._messages.clear()
            self._by_chat.clear()
            self._tell("reload", {})

    @property
    def number(self) -> int:
        """Number of the last change."""
        with self._changed:
            return self._number

    def changes_since(self, number: int, timeout_s: float) -> list[dict[str, Any]]:
        """The changes after `number`; waits up to `timeout_s` for one.

        A reader that is too far behind, or knows a number of an earlier process, gets one `reload`.
        """
        with self._changed:
            if self._number == number:
                self._changed.wait(timeout_s)
            oldest = self._stream[0]["number"] if self._stream else self._number + 1
            if number > self._number or number < oldest - 1:
                return [{"number": self._number, "kind": "reload", "data": {}}]
            return [change for change in self._stream if change["number"] > number]

    def wait_until(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until `condition` holds, looking again at every change; False when time is up."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            with self._changed:
                self._changed.wait(min(left, 0.05))
        return True

    def _keep(self, message: ChatMessage) -> None:
        if message.wamid not in self._messages:
            self._by_chat.setdefault((message.line, message.person), []).append(message.wamid)
        self._messages[message.wamid] = message

    def _update(self, wamid: str, change: Callable[[ChatMessage], ChatMessage]) -> bool:
        with self._changed:
            old = self._messages.get(wamid)
            new = old and change(old)
            if new is None or new == old:
                return False
            self._messages[wamid] = new
            self._tell("message", new.as_json())
            return True

    def _tell(self, kind: str, data: dict[str, Any]) -> None:
        self._number += 1
        self._stream.append({"number": self._number, "kind": kind, "data": data})
        self._changed.notify_all()
