"""Asking back which of a few operations is meant, each with a button that does it."""

from __future__ import annotations

import json

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.turn import REQUEST_SLOT, Turn
from vallebot.services.fallback.operations import OPERATIONS


class ActionAclarar(VallebotAction):
    """What the language model thinks of, as the connector hands it over: the ranking behind `aclarar` itself. A tap
    does the operation with the words that were written."""

    def name(self) -> str:
        return "action_aclarar"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        cards = OPERATIONS[str(turn.actor.rol)]
        meant = [cards[name] for name in turn.ranking if name in cards]
        kept = turn.keep_message()
        about = json.dumps({"pedido": kept["key"]})
        if len(meant) == 1:
            buttons = [choice("Sí", f"/{meant[0].name}{about}"), choice("No, otra cosa", "/ayuda")]
            dispatcher.utter_message(
                response="utter_aclarar_una", operacion=meant[0].title.lower(), buttons=buttons
            )
        else:
            buttons = [choice(card.title, f"/{card.name}{about}") for card in meant]
            dispatcher.utter_message(response="utter_aclarar", buttons=buttons)
        return [SlotSet(REQUEST_SLOT, kept)]
