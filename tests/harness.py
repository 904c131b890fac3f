"""The whole system, for real: Postgres, action server, Rasa server with the trained model, worker; Meta faked.

Tests and benchmarks speak signed webhooks in and read Graph API calls out, through people of their own (fresh
phones), so that they do not disturb each other.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import requests
from sqlalchemy import text

from vallebot import demo, training
from vallebot.clock import read_offset
from vallebot.config import PROJECT_ROOT, Settings
from vallebot.db.session import make_engine, make_sessions
from vallebot.supervisor import stack
from vallebot.supervisor.child import Child, Command
from vallebot.testing import databases
from web.fake_graph.clock import TravelClock
from web.fake_graph.graph import Behaviour
from web.fake_graph.people import PhoneLine
from web.fake_graph.records import SentMessage
from web.fake_graph.server import FakeGraphServer
from web.fake_graph.webhooks import SIGNATURE_HEADER, sign
from web.simulator.system import InstalledSystem

#: A line that belongs to no professional: whoever has none of their own is behind it.
SHARED_LINE = "100000000000003"

APP_SECRET, TOKEN, VERIFY_TOKEN = "acceptance-app-secret", "acceptance-token", "acceptance-verify-token"

#: A Rasa server starts in about half a minute; a loaded machine takes several times that.
START_SECONDS = 240

#: An answer takes well under a second; a loaded machine takes longer.
ANSWER_SECONDS = 40

_phones = itertools.count(int(time.time()) % 100_000 * 100)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class System:
    """A running installation and the hands on it."""

    settings: Settings
    graph: FakeGraphServer
    sessions: Any
    children: dict[str, Child] = field(default_factory=dict)
    commands: dict[str, Command] = field(default_factory=dict)
    logs: Path = Path()
    restart_database: Callable[[], object] | None = None  #: under everybody's hands; None: not ours

    def start(self, name: str) -> None:
        """Start one process and wait until it is healthy."""
        command = self.commands[name]
        self.children[name] = child = Child(command, self.logs / f"{name}.log", lambda *_: None)
        deadline = time.monotonic() + START_SECONDS
        while not command.is_healthy():
            if child.exit_code() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{name} did not start:\n" + "\n".join(child.last_lines()))
            time.sleep(0.2)

    def kill(self, name: str) -> None:
        """kill -9."""
        self.children[name].signal_group(signal.SIGKILL)
        assert self.children[name].wait(10)

    def stop(self) -> None:
        for child in reversed(list(self.children.values())):
            child.signal_group(signal.SIGTERM)
        for child in self.children.values():
            if not child.wait(15):
                child.signal_group(signal.SIGKILL)

    def client(self, name: str = "Clienta Prueba") -> Phone:
        """A new person on Laura's line."""
        return Phone(self, f"54911{next(_phones):08d}", name, demo.LAURA_LINE)

    def laura(self) -> Phone:
        """The masseuse, on her own line; she has written today, so she can be written to."""
        phone = Phone(self, demo.LAURA, "Laura Giménez", demo.LAURA_LINE)
        phone.catch_up()
        phone.ask("hola")
        return phone

    def post(self, body: bytes, signature: str | None = None) -> requests.Response:
        """Post a webhook body by hand, correctly signed unless told otherwise."""
        headers = {"Content-Type": "application/json", SIGNATURE_HEADER: signature or sign(body, APP_SECRET)}
        return requests.post(self.graph.poster.url, data=body, headers=headers, timeout=ANSWER_SECONDS)

    def answers_to(self, wamid: str) -> list[str]:
        """The states of what was queued in answer to a message."""
        query = "SELECT o.state FROM messages o JOIN messages i ON i.id = o.answers_id WHERE i.wamid = :wamid"
        return [row.state for row in self.rows(query, wamid=wamid)]

    def answers(self, wamid: str) -> list[str]:
        """The texts of what was queued in answer to a message."""
        query = (
            "SELECT o.text FROM messages o JOIN messages i ON i.id = o.answers_id "
            "WHERE i.wamid = :wamid ORDER BY o.id"
        )
        return [row.text for row in self.rows(query, wamid=wamid)]

    def state_of(self, wamid: str) -> str | None:
        """The state of a message, in or out; None where it was never stored."""
        found = self.rows("SELECT state FROM messages WHERE wamid = :wamid", wamid=wamid)
        return found[0].state if found else None

    def wait_for_state(self, wamid: str, *states: str) -> None:
        wait_until(lambda: self.state_of(wamid) in states, ANSWER_SECONDS, f"never {' or '.join(states)}")

    def conversation(self, phone: Phone) -> str:
        """The opaque id of a phone's conversation on its line."""
        query = (
            "SELECT c.id FROM conversaciones c JOIN identidades i ON i.id = c.identidad_id "
            "WHERE i.value = :wa_id AND c.phone_number_id = :line"
        )
        [row] = self.rows(query, wa_id=phone.wa_id, line=phone.line)
        return str(row.id)

    def bookings_of(self, phone: Phone) -> list[Any]:
        """The bookings of a person as a client, oldest first."""
        query = (
            "SELECT b.id, b.state, b.starts_at FROM bookings b JOIN clientes c ON c.id = b.cliente_id "
            "WHERE c.phone_e164 = :phone ORDER BY b.id"
        )
        return self.rows(query, phone=f"+{phone.wa_id}")

    def rows(self, query: str, **values: Any) -> list[Any]:
        with self.sessions() as session:
            return session.execute(text(query), values).all()

    def now(self) -> datetime:
        return datetime.now(timezone.utc) + read_offset(self.sessions)

    def travel_to(self, moment: datetime) -> None:
        """Put the clock of the whole installation at a moment."""
        self.graph.clock.travel_to((moment - datetime.now(timezone.utc)).total_seconds())
        time.sleep(1.2)  # processes notice within a second


