"""Greeting, help, stopping, and what was not understood."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import booking_form
from actions.base import Events, VallebotAction, choice
from actions.forms import close_form
from actions.turn import Turn
from actions.wording import first_name, vocative
from vallebot.domain.matching import Nobody, decide, match
from vallebot.services import agenda, handover
from vallebot.services.texts import answers

#: How the operations are called on a button, where a message may have meant them. Per role: what is not here is
#: not offered to that role.
OPERATIONS = {
    "cliente": {
        "pedir_turno": "Pedir un turno",
        "consultar_disponibilidad": "Ver horarios libres",
        "ver_turnos": "Ver mis turnos",
        "cancelar_turno": "Cancelar un turno",
        "reprogramar_turno": "Cambiar un turno",
        "inscribirse_clase": "Anotarme en una clase",
        "consultar_precio": "Ver precios",
        "consultar_servicios": "Ver servicios",
        "consultar_ubicacion": "Saber dónde es",
        "hablar_con_persona": "Hablar en persona",
    },
    "profesional": {
        "ver_turnos": "Ver la agenda",
        "confirmar_turno": "Aceptar un pedido",
        "cancelar_turno": "Cancelar un turno",
        "reprogramar_turno": "Cambiar un turno",
        "consultar_disponibilidad": "Ver lo que hay libre",
    },
}

#: Guesses offered at once; WhatsApp shows three buttons.
GUESSES = 3


class ActionSaludar(VallebotAction):
    """A greeting that says who answers; for the professional, with the day at a glance."""

    def name(self) -> str:
        return "action_saludar"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        if turn.actor.profesional_id is None:
            dispatcher.utter_message(response="utter_saludo_sin_profesional")
        elif turn.is_profesional:
            entries = agenda.agenda(turn.runtime.sessions, turn.actor, turn.today, turn.today)
            text = answers.agenda_text(entries, turn.today, turn.today, turn.today)
            dispatcher.utter_message(
                response="utter_saludo_profesional", nombre=first_name(turn.card.name), agenda=text
            )
        else:
            dispatcher.utter_message(
                response="utter_saludo_cliente",
                nombre=vocative(turn.actor_name),
                profesional=turn.card.name,
                buttons=_buttons("cliente", ["pedir_turno", "ver_turnos", "consultar_servicios"]),
            )
        return []


class ActionAyuda(VallebotAction):
    """What can be done here, by role."""

    def name(self) -> str:
        return "action_ayuda"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        rol = str(turn.actor.rol)
        shown = list(OPERATIONS[rol])[:GUESSES]
        dispatcher.utter_message(response=f"utter_ayuda_{rol}", buttons=_buttons(rol, shown))
        return []


class ActionAgradecer(VallebotAction):
    """Thanks end what was going on: nobody who says "gracias, después te aviso" wants the question again."""

    def name(self) -> str:
        return "action_agradecer"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        dispatcher.utter_message(response="utter_agradecer")
        return close_form()


class ActionDespedir(VallebotAction):
    """So does a goodbye."""

    def name(self) -> str:
        return "action_despedir"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        dispatcher.utter_message(response="utter_despedir")
        return close_form()


class ActionDetener(VallebotAction):
    """Drops whatever was going on."""

    def name(self) -> str:
        return "action_detener"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        busy = bool((turn.tracker.active_loop or {}).get("name"))
        dispatcher.utter_message(response="utter_detener" if busy else "utter_nada_que_detener")
        return close_form() if busy else []


class ActionHablarConPersona(VallebotAction):
    """Steps back and tells the professional."""

    def name(self) -> str:
        return "action_hablar_con_persona"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        if turn.is_profesional:
            dispatcher.utter_message(response="utter_ayuda_profesional")
            return []
        handover.ask_for_person(
            turn.runtime.sessions,
            turn.actor,
            now=turn.now,
            key=turn.operation_key("handover"),
            said=turn.text,
        )
        dispatcher.utter_message(response="utter_handover", profesional=turn.card.name)
        return close_form()


class ActionNoEntendi(VallebotAction):
    """'¿Quisiste decir…?' with the likeliest operations of the role; the second time, the professional."""

    def name(self) -> str:
        return "action_no_entendi"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        if names_a_session(turn):
            return [FollowupAction(booking_form.FORM)]
        misses = int(turn.slot("no_entendidos") or 0) + 1
        rol = str(turn.actor.rol)
        if misses > 1 and not turn.is_profesional:
            buttons = [choice("Sí, avisale", "/hablar_con_persona"), choice("No, gracias", "/detener")]
            dispatcher.utter_message(
                response="utter_no_entendi_otra_vez", profesional=turn.card.name, buttons=buttons
            )
            return [SlotSet("no_entendidos", None)]
        ranked = [guess["name"] for guess in turn.tracker.latest_message.get("intent_ranking") or []]
        likely = [name for name in ranked if name in OPERATIONS[rol]][:GUESSES]
        dispatcher.utter_message(
            response="utter_no_entendi", buttons=_buttons(rol, likely or list(OPERATIONS[rol])[:GUESSES])
        )
        return [SlotSet("no_entendidos", misses)]


class ActionSinContexto(VallebotAction):
    """An answer to no question. "Reflexología el viernes a las 18" says enough all the same; else ask."""

    def name(self) -> str:
        return "action_sin_contexto"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        if names_a_session(turn):
            return [FollowupAction(booking_form.FORM)]
        rol = str(turn.actor.rol)
        dispatcher.utter_message(
            response="utter_sin_contexto", buttons=_buttons(rol, list(OPERATIONS[rol])[:GUESSES])
        )
        return []


class ActionTodaviaNo(VallebotAction):
    """Understood, but not possible by chat yet: said honestly."""

    def name(self) -> str:
        return "action_todavia_no"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        if turn.is_profesional:
            dispatcher.utter_message(response="utter_todavia_no_profesional")
        else:
            buttons = [choice("Sí, avisale", "/hablar_con_persona"), choice("No, gracias", "/detener")]
            dispatcher.utter_message(response="utter_todavia_no", profesional=turn.card.name, buttons=buttons)
        return []


def names_a_session(turn: Turn) -> bool:
    """Whether a client, with nothing going on, named a service of this professional: they want it."""
    if turn.is_profesional or turn.actor.profesional_id is None or turn.tracker.active_loop:
        return False
    named = turn.values("servicio")
    decision = decide(match(named[0], booking_form.service_candidates(turn))) if named else Nobody()
    return not isinstance(decision, Nobody)


def _buttons(rol: str, operations: list[str]) -> list[dict[str, str]]:
    return [choice(OPERATIONS[rol][name], f"/{name}") for name in operations]
