"""What was understood from each message: the memory from which understanding can be judged and improved."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from vallebot.db.tables import InterpretedAction
from vallebot.domain.states import InterpretationSource
from vallebot.services import outcomes
from vallebot.services.actor import Actor


@dataclass(frozen=True)
class Understood:
    """One reading of one message, by somebody who wrote as `actor`.

    slots       entity name to the values found, in the order of the text; values are JSON
    source      who read it: the NLU, the language model, or nobody (a tap says what it means)
    confidence  0 to 1; slightly more, as float arithmetic gives, counts as 1
    model       name of the Rasa model archive, or of the language model and its prompt
    text        the words read (of a tap: its title)
    """

    actor: Actor
    intent: str
    slots: dict[str, list[Any]]
    source: InterpretationSource
    confidence: float | None
    model: str | None
    text: str | None
    at: datetime


def record(session: Session, message_id: int, conversacion_id: UUID, understood: Understood) -> None:
    """Append a reading to the record, and what it shows about the ones before it (`outcomes.py`), in the caller's
    transaction, which must happen once per message."""
    actor = understood.actor
    row = {
        "conversacion_id": conversacion_id,
        "message_id": message_id,
        "profesional_id": actor.profesional_id,
        "cliente_id": actor.cliente_id,
        "rol": actor.rol.value if actor.rol else None,
        "intent": understood.intent,
        "slots": understood.slots,
        "source": understood.source.value,
        "confidence": _probability(understood.confidence),
        "model": understood.model,
        "text": understood.text,
        "at": understood.at,
    }
    statement = insert(InterpretedAction).values(row).returning(InterpretedAction.id)
    read_id = session.execute(statement).scalar_one()
    rol = actor.rol.value if actor.rol else None
    read = outcomes.Read(read_id, understood.intent, rol, understood.text, understood.at)
    outcomes.judge(session, conversacion_id, message_id, read, understood.source)


def _probability(confidence: float | None) -> float | None:
    if confidence is None or not math.isfinite(confidence):
        return None
    return min(max(float(confidence), 0.0), 1.0)
