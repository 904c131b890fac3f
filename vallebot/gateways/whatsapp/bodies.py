"""From a `Bubble` to Cloud API message bodies, within Meta's limits (Cloud API v23.0, "Messages")."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from vallebot.services.outbox import LIST_MAX, PAGE, Bubble, Choice, Template

TEXT_MAX_CHARS = 4096
INTERACTIVE_BODY_MAX_CHARS = 1024
BUTTONS_MAX = 3
BUTTON_TITLE_MAX_CHARS = 20
ROW_TITLE_MAX_CHARS = 24
ROW_DESCRIPTION_MAX_CHARS = 72
LIST_BUTTON_MAX_CHARS = 20
MORE_TITLE = "Ver más"
CAPTION_MAX_CHARS = 1024
PLACE_MAX_CHARS = 1000  #: name and address of a location

#: An uploaded file: {"type": "image"|"document", "id", "filename"}.
MediaObject = dict[str, Any]

#: Turns a choice's payload into the id that WhatsApp hands back when it is tapped.
IdMaker = Callable[[str], str]


def bodies_of(
    bubble: Bubble, make_id: IdMaker, media: MediaObject | None = None, more: str = ""
) -> list[dict[str, Any]]:
    """The bodies (without recipient) that say a bubble: one, or several where WhatsApp cannot show it in one.

    `media`: the bubble's file, uploaded. Over buttons it stands in their header; else the text is its caption.
    `more`: payload of the row that opens the next page of a list that is too long for one.
    """
    if len(bubble.choices) > LIST_MAX and more:
        bubble = replace(bubble, choices=(*bubble.choices[:PAGE], Choice(MORE_TITLE, more)))
    place = [_location(bubble.location)] if bubble.location else []
    if bubble.choices or bubble.request_location or bubble.url:
        chunks = split_text(bubble.text, INTERACTIVE_BODY_MAX_CHARS)
        before = [_text(chunk) for chunk in chunks[:-1]]
        return [*before, *place, *_interactive(chunks[-1], bubble, make_id, media)]
    if media is not None:
        chunks = split_text(bubble.text, CAPTION_MAX_CHARS)
        return [*[_text(chunk) for chunk in chunks[:-1]], _file(media, chunks[-1]), *place]
    said = _texts(bubble.text) if bubble.text or not place else []
    return [*said, *place]


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


def _interactive(
    body: str, bubble: Bubble, make_id: IdMaker, media: MediaObject | None
) -> list[dict[str, Any]]:
    content = _content(bubble, make_id)
    with_header = media is not None and content["type"] in ("button", "cta_url")
    header = {"header": _header(media)} if media is not None and with_header else {}
    message = {"type": "interactive", "interactive": {**header, "body": {"text": body}, **content}}
    return [message] if media is None or with_header else [_file(media, ""), message]


def _content(bubble: Bubble, make_id: IdMaker) -> dict[str, Any]:
    """What is tapped: choices, else a page to open, else a place to send."""
    choices = bubble.choices[:LIST_MAX]
    if not choices:
        return _link(bubble.url) if bubble.url else _LOCATION_REQUEST
    as_buttons = (
        len(choices) <= BUTTONS_MAX
        and not any(choice.description for choice in choices)
        and all(len(choice.title) <= BUTTON_TITLE_MAX_CHARS for choice in choices)
    )
    return _buttons(choices, make_id) if as_buttons else _list(choices, bubble.list_button, make_id)


_LOCATION_REQUEST: dict[str, Any] = {"type": "location_request_message", "action": {"name": "send_location"}}


def _link(url: dict[str, Any]) -> dict[str, Any]:
    parameters = {"display_text": str(url["title"])[:BUTTON_TITLE_MAX_CHARS], "url": str(url["url"])}
    return {"type": "cta_url", "action": {"name": "cta_url", "parameters": parameters}}


def _header(media: MediaObject) -> dict[str, Any]:
    named = {"filename": media["filename"]} if media["type"] == "document" else {}
    return {"type": media["type"], media["type"]: {"id": media["id"], **named}}


def _file(media: MediaObject, caption: str) -> dict[str, Any]:
    """An image or a document as a message of its own."""
    message = _header(media)
    if caption:
        message[media["type"]]["caption"] = caption
    return message


def _location(place: dict[str, Any]) -> dict[str, Any]:
    """A pin on the map; name and address are what is read under it."""
    pin = {name: float(place[name]) for name in ("latitude", "longitude")}
    words = {name: str(place[name])[:PLACE_MAX_CHARS] for name in ("name", "address") if place.get(name)}
    return {"type": "location", "location": {**pin, **words}}


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
        # A title that had to be cut is whole below it.
        description = choice.description or (choice.title if choice.title != title else "")
        if description:
            row["description"] = description[:ROW_DESCRIPTION_MAX_CHARS]
        rows.append(row)
    action = {"button": button[:LIST_BUTTON_MAX_CHARS], "sections": [{"rows": rows}]}
    return {"type": "list", "action": action}
