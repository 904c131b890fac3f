"""Which service of the professional's own catalogue a text names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from vallebot.domain.matching.model import Candidate, Match, ranked
from vallebot.domain.matching.similarity import EXACT, alike, same
from vallebot.domain.matching.stopwords import CARRIERS, JOINS, SERVICE_STOPWORDS
from vallebot.domain.text import squash
from vallebot.domain.values.durations import find_durations
from vallebot.domain.values.first_names import FIRST_NAMES
from vallebot.domain.values.numbers import SMALL_WORDS
from vallebot.domain.values.tokens import Token, calm, tokens_of

#: A service is named within this; bounds the work for pasted novels.
MAX_QUERY_WORDS = 60
#: Lengths of sessions that a bare number may tell ('el de 60', 'masaje 90').
SESSION_MINUTES = frozenset({15, 20, 30, 40, 45, 50, 60, 75, 80, 90, 100, 120, 150, 180})

_CARRIER_WEIGHT = 0.25
_ATTACHED, _BEFORE, _ELSEWHERE = (
    1.0,
    0.5,
    0.12,
)  #: weight of a word that no candidate knows, by where it stands
_OTHER_DURATION = 0.5  #: factor for a service of another length than the one asked for
_NO_DURATION = 0.75  #: factor for a service without a length where others of the catalogue state theirs


@dataclass(frozen=True)
class _Label:
    """One name of a candidate: its telling words, the minutes it states."""

    candidate: Candidate
    words: tuple[str, ...]
    minutes: int | None


@dataclass(frozen=True)
class _Query:
    words: tuple[str, ...]  #: telling words, in order
    places: tuple[int, ...]  #: index of each in `tokens`
    tokens: tuple[str, ...]  #: all words, for judging what stands next to what
    minutes: int | None


def match_services(query: str, candidates: Sequence[Candidate]) -> list[Match]:
    """All candidates that `query` may mean, best first. Cost is linear in the text and in the catalogue."""
    labels = [label for candidate in candidates for label in _labels(candidate)]
    known_minutes = {label.minutes for label in labels if label.minutes}
    if not known_minutes:
        query = _without_durations(query)
    asked = _read_query(query, known_minutes, {word for label in labels for word in label.words})
    weights = _weights(labels, len(candidates))
    joined = frozenset(a + b for label in labels for a, b in zip(label.words, label.words[1:]))
    joined |= {_initials(label.words) for label in labels}
    importance = _query_weights(asked, weights, joined)
    best: dict[int, float] = {}
    index = {id(candidate): position for position, candidate in enumerate(candidates)}
    for label in labels:
        position = index[id(label.candidate)]
        best[position] = max(best.get(position, 0.0), _score(asked, importance, label, weights))
    return ranked([Match(candidates[position], score) for position, score in best.items()])


def _labels(candidate: Candidate) -> Iterator[_Label]:
    for name in (candidate.name, *candidate.synonyms):
        found = find_durations(name)
        words, bare = [], None
        for token in _outside(tokens_of(name), [duration.span for duration in found]):
            if token.word.isdigit() and int(token.word[:6]) in SESSION_MINUTES and bare is None:
                bare = int(token.word)
            elif token.is_number or (token.is_word and token.word not in JOINS):
                words.append(_plain(token.word))
        stated = found[0].minutes if found else bare
        yield _Label(candidate, tuple(words), stated or candidate.duration_minutes)


def _read_query(text: str, known_minutes: set[int], vocabulary: set[str]) -> _Query:
    durations = find_durations(text)
    minutes = durations[0].minutes if durations else None
    tokens = [t for t in _outside(tokens_of(text), [d.span for d in durations]) if t.is_word or t.is_number]
    words, places = [], []
    plain = [_plain(calm(token.word)) for token in tokens[:MAX_QUERY_WORDS]]
    for place, word in enumerate(plain):
        if minutes is None and word.isdigit() and int(word[:6]) in known_minutes and word not in vocabulary:
            minutes = int(word)
        elif word in vocabulary - JOINS or (word not in SERVICE_STOPWORDS and not _is_clock(plain, place)):
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


def _outside(tokens: Sequence[Token], spans: Sequence[tuple[int, int]]) -> list[Token]:
    return [token for token in tokens if not any(start <= token.start < end for start, end in spans)]


def _plain(word: str) -> str:
    """The word as it is compared: number words above one as digits, 'ñ' as 'n'."""
    value = SMALL_WORDS.get(word, 0)
    return str(value) if value > 1 else squash(word)


def _weights(labels: Sequence[_Label], candidates: int) -> dict[str, float]:
    """How much a word of the catalogue tells: less the more candidates share it."""
    sharing = Counter(
        word for word, _ in {(word, label.candidate.key) for label in labels for word in label.words}
    )
    return {
        word: _CARRIER_WEIGHT
        if word in CARRIERS
        else 1.0
        if count == 1
        else max(0.4, 1.0 - 0.6 * count / candidates)
        for word, count in sharing.items()
    }


def _query_weights(asked: _Query, weights: dict[str, float], joined: frozenset[str]) -> list[float]:
    """Weight of each telling word of the query: as its nearest catalogue word, or by place when unknown."""
    known = [_known_weight(asked, position, weights, joined) for position in range(len(asked.words))]
    result: list[float] = []
    known_places = {place for place, weight in zip(asked.places, known) if weight is not None}
    for position, weight in enumerate(known):
        result.append(_unknown_weight(asked, position, known_places) if weight is None else weight)
        if result[-1] == _ATTACHED:
            known_places.add(asked.places[position])  # what hangs on an unknown qualifier qualifies too
    return result


def _known_weight(
    asked: _Query, position: int, weights: dict[str, float], joined: frozenset[str]
) -> float | None:
    word = asked.words[position]
    likely = [(alike(word, known), weight) for known, weight in weights.items()]
    for spelling in _joined_with_neighbour(asked.words, position):
        likely += [(same(spelling, known), weight) for known, weight in weights.items()]
    likely += [(same(word, pair), 1.0) for pair in joined]
    likeness, weight = max(likely, default=(0.0, 0.0))
    return weight if likeness else None


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
    if before in known_places:
        return _ATTACHED
    return _BEFORE if place + 1 in known_places else _ELSEWHERE


def _score(asked: _Query, importance: Sequence[float], label: _Label, weights: dict[str, float]) -> float:
    if not asked.words:
        return _score_duration_only(asked, label)
    if not label.words:
        return 0.0
    likeness = [_likeness_to(asked.words, position, label.words) for position in range(len(asked.words))]
    said = [
        _likeness_to(label.words, position, asked.words, reverse=True) for position in range(len(label.words))
    ]
    if _initials(label.words) in asked.words:  # 'dlm' for 'drenaje linfático manual'
        likeness[asked.words.index(_initials(label.words))] = EXACT
    if not any(likeness) or not sum(importance):
        return 0.0
    precision = sum(w * s for w, s in zip(importance, likeness)) / sum(importance)
    total = sum(weights[word] for word in label.words)
    recall = sum(weights[word] * s for word, s in zip(label.words, said)) / total
    agrees, stated = _duration_factor(asked, label)
    named = agrees == 1.0 and (
        stated or label.minutes is None or label.candidate.duration_minutes is not None
    )
    whole = 0.15 if precision > 0.9 and recall > 0.9 and named else 0.0
    return (precision * (0.7 + 0.15 * recall) + whole) * agrees


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
