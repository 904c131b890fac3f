"""`python -m nlu.report`: how well the current model understands, written to docs/nlu/.

Reads the newest model under models/ (or `--model`), asks it the development and the test messages, and writes
figures.json (read by the regression gate), summary.md, confusions.png, confidences.png and reliability.png.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from pathlib import Path
from typing import Any

import structlog
from rasa.model import get_latest_model

from nlu.evaluation import Evaluation, evaluate, load_examples
from nlu.pictures import draw_confidences, draw_confusions, draw_reliability

ROOT = Path(__file__).parents[1]
MESSAGES = {name: ROOT / "tests" / "nlu" / f"{name}.yml" for name in ("dev", "test")}
_DECIMALS = 4
_CONFUSIONS_SHOWN = 20


def main(arguments: list[str] | None = None) -> int:
    """Write the report; 1 where there is no model."""
    parser = argparse.ArgumentParser(prog="python -m nlu.report", description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, help="a packed model (default: the newest under models/)")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "docs" / "nlu", help="where to write (default: docs/nlu)"
    )
    chosen = parser.parse_args(arguments)
    model = chosen.model or get_latest_model(str(ROOT / "models"))
    if model is None:
        print("There is no model under models/: train one with `rasa train`.", file=sys.stderr)
        return 1
    # Rasa tells every message that it parses.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    write_report(Path(model), chosen.out)
    print(f"The report on {Path(model).name} is in {chosen.out}")
    return 0


def write_report(model: Path, out: Path) -> None:
    """Evaluate `model` on the development and test messages and write all files to `out`."""
    examples = {name: load_examples(path) for name, path in MESSAGES.items()}
    with_role = {name: evaluate(model, messages) for name, messages in examples.items()}
    without = {name: evaluate(model, messages, with_role=False) for name, messages in examples.items()}
    out.mkdir(parents=True, exist_ok=True)
    figures = {name: figures_of(with_role[name], without[name]) for name in examples}
    (out / "figures.json").write_text(
        json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    (out / "summary.md").write_text(summary(figures, with_role["dev"]), encoding="utf-8")
    draw_confusions(with_role["test"], out / "confusions.png")
    draw_confidences(with_role["test"], out / "confidences.png")
    draw_reliability(with_role, out / "reliability.png")


def figures_of(with_role: Evaluation, without: Evaluation) -> dict[str, Any]:
    """The figures of one set of messages; shares in 0..1."""
    fell_back, wrong_when_acting = with_role.fallbacks
    shares = {
        "intent_accuracy": with_role.accuracy,
        "intent_accuracy_strict": with_role.strict_accuracy,
        "intent_accuracy_without_role": without.accuracy,
        "intent_macro_f1": with_role.macro_f1,
        "entity_f1": with_role.entity_f1,
        "calibration_error": with_role.calibration_error,
        "fell_back": fell_back,
        "wrong_when_acting": wrong_when_acting,
    }
    by_kind = {entity: score.f1 for entity, score in with_role.entities.items()}
    return {
        "messages": len(with_role.examples),
        **{name: round(value, _DECIMALS) for name, value in shares.items()},
        "entity_f1_by_kind": {entity: round(value, _DECIMALS) for entity, value in by_kind.items()},
    }


def summary(figures: dict[str, Any], dev: Evaluation) -> str:
    """The figures as tables; confusions of the development messages only, as nobody should tune on the others."""
    names = list(figures)
    lines = [
        "# What the current model understands",
        "",
        "Written by `python -m nlu.report`; what the rows mean is in [../nlu.md](../nlu.md).",
        "",
        f"| | {' | '.join(names)} |",
        f"|---|{'---|' * len(names)}",
    ]
    rows = [row for row in figures[names[0]] if row != "entity_f1_by_kind"]
    lines += [f"| {row} | {' | '.join(str(figures[name][row]) for name in names)} |" for row in rows]
    kinds = sorted({kind for name in names for kind in figures[name]["entity_f1_by_kind"]})
    lines += ["", f"| entity (F1) | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    lines += [
        f"| {kind} | {' | '.join(str(figures[name]['entity_f1_by_kind'].get(kind, '')) for name in names)} |"
        for kind in kinds
    ]
    lines += [
        "",
        "Most frequent confusions on the development messages:",
        "",
        "| meant | taken for | times |",
        "|---|---|---|",
    ]
    lines += [
        f"| {meant} | {taken} | {times} |" for meant, taken, times in dev.confusions()[:_CONFUSIONS_SHOWN]
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
