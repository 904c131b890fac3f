"""The worker against a real Postgres and the strict local Graph API."""

from __future__ import annotations

import itertools
import threading
import time
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import text

from vallebot import worker as worker_module
from vallebot.clock import FixedClock
from vallebot.config import WhatsAppSettings
from vallebot.db.tables import Message
from vallebot.gateways.whatsapp.client import GraphApi
from vallebot.gateways.whatsapp.transport import WhatsAppTransport
from vallebot.services import identity, inbox
from vallebot.services.outbox import Bubble, Saying, say
from vallebot.services.sender import Sender
from vallebot.worker import Worker
from web.fake_graph.faults import Fault
from web.fake_graph.graph import Behaviour
from web.fake_graph.server import FakeGraphServer

LINE = "100000000000001"
_keys = itertools.count(1)


@pytest.fixture
def graph():
    # Nobody listens for webhooks: no status ever tells what became of a message.
    with FakeGraphServer(
        "http://127.0.0.1:9/", "secret", "token", behaviour=Behaviour(retry_delays_s=())
    ) as found:
        yield found


@pytest.fixture
def clock():
    return FixedClock(datetime.now(timezone.utc))


@pytest.fixture
def make_worker(engine, sessions, graph, clock):
    made: list[Worker] = []

    def make(**over) -> Worker:
        settings = WhatsAppSettings("verify", ("secret",), "token", graph_url=graph.graph_url)
        sender = Sender(sessions, WhatsAppTransport(GraphApi(settings), secret="s"), clock)
        made.append(Worker(engine, sender, clock, **{"senders": 3, **over}))
        return made[-1]

    yield make
    for worker in made:
        worker.stop()


@pytest.fixture
def running(make_worker):
    found = make_worker()
    found.start()
    wait_until(lambda: found.is_healthy)
    return found


@pytest.fixture
def open_conversation(sessions, graph, clock):
    """The conversation of somebody who has just written."""

    def make(wa_id: str = "5491161110001"):
        wamid = graph.deliver_text(wa_id, "Marta", "hola", LINE)
        with sessions.begin() as session:
            conversation = identity.receive_sender(session, identity.Sender(LINE, wa_id), now=clock.now())
            incoming = inbox.Incoming(wamid, "text", {}, "hola", clock.now())
            inbox.store(session, conversation, incoming, now=clock.now())
        return conversation

    return make


@pytest.fixture
def queue(sessions, clock):
    def put(conversation, words: str) -> None:
        with sessions.begin() as session:
            say(session, conversation, Saying(Bubble(words), f"test:{next(_keys)}", clock.now()))

    return put


