"""What can be learnt from the record of readings: candidate training examples, and what is misunderstood most.

For the operator: across all professionals, and therefore without anybody's name, phone or e-mail.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from vallebot.domain.corrections import is_correction
from vallebot.domain.redaction import BLANK, Redactor
from vallebot.domain.text import squash
from vallebot.services.embeddings import CONFIRMED
from vallebot.services.fallback.privacy import without_numbers
from vallebot.services.outcomes import OPERATION_NAMES

#: An NLU reading surer than this teaches nothing new.
SURE = 0.8
TEXT_MAX_CHARS = 200
SHOWN_EXAMPLES = 3

#: What stands in an example for what was somebody's.
_STAND_INS = {"[número]": "11 5555 0000", "[e-mail]": "nombre@ejemplo.com", "[link]": "", BLANK: "Ana"}
_BLANKS = re.compile(rf"{re.escape(BLANK)}(?:\s+{re.escape(BLANK)})*")

_LAST_OUTCOME = """
    JOIN LATERAL (SELECT outcome, details FROM interpretation_outcomes WHERE interpreted_action_id = i.id
                   ORDER BY id DESC LIMIT 1) o ON true
"""
_CANDIDATES = text(f"""
    SELECT i.text, coalesce(o.details ->> 'intent', i.intent) AS intent, i.slots, i.source, o.outcome,
           i.profesional_id
      FROM interpreted_actions i {_LAST_OUTCOME}
     WHERE i.at >= :since AND i.source <> 'button' AND i.text <> '' AND length(i.text) <= :longest AND {CONFIRMED}
       AND (i.source = 'llm' OR o.outcome = 'corregida' OR i.confidence < :sure)
     ORDER BY i.id
""")
_NAMES = text("""
    SELECT r.profesional_id, n.name FROM relaciones r JOIN clientes c ON c.id = r.cliente_id
     CROSS JOIN LATERAL (VALUES (r.name), (c.name), (c.profile_name)) n(name) WHERE n.name IS NOT NULL
    UNION SELECT v.profesional_id, n.name FROM conversaciones v JOIN clientes c ON c.id = v.cliente_id
     CROSS JOIN LATERAL (VALUES (c.name), (c.profile_name)) n(name)
     WHERE n.name IS NOT NULL AND v.profesional_id IS NOT NULL
    UNION SELECT id, name FROM profesionales
""")
_READ = text("""
    SELECT count(*) AS messages, count(*) FILTER (WHERE source = 'llm') AS by_model,
           count(*) FILTER (WHERE intent = 'nlu_fallback') AS not_understood
      FROM interpreted_actions WHERE at >= :since AND source <> 'button'
""")
_USED = text("""
    SELECT coalesce(sum(calls), 0) AS calls, coalesce(sum(failed), 0) AS failed, coalesce(sum(tokens), 0) AS tokens,
           coalesce(sum(cost_micros), 0) AS cost_micros FROM llm_usage WHERE day >= :since
""")
_OUTCOMES = text(f"""
    SELECT i.source, o.outcome, count(*) FROM interpreted_actions i {_LAST_OUTCOME}
     WHERE i.at >= :since GROUP BY 1, 2
""")
_WRONG = text(f"""
    SELECT i.text, i.intent, o.details ->> 'intent' AS meant, o.outcome, i.profesional_id
      FROM interpreted_actions i {_LAST_OUTCOME}
     WHERE i.at >= :since AND i.source <> 'button' AND i.text <> '' AND o.outcome IN ('corregida', 'rechazada')
     ORDER BY i.id DESC LIMIT 5000
