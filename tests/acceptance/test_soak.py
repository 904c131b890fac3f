"""The benchmark's soak in small: doubled and reordered webhooks, refused and broken-off calls."""

from __future__ import annotations

import threading

import pytest

from benchmarks.soak import soak
from tests.harness import System


@pytest.fixture
def calm_afterwards(system: System):
    yield
    system.graph.faults.clear()


def test_nothing_is_lost_or_answered_twice_or_out_of_order(system: System, calm_afterwards: None) -> None:
    assert soak(system, people=8, messages=5, seconds=300) > 0


def test_postgres_may_restart_under_load(system: System, calm_afterwards: None) -> None:
    if system.restart_database is None:
        pytest.skip("the database server is not ours to restart")
    cuts = [threading.Timer(seconds, system.restart_database) for seconds in (2, 8)]
    for cut in cuts:
        cut.start()
    try:
        assert soak(system, people=8, messages=5, seconds=300, seed=2) > 0
    finally:
        for cut in cuts:
            cut.join()
