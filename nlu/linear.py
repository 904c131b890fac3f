"""The linear intent model: sentence vector, character n-grams and word n-grams into one calibrated linear SVM.

Pure (no Rasa): trained, asked, saved and loaded by itself, so that benchmarks and tests use what the bot uses.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, hstack
from scipy.special import log_softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import train_test_split
from sklearn.svm import LinearSVC

from nlu.blocks import NgramBlock
from nlu.views import facts_view, masked_view, plain_view

#: Words and single signs: "?" and emojis tell intents apart.
_TOKEN = r"\w+|[^\w\s]"
#: Of the optimiser: a closer solution changes no answer and takes twice as long.
_TOLERANCE = 0.01
_WEIGHTS_FILE, _TERMS_FILE = "weights.npz", "terms.json"


@dataclass(frozen=True)
class LinearSettings:
    """How the model is trained; see `OperationClassifier.get_default_config` for what each value does."""

    encoder_scale: float = 0.7
    char_ngrams: tuple[int, int] = (2, 4)
    char_min_df: int = 2
    word_ngrams: tuple[int, int] = (1, 2)
    facts_scale: float = 1.0
    C: float = 0.5
    calibration_share: float = 0.2
    seed: int = 20

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> LinearSettings:
        values = {field.name: config[field.name] for field in fields(cls) if field.name in config}
        return cls(
            **{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
        )


class LinearIntentModel:
    """`fit`, then `log_probabilities`. Deterministic for given data and settings."""

    def __init__(self, settings: LinearSettings) -> None:
        self.settings = settings
        self.intents: list[str] = []
        self._blocks = _blocks(settings)
        self._coef = np.zeros((0, 0), dtype=np.float32)  # features x intents
        self._intercept = np.zeros(0)
        self._sharpness = 1.0

    def fit(self, texts: Sequence[str], vectors: np.ndarray, intents: Sequence[str]) -> None:
        """Train on messages and their sentence vectors (len(texts) x 512); at least two intents are needed."""
        features = self._fitted_features(texts, vectors)
        labels = np.asarray(intents)
        classifier = self._classifier().fit(features, labels)
        self.intents = [str(intent) for intent in classifier.classes_]
        coef, intercept = _per_intent(classifier)
        self._coef, self._intercept = coef.T.astype(np.float32), intercept
        self._sharpness = self._fitted_sharpness(features, labels)

    def log_probabilities(self, texts: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        """Calibrated log probabilities, shape (len(texts), len(self.intents))."""
        margins = [self._margins(text, vector) for text, vector in zip(texts, vectors, strict=True)]
        return log_softmax(self._sharpness * np.array(margins), axis=1)

    def save(self, directory: Path) -> None:
        """Write the model as plain arrays and JSON: nothing in it can run code when it is loaded."""
        np.savez(
            directory / _WEIGHTS_FILE,
            coef=self._coef.astype(np.float16),
            intercept=self._intercept,
            sharpness=self._sharpness,
            **{f"idf_{at}": block.idf.astype(np.float32) for at, block in enumerate(self._blocks)},
        )
        content = {
            "settings": asdict(self.settings),
            "intents": self.intents,
            "terms": [block.terms() for block in self._blocks],
        }
        (directory / _TERMS_FILE).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, directory: Path) -> LinearIntentModel:
        """Read what `save` wrote; OSError where it is missing."""
        content = json.loads((directory / _TERMS_FILE).read_text(encoding="utf-8"))
        model = cls(LinearSettings.from_config(content["settings"]))
        model.intents = content["intents"]
        with np.load(directory / _WEIGHTS_FILE) as arrays:
            model._coef = arrays["coef"].astype(np.float32)
            model._intercept = arrays["intercept"]
            model._sharpness = float(arrays["sharpness"])
            for at, (terms, block) in enumerate(zip(content["terms"], model._blocks, strict=True)):
                block.restore(terms, arrays[f"idf_{at}"])
        return model

    def _margins(self, text: str, vector: np.ndarray) -> np.ndarray:
        """Distance from the boundary of each intent."""
        first = len(vector)
        margins = self._intercept + self.settings.encoder_scale * vector @ self._coef[:first]
        for block in self._blocks:
            columns, values = block.row(text)
            margins = margins + values @ self._coef[first + columns]
            first += len(block.columns)
        return margins

    def _fitted_features(self, texts: Sequence[str], vectors: np.ndarray) -> csr_matrix:
        # All readings of a message in a row: they share what the grammars found in it.
        readings = [[block.view(text) for block in self._blocks] for text in texts]
        blocks = [block.fit([reading[at] for reading in readings]) for at, block in enumerate(self._blocks)]
        return hstack([csr_matrix(self.settings.encoder_scale * vectors), *blocks], format="csr")

    def _classifier(self) -> LinearSVC:
        return LinearSVC(
            C=self.settings.C, class_weight="balanced", tol=_TOLERANCE, random_state=self.settings.seed
        )

    def _fitted_sharpness(self, features: csr_matrix, labels: np.ndarray) -> float:
        """The factor on the margins under which softmax of held-out margins has the least log loss."""
        share = self.settings.calibration_share
        counts = np.unique(labels, return_counts=True)[1]
        if counts.min() < 2 or share * len(labels) < len(counts):
            return 1.0  # too few messages to hold some out
        train, held_out = train_test_split(
            np.arange(len(labels)), test_size=share, stratify=labels, random_state=self.settings.seed
        )
        coef, intercept = _per_intent(self._classifier().fit(features[train], labels[train]))
        margins = features[held_out] @ coef.T + intercept
        right = np.searchsorted(self.intents, labels[held_out])

        def log_loss(factor: float) -> float:
            return -float(log_softmax(factor * margins, axis=1)[np.arange(len(right)), right].mean())

        return float(minimize_scalar(log_loss, bounds=(0.1, 30.0), method="bounded").x)


def _blocks(settings: LinearSettings) -> list[NgramBlock]:
    words = {"ngram_range": settings.word_ngrams, "token_pattern": _TOKEN, "sublinear_tf": True}
    chars = TfidfVectorizer(
        analyzer="char_wb", ngram_range=settings.char_ngrams, min_df=settings.char_min_df, sublinear_tf=True
    )
    facts = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\S+")
    return [
        NgramBlock(plain_view, chars),
        NgramBlock(plain_view, TfidfVectorizer(**words)),
        NgramBlock(masked_view, TfidfVectorizer(**words)),
        NgramBlock(facts_view, facts, settings.facts_scale),
    ]


def _per_intent(classifier: LinearSVC) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and intercepts with one row per intent; scikit-learn keeps a single row for two classes."""
    coef, intercept = classifier.coef_, classifier.intercept_
    if len(classifier.classes_) == 2:
        return np.vstack([-coef, coef]), np.concatenate([-intercept, intercept])
    return coef, intercept
