"""Small strict checks of JSON values, with Meta's error codes.

Every function takes the value and the name Meta would use for it in a message ("text['body']").
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from web.fake_graph.errors import GraphError


def is_object(value: Any, name: str) -> dict[str, Any]:
    """The value as a JSON object; 131008 when absent, 100 when something else."""
    if value is None:
        raise GraphError(131008, f"The parameter {name} is required.")
    if not isinstance(value, dict):
        raise GraphError(100, f"Param {name} must be a JSON object.")
    return value


def is_list(value: Any, name: str, *, most: int, least: int = 1) -> list[Any]:
    """The value as an array of `least` to `most` items."""
    if value is None:
        raise GraphError(131008, f"The parameter {name} is required.")
    if not isinstance(value, list):
        raise GraphError(100, f"Param {name} must be an array.")
    if not least <= len(value) <= most:
        raise GraphError(131009, f"{name}: {len(value)} items. Min: {least}, max: {most}.")
    return value


def only_keys(value: dict[str, Any], allowed: Collection[str], name: str) -> None:
    """Refuse fields that the API does not know: a typo must never pass silently."""
    for key in value:
        if key not in allowed:
            raise GraphError(100, f'Unexpected key "{key}" on param "{name}".')


def text(value: Any, name: str, *, most: int, least: int = 1, code: int = 131009) -> str:
    """A string of `least` to `most` characters that is not only blanks."""
    if value is None:
        raise GraphError(131008, f"The parameter {name} is required.")
    if not isinstance(value, str):
        raise GraphError(100, f"Param {name} must be a string.")
    if len(value) > most or len(value) < least or (least and not value.strip()):
        raise GraphError(code, f"{name} length invalid. Min length: {least}, max length: {most}.")
    return value


def optional_text(value: Any, name: str, *, most: int) -> str | None:
    """Like `text`, absent allowed."""
    return None if value is None else text(value, name, most=most)


def one_of(value: Any, choices: Collection[str], name: str) -> str:
    """A string out of a closed set."""
    if value is None:
        raise GraphError(131008, f"The parameter {name} is required.")
    if value not in choices:
        raise GraphError(100, f"Param {name} must be one of {{{', '.join(sorted(choices))}}}, got {value!r}.")
    return str(value)


def boolean(value: Any, name: str) -> bool:
    """True or false, or their words: the API takes both."""
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise GraphError(100, f"Param {name} must be a boolean.")


def web_address(value: Any, name: str) -> str:
    """An http(s) URL of at most 2000 characters."""
    address = text(value, name, most=2000)
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc or re.search(r"\s", address):
        raise GraphError(131009, f"{name} is not a valid URL.")
    return address


def number(value: Any, name: str, *, low: float, high: float) -> float:
    """A number, or its decimal text, within bounds."""
    if value is None:
        raise GraphError(131008, f"The parameter {name} is required.")
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise GraphError(100, f"Param {name} must be a number.")
    try:
        result = float(value)
    except ValueError:
        raise GraphError(100, f"Param {name} must be a number.") from None
    if not low <= result <= high:
        raise GraphError(131009, f"{name} must be between {low} and {high}.")
    return result
