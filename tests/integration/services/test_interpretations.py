"""What was understood from each message is remembered once, with the end of its processing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.exc import DBAPIError

from vallebot.domain.states import InterpretationSource
from vallebot.services import inbox
from vallebot.services.identity import Sender, actor_of, receive_sender
from vallebot.services.interpretations import Understood
from vallebot.services.outbox import Bubble, Saying

CLAIMER = 7
COLUMNS = (
    "conversacion_id, message_id, profesional_id, cliente_id, rol, "
    "intent, slots, source, confidence, model, text, at"
)


@pytest.fixture
def claimed(sessions, laura, ana, now):
    """A message of Ana's to Laura that is being worked on, and Ana as Actor."""
    with sessions.begin() as session:
        sender = Sender(laura.phone_number_id, wa_id=ana.phone_e164[1:])
        conversation = receive_sender(session, sender, now=now)
        incoming = inbox.Incoming("wamid.1", "text", {}, "masaje o drenaje el jueves", now)
        inbox.store(session, conversation, incoming, now=now)
        actor = actor_of(session, conversation)
    return inbox.claim_next(sessions, CLAIMER, now=now), actor


@pytest.fixture
def understood(claimed, now):
    return Understood(
        actor=claimed[1],
        intent="pedir_turno",
        slots={"servicio": ["masaje", "drenaje"], "cuando": ["el jueves"]},
        source=InterpretationSource.NLU,
        confidence=0.93,
        model="vallebot-1.tar.gz",
        text="masaje o drenaje el jueves",
        at=now,
    )


@pytest.fixture
def recorded(rows):
    return lambda columns=COLUMNS: rows(f"SELECT {columns} FROM interpreted_actions ORDER BY id")


def test_a_finished_message_leaves_what_was_understood(
    sessions, claimed, understood, recorded, laura, ana, now
):
    item, _ = claimed
    assert inbox.finish(sessions, item, [], understood)
    slots = {"servicio": ["masaje", "drenaje"], "cuando": ["el jueves"]}
    who = (item.conversacion_id, item.id, laura.id, ana.id, "cliente")
    what = ("pedir_turno", slots, "nlu", 0.93, "vallebot-1.tar.gz", "masaje o drenaje el jueves", now)
    assert recorded() == [(*who, *what)]


def test_a_tap_was_read_by_no_model(sessions, claimed, understood, recorded):
    tap = replace(understood, source=InterpretationSource.BUTTON, slots={"booking_id": [3]}, model=None)
    inbox.finish(sessions, claimed[0], [], tap)
    assert recorded("source, slots, model") == [("button", {"booking_id": [3]}, None)]


def test_a_message_finished_again_is_remembered_once(sessions, claimed, understood, recorded, rows, now):
    saying = Saying(Bubble("¡Dale!"), "wamid.1:0", due_at=now)
    assert inbox.finish(sessions, claimed[0], [saying], understood)
    assert not inbox.finish(sessions, claimed[0], [saying], understood)
    assert len(recorded()) == 1
    assert rows("SELECT state, claimed_by FROM messages WHERE direction = 'in'") == [("procesado", None)]


def test_a_claim_that_was_lost_writes_nothing(sessions, claimed, understood, recorded, rows, now):
    inbox.give_back(sessions, claimed[0], "outage", now=now)
    assert not inbox.finish(
        sessions, claimed[0], [Saying(Bubble("¡Dale!"), "wamid.1:0", due_at=now)], understood
    )
    assert recorded() == []
    assert rows("SELECT count(*) FROM messages WHERE direction = 'out'") == [(0,)]


def test_a_message_in_which_nothing_was_read_leaves_no_reading(sessions, claimed, recorded):
    assert inbox.finish(sessions, claimed[0], [])
    assert recorded() == []


def test_what_cannot_be_answered_is_not_remembered_either(sessions, claimed, understood, recorded, now):
    unspeakable = Saying(Bubble("\x00"), "wamid.1:0", due_at=now)
    with pytest.raises((DBAPIError, ValueError)):
        inbox.finish(sessions, claimed[0], [unspeakable], understood)
    assert recorded() == []


@pytest.mark.parametrize(
    ("given", "kept"), [(1.0000001, 1.0), (-0.0000001, 0.0), (float("nan"), None), (None, None)]
)
def test_a_confidence_that_is_no_probability_does_no_harm(
    sessions, claimed, understood, recorded, given, kept
):
    inbox.finish(sessions, claimed[0], [], replace(understood, confidence=given))
    assert recorded("confidence") == [(kept,)]


def test_remembering_costs_two_statements(sessions, claimed, understood, count_queries):
    with count_queries() as statements:
        inbox.finish(sessions, claimed[0], [], understood)
    assert len(statements) == 3  # done, remembered, and compared with what was remembered before