@dataclass
class Phone:
    """A person's WhatsApp on one line: what they write, what they get."""

    system: System
    wa_id: str
    name: str
    line: str
    seen: int = 0

    def received(self) -> list[SentMessage]:
        """Every message to this person on this line, in order."""
        sent = list(self.system.graph.sent)
        return [one for one in sent if one.person == self.wa_id and one.phone_number_id == self.line]

    def sends(self, part: dict[str, Any], **how: Any) -> str:
        """Send a message of any type without waiting; returns the wamid."""
        return self.system.graph.deliver_message(self.wa_id, self.name, part, self.line, **how)

    def taps_id(self, option_id: str, title: str) -> str:
        """Tap a button whose id is made by hand; returns the wamid."""
        return self.system.graph.deliver_button_reply(self.wa_id, self.name, option_id, title, self.line)

    def books(self, service: str = "reflexología", name: str = "Nora Paz") -> SentMessage:
        """Book the first free time of a service; returns the last bubble."""
        offer = self.ask(f"quiero un turno de {service}")
        answer = self.tap(offer, titles_of(offer)[0])
        return self.ask(name) if "nombre" in answer.text else answer

    def says(self, words: str, **how: Any) -> str:
        """Write without waiting; returns the wamid."""
        return self.system.graph.deliver_text(self.wa_id, self.name, words, self.line, **how)

    def ask(self, words: str, **how: Any) -> SentMessage:
        """Write and wait for the next bubble."""
        self.says(words, **how)
        return self.next_bubble()

    def tap(self, bubble: SentMessage, title: str) -> SentMessage:
        """Tap the first button or row whose title begins so, and wait for the next bubble."""
        self.tap_only(bubble, title)
        return self.next_bubble()

    def tap_only(self, bubble: SentMessage, title: str, **how: Any) -> str:
        titles = [option.title for option in bubble.options if option.title.startswith(title)]
        assert titles, f"{title!r} is not among {titles_of(bubble)} of {bubble.text!r}"
        return self.system.graph.tap(bubble, titles[0], **how)

    def next_bubble(self, seconds: float = ANSWER_SECONDS) -> SentMessage:
        """The next message that this phone gets."""
        wait_until(lambda: len(self.received()) > self.seen, seconds, f"no answer to {self.name}")
        self.seen += 1
        return self.received()[self.seen - 1]

    def nothing_more(self, seconds: float = 2.0) -> None:
        """No further bubble comes."""
        time.sleep(seconds)
        assert not [bubble.text for bubble in self.received()[self.seen :]]

    def catch_up(self) -> None:
        """Skip what was received so far."""
        self.seen = len(self.received())


