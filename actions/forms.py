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
from actions.switching import INTERRUPTED_SLOT, OPENED_BY_SLOT, interrupted_before, keep_interrupted
from actions.turn import FALLBACK, Turn

REQUESTED_SLOT = "requested_slot"

#: Slot that says: the operation could not be carried out with what was chosen; the form was opened again by this
#: message to ask for something else. Its value is the message's key.
RETRY_SLOT = "reintento"

#: Intents that are never an answer to a form's question.
LEAVING = frozenset({"detener", "hablar_con_persona", "agradecer", "despedir", "opcion_vencida"})

#: Intents of bare answers: only the question says what they mean.
ANSWERS = frozenset({"informar", "elegir_opcion", "afirmar", "negar"})

#: Intents of messages whose reading is in doubt (`aclarar`: the language model's own question).
DOUBTFUL = frozenset({FALLBACK, "aclarar"})

#: Another operation named with less confidence than this may as well be a clumsy answer: the form reads it first.
SURE = 0.6

#: The question that offers a way out after answers that were not understood; it stands in for the form's own one,
#: which the slot `pregunta` keeps.
WAY_OUT, KEPT_QUESTION_SLOT = "salida", "pregunta"

#: Answers in a row that a form does not understand before it offers the way out.
MISSES = 2

#: Slot: misses in a row, and the message that was the last of them.
MISSES_SLOT = "no_entendidos"

Slots = dict[str, Any]


class OperationForm(VallebotAction, abc.ABC):
    """One operation's form. Reading must be a pure function of the message and the slots: Rasa calls the action
    twice when a form is opened."""

    form: str  #: the form's name in domain.yml
    #: The slots that belong to one run of the operation; emptied when the form is opened.
    slots: tuple[str, ...]
    confirms: tuple[str, ...]  #: the slots that the buttons of its confirmation repeat (see `yes_and_no`)
    #: Operations whose words this form reads as its own, besides the one in its name and the one that opened it.
    also_reads: frozenset[str] = frozenset()
    #: Whether it is a professional's form, a client's, or both.
    parts: frozenset[bool] = frozenset({True, False})
    #: The slots that still hold when the client changes the professional in the middle.
    lasting: tuple[str, ...] = ()

    def name(self) -> str:
        """Rasa's fixed name of a form's validation action."""
        return f"validate_{self.form}"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        """Read the message, then decide the next question."""
        if turn.is_profesional not in self.parts:
            return [
                SlotSet(REQUESTED_SLOT, None)
            ]  # the part was changed: the form's action takes the other form
        if self._is_opening(turn):
            return self._open(turn)
        self._hide_way_out(turn)
        known = {name: turn.slot(name) for name in self.slots}
        if turn.changed and not self.leaves(turn):
            dispatcher.utter_message(response="utter_con_profesional_seguimos", profesional=turn.card.name)
            turn.tracker.slots[REQUESTED_SLOT] = None
            known = {name: known[name] if name in self.lasting else None for name in self.slots}
            return self._ask(turn, {**known, **(self.read(turn, dict(known)) or {})})
        if self.leaves(turn):
            return []
        if self._comes_back(turn):
            return self._ask(turn, known)
        if turn.was_tap and turn.intent in ("afirmar", "negar"):
            # Tapped under an older question it answers nothing: this form's question is asked again.
            about = {name: known[name] for name in self.confirms}
            same = any(about.values()) and all(turn.tapped(name) == value for name, value in about.items())
            return self._ask(turn, {**known, **(self.confirmed(turn.intent == "afirmar") if same else {})})
        if self._is_another_operation(turn):
            return []
        read = self.read(turn, dict(known))
        if read is None:
            return self._not_read(dispatcher, turn, known)
        return [*_understood(turn), *self._ask(turn, {**known, **read})]

    def about(self, turn: Turn, state: Slots) -> str:
        """What this run is about, for "¿Seguimos con …?": 'tu turno de Reflexología del jueves 27'."""
        return "lo que estábamos haciendo"

    def _open(self, turn: Turn) -> Events:
        turn.tracker.slots[REQUESTED_SLOT] = None  # Rasa still shows the question of the form that was left
        if turn.slot(RETRY_SLOT) == turn.key:
            return self._ask(turn, {name: turn.slot(name) for name in self.slots})
        known: Slots = dict.fromkeys(self.slots)
        read = self.read(turn, dict(known)) or {}
        opened = [*self._interrupting(turn), SlotSet(OPENED_BY_SLOT, turn.intent), *_understood(turn)]
        return [*opened, *self._ask(turn, {**known, **read})]

    def _interrupting(self, turn: Turn) -> Events:
        """Keep the form that was going on, if there was one, so that it can be taken up again."""
        left = interrupted_before(turn, self.form)
        form = next((form for form in _forms(OperationForm) if form.form == left), None)
        if form is None:
            kept = turn.slot(INTERRUPTED_SLOT) or {}
            return [SlotSet(INTERRUPTED_SLOT, None)] if kept.get("form") == self.form else []
        state = {name: turn.slot(name) for name in form.slots}
        return keep_interrupted(turn, form.form, state, lambda: form.about(turn, state))

    def leaves(self, turn: Turn) -> bool:
        """Whether the message ends the form rather than answers it."""
        return turn.intent in LEAVING

    def _is_opening(self, turn: Turn) -> bool:
        """Whether this message opened the form: Rasa has put its `active_loop` event behind the message by then."""
        for event in reversed(turn.tracker.events):
            if event["event"] == "user":
                return False
            if event["event"] == "active_loop" and event.get("name") == self.form:
                return True
        return False

    def _comes_back(self, turn: Turn) -> bool:
        """Whether the message was rejected by this form and answered by another rule: only the question is due."""
        for event in reversed(turn.tracker.events):
            if event["event"] == "user":
                return False
            if event["event"] == "action_execution_rejected" and event.get("name") == self.form:
                return True
        return False

    def _is_another_operation(self, turn: Turn) -> bool:
        """Whether the message asks for something else than what this form does."""
        own = {
            self.form.removesuffix("_form"),
            turn.slot(OPENED_BY_SLOT),
            FALLBACK,
            *self.also_reads,
            *ANSWERS,
        }
        return turn.intent not in own and turn.confidence >= SURE

    def _not_read(self, dispatcher: CollectingDispatcher, turn: Turn, known: Slots) -> Events:
        """The form makes nothing of the message: say so, the second time with a way out. What is no answer at all
        (and a plain no) is left to its own rule."""
        if turn.intent == "negar" or turn.intent not in ANSWERS | DOUBTFUL:
            return []
        misses = misses_before(turn) + 1
        if misses < MISSES:
            dispatcher.utter_message(response="utter_respuesta_no_entendida")
            return [SlotSet(MISSES_SLOT, [misses, turn.key]), *self._ask(turn, known)]
        # The last word about the question is the one that counts for Rasa's `next(...)`: it stands alone.
        asked = self._ask(turn, known)[-1]["value"]
        kept = [SlotSet(MISSES_SLOT, None), SlotSet(KEPT_QUESTION_SLOT, asked)]
        return [*kept, SlotSet(REQUESTED_SLOT, WAY_OUT if asked is not None else None)]

    @staticmethod
    def _hide_way_out(turn: Turn) -> None:
        """Under the way out the form's own question is still open: it is what readers see as requested."""
        if turn.slot(REQUESTED_SLOT) == WAY_OUT:
            turn.tracker.slots[REQUESTED_SLOT] = turn.slot(KEPT_QUESTION_SLOT)

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


