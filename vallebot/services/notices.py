"""Telling the other side: a notice is queued in the transaction of the fact that it tells."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from vallebot.services.identity import conversation_with
from vallebot.services.outbox import Bubble, Saying, say


def tell_profesional(
    session: Session, profesional_id: int, bubble: Bubble, *, key: str, now: datetime
) -> bool:
    """Queue a bubble for the professional; False where it was said before. `key` names the fact."""
    return _tell(session, profesional_id, None, bubble, f"{key}:profesional", now)


def tell_cliente(
    session: Session, profesional_id: int, cliente_id: int, bubble: Bubble, *, key: str, now: datetime
) -> bool:
    """Queue a bubble for a client of that professional; False where it was said before, or where WhatsApp cannot
    reach the client (noted down by the professional without a phone, or erased)."""
    return _tell(session, profesional_id, cliente_id, bubble, f"{key}:cliente:{cliente_id}", now)


def _tell(
    session: Session, profesional_id: int, cliente_id: int | None, bubble: Bubble, key: str, now: datetime
) -> bool:
    conversacion_id = conversation_with(session, profesional_id, cliente_id)
    return conversacion_id is not None and say(session, conversacion_id, Saying(bubble, key, now))
