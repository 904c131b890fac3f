"""Matching of what a person names against what is there: services, people, offered options. Never guesses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from vallebot.domain.matching.model import (
    ACCEPT,
    MARGIN,
    Candidate,
    Decision,
    Match,
    Nobody,
    One,
    Several,
    decide,
)
from vallebot.domain.matching.options import Ambiguous, Choice, Option, choose_option
from vallebot.domain.matching.persons import match_persons
from vallebot.domain.matching.services import match_services

__all__ = [
    "ACCEPT",
    "MARGIN",
    "Ambiguous",
    "Candidate",
    "Choice",
    "Decision",
    "Match",
    "Nobody",
    "One",
    "Option",
    "Several",
    "choose_option",
    "decide",
    "match",
    "match_persons",
    "match_services",
]  # fmt: skip


def match(
    query: str, candidates: Sequence[Candidate], *, kind: Literal["service", "person"] = "service"
) -> list[Match]:
    """The candidates that `query` may mean, best first; feed the result to `decide`."""
    return match_services(query, candidates) if kind == "service" else match_persons(query, candidates)
