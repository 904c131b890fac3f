"""What an action knows about the message it answers. Built once per action, from the tracker and the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from rasa_sdk import Tracker

from vallebot.db.tables.messaging import Rol
from vallebot.db.tables.people import DEFAULT_TIMEZONE
from vallebot.demo import shell_conversation
from vallebot.domain import cuando
from vallebot.domain.cuando.model import Cuando
from vallebot.domain.states import InterpretationSource
from vallebot.domain.values import parse_yes_no
from vallebot.domain.windows import Wish, wish_of
from vallebot.errors import NotFoundError
from vallebot.runtime import Runtime
from vallebot.services import catalogue, identity, people
from vallebot.services.actor import Actor

#: `rasa shell`: the developer speaks as the demo client (only where the installation is a demo).
SHELL_CHANNEL = "cmdline"

#: How an entity is marked that comes from a tap rather than from words.
OURS = "VallebotConnector"

#: The intent of a message that NLU is not sure about.
FALLBACK = "nlu_fallback"

#: Slot that keeps a message which was answered with a question, so that its words count once that is answered.
#: `key` names the message, `for` the later one in whose stead it is to be read.
REQUEST_SLOT = "pedido"


@dataclass(frozen=True)
class Turn:
    """One message and its surroundings.

    actor  who writes, rebuilt from the database by the conversation id (never from slots or metadata)
    now    the installation's time, for rules
    key    unique to the message: with an operation's name it makes the operation happen once
    """

    tracker: Tracker
    runtime: Runtime
    actor: Actor
    now: datetime
    key: str
    changed: str | None = None

    @classmethod
    def of(cls, tracker: Tracker, runtime: Runtime) -> Turn:
        """The turn of a tracker; raises NotFoundError for a conversation that does not exist."""
        now = runtime.clock.now()
        conversation = _conversation_id(tracker, runtime, now)
        with runtime.sessions() as session:
            actor = identity.actor_of(session, conversation)
        return cls(tracker, runtime, actor, now, _message_key(tracker))

    def operation_key(self, operation: str) -> str:
        """Names one operation of this message: a repetition of the turn is recognised by it."""
        return f"{self.key}:{operation}"

    @property
    def is_profesional(self) -> bool:
        return self.actor.rol is Rol.PROFESIONAL

    @property
    def text(self) -> str:
        """What was typed; empty for a tap."""
        return "" if self.was_tap else str(self.message.get("text") or "")

    @property
    def intent(self) -> str:
        return str((self.message.get("intent") or {}).get("name") or "")

    @property
    def confidence(self) -> float:
        """How sure the intent is, 0 to 1; 1 where nobody says."""
        sure = (self.message.get("intent") or {}).get("confidence")
        return 1.0 if sure is None else float(sure)

    @property
    def ranking(self) -> list[str]:
        """The intents that the message may have, best first, without the fallback."""
        guesses = self.message.get("intent_ranking") or []
        return [str(guess["name"]) for guess in guesses if guess["name"] != FALLBACK]

    @cached_property
    def message(self) -> dict[str, Any]:
        """The message to be answered: Rasa's latest one, or an earlier one that a tap or an answer took up again
        ("¿Quisiste decir…?", "¿Con quién?"): then its words count, with the operation that was chosen."""
        latest: dict[str, Any] = self.tracker.latest_message
        kept = self.tracker.get_slot(REQUEST_SLOT) or {}
        chosen = next((e["value"] for e in latest.get("entities") or [] if e.get("entity") == "pedido"), None)
        if kept and chosen is not None and chosen == kept["key"]:
            return {**kept["message"], "intent": latest["intent"], "intent_ranking": []}
        if kept and kept.get("for") == self.key:
            return dict(kept["message"])
        return latest

    def keep_message(self, **how: Any) -> dict[str, Any]:
        """This message as the slot `pedido` keeps it, to be answered later."""
        names = ("text", "intent", "entities")
        message = {name: self.message.get(name) for name in names}
        message["entities"] = [e for e in message["entities"] or [] if e.get("entity") != "rol"]
        kept = {"key": self.key, "message": message, "sent_at": self.sent_at.isoformat()}
        return {**kept, "message_id": self.message_id, **how}

    @property
    def was_tap(self) -> bool:
        """A button or a list row: its values are ours, signed by the connector (or typed into `rasa shell`)."""
        replayed = self.message is not self.tracker.latest_message  # then the tap stands for what was written
        if not replayed and self._metadata.get("source") == InterpretationSource.BUTTON:
            return True
        return any(self._is_ours(entity) for entity in self._entities if entity.get("entity") != "rol")

    def values(self, entity: str) -> list[str]:
        """What was named of an entity, in order."""
        return [str(found["value"]) for found in self._entities if found.get("entity") == entity]

    def tapped(self, name: str) -> Any:
        """A value carried by what was tapped; None for anything typed."""
        for found in self._entities:
            if found.get("entity") == name and self._is_ours(found):
                return found["value"]
        return None

    @property
    def yes_or_no(self) -> bool | None:
        """The answer to a yes-or-no question; None where it is neither. The words win over a doubtful reading."""
        if self.intent in ("afirmar", "negar"):
            return self.intent == "afirmar"
        said = parse_yes_no(self.text) if self.text else None
        if said is None and self.intent == FALLBACK and self.ranking[:1] in (["afirmar"], ["negar"]):
            return self.ranking[0] == "afirmar"
        return said

    @property
    def message_id(self) -> int | None:
        """Id of the stored message; None where nothing was stored (`rasa shell`)."""
        kept = self.tracker.get_slot(REQUEST_SLOT) or {}
        replayed = self.message is not self.tracker.latest_message
        found = kept.get("message_id") if replayed else self._metadata.get("message_id")
        return int(found) if found is not None else None

    @property
    def sent_at(self) -> datetime:
        """When the person wrote: relative dates are read at that time."""
        kept = self.tracker.get_slot(REQUEST_SLOT) or {}
        replayed = self.message is not self.tracker.latest_message
        written = kept["sent_at"] if replayed else self._metadata.get("sent_at")
        return datetime.fromisoformat(written) if written else self.now

    @cached_property
    def actor_name(self) -> str | None:
        """What the person is called here, if they ever said."""
        return people.name_of(self.runtime.sessions, self.actor)

    @cached_property
    def card(self) -> catalogue.ProfesionalCard:
        """The professional whose business this is about."""
        return catalogue.profesional_card(self.runtime.sessions, self.actor)

    @cached_property
    def tz(self) -> ZoneInfo:
        """The professional's zone; Argentina's while none is chosen."""
        known = self.actor.profesional_id is not None
        return ZoneInfo(self.card.timezone if known else DEFAULT_TIMEZONE)

    @property
    def today(self) -> Any:
        return self.now.astimezone(self.tz).date()

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.tz)

    @cached_property
    def cuando(self) -> Cuando | None:
        """The time expression of the message, if it holds one."""
        return self.read_cuando(self.text, self.sent_at) if self.text else None

    def read_cuando(self, text: str, at: datetime) -> Cuando | None:
        return cuando.interpret(text, at.astimezone(self.tz), tz=self.tz)

    def wish(self, text: str, at: datetime) -> Wish | None:
        """When somebody would like to come, from words said at a moment."""
        return wish_of(self.read_cuando(text, at), self.now, self.tz)

    def slot(self, name: str) -> Any:
        return self.tracker.get_slot(name)

    @property
    def _entities(self) -> list[dict[str, Any]]:
        return list(self.message.get("entities") or [])

    @staticmethod
    def _is_ours(entity: dict[str, Any]) -> bool:
        return entity.get("extractor") in (OURS, "RegexMessageHandler")

    @cached_property
    def _metadata(self) -> dict[str, Any]:
        event = self.tracker.get_last_event_for("user") or {}
        return event.get("metadata") or {}


def _message_key(tracker: Tracker) -> str:
    event = tracker.get_last_event_for("user") or {}
    return str(event.get("message_id") or f"{tracker.sender_id}:{event.get('timestamp')}")


def _conversation_id(tracker: Tracker, runtime: Runtime, now: datetime) -> UUID:
    if runtime.settings.demo and tracker.get_latest_input_channel() == SHELL_CHANNEL:
        return shell_conversation(runtime.sessions, now=now)
    try:
        return UUID(tracker.sender_id)
    except ValueError:
        raise NotFoundError(what="conversacion") from None
