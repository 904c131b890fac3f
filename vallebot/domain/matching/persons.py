"""Which of the professional's own people a text names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rapidfuzz.distance import OSA

from vallebot.domain.matching.model import Candidate, Match, ranked
from vallebot.domain.matching.similarity import by_ear, edits_allowed
from vallebot.domain.matching.stopwords import PERSON_STOPWORDS, TITLES
from vallebot.domain.text import squash
from vallebot.domain.values.first_names import FIRST_NAMES, NICKNAMES
from vallebot.domain.values.tokens import calm, words_of

MAX_QUERY_WORDS = 60

_EXACT, _BY_EAR, _NICKNAME, _CLIPPED, _INITIAL = 1.0, 0.97, 0.95, 0.92, 0.9
_NICKNAME_OF_SECOND = 0.8  #: 'Pepe' is José Luis rather than María José
_TYPO = {1: 0.88, 2: 0.8}
_ATTACHED, _ELSEWHERE = 1.0, 0.15
_DIMINUTIVE_ENDINGS = (
    "ecito",
    "ecita",
    "cito",
    "cita",
    "sito",
    "sita",
    "ito",
    "ita",
    "itos",
    "itas",
    "in",
    "uchi",
    "ucha",
)
_APOSTROPHE = re.compile(r"\b([^\W\d_])['’´]\s?([^\W\d_])")
_GLUED = re.compile(r"\b(de)(la|los|las)(?=[a-zñ]{4})", re.IGNORECASE)
_PARTICLES = frozenset({"de", "del", "la", "las", "los", "y", "san", "santa"})


@dataclass(frozen=True)
class _Asked:
    words: tuple[str, ...]  #: telling words
    places: tuple[int, ...]
    tokens: tuple[str, ...]


def match_persons(query: str, candidates: Sequence[Candidate]) -> list[Match]:
    """All people that `query` may mean, best first; one whose family name contradicts the query scores low."""
    asked = _read(query)
    labels = [
        (position, _name_words(name))
        for position, candidate in enumerate(candidates)
        for name in (candidate.name, *candidate.synonyms)
    ]
    grids = [(position, label, [_best(word, label) for word in asked.words]) for position, label in labels]
    if not asked.words:
        return []
    pairs = [_nickname_pair(asked.words, label) for _, label, _ in grids]
    known = {
        asked.places[nth]
        for (_, _, grid), pair in zip(grids, pairs, strict=True)
        for nth, likeness in enumerate(grid)
        if likeness or nth in pair
    }
    importance = [1.0 if place in known else _unknown_weight(asked, place, known) for place in asked.places]
    best: dict[int, float] = {}
    for (position, label, grid), pair in zip(grids, pairs, strict=True):
        grid = [max(likeness, _NICKNAME if nth in pair else 0.0) for nth, likeness in enumerate(grid)]
        best[position] = max(best.get(position, 0.0), _score(asked, importance, grid, label))
    return ranked([Match(candidates[position], score) for position, score in best.items()])


def _read(query: str) -> _Asked:
    tokens = [squash(calm(word)) for word in words_of(_glued_particles(query))[:MAX_QUERY_WORDS]]
    telling = [
        (place, word) for place, word in enumerate(tokens) if word not in PERSON_STOPWORDS and word.isalpha()
    ]
    if not telling:  # 'la doctora', where somebody is stored under that very word
        telling = [(place, word) for place, word in enumerate(tokens) if word.isalpha() and len(word) > 2]
    return _Asked(tuple(w for _, w in telling), tuple(p for p, _ in telling), tuple(tokens))


def _name_words(name: str) -> tuple[str, ...]:
    """The telling words of a name; "O'Connor" is one word, particles tell nothing."""
    words = [squash(word) for word in words_of(_APOSTROPHE.sub(r"\1\2", name))]
    telling = tuple(word for word in words if word not in _PARTICLES and word not in TITLES)
    return telling or tuple(words)


def _glued_particles(text: str) -> str:
    """'delafuente' -> 'de la fuente'."""
    return _GLUED.sub(r"\1 \2 ", _APOSTROPHE.sub(r"\1\2", text))


def _unknown_weight(asked: _Asked, place: int, known: set[int]) -> float:
    """A word that fits nobody: a family name when it follows a name ('Ana López'), else mere talk."""
    before, after = place - 1, place + 1
    while before >= 0 and asked.tokens[before] in _PARTICLES | {"o"} and before not in known:
        before -= 1
    if before in known or after in known:
        return _ATTACHED
    return _ELSEWHERE


def _score(asked: _Asked, importance: Sequence[float], grid: Sequence[float], label: Sequence[str]) -> float:
    if not any(grid):
        return 0.0
    precision = sum(w * s for w, s in zip(importance, grid, strict=True)) / sum(importance)
    said = sum(1 for word in label if any(_likeness(query, word, 0) for query in asked.words))
    recall = min(1.0, said / len(label))
    family_name_only = 0.03 if not _likeness_first(asked.words, label) else 0.0
    whole = 0.1 if precision > 0.9 and recall == 1.0 else 0.0
    return precision * (0.85 + 0.05 * recall) + whole - family_name_only


def _likeness_first(words: Sequence[str], label: Sequence[str]) -> bool:
    return any(_likeness(word, label[0], 0) for word in words)


def _best(word: str, label: Sequence[str]) -> float:
    return max((_likeness(word, other, place) for place, other in enumerate(label)), default=0.0)


def _nickname_pair(words: Sequence[str], label: Sequence[str]) -> set[int]:
    """Places in `words` of nicknames for two names of the label ('Juampi' for Juan Pablo), or the reverse."""
    found = set()
    glued = [first + second for first, second in pairwise(label)]
    for nth, word in enumerate(words):
        if len(word) >= 6 and any(both.startswith(word) and len(word) > len(label[0]) + 1 for both in glued):
            found.add(nth)  # 'juancruz'
        if any(set(target.split()) <= set(label) for target in NICKNAMES.get(word, ()) if " " in target):
            found.add(nth)
    for other in label:
        for target in NICKNAMES.get(other, ()):
            if " " in target and set(target.split()) <= set(words):
                found |= {nth for nth, word in enumerate(words) if word in target.split()}
    return found


@lru_cache(maxsize=16384)
def _sound(name: str) -> str:
    """`by_ear`, and 'Yésica' sounds as 'Jésica', 'Antonella' as 'Antonela'."""
    heard = by_ear(name.replace("ll", "l") if not name.startswith("ll") else name)
    return "y" + heard[1:] if heard[:1] == "j" else heard


@lru_cache(maxsize=131072)
def _likeness(query: str, name: str, place: int) -> float:
    """Likeness of a typed word and the name at `place` of a person; 0 for different names."""
    if query == name:
        return _EXACT
    if not query or not name:
        return 0.0
    if _is_nickname(query, name) or _is_nickname(name, query):
        return _NICKNAME_OF_SECOND if place else _NICKNAME
    if _is_diminutive(query, name) or _is_diminutive(name, query):
        return _NICKNAME
    if query in FIRST_NAMES and name in FIRST_NAMES:
        return _BY_EAR if _sound(query) == _sound(name) else 0.0
    if _sound(query) == _sound(name):
        return _BY_EAR
    if len(query) == 1:
        return _INITIAL if place and name.startswith(query) else 0.0
    if _clips(query, name, place):
        return _CLIPPED
    return _typo(query, name)


def _is_nickname(short: str, name: str) -> bool:
    return name in NICKNAMES.get(short, ())


def _is_diminutive(short: str, name: str) -> bool:
    """'Marcelita' of Marcela, 'Carlitos' of Carlos, 'Juancito' of Juan, 'Sofita' of Sofi and so of Sofía."""
    names, sounds = _bases(short)
    return bool(sounds) and (name in names or _sound(name) in sounds)


@lru_cache(maxsize=16384)
def _bases(short: str) -> tuple[frozenset[str], frozenset[str]]:
    """(names by nickname, sounds) of which `short` may be a diminutive."""
    names: set[str] = set()
    sounds: set[str] = set()
    for ending in () if short in FIRST_NAMES else _DIMINUTIVE_ENDINGS:
        stem = short.removesuffix(ending)
        if stem == short or len(stem) < 2:
            continue
        feminine = ending.endswith(("a", "as"))
        bases = {stem} if stem + "a" not in FIRST_NAMES or not feminine else set()
        bases |= {stem + "e", stem + "i", stem + ("a" if feminine else "o")}
        bases |= set() if feminine else {stem + "os", stem + "as", stem + "is"}
        sounds |= {_sound(base) for base in bases}
        names |= {name for base in {stem, *bases} for name in NICKNAMES.get(base, ())}
    return frozenset(names), frozenset(sounds)


def _clips(query: str, name: str, place: int) -> bool:
    """'Floren', 'Sofi', 'Maxi' for a first name; a family name is clipped only when most of it is there."""
    if query in FIRST_NAMES:
        return False
    stem = query[:-1] if query[-1] in "iy" and len(query) > 3 else query
    if place and name not in FIRST_NAMES:
        return len(query) >= 5 and name.startswith(query)
    return len(stem) >= 3 and (name.startswith(stem) or _sound(name).startswith(_sound(stem)))


def _typo(query: str, name: str) -> float:
    heard, target = _sound(query), _sound(name)
    allowed = min(2, edits_allowed(min(len(heard), len(target))))
    if not allowed or heard[0] != target[0]:
        return 0.0
    if len(heard) < 5 or query in FIRST_NAMES or _differs_in_gender(heard, target):
        return 0.0
    edits = OSA.distance(heard, target, score_cutoff=allowed)
    return _TYPO.get(edits, _BY_EAR) if edits <= allowed else 0.0


def _differs_in_gender(left: str, right: str) -> bool:
    """'Mario' and 'María', 'Daniel' and 'Daniela' are two people."""
    vowels = "aeo"
    short, long = sorted((left, right), key=len)
    if long[:-1] == short and long[-1] in vowels:
        return True
    return len(short) == len(long) and short[:-1] == long[:-1] and short[-1] in vowels and long[-1] in vowels
