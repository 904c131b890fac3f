"""Message templates: creation, and the check that a use of one fits its definition.

Limits: Meta's "Message templates" guide.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
from pathlib import Path
from typing import Any

from web.fake_graph import checks
from web.fake_graph.errors import GraphError

BODY_MAX_CHARS = 1024
HEADER_MAX_CHARS = FOOTER_MAX_CHARS = 60
BUTTONS_MAX = 10
BUTTON_TEXT_MAX_CHARS = 25
PAYLOAD_MAX_CHARS = 256
_HOLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_FORBIDDEN_IN_PARAMETER = re.compile(r"[\n\r\t]| {5,}")
_BUTTON_FIELDS = {
    "QUICK_REPLY": {"type", "text"},
    "URL": {"type", "text", "url", "example"},
    "PHONE_NUMBER": {"type", "text", "phone_number"},
}
_COMPONENT_FIELDS = {
    "HEADER": {"type", "format", "text", "example"},
    "BODY": {"type", "text", "example"},
    "FOOTER": {"type", "text"},
    "BUTTONS": {"type", "buttons"},
}


class TemplateStore:
    """Templates by (name, language). Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._items: dict[tuple[str, str], dict[str, Any]] = {}

    def create(self, body: Any, *, status: str = "APPROVED") -> dict[str, Any]:
        """Check and keep a definition; returns it with `id` and `status`.

        The local stand-in approves at once, where Meta reviews for up to a day.
        """
        definition = _check_definition(body)
        key = (definition["name"], definition["language"])
        with self._lock:
            if key in self._items:
                raise GraphError(100, f"Content in this language already exists: {key}.", subcode=2388024)
            kept = {**definition, "id": str(10**14 + secrets.randbelow(9 * 10**14)), "status": status}
            self._items[key] = kept
        return kept

    def edit(self, template_id: str, body: Any) -> bool:
        """Put other components into a template; False when there is none of that id. Meta reviews it again."""
        with self._lock:
            found = next(
                ((key, item) for key, item in self._items.items() if item["id"] == template_id), None
            )
        if found is None:
            return False
        key, item = found
        change = checks.is_object(body, "body")
        checks.only_keys(change, {"category", "components"}, "body")
        if item["status"] not in ("APPROVED", "REJECTED", "PAUSED"):
            raise GraphError(100, f"A template that is {item['status']} can't be edited.", subcode=2593002)
        identity = {name: item[name] for name in ("name", "language", "category")}
        definition = _check_definition({**identity, **change})
        with self._lock:
            self._items[key] = {**item, **definition, "status": "PENDING"}
        return True

    def load_directory(self, folder: Path) -> int:
        """Create every template found in `*.json` under `folder`; returns how many."""
        count = 0
        for path in sorted(folder.glob("*.json")):
            content = json.loads(path.read_text("utf-8"))
            for definition in content if isinstance(content, list) else [content]:
                self.create(definition)
                count += 1
        return count

    def all(self, name: str | None = None) -> list[dict[str, Any]]:
        """The definitions, one name only or all."""
        with self._lock:
            return [dict(item) for item in self._items.values() if name in (None, item["name"])]

    def set_status(self, name: str, status: str) -> None:
        """Pause, disable or approve a template, as Meta may do on its own."""
        with self._lock:
            for key, item in self._items.items():
                if key[0] == name:
                    self._items[key] = {**item, "status": status}

    def delete(self, name: str) -> bool:
        """Remove all languages of a template; False when there is none."""
        with self._lock:
            keys = [key for key in self._items if key[0] == name]
            for key in keys:
                del self._items[key]
        return bool(keys)

    def check_use(self, value: Any) -> None:
        """Raise `GraphError` unless this `template` object of a message fits an approved definition."""
        self.render(value)

    def render(self, value: Any) -> dict[str, Any]:
        """What the person sees of this `template` object: header, body, footer, buttons with their payload.

        Raises `GraphError` when the object does not fit its definition.
        """
        use = checks.is_object(value, "template")
        checks.only_keys(use, {"name", "language", "components"}, "template")
        definition = self._approved(use)
        parts = _Parts(use.get("components", []))
        return _render(definition, parts)

    def _approved(self, use: dict[str, Any]) -> dict[str, Any]:
        name = checks.text(use.get("name"), "template['name']", most=512)
        language = checks.is_object(use.get("language"), "template['language']")
        checks.only_keys(language, {"code", "policy"}, "template['language']")
        code = checks.text(language.get("code"), "template['language']['code']", most=15)
        with self._lock:
            definition = self._items.get((name, code))
        if definition is None:
            raise GraphError(132001, f"template name ({name}) does not exist in {code}")
        if definition["status"] == "PAUSED":
            raise GraphError(132015)
        if definition["status"] != "APPROVED":
            raise GraphError(132016 if definition["status"] == "DISABLED" else 132001)
        return definition