""")


@dataclass(frozen=True)
class Candidate:
    """A text that may become an example of `intent`: `annotated` as Rasa reads it, how often it was written, and
    how it is known what was meant ('modelo', 'corregida', 'dudosa')."""

    intent: str
    annotated: str
    times: int
    known_by: str


@dataclass(frozen=True)
class Mistake:
    """A reading that people put right or refused. `meant`: what it was, where a tap said so."""

    read_as: str
    meant: str | None
    outcome: str
    times: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """Since a moment: how many messages were read, how many reached the fallback, what became of the readings."""

    messages: int
    by_model: int
    not_understood: int
    calls: int
    failed: int
    tokens: int
    cost_micros: int
    outcomes: dict[tuple[str, str], int]
    mistakes: tuple[Mistake, ...]

    @property
    def reached(self) -> int:
        """Messages that the NLU alone did not understand."""
        return self.by_model + self.not_understood


def candidates(sessions: sessionmaker, known: Collection[str], *, since: datetime) -> list[Candidate]:
    """Candidate examples, most frequent first within each operation. `known`: what is in the training data."""
    values = {"since": since, "longest": TEXT_MAX_CHARS, "sure": SURE}
    with sessions() as session:
        rows = session.execute(_CANDIDATES, values).all()
        anonymous = _Anonymiser(session)
    seen = {key_of(example) for example in known}
    found: dict[tuple[str, str], tuple[str, str]] = {}
    times: Counter[tuple[str, str]] = Counter()
    for row in rows:
        words = anonymous(row.text, row.profesional_id)
        key = key_of(words)
        if row.intent not in OPERATION_NAMES or is_correction(row.text) or not key or key in seen:
            continue
        times[row.intent, key] += 1
        slots = {name: [anonymous(str(value), row.profesional_id) for value in values_of] for name, values_of in
                 row.slots.items()}  # fmt: skip
        known_by = (
            "corregida" if row.outcome == "corregida" else "modelo" if row.source == "llm" else "dudosa"
        )
        found.setdefault((row.intent, key), (_annotated(words, slots), known_by))
    return [
        Candidate(intent, annotated, times[intent, key], known_by)
        for (intent, key), (annotated, known_by) in sorted(
            found.items(), key=lambda item: (item[0][0], -times[item[0]], item[0][1])
        )
    ]


def report(sessions: sessionmaker, *, since: datetime) -> Report:
    """What is understood, and what is misunderstood most."""
    values = {"since": since}
    with sessions() as session:
        read = dict(session.execute(_READ, values).mappings().one())
        used = dict(session.execute(_USED, values).mappings().one())
        outcomes = {(row[0], row[1]): row[2] for row in session.execute(_OUTCOMES, values)}
        rows = session.execute(_WRONG, values).all()
        anonymous = _Anonymiser(session)
    grouped: defaultdict[tuple[str, str | None, str], list[str]] = defaultdict(list)
    for row in rows:
        grouped[row.intent, row.meant, row.outcome].append(anonymous(row.text, row.profesional_id))
    mistakes = [
        Mistake(*key, len(texts), tuple(dict.fromkeys(texts))[:SHOWN_EXAMPLES])
        for key, texts in grouped.items()
    ]
    mistakes.sort(key=lambda mistake: (-mistake.times, mistake.read_as, mistake.meant or ""))
    return Report(**read, **{name: int(value) for name, value in used.items()}, outcomes=outcomes,
                  mistakes=tuple(mistakes))  # fmt: skip


def as_nlu_yaml(found: Iterable[Candidate]) -> str:
    """Rasa NLU training data, to be reviewed by a person before any of it goes into data/nlu."""
    lines = [
        'version: "3.1"',
        "",
        "# Candidates for review: keep what is right and typical, by the rules of docs/nlu.md.",
    ]
    lines.append("nlu:")
    by_intent: defaultdict[str, list[Candidate]] = defaultdict(list)
    for candidate in found:
        by_intent[candidate.intent].append(candidate)
    for intent, examples in by_intent.items():
        known_by = Counter(candidate.known_by for candidate in examples)
        lines.append(
            f"# known by: {', '.join(f'{name} {count}' for name, count in sorted(known_by.items()))}"
        )
        lines += [f"- intent: {intent}", "  examples: |"]
        lines += [f"    - {candidate.annotated}" for candidate in examples]
    return "\n".join(lines) + "\n"


def key_of(words: str) -> str:
    """Texts with the same key are the same example: case, accents and punctuation apart."""
    plain = re.sub(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})", r"\1", words)
    return " ".join(re.findall(r"[^\W_]+", squash(plain)))


class _Anonymiser:
    """Takes names and numbers out of what was written to a professional."""

    def __init__(self, session: Session) -> None:
        self._names: defaultdict[int, list[str]] = defaultdict(list)
        for profesional_id, name in session.execute(_NAMES):
            self._names[profesional_id].append(name)
        self._redactors: dict[int, Redactor] = {}

    def __call__(self, words: str, profesional_id: int | None) -> str:
        redactor = self._redactors.get(profesional_id or 0)
        if redactor is None:
            names = self._names.get(profesional_id or 0, [])
            redactor = self._redactors[profesional_id or 0] = Redactor(names, ())
        hidden = _BLANKS.sub(BLANK, redactor.redact(without_numbers(words)))
        for placeholder, stand_in in _STAND_INS.items():
            hidden = hidden.replace(placeholder, stand_in)
        # Brackets and braces are Rasa's annotation; a line is an example.
        return " ".join(re.sub(r"[\[\](){}]", " ", hidden).split())


def _annotated(words: str, slots: dict[str, list[Any]]) -> str:
    """'quiero [reflexología](servicio) [el jueves](cuando)'."""
    spans: list[tuple[int, int, str]] = []
    for name, values in slots.items():
        for value in values:
            start = words.lower().find(value.lower()) if value else -1
            end = start + len(value)
            if start >= 0 and all(end <= other[0] or start >= other[1] for other in spans):
                spans.append((start, end, name))
    for start, end, name in sorted(spans, reverse=True):
        words = f"{words[:start]}[{words[start:end]}]({name}){words[end:]}"
    return words
