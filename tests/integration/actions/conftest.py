"""Actions as the action server runs them: a real tracker and dispatcher in, a real database behind."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import itertools
import json
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import text

import actions
from actions.base import VallebotAction
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
        event["metadata"]["source"] = "button" if tapped else "nlu"
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


@dataclass
class Talk:
    """A chat in which forms run as Rasa runs them: read, ask the next question, or carry out and follow up."""

    chat: Chat
    actions: dict[str, Action]

    def say(self, said: str, intent: str = "informar", **message: Any) -> str:
        """Write; returns the names of the responses of the turn, joined by a blank. 'rejected': not for the form."""
        message["wamid"] = f"wamid.{next(_wamids)}"
        self.heard: list[dict[str, Any]] = []
        form = self.chat.form or (f"{intent}_form" if f"validate_{intent}_form" in self.actions else None)
        if form is None:
            self._run(f"action_{intent}", said, intent, message)
        elif not self._form(form, said, intent, message):
            return "rejected"
        return " ".join(str(one["response"]) for one in self.heard)

    def tap(self, title: str, **message: Any) -> str:
        """Tap what begins so under the last bubble."""
        buttons = [b for one in self.heard for b in one["buttons"] or [] if b["title"].startswith(title)]
        assert buttons, f"{title!r} is not among {[b['title'] for one in self.heard for b in one['buttons']]}"
        intent, _, values = buttons[0]["payload"][1:].partition("{")
        return self.say("", intent, tapped=json.loads("{" + values) if values else {"opcion": 1}, **message)

    @property
    def said(self) -> dict[str, Any]:
        """The last response with what was filled in."""
        return self.heard[-1]

    @property
    def titles(self) -> list[str]:
        return [button["title"] for one in self.heard for button in one["buttons"] or []]

    def _form(self, form: str, said: str, intent: str, message: dict[str, Any]) -> bool:
        read = self._run(f"validate_{form}", said, intent, message)
        if not read.events:
            return False
        self.chat.form = form
        asked = read.slots["requested_slot"]
        if asked is not None:
            self._run(f"action_ask_{form}_{asked}", said, intent, message)
            return True
        self.chat.form = None
        done = self._run(f"action_{form.removesuffix('_form')}", said, intent, message)
        if done.follow_up:
            self.chat.slots["requested_slot"] = None
            return self._form(done.follow_up, said, intent, message)
        return True

    def _run(self, name: str, said: str, intent: str, message: dict[str, Any]) -> Heard:
        heard = self.chat.run(self.actions[name], said, intent, **message)
        self.heard += heard.responses
        return heard


@pytest.fixture(scope="session")
def all_actions() -> dict[str, Action]:
    """Every action of the action server, by name."""
    for module in pkgutil.iter_modules(actions.__path__):
        importlib.import_module(f"actions.{module.name}")
    found: dict[str, Action] = {}
    kinds = [*VallebotAction.__subclasses__()]
    for kind in kinds:
        kinds += kind.__subclasses__()
        if not inspect.isabstract(kind):
            found[kind().name()] = kind()
    return found


@pytest.fixture
def talk_of(all_actions) -> Callable[[Chat], Talk]:
    return lambda chat: Talk(chat, all_actions)


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
