"""kill -9 of any process, a database that is away, bugs of ours: nothing lost, nothing said twice."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from tests.harness import Phone, System, titles_of, wait_until
from web.fake_graph.faults import Fault

AFTER_A_CRASH = 120  #: a Rasa server that has just started answers late, and repetitions wait up to a minute


def assert_answered_once(system: System, phone: Phone, wamid: str) -> None:
    """One answer in the outbox, one call of the Graph API, and it arrived."""
    phone.next_bubble(AFTER_A_CRASH)
    wait_until(
        lambda: system.answers_to(wamid) == ["entregado"], AFTER_A_CRASH, str(system.answers_to(wamid))
    )
    assert system.state_of(wamid) == "procesado"
    phone.nothing_more()


def one_tap_before_a_booking(phone: Phone) -> None:
    """The next message of this phone, a name, books."""
    offer = phone.ask("quiero un turno de reflexología")
    assert "nombre" in phone.tap(offer, titles_of(offer)[-1]).text


@pytest.fixture(autouse=True)
def everything_runs(system: System) -> Iterator[None]:
    """Whatever a test killed is started again, also where it failed."""
    yield
    for name, child in system.children.items():
        if child.exit_code() is not None:
            system.start(name)


def test_rasa_dies_in_the_middle_of_a_booking(system: System) -> None:
    booker, waiting = system.client(), system.client()
    one_tap_before_a_booking(booker)
    system.children["actions"].signal_group(signal.SIGSTOP)
    try:
        name = booker.says("Nora Paz")
        system.wait_for_state(name, "procesando")
        later, other = booker.says("mis turnos"), waiting.says("hola")
        system.wait_for_state(later, "recibido")
        system.wait_for_state(other, "recibido", "procesando")
        system.kill("rasa")
    finally:
        # The action that was asked for is carried out now: nobody is there to hear its result.
        system.children["actions"].signal_group(signal.SIGCONT)
    system.start("rasa")
    assert_answered_once(system, waiting, other)
    booked, listed = booker.next_bubble(AFTER_A_CRASH), booker.next_bubble(AFTER_A_CRASH)
    assert "Nora" in booked.text
    assert "Reflexología" in listed.text, "in the order in which they were written"
    booker.nothing_more()
    assert len(system.answers_to(name)) == len(system.answers_to(later)) == 1
    assert len(system.bookings_of(booker)) == 1


def test_rasa_dies_the_moment_a_message_is_stored(system: System) -> None:
    client = system.client()
    wamid = client.says("hola")
    wait_until(lambda: system.state_of(wamid) is not None, AFTER_A_CRASH, "never stored")
    system.kill("rasa")
    system.start("rasa")
    assert_answered_once(system, client, wamid)


def test_a_message_waits_for_a_dead_action_server(system: System) -> None:
    client = system.client()
    one_tap_before_a_booking(client)
    system.kill("actions")
    wamid = client.says("Nora Paz")
    tries = "SELECT tries FROM messages WHERE wamid = :wamid"
    wait_until(lambda: system.rows(tries, wamid=wamid)[:1] >= [(2,)], AFTER_A_CRASH, "not tried again")
    assert system.state_of(wamid) in ("recibido", "procesando")
    system.start("actions")
    assert_answered_once(system, client, wamid)
    assert len(system.bookings_of(client)) == 1


def test_what_is_queued_is_sent_once_by_the_next_worker(system: System) -> None:
    clients = [system.client() for _ in range(3)]
    system.kill("worker")
    wamids = [client.says("hola") for client in clients]
    for wamid in wamids:
        wait_until(lambda wamid=wamid: system.answers_to(wamid) == ["pendiente"], AFTER_A_CRASH, "not queued")
    system.start("worker")
    for client, wamid in zip(clients, wamids, strict=True):
        assert_answered_once(system, client, wamid)


def test_a_worker_that_dies_during_a_call_does_not_send_twice(system: System) -> None:
    client = system.client()
    system.graph.faults.add(Fault("delay", seconds=5, to=client.wa_id))
    wamid = client.says("hola")
    wait_until(lambda: bool(client.received()), AFTER_A_CRASH, "never sent")
    system.kill("worker")
    system.start("worker")
    assert_answered_once(system, client, wamid)


def test_the_database_goes_away_and_comes_back(system: System) -> None:
    before, during = system.client(), system.client()
    before.ask("hola")
    with database_away(system):
        asked, greeted = before.says("qué servicios tenés?"), during.says("hola")
        time.sleep(3)  # long enough for every process to notice
    assert_answered_once(system, before, asked)
    assert_answered_once(system, during, greeted)


def test_a_table_that_is_locked_makes_a_message_wait_and_not_fail(system: System) -> None:
    client = system.client()
    one_tap_before_a_booking(client)
    with system.sessions() as busy, busy.begin():
        busy.execute(text("LOCK TABLE bookings IN ACCESS EXCLUSIVE MODE"))
        wamid = client.says("Nora Paz")
        tries = "SELECT tries, failures FROM messages WHERE wamid = :wamid"
        wait_until(lambda: system.rows(tries, wamid=wamid)[:1] >= [(2, 0)], AFTER_A_CRASH, "not tried again")
        assert system.rows(tries, wamid=wamid)[0].failures == 0, "an outage is not the message's fault"
    assert_answered_once(system, client, wamid)
    assert len(system.bookings_of(client)) == 1


def test_a_bug_of_ours_is_told_kindly_and_logged_without_personal_data(system: System) -> None:
    client = system.client("Zenobia Quiroga")
    client.ask("hola")
    with renamed(system, "servicios", "servicios_away"):
        assert "algo me falló" in client.ask("cuánto sale la reflexología para Zenobia?").text
    assert "20.000" in client.ask("cuánto sale la reflexología?").text
    logged = "\n".join(path.read_text() for path in system.logs.glob("*.log"))
    above_debug = "\n".join(line for line in logged.splitlines() if " DEBUG " not in line)
    assert f"failed in conversation {system.conversation(client)}" in above_debug
    for personal in (client.wa_id, "Zenobia", "para Zenobia"):
        assert personal not in above_debug


@contextmanager
def database_away(system: System) -> Iterator[None]:
    """Nobody can reach the system's database, and whoever was connected is thrown out."""
    url = make_url(system.settings.database_url)
    admin = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with admin.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS false'))
        try:
            connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
                {"name": url.database},
            )
            yield
        finally:
            connection.execute(text(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS true'))


@contextmanager
def renamed(system: System, table: str, name: str) -> Iterator[None]:
    """A table that the program does not find."""

    def rename(old: str, new: str) -> None:
        with system.sessions.begin() as session:
            session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))

    rename(table, name)
    try:
        yield
    finally:
        rename(name, table)
