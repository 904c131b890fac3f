"""Our message templates and Meta's: what is missing there, what differs, what became of each.

Definitions are files under connectors/whatsapp/templates; Meta reviews each (up to a day) before it may be sent.
Source of the rules: Meta, "Message templates" (Business Management API).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from vallebot.config import PROJECT_ROOT

FOLDER = PROJECT_ROOT / "connectors" / "whatsapp" / "templates"

NAME_MAX_CHARS = 512
BODY_MAX_CHARS = 1024
BUTTON_MAX_CHARS = 25
#: Meta refuses to edit a template that is being reviewed or that it disabled.
EDITABLE = frozenset({"APPROVED", "REJECTED", "PAUSED"})

Definition = dict[str, Any]
_HOLE = re.compile(r"\{\{(\w+)\}\}")


class TemplateApi(Protocol):
    """The part of the Graph API that knows templates; `vallebot.gateways.whatsapp.client` has it."""

    def templates(self, account_id: str) -> list[Definition]:
        """All templates of a WhatsApp Business account, as Meta holds them."""

    def create_template(self, account_id: str, definition: Definition) -> dict[str, Any]:
        """Hand a template in for review; {"id", "status"}."""

    def edit_template(self, template_id: str, definition: Definition) -> dict[str, Any]:
        """Hand a changed one in; at most ten times in thirty days."""


@dataclass(frozen=True)
class TemplateState:
    """One template, here and there. `status` is Meta's (APPROVED, PENDING, REJECTED, PAUSED...), or "missing"; `note`
    is what an operator should know."""

    name: str
    status: str
    note: str = ""


def load(folder: Path = FOLDER) -> list[Definition]:
    """All definitions, by file and in their order there."""
    return [
        definition
        for path in sorted(folder.glob("*.json"))
        for definition in json.loads(path.read_text("utf-8"))
    ]


def problems(definition: Definition) -> list[str]:
    """What Meta (or our sender) would not take about a definition; empty for a good one."""
    texts = {part.get("type"): part for part in definition.get("components", ())}
    body, buttons = texts.get("BODY", {}), texts.get("BUTTONS", {}).get("buttons", [])
    said = body.get("text", "")
    holes = _HOLE.findall(said)
    examples = (body.get("example") or {}).get("body_text") or [[]]
    checks = {
        "name: lower-case letters, digits, underscores": re.fullmatch(
            rf"[a-z0-9_]{{1,{NAME_MAX_CHARS}}}", definition.get("name", "")
        ),
        "language must be es_AR": definition.get("language") == "es_AR",
        "category must be UTILITY": definition.get("category") == "UTILITY",
        f"body: 1 to {BODY_MAX_CHARS} characters": 0 < len(said) <= BODY_MAX_CHARS,
        "body: no line breaks": "\n" not in said,
        "body: variables are numbered in order from 1": holes == [str(n) for n in range(1, len(holes) + 1)],
        "body: an example for each variable": len(examples[0]) == len(holes),
        "body: no variable at its beginning or end": not re.search(r"^\{\{|\}\}\.?\s*$", said),
        # The sender fills exactly this button with the id that says the notice in full.
        'one quick reply "Ver"': buttons == [{"type": "QUICK_REPLY", "text": "Ver"}],
        f"buttons: up to {BUTTON_MAX_CHARS} characters": all(
            len(button.get("text", "")) <= BUTTON_MAX_CHARS for button in buttons
        ),
    }
    return [rule for rule, kept in checks.items() if not kept]


def status(api: TemplateApi, account_id: str, definitions: Iterable[Definition]) -> list[TemplateState]:
    """What became of each of ours. Raises GraphApiError, NotReached, OutcomeUnknown."""
    there = _by_name(api.templates(account_id))
    return [_state(definition, there.get(_key(definition))) for definition in definitions]


def push(api: TemplateApi, account_id: str, definitions: Iterable[Definition]) -> list[TemplateState]:
    """Hand in what is missing and what differs; calling it again changes nothing more. Raises as `status`."""
    there = _by_name(api.templates(account_id))
    return [_push_one(api, account_id, definition, there.get(_key(definition))) for definition in definitions]


def _push_one(
    api: TemplateApi, account_id: str, definition: Definition, held: Definition | None
) -> TemplateState:
    if held is None:
        made = api.create_template(account_id, definition)
        return TemplateState(definition["name"], str(made.get("status", "PENDING")), "handed in")
    state = _state(definition, held)
    if not _differs(definition, held) or state.status not in EDITABLE:
        return state
    api.edit_template(str(held["id"]), definition)
    return TemplateState(definition["name"], "PENDING", "change handed in")


def _state(definition: Definition, held: Definition | None) -> TemplateState:
    if held is None:
        return TemplateState(definition["name"], "missing", "hand it in with `vallebot templates push`")
    notes = []
    if _differs(definition, held):
        notes.append("differs from ours")
    if held.get("category") not in (None, definition["category"]):
        notes.append(f"Meta calls it {held['category']}")
    if held.get("rejected_reason") not in (None, "", "NONE"):
        notes.append(str(held["rejected_reason"]))
    return TemplateState(definition["name"], str(held.get("status", "?")), "; ".join(notes))


def _by_name(held: Iterable[Definition]) -> dict[tuple[str, str], Definition]:
    return {_key(one): one for one in held}


def _key(definition: Definition) -> tuple[str, str]:
    return str(definition.get("name")), str(definition.get("language"))


def _differs(ours: Definition, held: Definition) -> bool:
    return _shown(ours) != _shown(held)


def _shown(definition: Definition) -> list[tuple[str, str, tuple[str, ...]]]:
    """What people see of it; Meta adds fields of its own."""
    return sorted(
        (
            str(part.get("type", "")).upper(),
            str(part.get("text", "")),
            tuple(str(button.get("text", "")) for button in part.get("buttons", ())),
        )
        for part in definition.get("components", ())
    )
