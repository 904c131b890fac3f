"""Matching of what a person names against what is there: services, people, offered options. Never guesses."""

from __future__ import annotations

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
from vallebot.domain.matching.query import match
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