class _Parts:
    """The `components` of a use of a template, checked for shape and sorted by what they fill."""

    def __init__(self, components: Any) -> None:
        self.header: list[dict[str, Any]] = []
        self.body: list[dict[str, Any]] = []
        self.buttons: dict[int, dict[str, Any]] = {}
        for number, item in enumerate(checks.is_list(components, "components", most=12, least=0)):
            name = f"components[{number}]"
            component = checks.is_object(item, name)
            kind = str(component.get("type", "")).lower()
            if kind == "button":
                self._button(component, name)
            elif kind in ("header", "body"):
                checks.only_keys(component, {"type", "parameters"}, name)
                found = checks.is_list(component.get("parameters"), f"{name} parameters", most=50, least=0)
                setattr(self, kind, [checks.is_object(entry, f"{name} parameter") for entry in found])
            else:
                raise GraphError(100, f"{name}['type'] must be header, body or button.")

    def _button(self, component: dict[str, Any], name: str) -> None:
        checks.only_keys(component, {"type", "sub_type", "index", "parameters"}, name)
        sub_type = str(component.get("sub_type", "")).lower()
        checks.one_of(sub_type, {"quick_reply", "url"}, f"{name}['sub_type']")
        index = str(component.get("index", ""))
        if not re.fullmatch(r"\d", index):
            raise GraphError(131008, f"{name}['index'] must be 0 to 9.")
        parameters = checks.is_list(component.get("parameters"), f"{name} parameters", most=1)
        parameter = checks.is_object(parameters[0], f"{name} parameter")
        field = "payload" if sub_type == "quick_reply" else "text"
        checks.only_keys(parameter, {"type", field}, f"{name} parameter")
        checks.one_of(parameter.get("type"), {field}, f"{name} parameter type")
        most = PAYLOAD_MAX_CHARS if field == "payload" else 2000
        value = checks.text(parameter.get(field), f"{name} {field}", most=most)
        self.buttons[int(index)] = {"sub_type": sub_type, "value": value}


def _render(definition: dict[str, Any], parts: _Parts) -> dict[str, Any]:
    named = definition.get("parameter_format", "POSITIONAL") == "NAMED"
    seen: dict[str, Any] = {"category": definition["category"], "buttons": []}
    components = {component["type"]: component for component in definition["components"]}
    if parts.header and "HEADER" not in components:
        raise GraphError(132000, "The template has no header.")
    if "HEADER" in components:
        seen["header"] = _render_header(components["HEADER"], parts.header, named=named)
    seen["body"] = _fill(components["BODY"]["text"], parts.body, "body", named=named)
    if len(seen["body"]) > BODY_MAX_CHARS:
        raise GraphError(132005, f"body length {len(seen['body'])}, max {BODY_MAX_CHARS}")
    if "FOOTER" in components:
        seen["footer"] = components["FOOTER"]["text"]
    buttons = components.get("BUTTONS", {"buttons": []})["buttons"]
    if any(index >= len(buttons) for index in parts.buttons):
        raise GraphError(132000, f"The template has {len(buttons)} buttons.")
    for index, button in enumerate(buttons):
        seen["buttons"].append(_render_button(button, parts.buttons.get(index)))
    return seen


def _render_header(header: dict[str, Any], given: list[dict[str, Any]], *, named: bool) -> dict[str, Any]:
    kind = header.get("format", "TEXT").lower()
    if kind == "text":
        return {"type": "text", "text": _fill(header["text"], given, "header", named=named)}
    if len(given) != 1 or given[0].get("type") != kind:
        raise GraphError(132012, f"header: one {kind} parameter is expected.")
    return {"type": kind, kind: given[0].get(kind)}


def _render_button(button: dict[str, Any], given: dict[str, Any] | None) -> dict[str, Any]:
    kind = button["type"]
    expected = {"QUICK_REPLY": "quick_reply", "URL": "url"}.get(kind)
    if given is not None and given["sub_type"] != expected:
        raise GraphError(132012, f"button {button['text']!r} is a {kind}.")
    value = given["value"] if given else None
    if kind == "QUICK_REPLY":
        return {"type": kind, "text": button["text"], "payload": value or button["text"]}
    if kind == "URL":
        if bool(_HOLE.search(button["url"])) != (value is not None):
            raise GraphError(132000, f"button {button['text']!r}: wrong number of parameters.")
        return {"type": kind, "text": button["text"], "url": _HOLE.sub(lambda _: value or "", button["url"])}
    return {"type": kind, "text": button["text"], "phone_number": button["phone_number"]}