class AskWayOut(VallebotAction):
    """After two answers that no form understood: the professional, or leave it; another wording is still welcome."""

    def name(self) -> str:
        return f"action_ask_{WAY_OUT}"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        leave = choice("Dejarlo", "/detener")
        if turn.is_profesional:
            dispatcher.utter_message(response="utter_salida_profesional", buttons=[leave])
        else:
            buttons = [choice("Sí, avisale", "/hablar_con_persona"), leave]
            dispatcher.utter_message(response="utter_salida", profesional=turn.card.name, buttons=buttons)
        return []


def misses_before(turn: Turn) -> int:
    """How many messages in a row, up to the one before this, were not understood."""
    count, last = turn.slot(MISSES_SLOT) or (0, None)
    said = [event for event in turn.tracker.events if event["event"] == "user"]
    previous = said[-2].get("message_id") if len(said) > 1 else None
    return int(count) if last is not None and last in (previous, turn.key) else 0


def _understood(turn: Turn) -> Events:
    return [SlotSet(MISSES_SLOT, None)] if turn.slot(MISSES_SLOT) else []


def _forms(base: type[OperationForm]) -> list[OperationForm]:
    """One of each form that there is."""
    found = [] if getattr(base, "__abstractmethods__", None) else [base()]
    return found + [form for sub in base.__subclasses__() for form in _forms(sub)]


def yes_and_no(turn: Turn, form: type[OperationForm], yes: str, no: str) -> list[dict[str, str]]:
    """The buttons of a form's confirmation. They say what they are about, so that they never answer another one."""
    about = json.dumps({name: turn.slot(name) for name in form.confirms})
    return [choice(yes, f"/afirmar{about}"), choice(no, f"/negar{about}")]


def close_form(*slots: str) -> Events:
    """Events that end the active form and forget its slots, and what waited for its end."""
    left = [SlotSet(name, None) for name in (REQUESTED_SLOT, INTERRUPTED_SLOT, *slots)]
    return [ActiveLoop(None), *left]
