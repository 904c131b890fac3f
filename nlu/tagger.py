"""The entity tagger: a linear-chain CRF over words, their neighbours, word lists and what the grammars read.

The grammars are features here, not rivals: the tagger learns from the annotations where a time expression begins
and when "la de las 5" is an option. Pure (no Rasa), deterministic.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pycrfsuite

from nlu.grammar import Span, grammar_spans
from nlu.lexicon import lexicons
from nlu.words import Word, words_of
from vallebot.domain.text import fold
from vallebot.domain.values.common_words import COMMON_WORDS
from vallebot.domain.values.first_names import FIRST_NAMES, NICKNAMES

_OUTSIDE, _BEGIN, _INSIDE = "O", "B-", "I-"
#: Which features of a word its neighbours see, by distance; a word's own list is everything.
_NEAR = {1: ("w", "s3", "sh", "fn", "cw", "g:", "x:"), 2: ("w", "fn", "g:cuando", "x:servicio"), 3: ("w",)}

#: Unicode categories of signs that end no value: punctuation (but not the quotes of "45'"), emojis, modifiers, joiners.
_CLOSING = frozenset(["Ps", "Pi", "So", "Sk", "Cf", "Mn"])


@dataclass(frozen=True)
class Tagged:
    """A found entity; `confidence` is the least sure word's marginal probability."""

    span: Span
    confidence: float


class EntityModel:
    """A trained tagger; `content` is the file that `train` wrote."""

    def __init__(self, content: bytes) -> None:
        self._content = content  # the tagger reads it in place
        self._tagger = pycrfsuite.Tagger()
        self._tagger.open_inmemory(content)

    def tag(self, text: str) -> list[Tagged]:
        """Entities of `text` in order, without overlaps; adjacent ones stay apart."""
        words = words_of(text)
        if not words:
            return []
        labels = self._tagger.tag(features(text, words))
        found: list[tuple[str, list[int]]] = []
        for at, label in enumerate(labels):
            entity = label[2:]
            if label.startswith(_BEGIN) or (entity and (at == 0 or labels[at - 1][2:] != entity)):
                found.append((entity, [at]))
            elif entity:
                found[-1][1].append(at)
        trimmed = [(entity, _trimmed(places, words)) for entity, places in found]
        return [self._tagged(entity, places, words, labels) for entity, places in trimmed if places]

    def _tagged(self, entity: str, places: list[int], words: list[Word], labels: list[str]) -> Tagged:
        confidence = min(self._tagger.marginal(labels[at], at) for at in places)
        return Tagged(Span(words[places[0]].start, words[places[-1]].end, entity), confidence)


def _trimmed(places: list[int], words: Sequence[Word]) -> list[int]:
    """Without closing signs and emojis at the end: "la última 🌷" is "la última"."""
    while places and unicodedata.category(words[places[-1]].text[0]) in _CLOSING:
        places = places[:-1]
    return places


def train(
    examples: Sequence[tuple[str, Sequence[Span]]],
    path: Path,
    *,
    c1: float,
    c2: float,
    iterations: int,
    seed: int = 20,
) -> None:
    """Train on (text, its entities) and write the model to `path`. `c1`, `c2`: weights of the L1 and L2 penalties."""
    trainer = pycrfsuite.Trainer(verbose=False)
    for text, spans in examples:
        words = words_of(text)
        if words:
            trainer.append(features(text, words), _labels(words, spans))
    trainer.set_params({"c1": c1, "c2": c2, "max_iterations": iterations})
    trainer.train(str(path))


def features(text: str, words: Sequence[Word]) -> list[list[str]]:
    """What the tagger sees of each word: itself, its surroundings, lists and grammars."""
    own = [_own(word) for word in words]
    for prefix, spans in _marks(text, words):
        for at, word in enumerate(words):
            if not word.start < spans.end or not spans.start < word.end:
                continue
            own[at][f"{prefix}:{spans.entity}"] = "B" if word.start <= spans.start else "I"
    return [_surrounded(own, at) for at in range(len(words))]


def _marks(text: str, words: Sequence[Word]) -> list[tuple[str, Span]]:
    listed = [("x", span) for lexicon in lexicons() for span in lexicon.spans(words)]
    return listed + [("g", span) for span in grammar_spans(text)]


def _own(word: Word) -> dict[str, str]:
    plain = fold(word.text)
    seen = {
        "w": plain,
        "p3": plain[:3],
        "p5": plain[:5],
        "s2": plain[-2:],
        "s3": plain[-3:],
        "s5": plain[-5:],
        "sh": _shape(word.text),
    }
    for name, words in (("fn", FIRST_NAMES), ("nn", NICKNAMES), ("cw", COMMON_WORDS)):
        if plain in words:
            seen[name] = "1"
    return seen


def _surrounded(own: list[dict[str, str]], at: int) -> list[str]:
    seen = ["b", *(f"{name}={value}" for name, value in own[at].items())]
    for distance, names in _NEAR.items():
        for place in (at - distance, at + distance):
            if not 0 <= place < len(own):
                seen.append(f"{place - at:+d}END")
                continue
            seen += [
                f"{place - at:+d}{name}={value}"
                for name, value in own[place].items()
                if name.startswith(names)
            ]
    if at:
        seen.append(f"-1|0={own[at - 1]['w']}|{own[at]['w']}")
        seen.append(f"-2|-1={own[at - 2]['w'] if at > 1 else ''}|{own[at - 1]['w']}")
    if at + 1 < len(own):
        seen.append(f"0|+1={own[at]['w']}|{own[at + 1]['w']}")
        seen.append(f"+1|+2={own[at + 1]['w']}|{own[at + 2]['w'] if at + 2 < len(own) else ''}")
    return seen


def _shape(word: str) -> str:
    """'Ana' -> 'Xxx', '18' -> 'dd': case and digits, runs cut after two."""
    shape = re.sub(r"[^\W\d_A-ZÑÁÉÍÓÚÜ]", "x", re.sub(r"[A-ZÑÁÉÍÓÚÜ]", "X", re.sub(r"[0-9]", "d", word)))
    return re.sub(r"(.)\1{2,}", r"\1\1", shape)


def _labels(words: Sequence[Word], spans: Sequence[Span]) -> list[str]:
    labels = [_OUTSIDE] * len(words)
    for span in spans:
        inside = [at for at, word in enumerate(words) if word.start < span.end and span.start < word.end]
        for nth, at in enumerate(inside):
            labels[at] = (_INSIDE if nth else _BEGIN) + span.entity
    return labels
