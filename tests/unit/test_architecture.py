"""Who may import whom (docs/architecture.md), read from the code itself."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: For each package: what of ours it may import. Everything else of ours is forbidden.
ALLOWED = {
    "vallebot/domain": ("vallebot.domain",),
    "vallebot/db": ("vallebot.db", "vallebot.domain", "vallebot.errors"),
    "vallebot/services": (
        "vallebot.services", "vallebot.db", "vallebot.domain", "vallebot.errors", "vallebot.clock",
    ),
    "vallebot/gateways": (
        "vallebot.gateways", "vallebot.services", "vallebot.db", "vallebot.domain", "vallebot.errors",
        "vallebot.config",
    ),
    "nlu": ("nlu", "vallebot.domain"),
    "actions": ("actions", "vallebot"),
    "connectors": ("connectors", "vallebot"),
    "web": ("web", "vallebot"),
}  # fmt: skip

OURS = ("vallebot", "actions", "connectors", "nlu", "web")

#: The core must run without the frozen frameworks around it.
FRAMEWORKS = ("rasa", "rasa_sdk", "sanic", "flask")

#: Only these may speak to the database library (the command line too: it is an operator's tool).
SPEAKS_SQL = ("vallebot/db", "vallebot/services", "vallebot/cli", "vallebot/supervisor")


def imports_of(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


def files_of(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def begins(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("folder", ALLOWED)
def test_a_package_imports_only_what_stands_below_it(folder: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files_of(folder)
        for name in imports_of(path)
        if begins(name, OURS) and not begins(name, ALLOWED[folder])
    ]
    assert not wrong


def test_the_core_knows_no_framework() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files_of("vallebot")
        for name in imports_of(path)
        if begins(name, FRAMEWORKS)
    ]
    assert not wrong


@pytest.mark.parametrize("folder", ["actions", "web", "nlu", "vallebot/domain", "vallebot/gateways"])
def test_only_services_speak_to_the_database(folder: str) -> None:
    allowed = {"sqlalchemy.exc", "sqlalchemy.orm"} if folder in ("actions", "web") else set()
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files_of(folder)
        for name in imports_of(path)
        if begins(name, ("sqlalchemy", "psycopg2")) and name not in allowed
    ]
    assert not wrong
