"""Actions as the action server runs them: a real tracker and dispatcher in, a real database behind."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import text

from actions.forms import OperationForm
from vallebot.clock import FixedClock
from vallebot.config import Settings
from vallebot.runtime import Runtime, set_runtime
from vallebot.services.actor import Actor
from vallebot.services.identity import Sender, load_actor, receive_sender

_wamids = itertools.count(1)


@pytest.fixture(autouse=True)
def runtime(engine, sessions, now) -> Iterator[Runtime]:
    """The action server's runtime, on the test database, with a clock that stands still."""
    found = Runtime(Settings.from_env({"DATABASE_URL": "postgresql://unused"}))
    found.engine, found.sessions, found.clock = engine, sessions, FixedClock(now)
    set_runtime(found)
    yield found
    set_runtime(None)


@dataclass
class Heard:
    """What came out of one action."""

    responses: list[dict[str, Any]]
    events: list[dict[str, Any]]

    @property
    def names(self) -> list[str]:
        return [one["response"] for one in self.responses]

    @property
    def slots(self) -> dict[str, Any]:
        """The slots that were set, after the last word about each."""
        return {event["name"]: event["value"] for event in self.events if event["event"] == "slot"}

    @property
    def titles(self) -> list[str]:
        """What can be tapped under the last bubble."""
        return [button["title"] for button in self.responses[-1]["buttons"]]

    @property
    def follow_up(self) -> str | None:
        names = [event["name"] for event in self.events if event["event"] == "followup"]
        return names[0] if names else None


@dataclass
class Chat:
    """A conversation as Rasa keeps it: its slots and its form survive from one message to the next."""

    sender_id: str
    actor: Actor
    now: datetime
    slots: dict[str, Any] = field(default_factory=dict)
    form: str | None = None
    events: list[dict[str, Any]] = field(default_factory=list)

    def run(
        self,
        action: Action,
        said: str = "",
        intent: str = "informar",
        *,
        named: dict[str, str] | None = None,
        tapped: dict[str, Any] | None = None,
        wamid: str | None = None,
        message_id: int | None = None,
        **message: Any,
    ) -> Heard:
        """Run an action on a message. `named`: entities found in words; `tapped`: values of a button; `message_id`:
        the stored message (of a file)."""
        entities = [{"entity": name, "value": value} for name, value in (named or {}).items()]
        entities += [
            {"entity": name, "value": value, "extractor": "VallebotConnector"}
            for name, value in (tapped or {}).items()
        ]
        wamid = wamid or f"wamid.{next(_wamids)}"
        event = {"event": "user", "text": said, "message_id": wamid, "input_channel": "whatsapp"}
        event["metadata"] = {"sent_at": self.now.isoformat(), "message_id": message_id}
        latest = {"text": said, "intent": {"name": intent}, "entities": entities, **message}
        if not [one for one in self.events if one.get("message_id") == wamid]:
            self.events.append(event)
        form = self.form
        if isinstance(action, OperationForm) and form != action.form:
            # Rasa activates a form before it validates for the first time.
            form = action.form
            self.events.append({"event": "active_loop", "name": form})
        loop = {"name": form} if form else {}
        tracker = Tracker(
            self.sender_id, dict(self.slots), latest, list(self.events), False, None, loop, None
        )
        dispatcher = CollectingDispatcher()
        events = asyncio.run(action.run(dispatcher, tracker, {}))
        heard = Heard(dispatcher.messages, events)
        self.slots.update(heard.slots)
        self.events += [one for one in events if one["event"] == "active_loop"]
        return heard


@pytest.fixture
def chat_of(sessions, now) -> Callable[..., Chat]:
    """`chat_of(cliente, profesional)`: their conversation on that professional's line."""

    def make(person, profesional) -> Chat:
        with sessions.begin() as session:
            sender = Sender(profesional.phone_number_id, wa_id=person.phone_e164[1:])
            conversation = receive_sender(session, sender, now=now)
        return Chat(str(conversation), load_actor(sessions, conversation), now)

    return make


@pytest.fixture
def laura(make_profesional, make_horario):
    """A masseuse who works Monday to Friday, 9 to 18."""
    profesional = make_profesional(name="Laura Paz")
    for weekday in range(5):
        make_horario(profesional, weekday)
    return profesional


@pytest.fixture
def relajante(laura, make_servicio):
    return make_servicio(laura, name="Masaje relajante")


@pytest.fixture
def services(laura, relajante, make_servicio):
    """Three sessions, two of which may be called "masaje"."""
    others = [make_servicio(laura, name=name) for name in ("Masaje descontracturante", "Reflexología")]
    return {servicio.name: servicio for servicio in (relajante, *others)}


@pytest.fixture
def ana(make_cliente):
    return make_cliente(name="Ana Gómez")


@pytest.fixture
def client(chat_of, ana, laura, services) -> Chat:
    """Ana writes to Laura."""
    return chat_of(ana, laura)


@pytest.fixture
def profesional(chat_of, laura, services) -> Chat:
    """Laura writes on her own line."""
    return chat_of(laura, laura)


@pytest.fixture
def states(sessions):
    """The states of all bookings, in the order they were made."""

    def read() -> list[str]:
        with sessions() as session:
            return list(session.execute(text("SELECT state FROM bookings ORDER BY id")).scalars())

    return read
