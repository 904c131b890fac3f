"""The benchmark's soak in small: doubled and reordered webhooks, refused and broken-off calls."""

from __future__ import annotations

import pytest

from benchmarks.soak import soak
from tests.harness import System


@pytest.fixture
def calm_afterwards(system: System):
    yield
    system.graph.faults.clear()


def test_nothing_is_lost_or_answered_twice_or_out_of_order(system: System, calm_afterwards: None) -> None:
    assert soak(system, people=8, messages=5, seconds=300) > 0
