"""Accuracy and speed of `vallebot.domain.cuando.interpret`.

    python benchmarks/cuando.py                     speed on the project's own cases and on 10 kB of garbage
    python benchmarks/cuando.py DATES               also accuracy per set; DATES holds score.py and *.jsonl
    python benchmarks/cuando.py DATES --dateparser  the same for dateparser's search, for comparison

Accuracy is in percent, by the scorer of the folder ('strict': first reading, same kind, exact bounds).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from vallebot.domain import cuando

OWN_CASES = Path(__file__).parents[1] / "tests" / "data" / "cuando"
GROUPS = ("tier A", "tier B", "negatives")
EMPTY = {"kind": None, "start": None, "end": None}
Prediction = dict[str, Any]
Reader = Callable[[str, datetime], Prediction]


def read_with_cuando(text: str, now: datetime) -> Prediction:
    answer = cuando.interpret(text, now)
    return answer.as_dict() if answer is not None else EMPTY


def read_with_dateparser(text: str, now: datetime) -> Prediction:
    """The first date that dateparser finds; a date where the words it read name no hour."""
    from dateparser.search import search_dates

    settings = {"RELATIVE_BASE": now, "PREFER_DATES_FROM": "future", "DATE_ORDER": "DMY"}
    found = search_dates(text, languages=["es"], settings=settings)
    if not found:
        return EMPTY
    at = found[0][1]
    if (at.hour, at.minute) in ((0, 0), (now.hour, now.minute)):
        return {"kind": "date", "start": f"{at:%Y-%m-%d}", "end": None}
    return {"kind": "datetime", "start": f"{at:%Y-%m-%dT%H:%M}", "end": None}


def load_scorer(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("date_score", folder / "score.py")
    if spec is None or spec.loader is None:
        sys.exit(f"no score.py in {folder}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_cases(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def measure(reader: Reader, cases: Iterable[dict[str, Any]]) -> tuple[list[Prediction], list[float]]:
    """Predictions, and milliseconds of processor time per call."""
    predictions, elapsed = [], []
    for case in cases:
        now = datetime.fromisoformat(case["now"])
        started = time.process_time()
        prediction = reader(case["text"], now)
        elapsed.append((time.process_time() - started) * 1000)
        predictions.append({"id": case.get("id"), **prediction})
    return predictions, elapsed


def speed(elapsed: list[float]) -> str:
    ordered = sorted(elapsed)
    return f"median {statistics.median(ordered):6.2f} ms  p99 {ordered[int(len(ordered) * 0.99)]:6.2f} ms"


def print_accuracy(folder: Path, reader: Reader) -> None:
    scorer = load_scorer(folder)
    for path in sorted(folder.glob("*.jsonl")):
        gold = read_cases(path)
        predictions, elapsed = measure(reader, gold)
        table = scorer.table(scorer.evaluate(gold, predictions))
        for group in GROUPS:
            if group in table:
                row = table[group]
                print(
                    f"{path.stem:18} {group:10} n {row['n']:4}  acc {row['acc']:5.1f}  strict {row['strict']:5.1f}"
                )
        print(f"{path.stem:18} {speed(elapsed)}")


def print_speed(reader: Reader) -> None:
    cases = [case for path in sorted(OWN_CASES.glob("*.jsonl")) for case in read_cases(path)]
    measure(reader, cases)  # once to warm up
    print(f"{'own cases':18} {speed(measure(reader, cases)[1])}")
    for name, text in {"10 kB of digits": "1 " * 5_000, "10 kB of 'lunes '": "lunes " * 1_700}.items():
        _, elapsed = measure(reader, [{"text": text, "now": "2026-11-24T10:30"}] * 5)
        print(f"{name:18} {speed(elapsed)}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dates", nargs="?", type=Path, help="folder with score.py and *.jsonl")
    parser.add_argument("--dateparser", action="store_true", help="measure dateparser instead")
    arguments = parser.parse_args()
    reader = read_with_dateparser if arguments.dateparser else read_with_cuando
    if arguments.dates is not None:
        print_accuracy(arguments.dates, reader)
    if not arguments.dateparser:
        print_speed(reader)


if __name__ == "__main__":
    main()
