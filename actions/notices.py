"""No more reminders and broadcasts: what stops, what goes on, how to come back."""

from __future__ import annotations

from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction
from actions.turn import Turn
from vallebot.services import clientele


class ActionDejarAvisos(VallebotAction):
    """A client is sent nothing that they did not ask for; a professional's notices are how the business runs."""

    needs_profesional = False

    def name(self) -> str:
        return "action_dejar_avisos"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        if turn.is_profesional:
            dispatcher.utter_message(response="utter_avisos_profesional")
            return []
        key = turn.operation_key("notices")
        clientele.set_notices(turn.runtime.sessions, turn.actor, False, now=turn.now, key=key)
        dispatcher.utter_message(response="utter_avisos_dejados")
        return []
