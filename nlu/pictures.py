"""Pictures of an evaluation for the documentation: confusions, confidences, reliability."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
from sklearn.metrics import confusion_matrix

from nlu.evaluation import Evaluation

matplotlib.use("Agg")
from matplotlib import pyplot  # after the choice of a backend without a screen

_RIGHT, _WRONG, _LINE = "#2a7f62", "#c8553d", "#33415c"
_DPI = 110


def draw_confusions(evaluation: Evaluation, path: Path) -> None:
    """Rows are right intents, columns what they were taken for; shares of the row by shade, counts as numbers."""
    names = sorted({example.intent for example in evaluation.examples})
    counts = confusion_matrix(
        [example.intent for example in evaluation.examples],
        [answer.intent for answer in evaluation.answers],
        labels=names,
    )
    figure, axes = pyplot.subplots(figsize=(13, 12))
    axes.imshow(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), cmap="Greens", vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=8)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    for row, column in zip(*np.nonzero(counts), strict=True):
        colour = "white" if row == column else _WRONG
        axes.text(column, row, counts[row, column], ha="center", va="center", fontsize=7, color=colour)
    axes.set_xlabel("taken for")
    axes.set_ylabel("meant")
    _save(figure, path)


def draw_confidences(evaluation: Evaluation, path: Path) -> None:
    """How sure the model was where it was right and where it was wrong."""
    confidences = np.array([answer.confidence for answer in evaluation.answers])
    right = np.array(evaluation.right)
    figure, axes = pyplot.subplots(figsize=(7, 4))
    edges = np.linspace(0, 1, 21)
    axes.hist([confidences[right], confidences[~right]], edges, stacked=True, color=[_RIGHT, _WRONG])
    axes.legend(["right", "wrong"], frameon=False)
    axes.set_xlabel("confidence of the best operation")
    axes.set_ylabel("messages")
    _save(figure, path)


def draw_reliability(evaluations: dict[str, Evaluation], path: Path) -> None:
    """Stated confidence against the share that was right; a calibrated model stays on the diagonal."""
    figure, axes = pyplot.subplots(figsize=(5.5, 5.5))
    axes.plot([0, 1], [0, 1], linestyle="--", color="grey", linewidth=1)
    for (name, evaluation), colour in zip(evaluations.items(), (_LINE, _RIGHT), strict=False):
        bins = evaluation.reliability()
        said, true, count = (np.array(column) for column in zip(*bins, strict=True))
        axes.plot(said, true, color=colour, label=f"{name}, error {evaluation.calibration_error:.3f}")
        axes.scatter(said, true, s=10 + count, color=colour, alpha=0.6)
    axes.set_xlabel("stated confidence")
    axes.set_ylabel("share that was right")
    axes.legend(frameon=False)
    _save(figure, path)


def _save(figure: pyplot.Figure, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=_DPI)
    pyplot.close(figure)
