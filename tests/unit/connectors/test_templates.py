"""Template definitions keep Meta's rules and fit what the notices put into them."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from vallebot.config import PROJECT_ROOT

FOLDER = PROJECT_ROOT / "connectors" / "whatsapp" / "templates"
DEFINITIONS = [
    definition for path in sorted(FOLDER.glob("*.json")) for definition in json.loads(path.read_text("utf-8"))
]
BODY_MAX_CHARS = 1024  # Cloud API, message templates


def parts(definition: dict) -> tuple[dict, dict]:
    body, buttons = definition["components"]
    return body, buttons


def variables(definition: dict) -> list[int]:
    return [int(number) for number in re.findall(r"\{\{(\d+)\}\}", parts(definition)[0]["text"])]


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda definition: definition["name"])
def test_a_definition_keeps_meta_s_rules(definition: dict) -> None:
    body, buttons = parts(definition)
    assert re.fullmatch(r"[a-z0-9_]{1,512}", definition["name"])
    assert (definition["language"], definition["category"]) == ("es_AR", "UTILITY")
    assert len(body["text"]) <= BODY_MAX_CHARS
    assert "\n" not in body["text"]
    assert variables(definition) == list(range(1, len(variables(definition)) + 1)), (
        "numbered in order, from 1"
    )
    assert len(body["example"]["body_text"][0]) == len(variables(definition))
    assert not body["text"].startswith("{{"), "Meta refuses a body that begins or ends with a variable"
    assert not body["text"].rstrip(".").endswith("}}")
    assert buttons["buttons"] == [{"type": "QUICK_REPLY", "text": "Ver"}]


def test_names_are_unique() -> None:
    names = [definition["name"] for definition in DEFINITIONS]
    assert len(names) == len(set(names))


def template_names_in(path: Path) -> set[str]:
    """String arguments of the calls that make templates (`_template(...)`, `_of_cliente(...)`, ...)."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        if called in ("_template", "_of_cliente", "_to_cliente", "_seat_template", "Template") and node.args:
            names |= {c.value for c in ast.walk(node.args[0]) if isinstance(c, ast.Constant)}
    return {name for name in names if isinstance(name, str)}


def test_every_template_that_a_notice_names_is_defined() -> None:
    texts = (PROJECT_ROOT / "vallebot" / "services" / "texts").glob("*.py")
    used = set().union(*(template_names_in(path) for path in texts))
    assert used <= {definition["name"] for definition in DEFINITIONS}
