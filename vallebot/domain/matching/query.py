"""From a whole message to matches: what is refused is left out, 'this or that' is read as two questions."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal

from vallebot.domain.matching.model import ACCEPT, Candidate, Match, Nobody, One, decide, ranked
from vallebot.domain.matching.persons import match_persons
from vallebot.domain.matching.services import match_services

#: 'con Laura, no con Ana', 'no quiero el relajante, quiero reflexología', 'no Ana sino Laura'
_CLAUSES = re.compile(r"[,;.\n]+|\bsino\b|\bpero\b", re.IGNORECASE)
_REFUSAL = re.compile(r"\s*(?:y\s+)?no\s+\S", re.IGNORECASE)
_ALTERNATIVES = re.compile(r"\s+[oy]\s+|,", re.IGNORECASE)
MAX_ALTERNATIVES = 5  #: more commas and 'y' than this are prose, not a choice

Matcher = Callable[[str, Sequence[Candidate]], list[Match]]


def match(
    query: str, candidates: Sequence[Candidate], *, kind: Literal["service", "person"] = "service"
) -> list[Match]:
    """The candidates that `query` may mean, best first; feed the result to `decide`."""
    matcher = match_services if kind == "service" else match_persons
    wanted = _without_refused(query)
    found = matcher(wanted, candidates)
    if found and found[0].score < ACCEPT:
        return _alternatives(wanted, candidates, matcher) or found
    return found


def _without_refused(text: str) -> str:
    """Drops clauses that begin with 'no ...' as long as another one is left."""
    clauses = _CLAUSES.split(text)
    kept = [clause for clause in clauses if not _REFUSAL.match(clause)]
    refused = len(kept) < len(clauses) and any(clause.strip() for clause in kept)
    return ", ".join(kept) if refused else text


def _alternatives(text: str, candidates: Sequence[Candidate], matcher: Matcher) -> list[Match]:
    """'masaje o reflexología': all that any part means, equally; [] where a part means nothing that is there."""
    parts = [part for part in _ALTERNATIVES.split(text) if part.strip()]
    if not 2 <= len(parts) <= MAX_ALTERNATIVES:
        return []
    meant: list[Match] = []
    for part in parts:
        found = matcher(part, candidates)
        decision = decide(found)
        if isinstance(decision, Nobody):
            return []
        chosen = [decision.candidate] if isinstance(decision, One) else decision.candidates
        meant += [one for one in found if any(one.candidate is candidate for candidate in chosen)]
    score = min(one.score for one in meant)
    unique = {id(one.candidate): Match(one.candidate, score) for one in meant}
    return ranked(list(unique.values()))
