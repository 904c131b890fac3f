"""What is matched and what comes out: candidates, ranked matches, and the decision over them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Union

#: From this score on a candidate is what the person means. Chosen on tests/data/matching, see docs/matching.md.
ACCEPT = 0.6
#: Candidates that are not worse than the best one by more than this are equally meant: ask.
MARGIN = 0.1


@dataclass(frozen=True)
class Candidate:
    """One service or person of the professional. `key` is the caller's own (an id); names are compared folded."""

    key: Hashable
    name: str
    synonyms: tuple[str, ...] = ()  #: other names that mean exactly this candidate
    duration_minutes: int | None = None  #: of a service; read from the name where missing


@dataclass(frozen=True)
class Match:
    """`score` in [0, 1]: 1 = the query is this name; comparable between candidates of one call."""

    candidate: Candidate
    score: float


@dataclass(frozen=True)
class One:
    """Exactly one candidate is meant."""

    candidate: Candidate


@dataclass(frozen=True)
class Several:
    """Any of these may be meant, best first: ask."""

    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class Nobody:
    """Nothing of what was offered is meant."""


Decision = Union[One, Several, Nobody]  # noqa: UP007  (evaluated at import)


def ranked(scored: Sequence[Match]) -> list[Match]:
    """Best first, without the hopeless; equal scores keep the order in which the candidates were given."""
    return sorted((match for match in scored if match.score > 0), key=lambda match: -match.score)


def decide(matches: Sequence[Match], *, accept: float = ACCEPT, margin: float = MARGIN) -> Decision:
    """`matches` as `match` returns them (best first) -> the one meant, several to choose from, or nobody."""
    if not matches or matches[0].score < accept:
        return Nobody()
    best = matches[0].score
    meant = tuple(m.candidate for m in matches if m.score >= accept and m.score > best - margin)
    return One(meant[0]) if len(meant) == 1 else Several(meant)
