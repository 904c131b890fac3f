from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timezone

import pytest

from vallebot.services.operations import from_json, to_json


@dataclass(frozen=True)
class Inner:
    at: datetime
    note: str | None = None


@dataclass(frozen=True)
class Outer:
    number: int
    flag: bool
    day: date
    hour: time
    inner: Inner
    many: tuple[Inner, ...]
    words: tuple[str, ...]
    nothing: Inner | None = None


INNER = Inner(datetime(2026, 3, 2, 12, tzinfo=timezone.utc), "ñandú")
OUTER = Outer(7, True, date(2026, 3, 2), time(7, 30), INNER, (INNER, Inner(INNER.at)), ("a", "b"))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Outer, OUTER),
        (Inner, INNER),
        (int, 3),
        (str, "x"),
        (bool, False),
        (tuple[str, ...], ("a",)),
        (Inner, None),
    ],
)
def test_a_kept_result_comes_back_as_it_was(kind, value):
    kept = json.loads(json.dumps(to_json(value)))
    assert from_json(kind, kept) == value
