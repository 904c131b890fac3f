"""The whole system, started once per session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness import System, running_system, titles_of

__all__ = ["System", "titles_of"]


@pytest.fixture(scope="session")
def system() -> Iterator[System]:
    with running_system(paced=False) as running:
        yield running
