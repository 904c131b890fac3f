"""Which service of the professional's own catalogue a text names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from vallebot.domain.matching.model import Candidate, Match, ranked
from vallebot.domain.matching.similarity import (
    BY_EAR,
    CLIPPED,
    CLIPPED_SHORT,
    EXACT,
    INSIDE,
    SAME_STEM,
    alike,
    same,
    singular,
)
from vallebot.domain.matching.stopwords import CARRIERS, JOINS, SERVICE_STOPWORDS
from vallebot.domain.text import squash
from vallebot.domain.values.common_words import KIN_WORDS
from vallebot.domain.values.durations import find_durations
from vallebot.domain.values.first_names import FIRST_NAMES
from vallebot.domain.values.numbers import SMALL_WORDS
from vallebot.domain.values.tokens import Token, calm, tokens_of

#: A service is named within this; bounds the work for pasted novels.
MAX_QUERY_WORDS = 60
#: Lengths of sessions that a bare number may tell ('el de 60', 'masaje 90').
SESSION_MINUTES = frozenset({15, 20, 30, 40, 45, 50, 60, 75, 80, 90, 100, 120, 150, 180})

_CARRIER_WEIGHT = 0.1
_SILENT = SERVICE_STOPWORDS | CARRIERS
#: Words that this many candidates share ('yoga' in a yoga teacher's catalogue) say little beside a full name.
_SHARED_BY = 3
_SHARED_BESIDE_NAME = 0.3
#: 'consulta' means "Consulta pediátrica" rather than "Interconsulta": a mere resemblance counts less where another
#: name holds the very word.
_SAID_OF_ANOTHER = 0.75
_WHOLE = 0.85  #: so much of the query and of the name must agree for the query to be the name
_PARTLY = frozenset({CLIPPED, CLIPPED_SHORT, SAME_STEM, INSIDE})
_ATTACHED, _BEFORE, _ELSEWHERE = (
    1.0,
    0.5,
    0.12,
)  #: weight of a word that no candidate knows, by where it stands
_OTHER_DURATION = 0.5  #: factor for a service of another length than the one asked for
_NO_DURATION = 0.75  #: factor for a service without a length where others of the catalogue state theirs


@dataclass(frozen=True)
class _Label:
    """One name of the candidate at `place`: its telling words, and the minutes it states."""

    place: int
    words: tuple[str, ...]
    minutes: int | None
    minutes_in_name: bool


@dataclass(frozen=True)
class _Catalogue:
    labels: tuple[_Label, ...]
    weights: dict[str, float]  #: how much each word tells
    shared: frozenset[str]  #: words of at least _SHARED_BY candidates
    joined: frozenset[str]  #: neighbouring words written as one, and initials ('softgel', 'dlm')
    minutes: frozenset[int]  #: lengths that occur


@dataclass(frozen=True)
class _Query:
    words: tuple[str, ...]  #: telling words, in order
    places: tuple[int, ...]  #: index of each in `tokens`
    tokens: tuple[str, ...]  #: all words, for judging what stands next to what
    minutes: int | None


def match_services(query: str, candidates: Sequence[Candidate]) -> list[Match]:
    """All candidates that `query` may mean, best first. Cost is linear in the text and in the catalogue."""
    catalogue = _catalogue(candidates)
    asked = _read_query(query if catalogue.minutes else _without_durations(query), catalogue)
    importance, nearest = _query_weights(asked, catalogue)
    best = [0.0] * len(candidates)
    for label in catalogue.labels:
        best[label.place] = max(best[label.place], _score(asked, importance, nearest, label, catalogue))
    return ranked([Match(candidate, score) for candidate, score in zip(candidates, best, strict=True)])


def _catalogue(candidates: Sequence[Candidate]) -> _Catalogue:
    labels = tuple(label for place, candidate in enumerate(candidates) for label in _labels(place, candidate))
    sharing = Counter(word for word, _ in {(word, label.place) for label in labels for word in label.words})
    return _Catalogue(
        labels=labels,
        weights={word: _weight(word, count, len(candidates)) for word, count in sharing.items()},
        shared=frozenset(word for word, count in sharing.items() if count >= _SHARED_BY),
        joined=frozenset(
            [a + b for label in labels for a, b in pairwise(label.words)]
            + [_initials(label.words) for label in labels]
        )
        - {""},
        minutes=frozenset(label.minutes for label in labels if label.minutes),
    )


def _weight(word: str, count: int, candidates: int) -> float:
    if word in CARRIERS:
        return _CARRIER_WEIGHT
    return 1.0 if count == 1 else max(0.4, 1.0 - 0.6 * count / candidates)


def _labels(place: int, candidate: Candidate) -> Iterator[_Label]:
    for name in (candidate.name, *candidate.synonyms):
        found = find_durations(name)
        words, bare = [], None
        for word in _glued(_outside(tokens_of(name), [duration.span for duration in found])):
            if word.isdigit() and int(word[:6]) in SESSION_MINUTES and bare is None:
                bare = int(word)
            elif word not in JOINS:
                words.append(_plain(word))
        stated = found[0].minutes if found else bare
        yield _Label(place, tuple(words), stated or candidate.duration_minutes, stated is not None)


def _read_query(text: str, catalogue: _Catalogue) -> _Query:
    durations = find_durations(text)
    minutes = durations[0].minutes if durations else None
    vocabulary = catalogue.weights.keys()
    words, places = [], []
    spoken = _glued(_outside(tokens_of(text), [duration.span for duration in durations]))
    plain = [_plain(calm(word)) for word in spoken[:MAX_QUERY_WORDS]]
    for place, word in enumerate(plain):
        named = word in vocabulary or singular(word) in vocabulary
        lengths = catalogue.minutes or SESSION_MINUTES
        if minutes is None and not named and word.isdigit() and int(word[:6]) in lengths:
            minutes = int(word)
        elif named or (word not in _SILENT and not _is_clock(plain, place)):
            words.append(word)
            places.append(place)
    return _Query(tuple(words), tuple(places), tuple(plain), minutes)


def _without_durations(text: str) -> str:
    """Where no service states its length, a length tells nothing."""
    for duration in reversed(find_durations(text)):
        text = text[: duration.span[0]] + " " + text[duration.span[1] :]
    return text


def _is_clock(words: Sequence[str], place: int) -> bool:
    """'a las 5', '18hs', '17:30', 'el 12': numbers of times and dates, which tell no service apart."""
    word = words[place]
    if not word[0].isdigit():
        return False
    before = words[place - 1] if place else ""
    after = words[place + 1] if place + 1 < len(words) else ""
    return ":" in word or before in {"las", "el", "dia", "tipo"} or after in {"hs", "h", "hrs", "de"}


def _glued(tokens: Sequence[Token]) -> list[str]:
    """The words and numbers; a letter or two written together with a number are one word ('B1', '2x1')."""
    words: list[str] = []
    last_end = -1
    for token in tokens:
        if not (token.is_word or token.is_number):
            continue
        if words and token.start == last_end and len(words[-1]) + len(token.word) <= 4:
            words[-1] += token.word
        else:
            words.append(token.word)
        last_end = token.end
    return words


def _outside(tokens: Sequence[Token], spans: Sequence[tuple[int, int]]) -> list[Token]:
    return [token for token in tokens if not any(start <= token.start < end for start, end in spans)]


def _plain(word: str) -> str:
    """The word as it is compared: number words above one as digits, 'ñ' as 'n'."""
    value = SMALL_WORDS.get(word, 0)
    return str(value) if value > 1 else squash(word)


def _query_weights(asked: _Query, catalogue: _Catalogue) -> tuple[list[float], list[float]]:
    """For each telling word of the query: its weight (as its nearest catalogue word, or by place when unknown),
    and the likeness of that nearest word."""
    known = [_nearest(asked, position, catalogue) for position in range(len(asked.words))]
    weights: list[float] = []
    known_places = {place for place, (likeness, _) in zip(asked.places, known, strict=True) if likeness}
    for position, (likeness, weight) in enumerate(known):
        weights.append(weight if likeness else _unknown_weight(asked, position, known_places))
        if weights[-1] == _ATTACHED:
            known_places.add(asked.places[position])  # what hangs on an unknown qualifier qualifies too
    return weights, [likeness for likeness, _ in known]


def _nearest(asked: _Query, position: int, catalogue: _Catalogue) -> tuple[float, float]:
    """(likeness, weight) of the catalogue word nearest to this word of the query; (0, 0) when it is unknown."""
    word = asked.words[position]
    likely = [(alike(word, known), weight) for known, weight in catalogue.weights.items()]
    for spelling in _joined_with_neighbour(asked.words, position):
        likely += [(same(spelling, known), weight) for known, weight in catalogue.weights.items()]
    likely += [(same(word, pair), 1.0) for pair in catalogue.joined]
    return max(likely, default=(0.0, 0.0))


def _joined_with_neighbour(words: Sequence[str], position: int) -> Iterator[str]:
    """The word written together with the next, and with the one before: 'semi permanente' is 'semipermanente'."""
    if position + 1 < len(words):
        yield words[position] + words[position + 1]
    if position:
        yield words[position - 1] + words[position]


def _unknown_weight(asked: _Query, position: int, known_places: set[int]) -> float:
    place = asked.places[position]
    word = asked.words[position]
    before = place - 1
    while before >= 0 and asked.tokens[before] in JOINS and before not in known_places:
        before -= 1
    if place and asked.tokens[place - 1] == "con" and word in FIRST_NAMES:
        return 0.0
    if word in KIN_WORDS:
        return 0.0  # for whom, not what: 'masaje relajante para mi mamá'
    if before in known_places:
        return _ATTACHED
    return _BEFORE if place + 1 in known_places else _ELSEWHERE


def _score(
    asked: _Query, importance: Sequence[float], nearest: Sequence[float], label: _Label, catalogue: _Catalogue
) -> float:
    if not asked.words:
        return _score_duration_only(asked, label)
    if not label.words:
        return 0.0
    likeness = [_likeness_to(asked.words, position, label.words) for position in range(len(asked.words))]
    said = [
        _likeness_to(label.words, position, asked.words, reverse=True) for position in range(len(label.words))
    ]
    likeness = [
        found if found >= BY_EAR or near < BY_EAR else found * _SAID_OF_ANOTHER
        for found, near in zip(likeness, nearest, strict=True)
    ]
    if _initials(label.words) in asked.words:  # 'dlm' for 'drenaje linfático manual'
        likeness[asked.words.index(_initials(label.words))] = EXACT
    if not any(likeness) or not sum(importance):
        return 0.0
    weights = [catalogue.weights[word] for word in label.words]
    recall = sum(w * s for w, s in zip(weights, said, strict=True)) / sum(weights)
    importance = _beside_name(asked, importance, likeness, catalogue) if recall > _WHOLE else importance
    precision = sum(w * s for w, s in zip(importance, likeness, strict=True)) / sum(importance)
    agrees, stated = _duration_factor(asked, label)
    named = agrees == 1.0 and (stated or not label.minutes_in_name)
    whole = named and precision > _WHOLE and recall > _WHOLE and not _PARTLY.intersection(likeness)
    return (precision * (0.7 + 0.15 * recall) + 0.15 * whole) * agrees


def _beside_name(
    asked: _Query, importance: Sequence[float], likeness: Sequence[float], catalogue: _Catalogue
) -> list[float]:
    """'vinyasa yoga' is Vinyasa: a word that much of the catalogue shares may stand right beside the full name."""
    lowered = list(importance)
    for nth, weight in enumerate(importance):
        shared = asked.words[nth] in catalogue.shared
        beside = any(
            likeness[other] and _side_by_side(asked, *sorted((asked.places[other], asked.places[nth])))
            for other in (nth - 1, nth + 1)
            if 0 <= other < len(importance)
        )
        if shared and beside and not likeness[nth]:
            lowered[nth] = weight * _SHARED_BESIDE_NAME
    return lowered


def _side_by_side(asked: _Query, left: int, right: int) -> bool:
    """Nothing but 'de' or 'con' between them; 'corte y lavado' are two things."""
    between = asked.tokens[left + 1 : right]
    return len(between) <= 2 and all(word in JOINS and word not in {"y", "o"} for word in between)


def _likeness_to(
    words: Sequence[str], position: int, others: Sequence[str], *, reverse: bool = False
) -> float:
    """Best likeness of words[position] to any of `others`, also when one side writes apart what the other joins.

    `reverse`: `words` are the catalogue's and `others` what was typed (only what was typed may be clipped).
    """
    word = words[position]
    best = max((alike(other, word) if reverse else alike(word, other) for other in others), default=0.0)
    best = max([best, *(same(word, a + b) for a, b in pairwise(others))])
    return max(
        [best, *(same(pair, other) for pair in _joined_with_neighbour(words, position) for other in others)]
    )


def _initials(words: Sequence[str]) -> str:
    return "".join(word[0] for word in words) if len(words) > 1 else ""


def _duration_factor(asked: _Query, label: _Label) -> tuple[float, bool]:
    if asked.minutes is None:
        return 1.0, False
    if label.minutes is None:
        return _NO_DURATION, False
    return (1.0, True) if label.minutes == asked.minutes else (_OTHER_DURATION, True)


def _score_duration_only(asked: _Query, label: _Label) -> float:
    """'la de una hora': only its length is said."""
    return 0.8 if asked.minutes is not None and asked.minutes == label.minutes else 0.0
