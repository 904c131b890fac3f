"""The messages of benchmarks/llm_fallback.py are well labelled, and none of them is training data."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from vallebot.cli.learn import training_examples
from vallebot.services.fallback.operations import OPERATIONS
from vallebot.services.learning import key_of

ROWS = yaml.safe_load(
    (Path(__file__).parents[2] / "benchmarks" / "data" / "ambiguous.yml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["text"][:30])
def test_each_message_means_an_operation_of_its_writer(row: dict) -> None:
    known = {*OPERATIONS[row.get("rol", "cliente")], "informar", "fuera_de_tema"}
    assert {row["meant"], *row.get("or", [])} <= known
    assert set(row) <= {"text", "rol", "meant", "or", "asked", "before"}


def test_no_message_is_training_data_or_there_twice() -> None:
    keys = [key_of(row["text"]) for row in ROWS]
    assert len(set(keys)) == len(keys) >= 60
    assert not set(keys) & {key_of(example) for example in training_examples()}
