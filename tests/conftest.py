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
    """What several workers (`make test`) take one piece at a time: a module, or all that needs the trained model.

    That comes first: one worker trains the model and starts the system once, while the others do the rest.
    """
    items.sort(key=lambda item: not _needs_model(item))
    for item in items:
        group = "model" if _needs_model(item) else item.path.relative_to(item.config.rootpath).as_posix()
        item.add_marker(pytest.mark.xdist_group(group))


def _needs_model(item: pytest.Item) -> bool:
    return item.path.relative_to(item.config.rootpath).parts[1] in ("acceptance", "nlu")
