"""Messages that were read together stay together, whatever happens to whoever reads them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from connectors.whatsapp.payloads import Contact, InboundMessage
from connectors.whatsapp.webhook import store_updates
from vallebot.db.claims import Claimer
from vallebot.services import inbox, lateness
from vallebot.services.outbox import Bubble, Saying

LINE = "100000000000001"
ANA = Contact("5491161110001", None, "Ana")


@pytest.fixture
def claim(sessions, engine, now):
    claimer = Claimer(engine)
    yield lambda later=0: inbox.claim_next(sessions, claimer.key(), now=now + timedelta(seconds=later))
    claimer.close()


@pytest.fixture
def write(sessions, now):
    """`write("hola", "quiero turno")`: stored as w1, w2..., ten seconds apart."""

    def make(*words: str, **over) -> None:
        messages = [
            InboundMessage(
                f"w{n}", "text", now + timedelta(seconds=10 * n), LINE, "waba", ANA, one, raw={"id": f"w{n}"}
            )
            for n, one in enumerate(words, start=1)
        ]
        changed = [replace(one, **over.get(one.wamid, {})) for one in messages]
        store_updates(sessions, changed, now=now + timedelta(hours=1))

    return make


@pytest.fixture
def states(sessions):
    def fetch() -> list[tuple]:
        query = "SELECT wamid, state, tries FROM messages WHERE direction = 'in' ORDER BY id"
        with sessions() as session:
            return [tuple(row) for row in session.execute(text(query))]

    return fetch


@pytest.fixture
def whole(sessions, write, claim):
    """Three messages, claimed as one."""
    write("hola", "quiero turno", "para el jueves")
    head = claim(3600)
    assert head.followed
    return inbox.read_together(sessions, head, [one.id for one in inbox.what_followed(sessions, head)])


def test_several_are_one_message_with_the_words_of_all(whole, now) -> None:
    assert (whole.wamid, whole.text) == ("w1", "hola, quiero turno, para el jueves")
    assert whole.occurred_at == now + timedelta(seconds=30), "dates are read at the time of the last words"


def test_they_are_done_at_once_with_one_answer(sessions, whole, claim, states, now) -> None:
    assert inbox.finish(sessions, whole, [Saying(Bubble("¡Hola!"), "w1:0", due_at=now, answers_id=whole.id)])
    assert states() == [("w1", "procesado", 1), ("w2", "procesado", 1), ("w3", "procesado", 1)]
    assert claim(3600) is None


def test_who_takes_them_up_again_finds_the_same_ones(
    sessions, engine, whole, write, claim, states, now
) -> None:
    with sessions.begin() as session:
        session.execute(text("UPDATE messages SET claimed_by = 1"))  # whoever had them is dead
    assert inbox.recover(sessions) == 3
    later = InboundMessage("w9", "text", now, LINE, "waba", ANA, "a las 5", raw={"id": "w9"})
    store_updates(sessions, [later], now=now)
    again = claim(3600)
    assert (again.wamid, again.tries) == ("w1", 2)
    assert claim(3600) is None, "nobody gets the others meanwhile"
    assert inbox.rejoin(sessions, again).text == whole.text, "what came since is not among them"
    assert inbox.finish(sessions, again, [])
    assert claim(3600).wamid == "w9"


def test_an_outage_hands_all_back_and_a_fault_parks_all(sessions, whole, claim, states, now) -> None:
    inbox.give_back(sessions, whole, "outage", now=now)
    assert {state for _, state, _ in states()} == {"recibido"}
    for number in range(inbox.MAX_FAILURES):
        item = inbox.rejoin(sessions, claim(4000 + 100 * number))
        assert item.text == whole.text
        inbox.fail(sessions, item, "bug", Saying(Bubble("Perdón"), "w1:sorry", now), now=now)
    assert {state for _, state, _ in states()} == {"estacionado"}


def test_what_was_taken_back_meanwhile_is_not_read(sessions, write, claim, states) -> None:
    write("hola", "quiero turno", "para el jueves")
    head = claim(3600)
    followed = inbox.what_followed(sessions, head)
    with sessions.begin() as session:
        inbox.revise(session, head.conversacion_id, "w2", None)
        inbox.revise(session, head.conversacion_id, "w3", "para el viernes")
    assert inbox.read_together(sessions, head, [one.id for one in followed]).text == "hola, para el viernes"


@pytest.mark.parametrize(
    ("over", "found"),
    [
        ({}, ["w2", "w3"]),
        ({"w2": {"kind": "image", "text": "x"}}, []),
        ({"w3": {"kind": "interactive", "tapped_id": "x.y.z"}}, ["w2"]),
        ({"w2": {"text": "x" * 990}}, ["w2"]),
        ({"w2": {"text": None}}, []),
    ],
)
def test_only_texts_written_in_one_go_are_looked_at(sessions, write, claim, over, found) -> None:
    write("hola", "quiero turno", "para el jueves", **over)
    assert [one.wamid for one in inbox.what_followed(sessions, claim(3600))] == found


def test_words_of_another_moment_are_another_message(sessions, write, claim, now) -> None:
    write("hola", "quiero turno", w2={"occurred_at": now + timedelta(minutes=3)})
    assert inbox.what_followed(sessions, claim(3600)) == []


def test_a_late_request_is_asked_about_with_the_words_of_all(sessions, whole, claim, now) -> None:
    conversation = whole.conversacion_id
    with sessions() as session:
        written = lateness.written(session, conversation, whole.id)
        assert (written.text, written.occurred_at) == (whole.text, whole.occurred_at)
        asking = lateness.question(
            session, conversation, whole.id, whole.text, whole.occurred_at, now=now + timedelta(days=1)
        )
    assert "de ayer a las 09:00" in asking.text
    saying = Saying(asking, f"w1:{lateness.QUESTION}", due_at=now, answers_id=whole.id)
    inbox.finish(sessions, whole, [saying])
    with sessions() as session:
        assert lateness.asked_about(session, conversation, 10**6) == whole.id
        assert lateness.asked_about(session, conversation, whole.id) is None, "said after that message"
