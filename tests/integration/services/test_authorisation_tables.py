"""Every use case is tried as the right person and as the wrong ones, in one of the tables beside this module."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from pathlib import Path

import vallebot.services

TESTS = Path(__file__).parent


def use_cases() -> set[str]:
    """`module.function` of what takes sessions and an Actor."""
    modules = [
        importlib.import_module(module.name)
        for module in pkgutil.walk_packages(vallebot.services.__path__, "vallebot.services.")
    ]
    return {
        f"{module.__name__.rpartition('.')[2]}.{name}"
        for module in modules
        for name, function in vars(module).items()
        if inspect.isfunction(function)
        and function.__module__ == module.__name__
        and not name.startswith("_")
        and list(inspect.signature(function).parameters)[:2] == ["sessions", "actor"]
    }


def test_every_use_case_is_in_a_table() -> None:
    tables = "".join(path.read_text("utf-8") for path in TESTS.rglob("test_*authorisation.py"))
    untried = {name for name in use_cases() if name not in tables}
    assert not untried, "add a case to one of tests/integration/services/**/test_*authorisation.py"
