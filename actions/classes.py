"""Where there is nothing to book but classes to join, the form that books offers those."""

from __future__ import annotations

from rasa_sdk.executor import CollectingDispatcher

from actions.class_choice import ask_class
from actions.turn import Turn


def offer_classes(dispatcher: CollectingDispatcher, turn: Turn) -> bool:
    """Say which classes can be joined; False (and an honest word) where there are none."""
    return len(ask_class(dispatcher, turn, "inscribirse_clase")) > 1
