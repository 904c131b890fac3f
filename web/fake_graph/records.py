"""What the stand-in remembers of the calls it got."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Option:
    """Something that a person can tap in a message."""

    kind: str  #: button, row, template
    option_id: str
    title: str
    description: str = ""


@dataclass(frozen=True)
class SentMessage:
    """A message of the business that was accepted."""

    at: datetime
    phone_number_id: str
    wamid: str
    person: str  #: `Person.key` it went to
    body: dict[str, Any]  #: as posted
    rendered: dict[str, Any] = field(default_factory=dict)  #: a template as the person sees it

    @property
    def type(self) -> str:
        """Meta's message type."""
        return str(self.body.get("type", "text"))

    @property
    def text(self) -> str:
        """The words the person reads: text, body of an interactive, filled template, caption; "" if none."""
        if self.rendered:
            return str(self.rendered["body"])
        part = self.body.get(self.type, {})
        if self.type == "text":
            return str(part["body"])
        if self.type == "interactive":
            return str(part["body"]["text"])
        return str(part.get("caption", "")) if isinstance(part, dict) else ""

    @property
    def options(self) -> list[Option]:
        """The buttons or rows that can be tapped, in order."""
        if self.rendered:
            quick = [item for item in self.rendered["buttons"] if item["type"] == "QUICK_REPLY"]
            return [Option("template", item["payload"], item["text"]) for item in quick]
        action = self.body.get("interactive", {}).get("action", {})
        buttons = [item["reply"] for item in action.get("buttons", [])]
        rows = [row for section in action.get("sections", []) for row in section["rows"]]
        return [Option("button", item["id"], item["title"]) for item in buttons] + [
            Option("row", row["id"], row["title"], row.get("description", "")) for row in rows
        ]


@dataclass(frozen=True)
class RefusedCall:
    """A send that was answered with an error."""

    at: datetime
    phone_number_id: str
    body: Any
    code: int
    details: str


@dataclass(frozen=True)
class ReadMark:
    """A "mark as read" call."""

    at: datetime
    phone_number_id: str
    wamid: str
    typing: bool


@dataclass(frozen=True)
class ApiCall:
    """One HTTP call to the Graph API, for the timeline of the page."""

    at: datetime
    person: str
    summary: str
    status: int
    elapsed_ms: float
    wamid: str = ""
    request: Any = None
    answer: Any = None


@dataclass(frozen=True)
class Answer:
    """How to answer a call: JSON, or a bare status; possibly late; possibly never."""

    body: dict[str, Any] | None
    status: int = 200
    delay_s: float = 0.0
    cut: bool = False  #: drop the connection instead of answering
    person: str = ""
    wamid: str = ""
