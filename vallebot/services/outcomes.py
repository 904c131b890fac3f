"""What became of each reading: carried out, corrected, refused, left open. What understanding is judged by.

Outcomes are appended when the next messages of the conversation show them; of several, the last one counts. A
reading that only tells something is taken as right until somebody says otherwise.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from vallebot.domain.corrections import is_correction
from vallebot.domain.states import InterpretationSource, Outcome
from vallebot.services.fallback.operations import OPERATIONS, Effect

#: Messages further apart are not about the same thing.
SAME_THREAD = timedelta(hours=24)
#: A correction follows at once.
CORRECTED_WITHIN = timedelta(minutes=30)
RECENT = 8

ANSWERS = frozenset({"informar", "elegir_opcion", "afirmar", "negar"})
LEAVING = frozenset({"detener", "despedir", "agradecer"})
#: Readings that led to a question which operation was meant.
UNSURE = frozenset({"nlu_fallback", "aclarar"})
OPERATION_NAMES = frozenset(name for cards in OPERATIONS.values() for name in cards)

#: Whether a message changed anything, and the latest readings before it. One row without a reading where there is none.
_SHOWN = text("""
    SELECT c.changed, r.* FROM (
        SELECT EXISTS (SELECT 1 FROM operations o JOIN messages m ON split_part(o.key, ':', 2) = m.wamid
                        WHERE m.id = :message) AS changed) c
      LEFT JOIN LATERAL (
        SELECT i.id, i.intent, i.rol, i.text, i.at,
               (SELECT o.outcome FROM interpretation_outcomes o WHERE o.interpreted_action_id = i.id
                 ORDER BY o.id DESC LIMIT 1) AS outcome
          FROM interpreted_actions i WHERE i.conversacion_id = :conversation AND i.id < :before
         ORDER BY i.id DESC LIMIT :limit) r ON true
""")
_APPEND = text("""
    INSERT INTO interpretation_outcomes (interpreted_action_id, outcome, details, at)
    VALUES (:id, :outcome, cast(:details AS jsonb), :at)
""")
_ABANDON = text("""
    INSERT INTO interpretation_outcomes (interpreted_action_id, outcome, at)
    SELECT i.id, 'abandonada', :now FROM interpreted_actions i
     WHERE i.at BETWEEN :oldest AND :newest AND i.intent = ANY(:operations)
       AND NOT EXISTS (SELECT 1 FROM interpretation_outcomes o WHERE o.interpreted_action_id = i.id)
     ORDER BY i.id LIMIT 1000
""")


@dataclass(frozen=True)
class Read:
    """One reading, as far as its outcome goes."""

    id: int
    intent: str
    rol: str | None
    text: str | None
    at: datetime
    outcome: str | None = None

    @property
    def tells(self) -> bool:
        """Whether it names an operation that only answers."""
        card = OPERATIONS.get(self.rol or "", {}).get(self.intent)
        return card is not None and card.effect is Effect.TELLS

    @property
    def is_open(self) -> bool:
        return self.intent in OPERATION_NAMES and self.outcome is None


def judge(
    session: Session, conversacion_id: UUID, message_id: int, read: Read, source: InterpretationSource
) -> None:
    """Append what a new reading shows about itself and about the ones before it, in the transaction that records
    it (after the turn, so what the turn changed is there)."""
    values = {"message": message_id, "conversation": conversacion_id, "before": read.id, "limit": RECENT}
    rows = session.execute(_SHOWN, values).all()
    changed = rows[0].changed
    before = [Read(*row[1:]) for row in rows if row.id is not None and read.at - row.at <= SAME_THREAD]
    for read_id, outcome, details in verdicts(read, before, source, changed=changed):
        row = {"id": read_id, "outcome": outcome.value, "details": json.dumps(details), "at": read.at}
        session.execute(_APPEND, row)


Verdict = tuple[int, Outcome, dict[str, Any]]


def verdicts(read: Read, before: list[Read], source: InterpretationSource, *, changed: bool) -> list[Verdict]:
    """The outcomes to append. `before`: the latest readings of the conversation, the latest first; `changed`:
    whether the message changed anything."""
    thread = next((found for found in before if found.is_open), None)
    by = {"by": read.id}
    if source is not InterpretationSource.BUTTON and is_correction(read.text or ""):
        wrong = thread or next((found for found in before[:1] if found.intent in OPERATION_NAMES), None)
        recent = wrong is not None and read.at - wrong.at <= CORRECTED_WITHIN
        return [(wrong.id, Outcome.CORREGIDA, by)] if wrong is not None and recent else []
    if read.intent in ANSWERS:
        if thread is None or not (changed or read.intent == "negar"):
            return []
        return [(thread.id, Outcome.EJECUTADA if changed else Outcome.RECHAZADA, by)]
    if read.intent in LEAVING:
        return [(thread.id, Outcome.ABANDONADA, by)] if thread else []
    if read.intent not in OPERATION_NAMES:
        return []
    found: list[Verdict] = []
    if source is InterpretationSource.BUTTON:
        found += [(one.id, Outcome.CORREGIDA, {**by, "intent": read.intent}) for one in _asked_about(before)]
    if thread is not None and thread.intent == read.intent and changed:
        found.append((thread.id, Outcome.EJECUTADA, by))
    elif thread is not None and thread.intent != read.intent and not read.tells:
        found.append((thread.id, Outcome.ABANDONADA, by))
    if changed or read.tells:
        found.append((read.id, Outcome.EJECUTADA, {}))
    return found


def _asked_about(before: list[Read]) -> list[Read]:
    """The readings that a tapped operation puts right: those that led to the question, up to the last sure one."""
    found = []
    for read in before:
        if read.intent in UNSURE and read.outcome is None:
            found.append(read)
        elif read.outcome == Outcome.CORREGIDA and read.intent not in UNSURE:
            found.append(read)
            break
        else:
            break
    return found


def abandon_old(session: Session, *, now: datetime) -> int:
    """Operations that nobody came back to for a day; returns how many. Of the last week, so it stays short."""
    values = {
        "now": now,
        "newest": now - SAME_THREAD,
        "oldest": now - timedelta(days=8),
        "operations": sorted(OPERATION_NAMES),
    }
    return session.execute(_ABANDON, values).rowcount
