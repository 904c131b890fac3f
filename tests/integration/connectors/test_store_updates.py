"""Webhook updates into the database: messages once, statuses only forward, one bad update costs no other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from connectors.whatsapp.payloads import Contact, InboundMessage, OtherUpdate, StatusUpdate
from connectors.whatsapp.webhook import store_updates
from vallebot.db.claims import Claimer
from vallebot.services import delivery, inbox
from vallebot.services.outbox import Bubble, Saying, say

LINE = "100000000000001"


@pytest.fixture
def claimer(engine):
    found = Claimer(engine)
    yield found
    found.close()


@pytest.fixture
def inbound(now):
    """`inbound("w1")`: a text message of the same person, unless told otherwise."""

    def make(
        wamid: str, wa_id: str | None = "5491161110001", at: datetime | None = None, **raw
    ) -> InboundMessage:
        sender = Contact(wa_id, None, "Ana")
        return InboundMessage(
            wamid, "text", at or now, LINE, "waba", sender, "hola", raw={"id": wamid, **raw}
        )

    return make


@pytest.fixture
def rows(sessions):
    def fetch(query: str) -> list[tuple]:
        with sessions() as session:
            return [tuple(row) for row in session.execute(text(query))]

    return fetch


@pytest.fixture
def answered(sessions, claimer, inbound, now):
    """`answered("w1")`: a stored message that was answered and sent; returns the id of the answer."""

    def make(wamid: str) -> int:
        store_updates(sessions, [inbound(wamid)], now=now)
        item = inbox.claim_next(sessions, claimer.key(), now=now)
        saying = Saying(Bubble("¡Hola!"), f"{wamid}:0", due_at=now, answers_id=item.id)
        assert inbox.finish(sessions, item, [saying])
        out = delivery.claim_next(sessions, claimer.key(), now=now)
        delivery.record_sent(sessions, out, f"out.{wamid}")
        return out.id

    return make


def test_a_message_is_stored_once_however_often_and_whenever_it_comes(sessions, inbound, rows, now) -> None:
    with ThreadPoolExecutor(8) as pool:
        new = list(pool.map(lambda _: store_updates(sessions, [inbound("w1")], now=now), range(8)))
    assert sum(new) == 1
    assert store_updates(sessions, [inbound("w1"), inbound("w1")], now=now) == 0
    assert rows("SELECT count(*) FROM messages") == [(1,)]
    assert rows("SELECT count(*) FROM conversaciones") == [(1,)]


def test_one_update_that_cannot_be_stored_costs_no_other(sessions, inbound, rows, now) -> None:
    nobody = InboundMessage("w2", "text", now, LINE, "", Contact(None, "AR.x", None), "hola")
    batch = [
        inbound("w1"),
        nobody,
        OtherUpdate("account_update", "waba", {}),
        inbound("w3", nul="a\x00b\ud800"),
    ]
    assert store_updates(sessions, batch, now=now) == 2
    assert rows("SELECT wamid FROM messages ORDER BY id") == [("w1",), ("w3",)]


def test_a_message_from_the_future_does_not_hold_the_window_open(sessions, inbound, rows, now) -> None:
    store_updates(sessions, [inbound("w1", at=now + timedelta(days=30))], now=now)
    assert rows("SELECT last_inbound_at FROM conversaciones") == [(now,)]


def test_messages_of_one_conversation_are_claimed_one_after_the_other(
    sessions, claimer, inbound, now
) -> None:
    store_updates(sessions, [inbound("w1"), inbound("w2"), inbound("w3", wa_id="5491161110002")], now=now)
    first = inbox.claim_next(sessions, claimer.key(), now=now)
    other = inbox.claim_next(sessions, claimer.key(), now=now)
    assert (first.wamid, other.wamid) == ("w1", "w3")
    assert inbox.claim_next(sessions, claimer.key(), now=now) is None
    inbox.finish(sessions, first, [])
    assert inbox.claim_next(sessions, claimer.key(), now=now).wamid == "w2"


def test_a_dead_process_loses_its_claim_and_can_answer_no_more(
    engine, sessions, claimer, inbound, rows, now
) -> None:
    dying = Claimer(engine)
    store_updates(sessions, [inbound("w1")], now=now)
    lost = inbox.claim_next(sessions, dying.key(), now=now)
    assert inbox.recover(sessions) == 0, "it lives"
    dying.close()
    assert inbox.recover(sessions) == 1
    again = inbox.claim_next(sessions, claimer.key(), now=now)
    assert (again.wamid, again.tries) == ("w1", 2)
    saying = Saying(Bubble("x"), "w1:0", due_at=now, answers_id=lost.id)
    assert not inbox.finish(sessions, lost, [saying])
    assert inbox.finish(sessions, again, [saying])
    assert rows("SELECT count(*) FROM messages WHERE direction = 'out'") == [(1,)]


def test_an_outage_never_parks_a_message_and_its_own_faults_do(sessions, claimer, inbound, rows, now) -> None:
    store_updates(sessions, [inbound("w1")], now=now)
    for _ in range(10):
        now += timedelta(minutes=2)
        inbox.give_back(sessions, inbox.claim_next(sessions, claimer.key(), now=now), "outage", now=now)
    parked = []
    for number in range(inbox.MAX_FAILURES):
        now += timedelta(minutes=2)
        item = inbox.claim_next(sessions, claimer.key(), now=now)
        parked.append(inbox.fail(sessions, item, "bug", Saying(Bubble("Perdón"), f"s{number}", now), now=now))
    assert parked == [False, False, True]
    assert rows("SELECT direction, state FROM messages ORDER BY id") == [
        ("in", "estacionado"),
        ("out", "pendiente"),
    ]
    assert inbox.claim_next(sessions, claimer.key(), now=now + timedelta(days=1)) is None


def test_the_same_saying_is_queued_once(sessions, inbound, rows, now) -> None:
    store_updates(sessions, [inbound("w1")], now=now)
    [(conversation,)] = rows("SELECT conversacion_id FROM messages")
    for expected in (True, False):
        with sessions.begin() as session:
            assert say(session, conversation, Saying(Bubble("hola"), "key", due_at=now)) is expected


@pytest.mark.parametrize(
    ("arriving", "state"),
    [
        (["sent"], "enviado"),
        (["sent", "delivered", "read"], "leido"),
        (["read", "delivered", "sent"], "leido"),
        (["delivered", "failed"], "entregado"),
        (["failed", "sent"], "fallido"),
        (["failed", "delivered"], "entregado"),
        (["deleted", "warning", "delivered"], "entregado"),
    ],
)
def test_statuses_move_a_message_only_forward(sessions, answered, rows, now, arriving, state) -> None:
    message_id = answered("w1")
    for status in arriving:
        store_updates(sessions, [StatusUpdate("out.w1", status, now, f"vallebot:{message_id}")], now=now)
    assert rows("SELECT state FROM messages WHERE direction = 'out'") == [(state,)]


@pytest.mark.parametrize(
    "callback", [None, "", "vallebot:999", "vallebot:x", "vallebot:-1", "other:1", "vallebot:²"]
)
def test_a_status_about_a_message_that_is_not_ours_changes_nothing(
    sessions, answered, rows, now, callback
) -> None:
    answered("w1")
    before = rows("SELECT * FROM messages ORDER BY id")
    store_updates(sessions, [StatusUpdate("unknown", "read", now, callback)], now=now)
    assert rows("SELECT * FROM messages ORDER BY id") == before


def test_a_status_finds_a_message_whose_send_broke_off(sessions, claimer, inbound, rows, now) -> None:
    store_updates(sessions, [inbound("w1")], now=now)
    item = inbox.claim_next(sessions, claimer.key(), now=now)
    inbox.finish(sessions, item, [Saying(Bubble("hola"), "w1:0", due_at=now, answers_id=item.id)])
    out = delivery.claim_next(sessions, claimer.key(), now=now)
    delivery.record_unknown(sessions, out, "timeout")
    store_updates(sessions, [StatusUpdate("out.w1", "delivered", now, f"vallebot:{out.id}")], now=now)
    assert rows("SELECT state, wamid FROM messages WHERE direction = 'out'") == [("entregado", "out.w1")]
    assert delivery.settle_unknown(sessions, now=now + timedelta(hours=1)) == 0
