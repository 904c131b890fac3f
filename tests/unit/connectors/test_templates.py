"""Template definitions keep Meta's rules and fit what the notices put into them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from vallebot.config import PROJECT_ROOT
from vallebot.gateways.whatsapp.templates import load, problems

DEFINITIONS = load()


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda definition: definition["name"])
def test_a_definition_keeps_meta_s_rules(definition: dict) -> None:
    assert problems(definition) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"name": "Turno Nuevo"}, "name"),
        ({"category": "MARKETING"}, "category"),
        ({"language": "es"}, "language"),
        ({"body": "{{1}} pidió un turno."}, "beginning"),
        ({"body": "Un turno de {{1}}."}, "end"),
        ({"body": "Un turno de {{2}} nuevo."}, "numbered"),
        ({"body": "Un turno de {{1}} y {{2}} nuevo."}, "example"),
        ({"body": "Un turno\nde {{1}} nuevo."}, "line"),
        ({"body": "x" * 1025}, "characters"),
        ({"buttons": []}, "Ver"),
    ],
)
def test_what_meta_would_refuse_is_named(change: dict, problem: str) -> None:
    body = {"type": "BODY", "text": "Un turno de {{1}} nuevo.", "example": {"body_text": [["Ana"]]}}
    buttons = change.pop("buttons", [{"type": "QUICK_REPLY", "text": "Ver"}])
    body["text"] = change.pop("body", body["text"])
    definition = {"name": "turno", "language": "es_AR", "category": "UTILITY", **change}
    definition["components"] = [body, {"type": "BUTTONS", "buttons": buttons}]
    assert any(problem in told for told in problems(definition))


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
