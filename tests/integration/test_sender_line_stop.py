"""A line that WhatsApp stopped (token, account, permission) keeps its queue until somebody mends it."""

from __future__ import annotations

import itertools
import logging
from datetime import datetime, timedelta, timezone

import pytest

from vallebot.clock import FixedClock
from vallebot.config import WhatsAppSettings
from vallebot.db.tables import Message
from vallebot.gateways.whatsapp.client import GraphApi
from vallebot.gateways.whatsapp.errors import LINE_STOP_SECONDS
from vallebot.gateways.whatsapp.transport import WhatsAppTransport
from vallebot.services import delivery, identity, inbox
from vallebot.services.outbox import Bubble, Saying, say
from vallebot.services.sender import Sender
from web.fake_graph.faults import Fault
from web.fake_graph.graph import Behaviour
from web.fake_graph.people import PhoneLine
from web.fake_graph.server import FakeGraphServer

LINE, OTHER_LINE = "100000000000001", "100000000000002"
MARTA, PEDRO = "5491161110001", "5491161110002"
BAD_TOKEN = 190
_keys = itertools.count(1)


@pytest.fixture
def graph():
    # Nobody listens for webhooks: what became of a message is known from its row alone.
    lines = [PhoneLine(LINE, "+54 11 5000-0001", "one"), PhoneLine(OTHER_LINE, "+54 11 5000-0002", "two")]
    behaviour = Behaviour(retry_delays_s=(), enforce_window=False)
    with FakeGraphServer(
        "http://127.0.0.1:9/", "secret", "token", phone_numbers=lines, behaviour=behaviour
    ) as found:
        yield found


@pytest.fixture
def clock():
    return FixedClock(datetime.now(timezone.utc))


@pytest.fixture
def sender(sessions, graph, clock) -> Sender:
    settings = WhatsAppSettings("verify", ("secret",), "token", graph_url=graph.graph_url)
    return Sender(sessions, WhatsAppTransport(GraphApi(settings), secret="s"), clock)


@pytest.fixture
def queue(sessions, clock):
    """`queue(wa_id, words, line)`: say something to somebody who has just written on that line."""

    def put(wa_id: str, words: str, line: str = LINE) -> None:
        number = next(_keys)
        with sessions.begin() as session:
            conversation = identity.receive_sender(session, identity.Sender(line, wa_id), now=clock.now())
            heard = inbox.Incoming(f"wamid.{number}", "text", {}, "hola", clock.now())
            inbox.store(session, conversation, heard, now=clock.now())
            say(session, conversation, Saying(Bubble(words), f"test:{number}", clock.now()))

    return put


@pytest.fixture
def outgoing(sessions):
    def rows() -> list[Message]:
        with sessions() as session:
            return session.query(Message).filter_by(direction="out").order_by(Message.id).all()

    return rows


def refuse_until_due(sender: Sender, clock: FixedClock, row: Message) -> float:
    """One attempt at the moment it is due; returns the seconds until the next one."""
    clock.advance(max(row.due_at - clock.now(), timedelta()))
    before = clock.now()
    assert sender.send_next(1)
    with sender.sessions() as session:
        return (session.get(Message, row.id).due_at - before).total_seconds()


def test_a_stopped_line_keeps_its_message_for_ever_and_sends_it_when_it_is_mended(
    sender, queue, graph, clock, outgoing
):
    graph.faults.add(Fault("error", code=BAD_TOKEN, times=20))
    queue(MARTA, "¡Hola, Marta!")
    waits = [refuse_until_due(sender, clock, outgoing()[0]) for _ in range(20)]
    (row,) = outgoing()
    assert (row.state, row.error_code, row.claimed_by) == ("pendiente", BAD_TOKEN, None)
    assert waits[0] < waits[2] < waits[4]
    assert max(waits) <= LINE_STOP_SECONDS[-1] * 1.25
    clock.advance(timedelta(seconds=waits[-1]))
    assert sender.send_next(1)
    assert [sent.text for sent in graph.sent] == ["¡Hola, Marta!"]
    assert outgoing()[0].state == "enviado"


def test_a_mended_line_leaves_a_message_all_its_own_tries(sender, queue, graph, clock, outgoing):
    graph.faults.add(Fault("error", code=BAD_TOKEN, times=20))
    queue(MARTA, "hola")
    for _ in range(20):
        refuse_until_due(sender, clock, outgoing()[0])
    graph.faults.add(Fault("error", code=131000, times=1))  # a passing fault
    refuse_until_due(sender, clock, outgoing()[0])
    assert outgoing()[0].state == "pendiente"


def test_what_was_said_first_still_goes_first_after_a_stop(sender, queue, graph, clock, outgoing):
    graph.faults.add(Fault("error", code=BAD_TOKEN, times=3))
    queue(MARTA, "uno")
    queue(MARTA, "dos")
    for _ in range(3):
        refuse_until_due(sender, clock, outgoing()[0])
        assert not sender.send_next(1)
    clock.advance(timedelta(hours=1))
    while sender.send_next(1):
        pass
    assert [sent.text for sent in graph.sent] == ["uno", "dos"]


def test_a_stopped_line_is_complained_about_at_most_once_a_minute(
    sender, queue, graph, clock, outgoing, caplog
):
    def complaints() -> list[str]:
        return [record.line for record in caplog.records if record.levelno == logging.ERROR]

    graph.faults.add(Fault("error", code=BAD_TOKEN, times=-1))
    for wa_id in (MARTA, PEDRO):
        queue(wa_id, "hola")
    assert sender.send_next(1)
    assert sender.send_next(1)
    assert complaints() == [LINE]
    queue(MARTA, "hola", OTHER_LINE)
    assert sender.send_next(1)
    assert complaints() == [LINE, OTHER_LINE]
    clock.advance(timedelta(seconds=59))
    while sender.send_next(1):
        pass
    assert complaints() == [LINE, OTHER_LINE]
    clock.advance(timedelta(seconds=601))
    while sender.send_next(1):
        pass
    assert complaints() == [LINE, OTHER_LINE, LINE, OTHER_LINE]


def test_other_refusals_still_end(sender, queue, graph, clock, outgoing):
    graph.faults.add(Fault("error", code=131000, times=-1))
    queue(MARTA, "hola")
    for _ in range(delivery.MAX_REFUSALS):
        assert outgoing()[0].state == "pendiente"
        refuse_until_due(sender, clock, outgoing()[0])
    assert outgoing()[0].state == "estacionado"


def test_an_unreachable_graph_api_is_waited_for_however_long(sessions, queue, clock, outgoing):
    settings = WhatsAppSettings("verify", ("secret",), "token", graph_url="http://127.0.0.1:9/graph")
    away = Sender(sessions, WhatsAppTransport(GraphApi(settings), secret="s"), clock)
    queue(MARTA, "hola")
    for _ in range(12):
        refuse_until_due(away, clock, outgoing()[0])
    assert outgoing()[0].state == "pendiente"
