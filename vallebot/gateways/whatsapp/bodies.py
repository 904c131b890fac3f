"""From a `Bubble` to Cloud API message bodies, within Meta's limits (Cloud API v23.0, "Messages")."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vallebot.services.outbox import Bubble, Choice, Template

TEXT_MAX_CHARS = 4096
INTERACTIVE_BODY_MAX_CHARS = 1024
BUTTONS_MAX = 3
BUTTON_TITLE_MAX_CHARS = 20
LIST_ROWS_MAX = 10
ROW_TITLE_MAX_CHARS = 24
ROW_DESCRIPTION_MAX_CHARS = 72
LIST_BUTTON_MAX_CHARS = 20

#: Turns a choice's payload into the id that WhatsApp hands back when it is tapped.
IdMaker = Callable[[str], str]


def bodies_of(bubble: Bubble, make_id: IdMaker) -> list[dict[str, Any]]:
    """The bodies (without recipient) that say a bubble: one, or several where the text is too long for one."""
    if not bubble.choices:
        return [*_texts(bubble.text)]
    chunks = split_text(bubble.text, INTERACTIVE_BODY_MAX_CHARS)
    before = [_text(chunk) for chunk in chunks[:-1]]
    return [*before, _interactive(chunks[-1], bubble, make_id)]


def template_body(template: Template, see_id: str, language: str = "es_AR") -> dict[str, Any]:
    """A template message; parameters take no line breaks, tabs or more than four spaces in a row.

    Every template of ours has one quick reply, "Ver": its tap opens the 24-hour window, and `see_id` comes back
    so that the whole notice can be said then.
    """
    parameters = [{"type": "text", "text": " ".join(value.split())} for value in template.parameters]
    components: list[dict[str, Any]] = [{"type": "body", "parameters": parameters}] if parameters else []
    see = {"type": "payload", "payload": see_id}
    components.append({"type": "button", "sub_type": "quick_reply", "index": "0", "parameters": [see]})
    name = {"name": template.name, "language": {"code": language}, "components": components}
    return {"type": "template", "template": name}


def split_text(text: str, limit: int) -> list[str]:
    """Cut at the last paragraph, line, sentence or word that fits; never inside a word unless it must."""
    chunks = []
    rest = text
    while len(rest) > limit:
        cut = _cut_at(rest, limit)
        chunks.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*chunks, rest]


def _cut_at(text: str, limit: int) -> int:
    for mark in ("\n\n", "\n", ". ", " "):
        at = text.rfind(mark, 0, limit)
        if at > limit // 2:  # an early break would leave a stub of a message
            return at + len(mark.strip())
    return limit


def short_titles(titles: list[str], limit: int) -> list[str]:
    """Titles cut to the limit so that they stay distinct (WhatsApp refuses equal button titles)."""
    cut: list[str] = []
    for number, title in enumerate(titles, start=1):
        short = title if len(title) <= limit else title[: limit - 1].rstrip() + "…"
        if short in cut:
            mark = f" ({number})"
            short = title[: limit - len(mark)].rstrip() + mark
        cut.append(short)
    return cut


def _texts(text: str) -> list[dict[str, Any]]:
    return [_text(chunk) for chunk in split_text(text, TEXT_MAX_CHARS)]


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": {"body": text, "preview_url": False}}


def _interactive(body: str, bubble: Bubble, make_id: IdMaker) -> dict[str, Any]:
    choices = bubble.choices[:LIST_ROWS_MAX]
    as_buttons = (
        len(choices) <= BUTTONS_MAX
        and not any(choice.description for choice in choices)
        and all(len(choice.title) <= BUTTON_TITLE_MAX_CHARS for choice in choices)
    )
    content = _buttons(choices, make_id) if as_buttons else _list(choices, bubble.list_button, make_id)
    return {"type": "interactive", "interactive": {"body": {"text": body}, **content}}


def _buttons(choices: tuple[Choice, ...], make_id: IdMaker) -> dict[str, Any]:
    titles = short_titles([choice.title for choice in choices], BUTTON_TITLE_MAX_CHARS)
    buttons = [
        {"type": "reply", "reply": {"id": make_id(choice.payload), "title": title}}
        for choice, title in zip(choices, titles, strict=True)
    ]
    return {"type": "button", "action": {"buttons": buttons}}


def _list(choices: tuple[Choice, ...], button: str, make_id: IdMaker) -> dict[str, Any]:
    titles = short_titles([choice.title for choice in choices], ROW_TITLE_MAX_CHARS)
    rows = []
    for choice, title in zip(choices, titles, strict=True):
        row = {"id": make_id(choice.payload), "title": title}
        if choice.description:
            row["description"] = choice.description[:ROW_DESCRIPTION_MAX_CHARS]
        rows.append(row)
    action = {"button": button[:LIST_BUTTON_MAX_CHARS], "sections": [{"rows": rows}]}
    return {"type": "list", "action": action}
