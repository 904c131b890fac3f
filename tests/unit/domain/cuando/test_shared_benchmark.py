"""Extra: scores the development cases of the date benchmark where they lie beside the checkout."""

from __future__ import annotations

import importlib.util
import json
from datetime import datetime
from pathlib import Path
from types import ModuleType

import pytest

from vallebot.domain import cuando

DATES = Path(__file__).parents[5] / "shared" / "dates"
#: accuracy in percent that must hold, tier A and tier B
FLOORS = {"rioplatense": (98, 93), "recognizers": (93, 80), "duckling": (98, 90)}

pytestmark = pytest.mark.skipif(not (DATES / "score.py").exists(), reason="the date benchmark is not here")


def load_scorer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("date_score", DATES / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", FLOORS)
def test_development_cases_are_read_as_well_as_promised(name: str) -> None:
    scorer = load_scorer()
    gold = [json.loads(line) for line in (DATES / f"{name}.dev.jsonl").read_text("utf-8").splitlines()]
    predictions = []
    for case in gold:
        answer = cuando.interpret(case["text"], datetime.fromisoformat(case["now"]))
        empty = {"kind": None, "start": None, "end": None}
        predictions.append({"id": case["id"], **(answer.as_dict() if answer else empty)})
    table = scorer.table(scorer.evaluate(gold, predictions))
    floor_a, floor_b = FLOORS[name]
    assert table["tier A"]["acc"] >= floor_a
    assert table["tier B"]["acc"] >= floor_b
    assert table.get("negatives", {"acc": 100.0})["acc"] == 100.0
