"""What the current model understands is not worse than what docs/nlu/figures.json says, but for a margin.

Uses the model of the current data under models/; trains one, once, where there is none. `python -m nlu.report` writes
the figures that are compared to, after a change that is meant.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nlu.evaluation import Evaluation, evaluate, load_examples
from tests.harness import trained_model

ROOT = Path(__file__).parents[2]
FIGURES = json.loads((ROOT / "docs" / "nlu" / "figures.json").read_text(encoding="utf-8"))
#: Shares. Training data changes daily and a message of the test set weighs 0.11 points: about ten of them.
MARGIN = 0.01

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="session")
def evaluation() -> Evaluation:
    return evaluate(trained_model(), load_examples(ROOT / "tests" / "nlu" / "test.yml"))


def test_intents_are_recognised_as_well_as_before(evaluation):
    assert evaluation.accuracy >= FIGURES["test"]["intent_accuracy"] - MARGIN, evaluation.confusions()[:10]


def test_entities_are_found_as_well_as_before(evaluation):
    assert evaluation.entity_f1 >= FIGURES["test"]["entity_f1"] - MARGIN, evaluation.entities


def test_confidences_still_mean_what_they_say(evaluation):
    assert evaluation.calibration_error <= FIGURES["test"]["calibration_error"] + 2 * MARGIN
