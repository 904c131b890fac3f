"""What a professional's operation is answered with where somebody else asks for it."""

from __future__ import annotations

from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.turn import Turn
from vallebot.services import identity


class ActionSoloProfesional(VallebotAction):
    """Only the professional does that; on a shared line whoever asks may become one."""

    needs_profesional = False

    def name(self) -> str:
        return "action_solo_profesional"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        register = [choice("Registrar mi negocio", "/registrarse_profesional")]
        if turn.actor.profesional_id is None:
            dispatcher.utter_message(response="utter_solo_profesional_sin_elegir", buttons=register)
            return []
        dedicated = identity.dedicated_line(turn.runtime.sessions, turn.actor)
        buttons = [choice("Hablar en persona", "/hablar_con_persona")] if dedicated else register
        response = "utter_solo_profesional_en_linea" if dedicated else "utter_solo_profesional"
        dispatcher.utter_message(response=response, profesional=turn.card.name, buttons=buttons)
        return []
