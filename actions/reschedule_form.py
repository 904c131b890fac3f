"""Moving a booking: which one, to when, and a yes where it was typed or costs something."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction
from actions.cancel_form import ask_which, cancellable, meant_booking, say_nothing_there
from actions.forms import OperationForm, Slots, yes_and_no
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
from actions.wording import booking_phrase, say_when
from vallebot.domain.spanish import say_money
from vallebot.domain.windows import wish_of
from vallebot.errors import VallebotError
from vallebot.services import bookings, cancellations, rescheduling
from vallebot.services.records import BookingView

FORM = "reprogramar_turno_form"


class ValidateReprogramarTurnoForm(OperationForm):
    """Finds the booking (by tap, by the time it is moved from, by client) and the time it is moved to."""

    form = FORM
    slots = ("booking_id", *TIME_SLOTS)
    confirms = ("booking_id", "starts_at")
    also_reads = frozenset({"consultar_disponibilidad", "pedir_turno"})

    def read(self, turn: Turn, known: Slots) -> Slots | None:
        """See OperationForm."""
        requested = turn.slot("requested_slot") if turn.tracker.active_loop else None
        tapped = turn.tapped("booking_id")
        if tapped is not None or turn.tapped("starts_at") is not None:
            booking = {"booking_id": int(tapped)} if tapped is not None else {}
            return {**booking, **read_tapped_time(turn)}
        if requested == "confirmacion" and turn.cuando is None and turn.yes_or_no is not None:
            return read_confirmation(turn.yes_or_no)
        if requested == "booking_id":
            chosen = meant_booking(turn, cancellable(turn), asked=True)
            return {"booking_id": chosen.id} if chosen else None
        source = _moved_from(turn)
        booking = {"booking_id": source.id} if source is not None else {}
        changes = {**booking, **read_time(turn, known, requested)}
        if not changes and requested == "starts_at" and turn.yes_or_no is False:
            return {"cuando": None, "motivo": "ninguno"}
        return changes or None

    def about(self, turn: Turn, state: Slots) -> str:
        """See OperationForm."""
        return "el cambio de tu turno" if not turn.is_profesional else "el cambio de turno"

    def confirmed(self, yes: bool) -> Slots:
        """See OperationForm."""
        return read_confirmation(yes)

    def settle(self, turn: Turn, state: Slots) -> None:
        """See OperationForm."""
        if state["booking_id"] is None and not turn.is_profesional:
            candidates = cancellable(turn)
            if len(candidates) == 1:
                state["booking_id"] = candidates[0].id
        if state["booking_id"] is None:
            return
        booking = bookings.get_booking(turn.runtime.sessions, turn.actor, int(state["booking_id"]))
        settle_exact(turn, state, booking.servicio_id, except_booking_id=booking.id)
        costs = _terms(turn, booking.id).cost_minor > 0
        if state["starts_at"] is not None and costs and turn.slot("requested_slot") != "confirmacion":
            state["confirmacion"] = None  # a tap does not accept a cost that was never told

    def next_question(self, turn: Turn, state: Slots) -> str | None:
        """See OperationForm."""
        if state["booking_id"] is None:
            return "booking_id" if cancellable(turn) else None
        if state["starts_at"] is None:
            return "starts_at"
        return None if state["confirmacion"] else "confirmacion"


class AskBookingId(VallebotAction):
    """Which booking."""

    def name(self) -> str:
        return f"action_ask_{FORM}_booking_id"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        ask_which(dispatcher, turn, "utter_cual_reprogramar", "reprogramar_turno")
        return []


class AskStartsAt(VallebotAction):
    """To when: real free slots."""

    def name(self) -> str:
        return f"action_ask_{FORM}_starts_at"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        booking = bookings.get_booking(turn.runtime.sessions, turn.actor, int(turn.slot("booking_id")))
        return ask_time(
            dispatcher,
            turn,
            booking.servicio_id,
            response="utter_ofrecer_cambio",
            empty="utter_sin_horarios",
            payload=partial(_tapped_time, booking.id),
            servicio=booking.servicio_name,
            turno=booking_phrase(turn, booking, with_client=turn.is_profesional),
        )


class AskConfirmacion(VallebotAction):
    """From when to when, and what it costs."""

    def name(self) -> str:
        return f"action_ask_{FORM}_confirmacion"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        terms = _terms(turn, int(turn.slot("booking_id")))
        costly = "_con_costo" if terms.cost_minor else ""
        dispatcher.utter_message(
            response=f"utter_confirmar_cambio{costly}",
            turno=booking_phrase(turn, terms.booking, with_client=turn.is_profesional),
            cuando=say_when(turn, datetime.fromisoformat(turn.slot("starts_at"))),
            costo=say_money(terms.cost_minor, terms.booking.currency),
            buttons=yes_and_no(turn, ValidateReprogramarTurnoForm, "Sí, cambiarlo", "Otro horario"),
        )
        return []


class ActionReprogramarTurno(VallebotAction):
    """Moves what the form gathered; a time that was taken meanwhile opens the form again."""

    def name(self) -> str:
        return "action_reprogramar_turno"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        done = [SlotSet(name, None) for name in ValidateReprogramarTurnoForm.slots]
        if turn.slot("booking_id") is None:
            say_nothing_there(dispatcher, turn, "utter_nada_para_cambiar")
            return done
        request = rescheduling.RescheduleRequest(
            int(turn.slot("booking_id")), datetime.fromisoformat(turn.slot("starts_at")), accept_cost=True
        )
        key = turn.operation_key("reschedule")
        try:
            moved = rescheduling.reschedule(turn.runtime.sessions, turn.actor, request, now=turn.now, key=key)
        except VallebotError as error:
            if error.code not in REFUSED_TIMES:
                raise
            return offer_others(turn, FORM, error.code)
        pending = moved.booking.state == "pendiente" and not turn.is_profesional
        dispatcher.utter_message(
            response="utter_cambio_pendiente" if pending else f"utter_turno_cambiado_{moved.outcome}",
            turno=booking_phrase(turn, moved.booking, with_client=turn.is_profesional),
            cuando=say_when(turn, request.starts_at),
            costo=say_money(moved.cost_minor, moved.booking.currency),
            profesional=turn.card.name,
        )
        return done


def _terms(turn: Turn, booking_id: int) -> cancellations.CancellationTerms:
    return cancellations.cancellation_terms(turn.runtime.sessions, turn.actor, booking_id, now=turn.now)


def _moved_from(turn: Turn) -> BookingView | None:
    """The booking named by the time it is moved from ("del jueves al viernes"), or by its client's name."""
    source = turn.cuando.source if turn.cuando is not None else None
    wish = wish_of(source, turn.now, turn.tz)
    named = turn.values("persona") if turn.is_profesional else []
    if wish is None and not named:
        return None
    return meant_booking(turn, cancellable(turn), asked=False, wish=wish)


def _tapped_time(booking_id: int, starts_at: str) -> str:
    return f'/reprogramar_turno{{"booking_id": {booking_id}, "starts_at": "{starts_at}"}}'
