"""Proofs of payment as people send them (tests/data/proofs): what is read, and that nothing breaks the reader."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vallebot.domain.proof_reading import ProofReading, doubts, minor_units, read_proof

SAMPLES = sorted((Path(__file__).parents[2] / "data" / "proofs").glob("*.txt"))
TODAY = date(2026, 3, 2)


def sample(path: Path) -> tuple[dict, str]:
    """(what must be read, text)."""
    head, _, text = path.read_text("utf-8").partition("---\n")
    return dict(line.split(": ", 1) for line in head.splitlines()), text


def test_there_are_enough_samples():
    assert len(SAMPLES) >= 25


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_proof_says(path):
    wanted, text = sample(path)
    read = read_proof(text)
    assert str(read.amount_minor or "") == wanted.get("amount_minor", "")
    assert (read.currency or "ARS") == wanted.get("currency", "ARS")
    assert str(read.paid_on or "") == wanted.get("paid_on", "")
    assert (read.operation_number or "") == wanted.get("operation_number", "")
    if "sender" in wanted:
        assert read.sender == wanted["sender"]
    if "recipient" in wanted:
        assert read.recipient == wanted["recipient"]


@pytest.mark.parametrize(
    ("written", "minor"),
    [
        ("12.500", 1250000),
        ("12.500,5", 1250050),
        ("12,500.50", 1250050),
        ("7", 700),
        ("0", None),
        ("1 200", 120000),
    ],
)
def test_sums_as_they_are_written(written, minor):
    assert minor_units(written) == minor


@pytest.mark.parametrize(
    ("reading", "found"),
    [
        (ProofReading(paid_on=TODAY), ()),
        (ProofReading(paid_on=date(2026, 2, 1)), ("old",)),
        (ProofReading(paid_on=date(2026, 3, 3)), ("future",)),
        (ProofReading(recipient="PAZ LAURA BEATRIZ"), ()),
        (ProofReading(recipient="Otro Señor"), ("recipient_differs",)),
        (ProofReading(), ()),
    ],
)
def test_what_asks_for_a_second_look(reading, found):
    assert doubts(reading, TODAY, ("Laura Paz",)) == found


@given(st.text(max_size=400) | st.text(alphabet="$ 0123456789.,/-:\nabcde operación importe", max_size=600))
def test_any_text_is_read_without_failing(text):
    read = read_proof(text)
    assert read.amount_minor is None or read.amount_minor > 0


@pytest.mark.parametrize(
    "unit", ["importe ", "1.000.", "de ", "$ ", "nº de operación ", "2 de marzo ", "a\n", "Ana "]
)
def test_long_hostile_text_takes_no_time(unit):
    started = time.perf_counter()
    read_proof(unit * 200_000)
    assert time.perf_counter() - started < 1
