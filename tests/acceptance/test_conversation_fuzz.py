"""Random walks of plausible and absurd messages by eighteen people of both roles.

Longer: `python -m benchmarks.fuzz`, or VALLEBOT_FUZZ_TURNS and VALLEBOT_FUZZ_SEED here.
"""

from __future__ import annotations

import os

from benchmarks.fuzz import walk
from tests.harness import System


def test_whatever_people_write_is_answered_once_and_breaks_nothing(system: System) -> None:
    turns = int(os.environ.get("VALLEBOT_FUZZ_TURNS", "80"))
    seed = int(os.environ.get("VALLEBOT_FUZZ_SEED", "20261122"))
    found = walk(system, turns, seed)
    assert found.troubles == []
