"""Booking a session: which service, when, in whose name. Its one real question is the offer of free slots."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction
from actions.cancel_form import cancellable
from actions.classes import offer_classes
from actions.forms import OperationForm, Slots, yes_and_no
from actions.habits import habit_of, last_service, says_as_usual, usual_time
from actions.offers import Offer
from actions.service_choice import IS_CLASS, ask_service, individual_services, read_service, service_of
from actions.times import (
    REFUSED_TIMES,
    TIME_SLOTS,
    ask_time,
    offer_others,
    read_confirmation,
    read_tapped_time,
    read_time,
    settle_exact,
)
from actions.turn import Turn
from actions.wording import offer_title, say_price, say_when, vocative
from vallebot.domain.spanish import say_duration
from vallebot.domain.values import parse_name
from vallebot.errors import VallebotError
from vallebot.services import bookings, identity

FORM = "pedir_turno_form"

#: The professional's own form for the same words, see book_for_form.py.
FOR_CLIENTE_FORM = "turno_cliente_form"


class ValidatePedirTurnoForm(OperationForm):
    """Reads service, time, pick, confirmation and name, in any order and any number at once."""

    form = FORM
    slots = ("servicio_id", "servicios_posibles", "nombre", *TIME_SLOTS)
    confirms = ("servicio_id", "starts_at")
    also_reads = frozenset({"pedir_turno", "consultar_disponibilidad"})
    lasting = ("cuando", "nombre")
    parts = frozenset({False})

    def read(self, turn: Turn, known: Slots) -> Slots | None:
        """See OperationForm."""
        if turn.was_tap:
            return self._tapped(turn)
        requested = turn.slot("requested_slot") if turn.tracker.active_loop else None
        if requested == "nombre":
            name = parse_name(turn.text)
            if name:
                return {"nombre": name}
        if requested == "confirmacion" and turn.cuando is None and turn.yes_or_no:
            return read_confirmation(True)
        changes = {**read_service(turn, known, requested), **read_time(turn, known, requested)}
        if changes:
            return changes
        if says_as_usual(turn.text):
            return self._as_usual(turn, known)
        if requested == "confirmacion" and turn.yes_or_no is False:
            return read_confirmation(False)
        if requested == "starts_at" and turn.yes_or_no is False:
            return {"cuando": None, "motivo": "ninguno"}
        return None

    def about(self, turn: Turn, state: Slots) -> str:
        """See OperationForm."""
        known = next((s for s in individual_services(turn) if s.id == state["servicio_id"]), None)
        what = f"tu turno de *{known.name}*" if known else "tu turno"
        at = state["starts_at"]
        return f"{what} del {say_when(turn, datetime.fromisoformat(at))}" if at else what

    def _is_another_operation(self, turn: Turn) -> bool:
        # "mejor pasalo al viernes" before anything is booked moves what is being chosen.
        if turn.intent == "reprogramar_turno" and turn.cuando is not None and not cancellable(turn):
            return False
        return super()._is_another_operation(turn)

    @staticmethod
    def _as_usual(turn: Turn, known: Slots) -> Slots | None:
        """The usual service, and the usual time where no other was said."""
        habit = habit_of(turn)
        servicio_id = habit.servicio_id if habit else last_service(turn)
        if servicio_id is None or servicio_id not in {s.id for s in individual_services(turn)}:
            return None
        usual: Slots = {"servicio_id": servicio_id, "servicios_posibles": None, "motivo": None}
        at = usual_time(turn, habit) if habit and known["cuando"] is None else None
        return {**usual, "starts_at": at.isoformat(), "confirmacion": None} if at else usual

    def confirmed(self, yes: bool) -> Slots:
        """See OperationForm."""
        return read_confirmation(yes)

    @staticmethod
    def _tapped(turn: Turn) -> Slots | None:
        servicio_id = turn.tapped("servicio_id")
        service = {"servicio_id": servicio_id} if servicio_id is not None else {}
        return {**service, **read_tapped_time(turn)} or None

    def settle(self, turn: Turn, state: Slots) -> None:
        """See OperationForm."""
        if state["motivo"] == IS_CLASS["motivo"]:
            return
        if state["servicio_id"] is None and state["servicios_posibles"] is None and state["motivo"] is None:
            offered = individual_services(turn)
            if len(offered) == 1:
                state["servicio_id"] = offered[0].id
        if state["servicio_id"] is not None:
            settle_exact(turn, state, state["servicio_id"])

    def next_question(self, turn: Turn, state: Slots) -> str | None:
        """See OperationForm."""
        if state["motivo"] == IS_CLASS["motivo"]:
            return None  # classes are joined, not booked: the action offers them
        if state["servicio_id"] is None:
            return "servicio_id" if individual_services(turn) else None  # only classes: the same
        if state["starts_at"] is None:
            return "starts_at"
        if not state["confirmacion"]:
            return "confirmacion"
        return None if state["nombre"] or turn.actor_name else "nombre"


class AskServicio(VallebotAction):
    """Which service: those that may be meant, or all."""

    def name(self) -> str:
        return f"action_ask_{FORM}_servicio_id"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        return ask_service(dispatcher, turn)


class AskStartsAt(VallebotAction):
    """When: real free slots, inside the wish or nearest to it."""

    def name(self) -> str:
        return f"action_ask_{FORM}_starts_at"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        servicio = service_of(turn, turn.slot("servicio_id"))
        as_usual = not (turn.slot("cuando") or turn.slot("motivo"))
        return ask_time(
            dispatcher,
            turn,
            servicio.id,
            response="utter_ofrecer_horarios",
            empty="utter_sin_horarios",
            payload=partial(tapped_time, servicio.id),
            usual=_usual_offer(turn, servicio.id) if as_usual else None,
            servicio=servicio.name,
            duracion=say_duration(servicio.duration_minutes),
            precio=say_price(servicio),
        )


class AskConfirmacion(VallebotAction):
    """The one confirmation, with everything in it."""

    def name(self) -> str:
        return f"action_ask_{FORM}_confirmacion"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        servicio = service_of(turn, turn.slot("servicio_id"))
        at = datetime.fromisoformat(turn.slot("starts_at"))
        dispatcher.utter_message(
            response="utter_confirmar_horario",
            servicio=servicio.name,
            cuando=say_when(turn, at),
            precio=say_price(servicio),
            buttons=yes_and_no(turn, ValidatePedirTurnoForm, "Sí, reservar", "Otro horario"),
        )
        return []


class ActionPedirTurno(VallebotAction):
    """Books what the form gathered; a time that was taken meanwhile opens the form again with the nearest ones."""

    def name(self) -> str:
        return "action_pedir_turno"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        if turn.is_profesional:
            return [FollowupAction(FOR_CLIENTE_FORM)]
        if turn.slot("starts_at") is None:
            offer_classes(dispatcher, turn)
            return [SlotSet(name, None) for name in ValidatePedirTurnoForm.slots]
        sessions, name = turn.runtime.sessions, turn.slot("nombre")
        if name:
            identity.set_name(sessions, turn.actor, name, now=turn.now)
        request = bookings.BookRequest(
            servicio_id=turn.slot("servicio_id"), starts_at=datetime.fromisoformat(turn.slot("starts_at"))
        )
        try:
            booking = bookings.book(
                sessions, turn.actor, request, now=turn.now, key=turn.operation_key("book")
            )
        except VallebotError as error:
            if error.code not in REFUSED_TIMES:
                raise
            return offer_others(turn, FORM, error.code)
        response = "utter_turno_confirmado" if booking.state == "confirmado" else "utter_turno_pendiente"
        dispatcher.utter_message(
            response=response,
            servicio=booking.servicio_name,
            cuando=say_when(turn, booking.starts_at),
            lugar=f", en {booking.place}" if booking.place else "",
            precio=say_price(booking),
            profesional=turn.card.name,
            nombre=vocative(booking.cliente_name),
        )
        return [SlotSet(name, None) for name in ValidatePedirTurnoForm.slots]


def _usual_offer(turn: Turn, servicio_id: int) -> Offer | None:
    """The client's usual day and hour, where that is free."""
    habit = habit_of(turn)
    at = usual_time(turn, habit) if habit and habit.servicio_id == servicio_id else None
    return Offer(at.isoformat(), offer_title(turn, at)) if at else None


def tapped_time(servicio_id: int, starts_at: str) -> str:
    """What tapping a free time of a service means."""
    return f'/pedir_turno{{"servicio_id": {servicio_id}, "starts_at": "{starts_at}"}}'
