"""The base of all forms: one validation action that reads the whole message and decides what to ask next.

Rasa's FormAction calls `validate_<form>` with each message while the form is active. What it returns decides:
slots and `requested_slot` = the next question (None: everything is known, the form ends and its rule executes the
operation); nothing at all = the message was not for this form, so that other rules may answer it (a question in
the middle, another operation) and the form goes on afterwards.
"""

from __future__ import annotations

import abc
import json
from typing import Any

from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.turn import Turn

REQUESTED_SLOT = "requested_slot"

#: Slot that says: the operation could not be carried out with what was chosen; the form was opened again by this
#: message to ask for something else. Its value is the message's key.
RETRY_SLOT = "reintento"

#: Intents that are never an answer to a form's question.
LEAVING = frozenset({"detener", "hablar_con_persona", "agradecer", "despedir", "opcion_vencida"})

Slots = dict[str, Any]


class OperationForm(VallebotAction, abc.ABC):
    """One operation's form. Reading must be a pure function of the message and the slots: Rasa calls the action
    twice when a form is opened."""

    form: str  #: the form's name in domain.yml
    #: The slots that belong to one run of the operation; emptied when the form is opened.
    slots: tuple[str, ...]
    confirms: tuple[str, ...]  #: the slots that the buttons of its confirmation repeat (see `yes_and_no`)

    def name(self) -> str:
        """Rasa's fixed name of a form's validation action."""
        return f"validate_{self.form}"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        """Read the message, then decide the next question."""
        opening = self._is_opening(turn)
        if opening and turn.slot(RETRY_SLOT) == turn.key:
            return self._ask_again(turn)
        known = dict.fromkeys(self.slots) if opening else {name: turn.slot(name) for name in self.slots}
        if not opening and turn.intent in LEAVING:
            return []
        if not opening and turn.was_tap and turn.intent in ("afirmar", "negar"):
            # Tapped under an older question it answers nothing: this form's question is asked again.
            same = all(turn.tapped(name) == known[name] for name in self.confirms)
            return self._ask(turn, {**known, **(self.confirmed(turn.intent == "afirmar") if same else {})})
        read = self.read(turn, dict(known))
        if read is None and not opening:
            return []
        return self._ask(turn, {**known, **(read or {})})

    def _is_opening(self, turn: Turn) -> bool:
        """Whether this message opened the form: Rasa has put its `active_loop` event behind the message by then."""
        for event in reversed(turn.tracker.events):
            if event["event"] == "user":
                return False
            if event["event"] == "active_loop" and event.get("name") == self.form:
                return True
        return False

    def _ask_again(self, turn: Turn) -> Events:
        return self._ask(turn, {name: turn.slot(name) for name in self.slots})

    def _ask(self, turn: Turn, state: Slots) -> Events:
        self.settle(turn, state)
        question = self.next_question(turn, state)
        return [*[SlotSet(name, state[name]) for name in self.slots], SlotSet(REQUESTED_SLOT, question)]

    def confirmed(self, yes: bool) -> Slots:
        """What a tapped yes or no to the confirmation changes."""
        return {"confirmacion": yes}

    def settle(self, turn: Turn, state: Slots) -> None:
        """Fill in what follows from what is known (the only service, a free time that was named exactly)."""

    @abc.abstractmethod
    def read(self, turn: Turn, known: Slots) -> Slots | None:
        """The slots that this message fills or changes; None where it has nothing to do with this form."""

    @abc.abstractmethod
    def next_question(self, turn: Turn, state: Slots) -> str | None:
        """The slot to ask for; None when all is known."""


def yes_and_no(turn: Turn, form: type[OperationForm], yes: str, no: str) -> list[dict[str, str]]:
    """The buttons of a form's confirmation. They say what they are about, so that they never answer another one."""
    about = json.dumps({name: turn.slot(name) for name in form.confirms})
    return [choice(yes, f"/afirmar{about}"), choice(no, f"/negar{about}")]


def close_form(*slots: str) -> Events:
    """Events that end the active form and forget its slots."""
    return [ActiveLoop(None), SlotSet(REQUESTED_SLOT, None), *[SlotSet(name, None) for name in slots]]
