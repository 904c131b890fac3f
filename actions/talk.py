"""Greeting, help, stopping, and what was not understood."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import booking_form
from actions.base import Events, VallebotAction, choice
from actions.class_answers import awaits_a_yes
from actions.forms import MISSES, MISSES_SLOT, close_form, misses_before
from actions.habits import last_service, says_as_usual
from actions.service_choice import service_candidates
from actions.switching import INTERRUPTED_SLOT, say_yes_to_offer, take_up_again
from actions.tenancy import answered, ask_with_whom
from actions.turn import REQUEST_SLOT, Turn
from actions.wording import first_name, vocative
from vallebot.domain.matching import Nobody, decide, match
from vallebot.domain.spanish import say_duration
from vallebot.services import agenda, handover
from vallebot.services.fallback.operations import OPERATIONS as CARDS
from vallebot.services.texts import answers

#: How the operations are called on a button, per role: what is not here is not offered to that role.
OPERATIONS = {rol: {name: card.title for name, card in cards.items()} for rol, cards in CARDS.items()}

#: What is offered where nothing says what is meant.
USUAL = {
    "cliente": ("pedir_turno", "ver_turnos", "consultar_servicios"),
    "profesional": ("ver_turnos", "pedir_turno", "consultar_disponibilidad"),
}

#: Guesses offered at once; WhatsApp shows three buttons.
GUESSES = 3


class ActionSaludar(VallebotAction):
    """A greeting that says who answers; for the professional, with the day at a glance."""

    def name(self) -> str:
        return "action_saludar"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        if turn.is_profesional:
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
                buttons=_buttons("cliente", USUAL["cliente"]),
            )
        return []


class ActionAyuda(VallebotAction):
    """What can be done here, by role."""

    needs_profesional = False

    def name(self) -> str:
        return "action_ayuda"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        rol = str(turn.actor.rol)
        dispatcher.utter_message(response=f"utter_ayuda_{rol}", buttons=_buttons(rol, USUAL[rol]))
        return []


class ActionAgradecer(VallebotAction):
    """Thanks end what was going on: nobody who says "gracias, después te aviso" wants the question again."""

    needs_profesional = False

    def name(self) -> str:
        return "action_agradecer"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        dispatcher.utter_message(response="utter_agradecer")
        return close_form()


class ActionDespedir(VallebotAction):
    """So does a goodbye."""

    needs_profesional = False

    def name(self) -> str:
        return "action_despedir"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        dispatcher.utter_message(response="utter_despedir")
        return close_form()


class ActionDetener(VallebotAction):
    """Drops whatever was going on, also what waited to be taken up again."""

    needs_profesional = False

    def name(self) -> str:
        return "action_detener"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        busy = bool((turn.tracker.active_loop or {}).get("name"))
        waiting = bool(turn.slot(INTERRUPTED_SLOT) or turn.slot(REQUEST_SLOT))
        dispatcher.utter_message(response="utter_detener" if busy or waiting else "utter_nada_que_detener")
        return close_form(REQUEST_SLOT) if busy or waiting else []


class ActionHablarConPersona(VallebotAction):
    """Tells the professional; from the professional, a tap under that notice: they talk themselves, or not any more."""

    def name(self) -> str:
        return "action_hablar_con_persona"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        if turn.is_profesional:
            return _take_over(dispatcher, turn)
        handover.ask_for_person(
            turn.runtime.sessions,
            turn.actor,
            now=turn.now,
            key=turn.operation_key("handover"),
            said=turn.text,
        )
        dispatcher.utter_message(response="utter_handover", profesional=turn.card.name)
        return close_form(REQUEST_SLOT)


def _take_over(dispatcher: CollectingDispatcher, turn: Turn) -> Events:
    cliente_id = turn.tapped("cliente_id")
    if cliente_id is None:
        dispatcher.utter_message(response="utter_ayuda_profesional")
        return []
    sessions, key = turn.runtime.sessions, turn.operation_key("handover")
    if turn.tapped("cambio") == "devolver":
        person = handover.give_back(sessions, turn.actor, int(cliente_id), now=turn.now, key=key)
        dispatcher.utter_message(response="utter_conversacion_devuelta", cliente=person.name)
        return []
    minutes = turn.runtime.settings.whatsapp.step_back_minutes
    during = timedelta(minutes=minutes)
    person = handover.take_over(sessions, turn.actor, int(cliente_id), during=during, now=turn.now, key=key)
    back = choice("Seguí vos", f'/hablar_con_persona{{"cliente_id": {person.id}, "cambio": "devolver"}}')
    dispatcher.utter_message(
        response="utter_conversacion_tomada",
        cliente=person.name,
        duracion=say_duration(minutes),
        telefono=f" Su número es {person.phone_e164}." if person.phone_e164 else "",
        buttons=[back],
    )
    return []


class ActionNoEntendi(VallebotAction):
    """'¿Quisiste decir…?' with the likeliest operations of the role, to be done with the words that were written;
    the second time, the professional."""

    def name(self) -> str:
        return "action_no_entendi"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        reply = answered(dispatcher, turn)
        if reply is not None:
            return reply
        if names_a_session(turn):
            return [FollowupAction(booking_form.FORM)]
        misses = misses_before(turn) + 1
        rol = str(turn.actor.rol)
        if misses >= MISSES:
            _offer_the_professional(dispatcher, turn)
            return [SlotSet(MISSES_SLOT, None)]
        likely = [name for name in turn.ranking if name in OPERATIONS[rol]]
        others = [name for name in USUAL[rol] if name not in likely]
        kept = turn.keep_message()
        buttons = _buttons(rol, [*likely, *others][:GUESSES], pedido=kept["key"])
        dispatcher.utter_message(response="utter_no_entendi", buttons=buttons)
        return [SlotSet(MISSES_SLOT, [misses, turn.key]), SlotSet(REQUEST_SLOT, kept)]


def _offer_the_professional(dispatcher: CollectingDispatcher, turn: Turn) -> None:
    if turn.is_profesional:
        buttons = _buttons("profesional", USUAL["profesional"])
        dispatcher.utter_message(response="utter_no_entendi_otra_vez_profesional", buttons=buttons)
        return
    buttons = [choice("Sí, avisale", "/hablar_con_persona"), choice("No, gracias", "/detener")]
    dispatcher.utter_message(
        response="utter_no_entendi_otra_vez", profesional=turn.card.name, buttons=buttons
    )


class ActionSinContexto(VallebotAction):
    """An answer to no question. "Reflexología el viernes a las 18" says enough all the same; else ask."""

    needs_profesional = False

    def name(self) -> str:
        return "action_sin_contexto"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        reply = answered(dispatcher, turn)
        if reply is None:
            reply = take_up_again(turn) or say_yes_to_offer(turn)
        if reply is not None:
            return reply
        if turn.actor.profesional_id is None:
            return ask_with_whom(dispatcher, turn, self.name())
        if turn.intent == "afirmar" and awaits_a_yes(turn):
            return [FollowupAction("action_confirmar_turno")]
        if names_a_session(turn):
            return [FollowupAction(booking_form.FORM)]
        rol = str(turn.actor.rol)
        dispatcher.utter_message(
            response="utter_sin_contexto_profesional" if turn.is_profesional else "utter_sin_contexto",
            buttons=_buttons(rol, USUAL[rol]),
        )
        return []


def names_a_session(turn: Turn) -> bool:
    """Whether a client, with nothing going on, named a service of this professional (or what they usually have):
    they want it."""
    if turn.is_profesional or turn.actor.profesional_id is None or turn.tracker.active_loop:
        return False
    if says_as_usual(turn.text) and last_service(turn) is not None:
        return True
    named = turn.values("servicio")
    decision = decide(match(named[0], service_candidates(turn))) if named else Nobody()
    return not isinstance(decision, Nobody)


def _buttons(rol: str, operations: Sequence[str], **values: str) -> list[dict[str, str]]:
    about = json.dumps(values) if values else ""
    return [choice(OPERATIONS[rol][name], f"/{name}{about}") for name in operations]
