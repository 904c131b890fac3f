"""Whoever writes sees blue ticks and "escribiendo…" when their message is taken up; nothing waits for that."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from datetime import datetime, timedelta, timezone

import pytest

from vallebot import worker as worker_module
from vallebot.clock import FixedClock
from vallebot.config import WhatsAppSettings
from vallebot.db.tables import Conversacion
from vallebot.gateways.whatsapp import read_marks
from vallebot.gateways.whatsapp.client import GraphApi
from vallebot.gateways.whatsapp.read_marks import ReadMarks
from vallebot.gateways.whatsapp.transport import WhatsAppTransport
from vallebot.services import identity, inbox
from vallebot.services.outbox import Bubble, Saying, say
from vallebot.services.sender import Sender
from vallebot.worker import Worker
from web.fake_graph.graph import Behaviour
from web.fake_graph.server import FakeGraphServer

LINE = "100000000000001"
MARTA, PEDRO = "5491161110001", "5491161110002"
CLAIMER = 7
_keys = itertools.count(1)


@pytest.fixture
def graph():
    # Nobody listens for webhooks: the tests store messages themselves.
    behaviour = Behaviour(retry_delays_s=())
    with FakeGraphServer("http://127.0.0.1:9/", "secret", "token", behaviour=behaviour) as found:
        yield found


@pytest.fixture
def clock():
    return FixedClock(datetime.now(timezone.utc))


class SlowGraphApi(GraphApi):
    """Marks nothing before it is let."""

    def __init__(self, settings: WhatsAppSettings, let: threading.Event) -> None:
        super().__init__(settings)
        self.let = let

    def mark_read(self, phone_number_id: str, wamid: str, *, typing: bool = True) -> None:
        self.let.wait(20)
        super().mark_read(phone_number_id, wamid, typing=typing)


@pytest.fixture
def settings(graph) -> WhatsAppSettings:
    return WhatsAppSettings("verify", ("secret",), "token", graph_url=graph.graph_url)


@pytest.fixture
def start_worker(engine, sessions, clock, settings):
    """`start_worker(api)`: a running worker that marks through `api`."""
    made: list[Worker] = []

    def start(api: GraphApi | None = None) -> Worker:
        sender = Sender(sessions, WhatsAppTransport(GraphApi(settings), secret="s"), clock)
        marks = ReadMarks(api or GraphApi(settings))
        of_earlier_tests = [] if made else listeners(engine)
        made.append(Worker(engine, sender, clock, senders=2, read_marks=marks))
        made[-1].start()
        wait_until(lambda: made[-1].is_healthy)
        wait_until(lambda: set(listeners(engine)) - set(of_earlier_tests))
        return made[-1]

    yield start
    for worker in made:
        worker.stop()


@pytest.fixture
def write(sessions, graph, clock):
    """`write(wa_id)`: somebody writes; returns the wamid and the conversation."""

    def store(wa_id: str = MARTA, *, ago: timedelta = timedelta(), wamid: str = ""):
        wamid = wamid or graph.deliver_text(wa_id, "Marta", "hola", LINE)
        with sessions.begin() as session:
            conversation = identity.receive_sender(session, identity.Sender(LINE, wa_id), now=clock.now())
            incoming = inbox.Incoming(wamid, "text", {}, "hola", clock.now() - ago)
            inbox.store(session, conversation, incoming, now=clock.now())
        return wamid, conversation

    return store


@pytest.fixture
def take_up(sessions, clock):
    """Begin to work on the oldest message that waits."""
    return lambda: inbox.claim_next(sessions, CLAIMER, now=clock.now())


def wait_until(true, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def listeners(engine) -> list[int]:
    """Backends of the workers that hear of claims: one, or none for a moment."""
    query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query = %s"
    with engine.connect() as connection:
        found = connection.exec_driver_sql(query, (f"LISTEN {inbox.TYPING_CHANNEL}",))
        return list(found.scalars())


def marked(graph) -> list[tuple[str, str, bool]]:
    return [(mark.phone_number_id, mark.wamid, mark.typing) for mark in graph.read_marks]


def test_a_message_that_is_taken_up_is_marked_as_read_with_the_typing_indicator(
    start_worker, write, take_up, graph
):
    start_worker()
    wamid, _ = write()
    assert graph.read_marks == []
    item = take_up()
    assert (item.wamid, item.tries) == (wamid, 1)
    wait_until(lambda: marked(graph) == [(LINE, wamid, True)])


@pytest.mark.parametrize(("seconds_ago", "by_hand"), [(61, False), (0, True)])
def test_who_does_not_wait_for_our_answer_sees_nobody_typing(
    start_worker, write, take_up, graph, sessions, clock, seconds_ago, by_hand
):
    start_worker()
    _, conversation = write(ago=timedelta(seconds=seconds_ago))
    if by_hand:
        until = clock.now() + timedelta(hours=1)
        with sessions.begin() as session:
            session.get(Conversacion, conversation).handover_until = until
    take_up()
    wamid, _ = write(PEDRO)
    take_up()
    wait_until(lambda: len(graph.read_marks) > 0)
    assert marked(graph) == [(LINE, wamid, True)]


def test_a_mark_that_fails_is_noted_and_forgotten(start_worker, write, take_up, graph, caplog):
    caplog.set_level(logging.INFO)
    start_worker()
    write(wamid="wamid.that-whatsapp-does-not-know")
    take_up()
    wait_until(lambda: any("not marked as read" in record.message for record in caplog.records))
    wamid, _ = write(PEDRO)
    take_up()
    wait_until(lambda: marked(graph) == [(LINE, wamid, True)])
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


def test_a_hanging_mark_holds_up_no_message(start_worker, write, take_up, graph, settings, sessions, clock):
    let = threading.Event()
    start_worker(SlowGraphApi(settings, let))
    try:
        for number in range(read_marks.THREADS * 2):
            write(f"549116222000{number}")
            take_up()
        _, conversation = write()
        with sessions.begin() as session:
            say(session, conversation, Saying(Bubble("ya"), f"test:{next(_keys)}", clock.now()))
        wait_until(lambda: [sent.text for sent in graph.sent] == ["ya"])
        assert graph.read_marks == []
    finally:
        let.set()


def test_a_mark_that_waited_too_long_is_forgotten(write, graph, settings, monkeypatch):
    monkeypatch.setattr(read_marks, "LATE_SECONDS", -1.0)
    wamid, _ = write()
    marks = ReadMarks(GraphApi(settings))
    marks.mark_soon(f'{{"phone_number_id": "{LINE}", "wamid": "{wamid}"}}')
    time.sleep(0.3)
    marks.stop()
    assert graph.read_marks == []


def test_of_several_workers_one_marks_and_another_takes_over(
    start_worker, write, take_up, graph, engine, monkeypatch
):
    monkeypatch.setattr(worker_module, "READ_MARKS_SECONDS", 0.1)
    first = start_worker()
    listening = listeners(engine)
    start_worker()
    written = [write(wa_id)[0] for wa_id in (MARTA, PEDRO)]
    for _ in written:
        take_up()
    wait_until(lambda: len(graph.read_marks) >= 2)
    time.sleep(0.3)
    assert sorted(mark.wamid for mark in graph.read_marks) == sorted(written)
    first.stop()
    wait_until(lambda: listeners(engine) not in ([], listening))
    wamid, _ = write("5491161110003")
    take_up()
    wait_until(lambda: [mark.wamid for mark in graph.read_marks][2:] == [wamid])


def test_a_claim_is_still_one_statement(write, take_up, count_queries):
    write()
    with count_queries() as statements:
        assert take_up() is not None
    assert len(statements) == 1


def test_an_absurdly_long_id_does_not_stop_the_inbox(write, take_up):
    write(wamid="w" * 100_000)
    assert take_up() is not None