def titles_of(bubble: SentMessage) -> list[str]:
    return [option.title for option in bubble.options]


def wait_until(condition: Callable[[], bool], seconds: float, complaint: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, complaint
        time.sleep(0.03)


def trained_model() -> Path:
    """VALLEBOT_TEST_MODEL (an archive), or the model of the current data, trained where there is none."""
    given = os.environ.get("VALLEBOT_TEST_MODEL")
    if given:
        return Path(given).resolve()
    with (
        PROJECT_ROOT / "models" / ".gitkeep"
    ).open() as lock:  # two trainings at once would break each other
        fcntl.flock(lock, fcntl.LOCK_EX)
        return training.current_model() or training.train(print)


@contextmanager
def running_system(
    *, durable: bool = False, paced: bool = True, extra: Mapping[str, str] | None = None
) -> Iterator[System]:
    """Start everything, stop everything. `durable`: commits wait for the disk as in production (benchmarks);
    `paced`: 45 messages to a person, then one every six seconds, as at Meta (not where hundreds of tests share one
    professional); `extra`: further settings of the installation."""
    model = trained_model()
    with (
        databases(durable=durable) as server,
        tempfile.TemporaryDirectory(prefix="vallebot-state-") as folder,
    ):
        url, state, rasa_port = server.migrated(), Path(folder), free_port()
        lines = [
            PhoneLine(line["phone_number_id"], line["display_number"], line["label"]) for line in demo.LINES
        ]
        lines.append(PhoneLine(SHARED_LINE, "+54 9 11 5000-0003", "Vallebot"))
        webhook = f"http://127.0.0.1:{rasa_port}/webhooks/whatsapp"
        sessions = make_sessions(make_engine(url))
        installed = InstalledSystem(SimpleNamespace(sessions=sessions))  # type: ignore[arg-type]
        clock = TravelClock(installed.now, installed.set_clock_offset)
        with FakeGraphServer(
            webhook,
            APP_SECRET,
            TOKEN,
            phone_numbers=lines,
            clock=clock,
            behaviour=Behaviour(enforce_rates=paced),
        ) as graph:
            graph.templates.load_directory(PROJECT_ROOT / "connectors" / "whatsapp" / "templates")
            environ = {
                **os.environ,
                "DATABASE_URL": url,
                "VALLEBOT_STATE_DIR": str(state),
                "VALLEBOT_RASA_PORT": str(rasa_port),
                "VALLEBOT_ACTIONS_PORT": str(free_port()),
                "WHATSAPP_APP_SECRET": APP_SECRET,
                "WHATSAPP_VERIFY_TOKEN": VERIFY_TOKEN,
                "WHATSAPP_ACCESS_TOKEN": TOKEN,
                "WHATSAPP_GRAPH_URL": graph.graph_url,
                **({} if paced else {"WHATSAPP_MESSAGES_PER_PERSON": "100000"}),
                **(extra or {}),
            }
            running = _system(environ, graph, sessions, model, state)
            running.restart_database = server.restart
            try:
                for name in ("actions", "rasa", "worker"):
                    running.start(name)
                yield running
            finally:
                running.stop()


def _system(
    environ: dict[str, str], graph: FakeGraphServer, sessions: Any, model: Path, state: Path
) -> System:
    settings = Settings.from_env(environ)
    # Monday morning of a week ahead: the masseuse works, and nothing depends on the day the tests run.
    monday = next_monday() + timedelta(hours=13)  # 10:00 in Buenos Aires
    graph.clock.travel_to((monday - datetime.now(timezone.utc)).total_seconds())
    demo.load(sessions, now=monday)
    commands = {
        "actions": stack.action_server(settings),
        "rasa": stack.rasa_server(settings, model),
        "worker": stack.worker(settings),
    }
    outside = {
        key: value for key, value in environ.items() if key.startswith(("DATABASE", "VALLEBOT", "WHATSAPP"))
    }
    commands = {
        name: replace(command, environ={**command.environ, **outside}, cwd=PROJECT_ROOT)
        for name, command in commands.items()
    }
    return System(settings, graph, sessions, commands=commands, logs=state / "logs")


def next_monday() -> datetime:
    today = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=7 - today.weekday())
