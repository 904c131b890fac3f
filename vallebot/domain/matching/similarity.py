"""How alike two typed words are: spelling by ear, typos, clipped words, plurals."""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz.distance import OSA

#: Spelling by ear, rioplatense: 'masage' = 'masaje', 'reflecsolojia' = 'reflexología', 'sicologa' = 'psicóloga'.
_BY_EAR = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("ñ", "n"),
        ("^ps", "s"),
        ("ph", "f"),
        ("ch", "1"),
        ("sh", "s"),
        ("h", ""),
        ("ll", "y"),
        ("cc", "x"),
        ("(?:ks|cs)", "x"),
        ("qu(?=[ei])", "k"),
        ("q", "k"),
        ("gu(?=[ei])", "g"),
        ("g(?=[ei])", "j"),
        ("c(?=[ei])", "s"),
        ("c", "k"),
        ("z", "s"),
        ("v", "b"),
        ("w", "u"),
        ("x", "s"),
        ("y(?![aeiou])", "i"),
        (r"(.)\1+", r"\1"),
    )
]

_DIMINUTIVE = re.compile("it[oa]s?$")

EXACT, PLURAL, BY_EAR, CLIPPED, CLIPPED_SHORT, SAME_STEM, INSIDE = (1.0, 0.98, 0.96, 0.92, 0.87, 0.82, 0.8)
TYPO = {1: 0.88, 2: 0.8, 3: 0.74}  #: edits -> likeness


@lru_cache(maxsize=8192)
def by_ear(word: str) -> str:
    """A key that words which sound alike share. `word` is folded."""
    for pattern, sound in _BY_EAR:
        word = pattern.sub(sound, word)
    return word


def singular(word: str) -> str:
    """'masajes' -> 'masaje', 'sesiones' -> 'sesion'; good enough to compare, not to show."""
    if len(word) > 5 and word.endswith("es") and word[-3] in "nlrd":
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def edits_allowed(length: int) -> int:
    """Typos forgiven in a word of `length` letters: none below 4, then 1, from 7 on 2, from 11 on 3."""
    return 0 if length < 4 else 1 if length < 7 else 2 if length < 11 else 3


@lru_cache(maxsize=65536)
def alike(query: str, word: str) -> float:
    """Likeness in [0, 1] of a typed word and a word of a catalogue, both folded; 0 when they are different words."""
    if query == word:
        return EXACT
    if not (query.isalpha() and word.isalpha()):
        return 0.0
    if singular(query) == singular(word):
        return PLURAL
    heard, target = by_ear(query), by_ear(word)
    if heard == target:
        return BY_EAR
    if len(query) >= 3 and target.startswith(heard):
        return CLIPPED if len(query) >= 4 else CLIPPED_SHORT
    return max(_typo(heard, target), _stem(heard, target), _diminutive(query, word))


@lru_cache(maxsize=65536)
def same(left: str, right: str) -> float:
    """As `alike`, but only for the whole word (spelling and typos): the test for words written joined or apart."""
    if left == right:
        return EXACT
    heard, target = by_ear(left), by_ear(right)
    if heard == target:
        return BY_EAR
    forgiving = min(len(heard), len(target)) >= 8 and left.isalpha() and right.isalpha()
    return _typo(heard, target) if forgiving else 0.0


def _typo(heard: str, target: str) -> float:
    allowed = edits_allowed(min(len(heard), len(target)))
    if not allowed or abs(len(heard) - len(target)) > allowed:
        return 0.0
    edits = OSA.distance(heard, target, score_cutoff=allowed)
    if edits > allowed or (heard[0] != target[0] and (edits > 1 or len(target) < 6)):
        return 0.0
    return TYPO.get(edits, 0.0)


def _stem(heard: str, target: str) -> float:
    """'relajacion' ~ 'relajante', 'masajito' ~ 'masaje', 'contractura' in 'descontracturante'."""
    shared = 0
    for left, right in zip(heard, target, strict=False):
        if left != right:
            break
        shared += 1
    shorter = min(len(heard), len(target))
    if (shared >= 6 and shared >= 0.6 * shorter) or (shared >= 5 and shared >= 0.75 * shorter):
        return SAME_STEM
    return INSIDE if len(heard) >= 6 and heard in target else 0.0


def _diminutive(query: str, word: str) -> float:
    """'mechitas' is 'mechas'."""
    stem = _DIMINUTIVE.sub("", query)
    fits = len(stem) >= 4 and stem != query and word.startswith(stem) and len(word) <= len(stem) + 2
    return SAME_STEM if fits else 0.0
