"""Forms that gather a proposal (a service, hours, a closure...), show all of it once, and ask for one yes.

The proposal is one JSON-safe dict in the slot `propuesta`; `falta` names what has to be asked next; `huella` is a
fingerprint of the proposal, repeated by the buttons of the confirmation: a yes that was tapped under an older version
of it answers nothing.
"""

from __future__ import annotations

import abc
import json
import zlib
from typing import Any

from rasa_sdk.events import SlotSet

from actions.base import Events
from actions.forms import OperationForm, Slots
from actions.turn import Turn

Proposal = dict[str, Any]

#: Intents whose words may belong to the question that was asked. Anything else is a question in the middle, or
#: another operation.
ANSWERS = frozenset({"informar", "elegir_opcion", "afirmar", "negar", "nlu_fallback"})

PROPOSAL_SLOTS = ("propuesta", "falta", "huella", "confirmacion")


class ProposalForm(OperationForm, abc.ABC):
    """See the module. A form says which intents are its own, what it reads, and what is missing."""

    slots = PROPOSAL_SLOTS
    confirms = ("huella",)
    own: frozenset[str]  #: intents that mean this operation, and near ones that its answers are taken for

    def read(self, turn: Turn, known: Slots) -> Slots | None:
        """See OperationForm."""
        if not turn.was_tap and turn.intent not in ANSWERS | self.own:
            return None
        asked = turn.slot("requested_slot") if turn.tracker.active_loop else None
        proposal, falta = dict(known["propuesta"] or {}), known["falta"]
        read = self.read_into(turn, proposal, falta if asked == "propuesta" else None)
        if read:
            return {"propuesta": {**proposal, **read}, "confirmacion": None}
        if asked == "confirmacion" and proposal and turn.yes_or_no is not None:
            return {"confirmacion": turn.yes_or_no}
        return None

    def _is_another_operation(self, turn: Turn) -> bool:
        return False  # `read` knows by `own`

    def settle(self, turn: Turn, state: Slots) -> None:
        """See OperationForm."""
        proposal = dict(state["propuesta"] or {})
        self.complete(turn, proposal)
        state["propuesta"] = proposal
        state["falta"] = None if self.pointless(turn, proposal) else self.missing(turn, proposal)
        state["huella"] = fingerprint(proposal)

    def next_question(self, turn: Turn, state: Slots) -> str | None:
        """See OperationForm. Where there is nothing to be done the form ends and its action says why."""
        if self.pointless(turn, state["propuesta"]):
            return None
        if state["falta"]:
            return "propuesta"
        return "confirmacion" if state["confirmacion"] is None else None

    @abc.abstractmethod
    def read_into(self, turn: Turn, proposal: Proposal, asked: str | None) -> Proposal:
        """What this message adds to the proposal or changes in it; `asked`: what was asked for."""

    @abc.abstractmethod
    def missing(self, turn: Turn, proposal: Proposal) -> str | None:
        """What has to be asked next."""

    def complete(self, turn: Turn, proposal: Proposal) -> None:
        """Fill in what follows from what is known."""

    def pointless(self, turn: Turn, proposal: Proposal) -> bool:
        """Whether there is nothing to ask or do."""
        return False


def fingerprint(proposal: Proposal) -> str:
    """A short name for exactly this proposal."""
    return format(zlib.crc32(json.dumps(proposal, sort_keys=True, default=str).encode()), "x")


def proposal_of(turn: Turn) -> Proposal:
    """The proposal as the form left it."""
    return dict(turn.slot("propuesta") or {})


def forget(*more: str) -> Events:
    """Events that empty the slots of a proposal."""
    return [SlotSet(name, None) for name in (*PROPOSAL_SLOTS, *more)]