def _fill(text: str, given: list[dict[str, Any]], where: str, *, named: bool) -> str:
    """The text with its holes filled; each hole needs exactly one parameter."""
    holes = list(dict.fromkeys(_HOLE.findall(text)))
    if len(given) != len(holes):
        raise GraphError(
            132000,
            f"{where}: number of localizable_params ({len(given)}) does not match "
            f"the expected number of params ({len(holes)})",
        )
    values: dict[str, str] = {}
    for position, parameter in enumerate(given, start=1):
        checks.only_keys(parameter, {"type", "text", "parameter_name"}, f"{where} parameter")
        if parameter.get("type") != "text":
            raise GraphError(132012, f"{where}: only text parameters fit this template.")
        hole = str(parameter.get("parameter_name")) if named else str(position)
        if hole not in holes or (not named and "parameter_name" in parameter):
            raise GraphError(100, f"{where}: parameter name is missing or unknown: {hole!r}.")
        values[hole] = _parameter_text(parameter.get("text"), where)
    return _HOLE.sub(lambda match: values[match.group(1)], text)


def _parameter_text(value: Any, where: str) -> str:
    content = checks.text(value, f"{where} parameter text", most=BODY_MAX_CHARS)
    if _FORBIDDEN_IN_PARAMETER.search(content):
        raise GraphError(
            132018, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
        )
    return content


def _check_definition(body: Any) -> dict[str, Any]:
    definition = checks.is_object(body, "body")
    known = {"name", "language", "category", "components", "parameter_format", "allow_category_change"}
    checks.only_keys(definition, known, "body")
    name = checks.text(definition.get("name"), "name", most=512)
    if not re.fullmatch(r"[a-z0-9_]+", name):
        raise GraphError(100, "name: only lower-case letters, digits and underscores.")
    checks.text(definition.get("language"), "language", most=15)
    checks.one_of(definition.get("category"), {"UTILITY", "MARKETING", "AUTHENTICATION"}, "category")
    if "parameter_format" in definition:
        checks.one_of(definition["parameter_format"], {"NAMED", "POSITIONAL"}, "parameter_format")
    named = definition.get("parameter_format") == "NAMED"
    kinds = []
    for number, item in enumerate(checks.is_list(definition.get("components"), "components", most=4)):
        component = checks.is_object(item, f"components[{number}]")
        kind = checks.one_of(component.get("type"), set(_COMPONENT_FIELDS), f"components[{number}]['type']")
        checks.only_keys(component, _COMPONENT_FIELDS[kind], f"components[{number}]")
        _check_component(kind, component, named=named)
        kinds.append(kind)
    if "BODY" not in kinds or len(set(kinds)) != len(kinds):
        raise GraphError(100, "components: one BODY and at most one of each other kind.")
    return definition


def _check_component(kind: str, component: dict[str, Any], *, named: bool) -> None:
    if kind == "BODY":
        _check_text(component, "BODY", BODY_MAX_CHARS, named=named)
    elif kind == "FOOTER":
        if _HOLE.search(checks.text(component.get("text"), "FOOTER text", most=FOOTER_MAX_CHARS)):
            raise GraphError(100, "FOOTER: no parameters are allowed.")
    elif kind == "HEADER":
        formats = {"TEXT", "IMAGE", "DOCUMENT", "VIDEO"}
        if checks.one_of(component.get("format"), formats, "HEADER format") == "TEXT":
            _check_text(component, "HEADER", HEADER_MAX_CHARS, named=named)
    else:
        for button in checks.is_list(component.get("buttons"), "buttons", most=BUTTONS_MAX):
            entry = checks.is_object(button, "button")
            button_kind = checks.one_of(entry.get("type"), set(_BUTTON_FIELDS), "button type")
            checks.only_keys(entry, _BUTTON_FIELDS[button_kind], "button")
            checks.text(entry.get("text"), "button text", most=BUTTON_TEXT_MAX_CHARS)
            for field in _BUTTON_FIELDS[button_kind] & {"url", "phone_number"}:
                checks.text(entry.get(field), f"button {field}", most=2000)


def _check_text(component: dict[str, Any], where: str, most: int, *, named: bool) -> None:
    """Meta refuses texts that begin or end with a hole, number them with gaps, or lack examples."""
    text = checks.text(component.get("text"), f"{where} text", most=most)
    holes = list(dict.fromkeys(_HOLE.findall(text)))
    if not holes:
        return
    if where == "BODY" and (_HOLE.match(text.strip()) or re.search(r"\}\}$", text.strip())):
        raise GraphError(
            100, "BODY: variables can't be at the start or end of the template.", subcode=2388299
        )
    if not named and sorted(holes, key=str) != sorted((str(n + 1) for n in range(len(holes))), key=str):
        raise GraphError(100, f"{where}: parameters must be numbered from 1 without gaps.")
    example = component.get("example")
    suffix = "_named_params" if named else ""
    field = f"{where.lower()}_text{suffix}"
    if not isinstance(example, dict) or not example.get(field):
        raise GraphError(100, f"{where}: example[{field!r}] is required for parameters.", subcode=2388043)
