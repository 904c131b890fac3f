"""Validation of interactive messages: reply buttons, lists, a link button, a request for the location.

Limits: Meta's Cloud API reference, "Interactive messages".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from web.fake_graph import checks
from web.fake_graph.errors import GraphError

BODY_MAX_CHARS = 1024
HEADER_MAX_CHARS = FOOTER_MAX_CHARS = 60
BUTTONS_MAX = 3
BUTTON_ID_MAX_CHARS = 256
BUTTON_TITLE_MAX_CHARS = 20
LIST_ROWS_MAX = 10  #: over all sections together
LIST_SECTIONS_MAX = 10
ROW_ID_MAX_CHARS = 200
ROW_TITLE_MAX_CHARS = 24
ROW_DESCRIPTION_MAX_CHARS = 72
SECTION_TITLE_MAX_CHARS = 24

#: Checks a media object; the store of uploaded media is known to the caller only.
MediaCheck = Callable[[Any, str], None]


def validate_interactive(value: Any, check_media: MediaCheck) -> None:
    """Raise `GraphError` unless `value` is a complete and correct `interactive` object."""
    interactive = checks.is_object(value, "interactive")
    kind = interactive.get("type")
    if kind is None:
        raise GraphError(131008, "The parameter interactive['type'] is required.")
    if kind not in _ACTIONS:
        raise GraphError(131051, f"interactive type {kind!r} is not supported.")
    checks.only_keys(interactive, {"type", "header", "body", "footer", "action"}, "interactive")
    _body(interactive.get("body"))
    if "header" in interactive:
        _header(interactive["header"], text_only=kind == "list", check_media=check_media)
    if "footer" in interactive:
        _footer(interactive["footer"])
    if kind == "location_request_message" and interactive.keys() & {"header", "footer"}:
        raise GraphError(131009, "location_request_message takes neither header nor footer.")
    _ACTIONS[kind](checks.is_object(interactive.get("action"), "interactive['action']"))


def _body(value: Any) -> None:
    body = checks.is_object(value, "interactive['body']")
    checks.only_keys(body, {"text"}, "interactive['body']")
    checks.text(body.get("text"), "interactive['body']['text']", most=BODY_MAX_CHARS)


def _footer(value: Any) -> None:
    footer = checks.is_object(value, "interactive['footer']")
    checks.only_keys(footer, {"text"}, "interactive['footer']")
    checks.text(footer.get("text"), "interactive['footer']['text']", most=FOOTER_MAX_CHARS)


def _header(value: Any, *, text_only: bool, check_media: MediaCheck) -> None:
    header = checks.is_object(value, "interactive['header']")
    kinds = {"text"} if text_only else {"text", "image", "video", "document"}
    kind = checks.one_of(header.get("type"), kinds, "interactive['header']['type']")
    checks.only_keys(header, {"type", kind}, "interactive['header']")
    if kind == "text":
        checks.text(header.get("text"), "interactive['header']['text']", most=HEADER_MAX_CHARS)
    else:
        check_media(header.get(kind), kind)


def _buttons(action: dict[str, Any]) -> None:
    checks.only_keys(action, {"buttons"}, "interactive['action']")
    buttons = checks.is_list(action.get("buttons"), "interactive['action']['buttons']", most=BUTTONS_MAX)
    ids, titles = [], []
    for number, item in enumerate(buttons):
        name = f"buttons[{number}]"
        button = checks.is_object(item, name)
        checks.only_keys(button, {"type", "reply"}, name)
        checks.one_of(button.get("type"), {"reply"}, f"{name}['type']")
        reply = checks.is_object(button.get("reply"), f"{name}['reply']")
        checks.only_keys(reply, {"id", "title"}, f"{name}['reply']")
        ids.append(_identifier(reply.get("id"), f"{name} id", most=BUTTON_ID_MAX_CHARS))
        titles.append(checks.text(reply.get("title"), f"{name} title", most=BUTTON_TITLE_MAX_CHARS))
    _distinct(ids, "Button ids")
    _distinct(titles, "Button titles")


def _list(action: dict[str, Any]) -> None:
    checks.only_keys(action, {"button", "sections"}, "interactive['action']")
    checks.text(action.get("button"), "interactive['action']['button']", most=BUTTON_TITLE_MAX_CHARS)
    sections = checks.is_list(
        action.get("sections"), "interactive['action']['sections']", most=LIST_SECTIONS_MAX
    )
    ids: list[str] = []
    for number, item in enumerate(sections):
        section = checks.is_object(item, f"sections[{number}]")
        checks.only_keys(section, {"title", "rows"}, f"sections[{number}]")
        if len(sections) > 1 or "title" in section:
            checks.text(section.get("title"), f"sections[{number}] title", most=SECTION_TITLE_MAX_CHARS)
        rows = checks.is_list(section.get("rows"), f"sections[{number}] rows", most=LIST_ROWS_MAX)
        ids += [_row(row, f"sections[{number}] rows[{place}]") for place, row in enumerate(rows)]
    if len(ids) > LIST_ROWS_MAX:
        raise GraphError(131009, f"Total row count exceeds {LIST_ROWS_MAX}: {len(ids)}.")
    _distinct(ids, "Row ids")


def _row(value: Any, name: str) -> str:
    row = checks.is_object(value, name)
    checks.only_keys(row, {"id", "title", "description"}, name)
    checks.text(row.get("title"), f"{name} title", most=ROW_TITLE_MAX_CHARS)
    checks.optional_text(row.get("description"), f"{name} description", most=ROW_DESCRIPTION_MAX_CHARS)
    return _identifier(row.get("id"), f"{name} id", most=ROW_ID_MAX_CHARS)


def _link(action: dict[str, Any]) -> None:
    checks.only_keys(action, {"name", "parameters"}, "interactive['action']")
    checks.one_of(action.get("name"), {"cta_url"}, "interactive['action']['name']")
    parameters = checks.is_object(action.get("parameters"), "interactive['action']['parameters']")
    checks.only_keys(parameters, {"display_text", "url"}, "interactive['action']['parameters']")
    checks.text(parameters.get("display_text"), "display_text", most=BUTTON_TITLE_MAX_CHARS)
    checks.web_address(parameters.get("url"), "url")


def _location_request(action: dict[str, Any]) -> None:
    checks.only_keys(action, {"name"}, "interactive['action']")
    checks.one_of(action.get("name"), {"send_location"}, "interactive['action']['name']")


def _identifier(value: Any, name: str, *, most: int) -> str:
    identifier = checks.text(value, name, most=most)
    if identifier != identifier.strip():
        raise GraphError(131009, f"{name} must not start or end with blanks.")
    return identifier


def _distinct(values: list[str], what: str) -> None:
    if len(set(values)) != len(values):
        raise GraphError(131009, f"{what} must be unique.")


_ACTIONS: dict[str, Callable[[dict[str, Any]], None]] = {
    "button": _buttons,
    "list": _list,
    "cta_url": _link,
    "location_request_message": _location_request,
}
