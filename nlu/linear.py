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
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from nlu.views import masked_view, plain_view

#: Words and single signs: "?" and emojis tell intents apart.
_TOKEN = r"\w+|[^\w\s]"
_WEIGHTS_FILE, _TERMS_FILE = "weights.npz", "terms.json"


@dataclass(frozen=True)
class LinearSettings:
    """How the model is trained; see `OperationClassifier.get_default_config` for what each value does."""

    encoder_scale: float = 0.7
    char_ngrams: tuple[int, int] = (2, 5)
    char_min_df: int = 2
    word_ngrams: tuple[int, int] = (1, 3)
    C: float = 0.5
    calibration_folds: int = 3
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
        self._views = _views(settings)
        self._coef = np.zeros((0, 0), dtype=np.float32)  # features x intents
        self._intercept = np.zeros(0)
        self._sharpness = 1.0

    def fit(self, texts: Sequence[str], vectors: np.ndarray, intents: Sequence[str]) -> None:
        """Train on messages and their sentence vectors (len(texts) x 512); at least two intents are needed."""
        for view, vectorizer in self._views:
            vectorizer.fit([view(text) for text in texts])
        features = self._features(texts, vectors)
        labels = np.asarray(intents)
        classifier = self._classifier().fit(features, labels)
        self.intents = [str(intent) for intent in classifier.classes_]
        coef, intercept = _per_intent(classifier)
        self._coef, self._intercept = coef.T.astype(np.float32), intercept
        self._sharpness = self._fitted_sharpness(features, labels)

    def log_probabilities(self, texts: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        """Calibrated log probabilities, shape (len(texts), len(self.intents))."""
        margins = self._features(texts, vectors) @ self._coef + self._intercept
        return log_softmax(self._sharpness * margins, axis=1)

    def save(self, directory: Path) -> None:
        """Write the model as plain arrays and JSON: nothing in it can run code when it is loaded."""
        arrays = {f"idf_{at}": vectorizer.idf_ for at, (_, vectorizer) in enumerate(self._views)}
        np.savez(
            directory / _WEIGHTS_FILE,
            coef=self._coef.astype(np.float16),
            intercept=self._intercept,
            sharpness=self._sharpness,
            **{name: idf.astype(np.float32) for name, idf in arrays.items()},
        )
        terms = [_terms(vectorizer) for _, vectorizer in self._views]
        content = {"settings": asdict(self.settings), "intents": self.intents, "terms": terms}
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
            for at, (terms, (_, vectorizer)) in enumerate(zip(content["terms"], model._views)):
                vectorizer.vocabulary_ = {term: column for column, term in enumerate(terms)}
                vectorizer.idf_ = arrays[f"idf_{at}"].astype(np.float64)
        return model

    def _features(self, texts: Sequence[str], vectors: np.ndarray) -> csr_matrix:
        blocks = [csr_matrix(self.settings.encoder_scale * vectors)]
        blocks += [vectorizer.transform([view(text) for text in texts]) for view, vectorizer in self._views]
        return hstack(blocks, format="csr")

    def _classifier(self) -> LinearSVC:
        return LinearSVC(C=self.settings.C, class_weight="balanced", random_state=self.settings.seed)

    def _fitted_sharpness(self, features: csr_matrix, labels: np.ndarray) -> float:
        """The factor on the margins under which softmax of held-out margins has the least log loss."""
        folds = min(self.settings.calibration_folds, int(np.unique(labels, return_counts=True)[1].min()))
        if folds < 2:
            return 1.0
        splits = StratifiedKFold(folds, shuffle=True, random_state=self.settings.seed)
        margins, answers = [], []
        for train, held_out in splits.split(features, labels):
            coef, intercept = _per_intent(self._classifier().fit(features[train], labels[train]))
            margins.append(features[held_out] @ coef.T + intercept)
            answers.append(np.searchsorted(self.intents, labels[held_out]))
        held_margins, right = np.vstack(margins), np.concatenate(answers)

        def log_loss(factor: float) -> float:
            return -float(log_softmax(factor * held_margins, axis=1)[np.arange(len(right)), right].mean())

        return float(minimize_scalar(log_loss, bounds=(0.1, 30.0), method="bounded").x)


def _views(settings: LinearSettings) -> list[tuple[Any, TfidfVectorizer]]:
    """(reading of the message, n-grams of it) for each sparse block of features."""
    chars = TfidfVectorizer(
        analyzer="char_wb", ngram_range=settings.char_ngrams, min_df=settings.char_min_df, sublinear_tf=True
    )
    words = TfidfVectorizer(ngram_range=settings.word_ngrams, token_pattern=_TOKEN, sublinear_tf=True)
    masked = TfidfVectorizer(ngram_range=settings.word_ngrams, token_pattern=_TOKEN, sublinear_tf=True)
    return [(plain_view, chars), (plain_view, words), (masked_view, masked)]


def _terms(vectorizer: TfidfVectorizer) -> list[str]:
    """The n-grams in the order of their columns."""
    return sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.__getitem__)


def _per_intent(classifier: LinearSVC) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and intercepts with one row per intent; scikit-learn keeps a single row for two classes."""
    coef, intercept = classifier.coef_, classifier.intercept_
    if len(classifier.classes_) == 2:
        return np.vstack([-coef, coef]), np.concatenate([-intercept, intercept])
    return coef, intercept
