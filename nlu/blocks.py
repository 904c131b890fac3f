"""Blocks of n-gram features: one reading of a message, its weighted n-grams, a scale.

Trained by scikit-learn's TfidfVectorizer, asked without it: for one message at a time its sparse matrices cost more
than the arithmetic.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer


@dataclass
class NgramBlock:
    """N-grams of `view(text)`, weighted by tf-idf to a vector of length `scale`."""

    view: Callable[[str], str]
    vectorizer: TfidfVectorizer  #: as configured; holds the n-grams while training
    scale: float = 1.0
    columns: dict[str, int] = field(default_factory=dict)  #: n-gram -> column
    idf: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        self._ngrams = self.vectorizer.build_analyzer()

    def fit(self, readings: Sequence[str]) -> csr_matrix:
        """Learn the n-grams of the training messages, already read, and return their features."""
        features = self.vectorizer.fit_transform(readings)
        self.columns = {term: int(column) for term, column in self.vectorizer.vocabulary_.items()}
        self.idf = self.vectorizer.idf_
        return self.scale * features

    def terms(self) -> list[str]:
        """The n-grams in the order of their columns."""
        return sorted(self.columns, key=self.columns.__getitem__)

    def restore(self, terms: Sequence[str], idf: np.ndarray) -> None:
        """Be as `fit` left a block with these n-grams."""
        self.columns = {term: column for column, term in enumerate(terms)}
        self.idf = idf

    def row(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """(columns, values) of the features of one message."""
        known = (self.columns.get(ngram) for ngram in self._ngrams(self.view(text)))
        counts = Counter(column for column in known if column is not None)
        columns = np.fromiter(counts.keys(), dtype=np.int64, count=len(counts))
        values = np.fromiter(counts.values(), dtype=np.float64, count=len(counts))
        if self.vectorizer.sublinear_tf:
            values = 1 + np.log(values)
        values *= self.idf[columns]
        length = np.linalg.norm(values)
        return columns, values * (self.scale / length if length else 0.0)