def wait_until(true, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def cut_connections(engine) -> None:
    with engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


def states(sessions) -> list[str]:
    with sessions() as session:
        return [row.state for row in session.query(Message).filter_by(direction="out").order_by(Message.id)]


def test_a_queued_message_is_sent_and_recorded(running, open_conversation, queue, graph, sessions):
    queue(open_conversation(), "¡Hola, Marta!")
    wait_until(lambda: states(sessions) == ["enviado"])
    (sent,) = graph.sent
    assert sent.text == "¡Hola, Marta!"
    with sessions() as session:
        row = session.query(Message).filter_by(direction="out").one()
        assert (row.wamid, row.tries, row.claimed_by) == (sent.wamid, 1, None)


def test_a_commit_wakes_the_sender_without_waiting_for_a_poll(
    make_worker, open_conversation, queue, graph, monkeypatch
):
    monkeypatch.setattr(worker_module, "POLL_SECONDS", 3600)
    worker = make_worker()
    worker.start()
    wait_until(lambda: worker.is_healthy)
    queue(open_conversation(), "ya")
    wait_until(lambda: len(graph.sent) == 1, seconds=5)


def test_messages_of_a_conversation_leave_in_the_order_in_which_they_were_said(
    running, open_conversation, queue, graph
):
    conversations = [open_conversation(f"549116111000{number}") for number in range(1, 5)]
    for number in range(8):
        for conversation in conversations:
            queue(conversation, f"{number}")
    wait_until(lambda: len(graph.sent) == 32)
    by_person: dict[str, list[str]] = {}
    for sent in graph.sent:
        by_person.setdefault(sent.person, []).append(sent.text)
    assert len(by_person) == 4
    assert all(texts == [str(number) for number in range(8)] for texts in by_person.values())


def test_a_slow_send_holds_back_its_own_conversation_only(running, open_conversation, queue, graph):
    slow, quick = open_conversation("5491161110001"), open_conversation("5491161110002")
    graph.faults.add(Fault("delay", seconds=2, to="5491161110001"))
    for words in ("1", "2"):
        queue(slow, words)
    time.sleep(0.2)
    queue(quick, "3")
    wait_until(lambda: any(sent.text == "3" for sent in graph.sent), seconds=1.5)
    assert not any(sent.text == "2" for sent in graph.sent)
    wait_until(lambda: any(sent.text == "2" for sent in graph.sent))


def test_a_send_of_unknown_outcome_is_repeated_once_and_not_before_a_minute(
    make_worker, open_conversation, queue, graph, clock, sessions, monkeypatch
):
    monkeypatch.setattr(worker_module, "SETTLE_SECONDS", 0.05)
    graph.faults.add(Fault("accept_then_timeout", times=-1))
    worker = make_worker()
    worker.start()
    queue(open_conversation(), "¿llegó?")
    wait_until(lambda: len(graph.sent) == 1)
    clock.advance(timedelta(seconds=59))
    time.sleep(0.3)
    assert len(graph.sent) == 1
    clock.advance(timedelta(seconds=2))
    wait_until(lambda: len(graph.sent) == 2)
    time.sleep(0.3)
    clock.advance(timedelta(hours=1))
    wait_until(lambda: states(sessions) == ["estacionado"])
    assert len(graph.sent) == 2


def test_what_a_dead_worker_was_sending_is_settled_by_another(
    engine, make_worker, open_conversation, queue, graph, clock, sessions, monkeypatch
):
    monkeypatch.setattr(worker_module, "SETTLE_SECONDS", 0.05)
    queue(open_conversation(), "hola")
    with engine.begin() as connection:  # a worker that was killed between its claim and its call
        connection.execute(
            text(
                "UPDATE messages SET state = 'enviando', claimed_by = 12345, tries = 1, sent_at = :now "
                "WHERE direction = 'out'"
            ),
            {"now": clock.now()},
        )
    make_worker().start()
    time.sleep(0.3)
    assert graph.sent == []
    clock.advance(timedelta(seconds=61))
    wait_until(lambda: states(sessions) == ["enviado"])


def test_an_outage_of_the_database_is_waited_for(running, engine, open_conversation, queue, graph):
    conversation = open_conversation()
    cut_connections(engine)
    queue(conversation, "después del corte")
    wait_until(lambda: [sent.text for sent in graph.sent] == ["después del corte"])


def test_due_work_is_done_until_nothing_is_due(make_worker):
    left = [3]

    def due_work() -> bool:
        left[0] -= left[0] > 0
        return left[0] > 0

    make_worker(due_work=due_work).start()
    wait_until(lambda: left == [0])


def test_a_failing_loop_is_survived(make_worker, open_conversation, queue, graph):
    def due_work() -> bool:
        raise RuntimeError("a bug")

    make_worker(due_work=due_work).start()
    queue(open_conversation(), "igual sale")
    wait_until(lambda: len(graph.sent) == 1)


def test_the_heartbeat_appears_once_everything_works_and_goes_with_the_worker(make_worker, tmp_path):
    heartbeat = tmp_path / "run" / "worker"
    worker = make_worker(heartbeat=heartbeat)
    runner = threading.Thread(target=worker.run, daemon=True)
    runner.start()
    wait_until(heartbeat.exists)
    worker.ask_to_stop()
    runner.join(5)
    assert not runner.is_alive()
    assert not heartbeat.exists()


def test_what_becomes_due_later_is_found_without_a_ring_and_all_senders_share_it(
    make_worker, open_conversation, sessions, graph, clock, monkeypatch
):
    monkeypatch.setattr(worker_module, "POLL_SECONDS", 0.1)
    monkeypatch.setattr(worker_module, "IDLE_SECONDS", 3600)
    graph.faults.add(Fault("delay", seconds=1, times=-1))
    worker = make_worker(senders=4)
    worker.start()
    for number in range(4):
        with sessions.begin() as session:
            later = Saying(Bubble("luego"), f"later:{number}", clock.now() + timedelta(minutes=1))
            say(session, open_conversation(f"549116111000{number}"), later)
    time.sleep(0.5)
    assert graph.sent == []
    began = time.monotonic()
    clock.advance(timedelta(minutes=2))
    wait_until(lambda: len(graph.sent) == 4)
    assert time.monotonic() - began < 3.5  # one after the other would take four


def test_a_second_outage_is_reported_like_the_first(running, engine, caplog):
    def reported() -> list[str]:
        return [record.message for record in caplog.records if record.loop == "listener"]

    cut_connections(engine)
    wait_until(lambda: reported() == ["the database is away", "works again"])
    cut_connections(engine)
    wait_until(lambda: reported() == ["the database is away", "works again"] * 2)
