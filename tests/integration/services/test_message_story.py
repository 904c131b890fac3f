"""What the database tells about one message."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import pytest

from vallebot.db.tables import AuditEntry, Conversacion, Identidad, InterpretedAction, Message
from vallebot.services.message_story import (
    Interpretation,
    MessageStory,
    StateChange,
    StoredMessage,
    message_story,
)

WAMID = "wamid.HBgN_100%"  # with the wildcards of LIKE


@pytest.fixture
def conversation(save, make_cliente) -> Conversacion:
    cliente = make_cliente()
    identidad = save(Identidad(kind="wa_id", value="5491161110001", cliente_id=cliente.id))
    return save(
        Conversacion(id=uuid4(), phone_number_id="line", cliente_id=cliente.id, identidad_id=identidad.id)
    )


def message_of(conversation: Conversacion, now: datetime, **over) -> Message:
    defaults = {
        "conversacion_id": conversation.id,
        "direction": "in",
        "kind": "text",
        "state": "procesado",
        "wamid": WAMID,
        "payload": {},
        "due_at": now,
    }
    return Message(**{**defaults, **over})


def change_by(key: str, entity_id: int, now: datetime) -> AuditEntry:
    values = {"entity": "bookings", "action": "book", "state_after": "pendiente", "at": now}
    return AuditEntry(entity_id=entity_id, operation_key=key, **values)


def test_a_story_holds_understanding_changes_and_answers(sessions, save, conversation, now) -> None:
    heard = save(message_of(conversation, now))
    slots = {"servicio": ["masaje"], "cuando": ["mañana"]}
    facts = {"intent": "pedir_turno", "slots": slots, "source": "nlu", "confidence": 0.934, "model": "m-1"}
    save(InterpretedAction(message_id=heard.id, at=now, **facts))
    save(change_by(f"{WAMID}:book", 7, now))
    save(change_by("wamid.HBgNx1000:book", 8, now))  # WAMID read as a pattern would find it too
    answering = {"direction": "out", "state": "entregado", "wamid": None, "answers_id": heard.id}
    answer = save(message_of(conversation, now, dedupe_key=f"{WAMID}:0", **answering))
    assert message_story(sessions, WAMID) == MessageStory(
        message=StoredMessage(heard.id, "text", "procesado", 0, None, None, None),
        interpretations=(Interpretation("pedir_turno", slots, "nlu", None, 0.934, "m-1"),),
        changes=(StateChange("bookings", 7, "book", None, "pendiente"),),
        answers=(StoredMessage(answer.id, "text", "entregado", 0, None, None, None),),
    )


def test_what_went_out_tells_only_of_itself(sessions, save, conversation, now) -> None:
    refusal = {"error_code": 131026, "error": "Message undeliverable"}
    sent = save(
        message_of(conversation, now, direction="out", state="fallido", dedupe_key="reminder:1", **refusal)
    )
    stored = StoredMessage(sent.id, "text", "fallido", 0, 131026, "Message undeliverable", None)
    assert message_story(sessions, WAMID) == MessageStory(stored)


def test_a_message_that_the_system_does_not_know_has_no_story(sessions) -> None:
    assert message_story(sessions, "wamid.unknown") is None
