"""Cancelling a booking: which one, what it costs, and a yes."""

from __future__ import annotations

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.forms import OperationForm, Slots, yes_and_no
from actions.turn import Turn
from actions.wording import booking_phrase, offer_title
from vallebot.domain.matching import Candidate, Nobody, One, choose_option, decide, match
from vallebot.domain.spanish import say_money
from vallebot.domain.states import LIVE_BOOKING, BookingState
from vallebot.domain.windows import Wish
from vallebot.services import bookings, cancellations
from vallebot.services.records import BookingView

FORM = "cancelar_turno_form"

#: WhatsApp lists have ten rows.
LISTED = 10


class ValidateCancelarTurnoForm(OperationForm):
    """Finds the booking that is meant (by tap, by its time or client, or because it is the only one)."""

    form = FORM
    slots = ("booking_id", "confirmacion", "ofertas")
    confirms = ("booking_id",)

    def read(self, turn: Turn, known: Slots) -> Slots | None:
        """See OperationForm."""
        booking_id = turn.tapped("booking_id")
        if booking_id is not None:
            # "Rechazar" under a request says it all; a booking that stands is asked about first.
            rejecting = turn.is_profesional and _state(turn, int(booking_id)) == BookingState.PENDIENTE
            return {"booking_id": int(booking_id), "confirmacion": True if rejecting else None}
        requested = turn.slot("requested_slot") if turn.tracker.active_loop else None
        if requested == "confirmacion":
            return {"confirmacion": turn.yes_or_no} if turn.yes_or_no is not None else None
        candidates = cancellable(turn)
        asked = requested == "booking_id"
        wish = turn.wish(turn.text, turn.sent_at) if turn.text else None
        chosen = meant_booking(turn, candidates, asked=asked, wish=wish)
        return {"booking_id": chosen.id} if chosen else None

    def about(self, turn: Turn, state: Slots) -> str:
        """See OperationForm."""
        return "la cancelación"

    def settle(self, turn: Turn, state: Slots) -> None:
        """See OperationForm."""
        if state["booking_id"] is None:
            candidates = cancellable(turn)
            if len(candidates) == 1 and not turn.is_profesional:
                state["booking_id"] = candidates[0].id

    def next_question(self, turn: Turn, state: Slots) -> str | None:
        """See OperationForm. Without bookings there is nothing to ask: the form ends and its action says so."""
        if state["booking_id"] is None:
            return "booking_id" if cancellable(turn) else None
        return "confirmacion" if state["confirmacion"] is None else None


class AskBookingId(VallebotAction):
    """Which booking."""

    def name(self) -> str:
        return f"action_ask_{FORM}_booking_id"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        ask_which(dispatcher, turn, "utter_cual_cancelar", "cancelar_turno")
        return []


class AskConfirmacion(VallebotAction):
    """What will happen and what it costs, then yes or no."""

    def name(self) -> str:
        return f"action_ask_{FORM}_confirmacion"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        terms = cancellations.cancellation_terms(
            turn.runtime.sessions, turn.actor, int(turn.slot("booking_id")), now=turn.now
        )
        phrase = booking_phrase(turn, terms.booking, with_client=turn.is_profesional)
        dispatcher.utter_message(
            response=f"utter_confirmar_cancelacion_{terms.outcome}",
            turno=phrase,
            costo=say_money(terms.cost_minor, terms.booking.currency),
            profesional=turn.card.name,
            buttons=yes_and_no(turn, ValidateCancelarTurnoForm, "Sí, cancelar", "No, dejalo"),
        )
        return []


class ActionCancelarTurno(VallebotAction):
    """Cancels what the form gathered, or leaves it."""

    def name(self) -> str:
        return "action_cancelar_turno"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        done = [SlotSet(name, None) for name in ValidateCancelarTurnoForm.slots]
        booking_id = turn.slot("booking_id")
        if booking_id is None:
            nothing = "utter_nada_para_cancelar"
            dispatcher.utter_message(response=f"{nothing}_profesional" if turn.is_profesional else nothing)
            return done
        if not turn.slot("confirmacion"):
            kept = bookings.get_booking(turn.runtime.sessions, turn.actor, int(booking_id))
            phrase = booking_phrase(turn, kept, with_client=turn.is_profesional)
            dispatcher.utter_message(response="utter_turno_no_cancelado", turno=phrase)
            return done
        if turn.is_profesional and _state(turn, int(booking_id)) == BookingState.PENDIENTE:
            key = turn.operation_key("reject")
            rejected = bookings.reject(
                turn.runtime.sessions, turn.actor, int(booking_id), now=turn.now, key=key
            )
            phrase = booking_phrase(turn, rejected, with_client=True)
            dispatcher.utter_message(response="utter_turno_rechazado", turno=phrase)
            return done
        # The cost was in the question that was answered with yes.
        cancelled = cancellations.cancel(
            turn.runtime.sessions,
            turn.actor,
            int(booking_id),
            accept_cost=True,
            now=turn.now,
            key=turn.operation_key("cancel"),
        )
        dispatcher.utter_message(
            response=f"utter_turno_cancelado_{cancelled.outcome}",
            turno=booking_phrase(turn, cancelled.booking, with_client=turn.is_profesional),
            profesional=turn.card.name,
            costo=say_money(cancelled.cost_minor, cancelled.booking.currency),
        )
        return done


def _state(turn: Turn, booking_id: int) -> str:
    return bookings.get_booking(turn.runtime.sessions, turn.actor, booking_id).state


def cancellable(turn: Turn) -> list[BookingView]:
    """The sessions ahead that can still be cancelled: the client's own, or the professional's agenda."""
    ahead = bookings.bookings_of(turn.runtime.sessions, turn.actor, since=turn.now)
    return [booking for booking in ahead if booking.state in LIVE_BOOKING and booking.kind == "individual"]


def ask_which(dispatcher: CollectingDispatcher, turn: Turn, response: str, operation: str) -> None:
    """A list of the bookings that an operation may be about."""
    buttons = [
        choice(
            offer_title(turn, booking.starts_at),
            f'/{operation}{{"booking_id": {booking.id}}}',
            booking.cliente_name or "" if turn.is_profesional else booking.servicio_name,
        )
        for booking in cancellable(turn)[:LISTED]
    ]
    dispatcher.utter_message(response=response, buttons=buttons, json_message={"list_button": "Ver turnos"})


def meant_booking(
    turn: Turn, candidates: list[BookingView], *, asked: bool, wish: Wish | None = None
) -> BookingView | None:
    """The one booking that the words name: by its time (`wish`), by the client's name, or (`asked`) picked from
    the list that was shown."""
    if asked:
        options = [
            (offer_title(turn, b.starts_at), turn.local(b.starts_at).replace(tzinfo=None)) for b in candidates
        ]
        place = choose_option(turn.text, options)
        if isinstance(place, int):
            return candidates[place]
    left = candidates
    if wish is not None:
        left = [b for b in left if any(start <= b.starts_at < end for start, end in wish.ranges)]
    names = turn.values("persona") if turn.is_profesional else []
    if names:
        left = named_like(left, names[0])
    narrowed = wish is not None or bool(names)
    return left[0] if narrowed and len(left) == 1 else None


def named_like(candidates: list[BookingView], name: str) -> list[BookingView]:
    """Those whose client may be called so."""
    people = [Candidate(b.id, b.cliente_name or "") for b in candidates]
    decision = decide(match(name, people, kind="person"))
    if isinstance(decision, Nobody):
        return []
    meant = {decision.candidate.key} if isinstance(decision, One) else {c.key for c in decision.candidates}
    return [b for b in candidates if b.id in meant]
