"""The story of one message as the simulator shows it: titled sections of labels and values, in Spanish."""

from __future__ import annotations

import json
from typing import Any

from vallebot.services.message_story import Interpretation, MessageStory, StateChange, StoredMessage

Section = dict[str, str]


def sections_of(story: MessageStory | None) -> dict[str, Section]:
    """Section title to label/value pairs; empty when the system does not know the message."""
    if story is None:
        return {}
    sections = {
        "En el sistema": _row(story.message),
        **_understanding(story.interpretations),
        "Cambios": {f"{change.entity} #{change.entity_id}": _change(change) for change in story.changes},
        "Respuestas": {f"messages #{answer.id}": _answer(answer) for answer in story.answers},
    }
    return {title: section for title, section in sections.items() if section}


def _row(message: StoredMessage) -> Section:
    section = {"Fila": f"messages #{message.id}", "Estado": message.state, "Intentos": str(message.tries)}
    if message.error_code:
        section["Error"] = f"{message.error_code} {message.error or ''}"
    elif message.error:
        section["Error"] = message.error
    if message.pricing:
        section["Costo"] = json.dumps(message.pricing, ensure_ascii=False)
    return section


def _understanding(interpretations: tuple[Interpretation, ...]) -> dict[str, Section]:
    several = len(interpretations) > 1
    return {
        f"Entendido {place}" if several else "Entendido": _interpretation(one)
        for place, one in enumerate(interpretations, start=1)
    }


def _interpretation(one: Interpretation) -> Section:
    section = {"Intención": one.intent, "Fuente": one.source}
    if one.rol:
        section["Rol"] = one.rol
    if one.confidence is not None:
        section["Confianza"] = f"{one.confidence:.0%}"
    if one.model:
        section["Modelo"] = one.model
    for name, value in one.slots.items():
        section[name] = _shown(value)
    return section


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_shown(one) for one in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _change(change: StateChange) -> str:
    return f"{change.action}: {change.state_before or 'nuevo'} → {change.state_after}"


def _answer(answer: StoredMessage) -> str:
    return f"{answer.kind}, {answer.state}" + (f" ({answer.error})" if answer.error else "")
