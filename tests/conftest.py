"""Quiet for every test: the libraries' own deprecations are not ours to mend."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("XDG_RUNTIME_DIR", "/tmp")

# A shared machine stalls now and then: a slow example is no failure.
settings.register_profile("vallebot", deadline=None)
settings.load_profile("vallebot")


@pytest.hookimpl(tryfirst=True)  # xdist reads the marks in a hook of the same name
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What several workers (`make test`) take one piece at a time: a module, or all that shares one running system.

    That comes first: one worker trains the model and starts the system once, while the others do the rest. A module
    with a system of its own comes last, when the model is there.
    """
    items.sort(key=lambda item: (_WITH_MODEL, _OTHER, _OWN_SYSTEM).index(_kind(item)))
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_WITH_MODEL if _kind(item) == _WITH_MODEL else _path(item)))


_WITH_MODEL, _OTHER, _OWN_SYSTEM = "model", "other", "own system"


def _kind(item: pytest.Item) -> str:
    if _path(item) == "tests/acceptance/test_llm_fallback.py":
        return _OWN_SYSTEM
    return _WITH_MODEL if _path(item).startswith(("tests/acceptance/", "tests/nlu/")) else _OTHER


def _path(item: pytest.Item) -> str:
    return item.path.relative_to(item.config.rootpath).as_posix()
