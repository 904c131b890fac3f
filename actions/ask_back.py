"""Asking back which of a few operations is meant, each with a button that does it."""

from __future__ import annotations

from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.turn import Turn
from vallebot.services.fallback.operations import OPERATIONS


class ActionAclarar(VallebotAction):
    """What the language model thinks of, as the connector hands it over: the ranking behind `aclarar` itself."""

    def name(self) -> str:
        return "action_aclarar"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        cards = OPERATIONS[str(turn.actor.rol)]
        ranked = [entry["name"] for entry in turn.tracker.latest_message.get("intent_ranking") or []]
        meant = [cards[name] for name in ranked if name in cards]
        if len(meant) == 1:
            buttons = [choice("Sí", f"/{meant[0].name}"), choice("No, otra cosa", "/ayuda")]
            dispatcher.utter_message(
                response="utter_aclarar_una", operacion=meant[0].title.lower(), buttons=buttons
            )
            return []
        buttons = [choice(card.title, f"/{card.name}") for card in meant]
        dispatcher.utter_message(response="utter_aclarar", buttons=buttons)
        return []
