"""Webhook updates into the database: messages once, statuses only forward, one bad update costs no other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from connectors.whatsapp.payloads import (
    Contact,
    Echo,
    IdentityChange,
    InboundMessage,
    OtherUpdate,
    StatusUpdate,
)
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


def of_kind(inbound, wamid: str, kind: str, words: str | None = None, **over) -> InboundMessage:
    return replace(inbound(wamid), kind=kind, text=words, **over)


@pytest.mark.parametrize("kind", ["reaction", "revoke", "system"])
def test_what_needs_no_answer_is_kept_and_wakes_nobody(sessions, claimer, inbound, rows, now, kind) -> None:
    assert store_updates(sessions, [of_kind(inbound, "w1", kind)], now=now) == 1
    assert rows("SELECT kind, state FROM messages") == [(kind, "procesado")]
    assert rows("SELECT last_inbound_at FROM conversaciones") == [(None,)], "it opens no window either"
    assert inbox.claim_next(sessions, claimer.key(), now=now) is None


def test_an_edit_before_the_message_is_read_takes_its_place(sessions, claimer, inbound, rows, now) -> None:
    edit = of_kind(inbound, "w2", "edit", "para el viernes", revises="w1")
    store_updates(sessions, [inbound("w1"), edit, edit], now=now)
    item = inbox.claim_next(sessions, claimer.key(), now=now)
    assert (item.wamid, item.text) == ("w1", "para el viernes")
    inbox.finish(sessions, item, [])
    assert inbox.claim_next(sessions, claimer.key(), now=now) is None


@pytest.mark.parametrize(("words", "is_read"), [("el viernes", True), ("¡Hola!", False), (None, False)])
def test_an_edit_of_what_was_read_is_read_only_where_it_says_something_else(
    sessions, answered, claimer, inbound, now, words, is_read
) -> None:
    answered("w1")
    store_updates(sessions, [of_kind(inbound, "w2", "edit", words, revises="w1")], now=now)
    item = inbox.claim_next(sessions, claimer.key(), now=now)
    assert (item is not None) is is_read


def test_a_message_that_is_taken_back_in_time_is_not_read(sessions, claimer, inbound, rows, now) -> None:
    store_updates(sessions, [inbound("w1"), of_kind(inbound, "w2", "revoke", revises="w1")], now=now)
    assert inbox.claim_next(sessions, claimer.key(), now=now) is None
    assert rows("SELECT state FROM messages ORDER BY id") == [("descartado",), ("procesado",)]


def test_nobody_takes_back_what_another_person_wrote(sessions, claimer, inbound, now) -> None:
    stranger = replace(inbound("w2", wa_id="5491161110009"), kind="revoke", revises="w1")
    store_updates(sessions, [inbound("w1"), stranger], now=now)
    assert inbox.claim_next(sessions, claimer.key(), now=now).wamid == "w1"


@pytest.fixture
def changed(now):
    def make(wamid: str, old: Contact, new: Contact) -> IdentityChange:
        return IdentityChange(wamid, now, LINE, "waba", old, new, {"id": wamid})

    return make


def test_a_person_keeps_the_conversation_with_a_new_number(sessions, inbound, changed, rows, now) -> None:
    old, new = Contact("5491161110001", "AR.1", None), Contact("5491161110002", "AR.2", None)
    first = replace(inbound("w1"), sender=old)
    store_updates(sessions, [first, changed("s1", old, new)], now=now)
    store_updates(sessions, [inbound("w2", wa_id="5491161110002")], now=now)
    assert rows("SELECT count(DISTINCT conversacion_id), count(*) FROM messages") == [(1, 3)]
    assert sorted(rows("SELECT value FROM identidades")) == [("5491161110002",), ("AR.2",)]
    assert rows("SELECT i.value FROM conversaciones c JOIN identidades i ON i.id = c.identidad_id") == [
        ("5491161110002",)
    ]


def test_a_change_that_is_delivered_again_is_not_followed_again(
    sessions, inbound, changed, rows, now
) -> None:
    first, second = Contact("5491161110001", None, None), Contact("5491161110002", None, None)
    change = changed("s1", first, second)
    store_updates(sessions, [inbound("w1"), change], now=now)
    store_updates(sessions, [inbound("w2", wa_id=first.wa_id)], now=now)  # the number's next owner
    store_updates(sessions, [change], now=now)
    assert rows("SELECT count(*) FROM clientes") == [(2,)]


def test_a_change_of_somebody_unknown_is_nothing_to_keep(sessions, changed, rows, now) -> None:
    unknown, nobody = Contact("5491161110001", None, None), Contact(None, None, None)
    changes = [changed("s1", unknown, replace(unknown, wa_id="549")), changed("s2", unknown, nobody)]
    assert store_updates(sessions, changes, now=now) == 0
    assert rows("SELECT * FROM clientes") == []


def test_an_echo_is_kept_and_the_bot_steps_back(sessions, claimer, inbound, rows, now) -> None:
    to = Contact("5491161110001", None, None)
    echo = Echo("e1", "text", now, LINE, "waba", to, "te respondo yo", {"id": "e1"})
    store_updates(sessions, [inbound("w1")], now=now)
    assert not inbox.claim_next(sessions, claimer.key(), now=now).by_hand
    for _ in range(2):
        store_updates(sessions, [echo], now=now, step_back=timedelta(minutes=30))
    assert rows("SELECT direction, state, text FROM messages WHERE wamid = 'e1'") == [
        ("out", "enviado", "te respondo yo")
    ]
    assert rows("SELECT handover_until FROM conversaciones") == [(now + timedelta(minutes=30),)]
    assert delivery.claim_next(sessions, claimer.key(), now=now) is None, "it is not sent"
    store_updates(sessions, [inbound("w2", wa_id="5491161110002")], now=now)
    assert not inbox.claim_next(sessions, claimer.key(), now=now).by_hand, "another conversation"
    with sessions.begin() as session:
        session.execute(text("UPDATE messages SET state = 'procesado' WHERE direction = 'in'"))
    store_updates(sessions, [inbound("w3")], now=now)
    assert inbox.claim_next(sessions, claimer.key(), now=now).by_hand
    with sessions.begin() as session:
        session.execute(text("UPDATE messages SET state = 'procesado' WHERE direction = 'in'"))
    store_updates(sessions, [inbound("w4")], now=now)
    assert not inbox.claim_next(sessions, claimer.key(), now=now + timedelta(minutes=30)).by_hand


def test_an_echo_to_somebody_new_opens_their_conversation(sessions, rows, now) -> None:
    to = Contact("5491161110001", None, None)
    store_updates(sessions, [Echo("e1", "text", now, LINE, "waba", to, "hola", {})], now=now)
    assert rows("SELECT handover_until IS NOT NULL, last_inbound_at FROM conversaciones") == [(True, None)]
