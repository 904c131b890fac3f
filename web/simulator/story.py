"""The story of one message as the database tells it: understanding, changes, answers. Reads only."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from vallebot.db.tables import AuditEntry, InterpretedAction, Message

Section = dict[str, str]


def story_of(sessions: sessionmaker, wamid: str) -> dict[str, Section]:
    """Section title to label/value pairs, in Spanish; empty when the system does not know the message."""
    with sessions() as session:
        message = session.execute(select(Message).where(Message.wamid == wamid)).scalar_one_or_none()
        if message is None:
            return {}
        story = {"En el sistema": _row(message)}
        if message.direction == "in":
            story |= _understanding(session, message)
            story |= {"Cambios": _changes(session, wamid), "Respuestas": _answers(session, message)}
        return {title: section for title, section in story.items() if section}


def _row(message: Any) -> Section:
    section = {"Fila": f"messages #{message.id}", "Estado": message.state, "Intentos": str(message.tries)}
    if message.error_code:
        section["Error"] = f"{message.error_code} {message.error or ''}"
    elif message.error:
        section["Error"] = message.error
    if message.pricing:
        section["Costo"] = json.dumps(message.pricing, ensure_ascii=False)
    return section


def _understanding(session: Session, message: Any) -> dict[str, Section]:
    query = select(InterpretedAction).where(InterpretedAction.message_id == message.id)
    found = session.execute(query.order_by(InterpretedAction.id)).scalars().all()
    several = len(found) > 1
    return {
        f"Entendido {place}" if several else "Entendido": _interpretation(action)
        for place, action in enumerate(found, start=1)
    }


def _interpretation(action: Any) -> Section:
    section = {"Intención": action.intent, "Fuente": action.source}
    if action.rol:
        section["Rol"] = action.rol
    if action.confidence is not None:
        section["Confianza"] = f"{action.confidence:.0%}"
    if action.model:
        section["Modelo"] = action.model
    for name, value in action.slots.items():
        section[name] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return section


def _changes(session: Session, wamid: str) -> Section:
    query = select(AuditEntry).where(AuditEntry.operation_key.contains(wamid, autoescape=True))
    return {
        f"{entry.entity} #{entry.entity_id}": f"{entry.action}: {entry.state_before or 'nuevo'} → {entry.state_after}"
        for entry in session.execute(query.order_by(AuditEntry.id)).scalars()
    }


def _answers(session: Session, message: Any) -> Section:
    query = select(Message).where(Message.answers_id == message.id).order_by(Message.id)
    return {
        f"messages #{answer.id}": f"{answer.kind}, {answer.state}"
        + (f" ({answer.error})" if answer.error else "")
        for answer in session.execute(query).scalars()
    }
