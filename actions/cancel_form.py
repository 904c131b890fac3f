"""Cancelling a session, a seat in one class, or a whole class: which one, what it costs, and a yes.

A seat is the slot `enrollment_id`; `booking_id` is a session, or (by the professional) a class with all who are in it.
"""

from __future__ import annotations

import re
from dataclasses import replace

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.cancel_class import ask_about_class, ask_about_seat, cancel_class, give_seat_back
from actions.forms import OperationForm, Slots, yes_and_no
from actions.turn import Turn
from actions.wait_form import leave_line
from actions.who import known_people, meant_people
from actions.wording import booking_phrase, offer_title
from vallebot.domain.matching import Candidate, Nobody, One, choose_option, decide, match
from vallebot.domain.spanish import say_money
from vallebot.domain.states import LIVE_BOOKING, BookingState
from vallebot.domain.text import fold
from vallebot.domain.windows import Wish, wish_of
from vallebot.errors import NotFoundError
from vallebot.services import bookings, cancellations, rosters
from vallebot.services.records import BookingView

FORM = "cancelar_turno_form"

_CLASS_WORD = re.compile(r"\bclases?\b")

#: WhatsApp lists have ten rows.
LISTED = 10


class ValidateCancelarTurnoForm(OperationForm):
    """Finds what is meant (by tap, by its time, service or client, or because it is the only one)."""

    form = FORM
    slots = ("booking_id", "enrollment_id", "espera_id", "confirmacion", "ofertas")
    confirms = ("booking_id", "enrollment_id")

    def read(self, turn: Turn, known: Slots) -> Slots | None:
        """See OperationForm."""
        tapped = self._tapped(turn)
        if tapped is not None:
            return tapped
        requested = turn.slot("requested_slot") if turn.tracker.active_loop else None
        if requested == "confirmacion":
            return {"confirmacion": turn.yes_or_no} if turn.yes_or_no is not None else None
        asked = requested == "booking_id"
        chosen = meant_booking(turn, all_cancellable(turn), asked=asked, wish=_time_of_absence(turn))
        return _chosen(chosen) if chosen else None

    @staticmethod
    def _tapped(turn: Turn) -> Slots | None:
        if turn.tapped("espera_id") is not None:
            return {"espera_id": int(turn.tapped("espera_id"))}
        if turn.tapped("enrollment_id") is not None:
            return {"enrollment_id": int(turn.tapped("enrollment_id")), "booking_id": None}
        if turn.tapped("booking_id") is None:
            return None
        booking_id = int(turn.tapped("booking_id"))
        seat = next(
            (one for one in all_cancellable(turn) if one.id == booking_id and one.enrollment_id), None
        )
        if seat is not None:
            return _chosen(seat)  # a class, tapped under its reminder
        # "Rechazar" under a request says it all; a booking that stands is asked about first.
        session = turn.is_profesional and not is_class_of(turn, booking_id)
        rejecting = session and _state(turn, booking_id) == BookingState.PENDIENTE
        return {"booking_id": booking_id, "confirmacion": True if rejecting else None}

    def about(self, turn: Turn, state: Slots) -> str:
        """See OperationForm."""
        return "la cancelación"

    def settle(self, turn: Turn, state: Slots) -> None:
        """See OperationForm."""
        if not _is_known(state):
            candidates = all_cancellable(turn)
            if len(candidates) == 1 and not turn.is_profesional:
                state |= _chosen(candidates[0])

    def next_question(self, turn: Turn, state: Slots) -> str | None:
        """See OperationForm. Without bookings there is nothing to ask: the form ends and its action says so."""
        if state["espera_id"] is not None:
            return None
        if not _is_known(state):
            return "booking_id" if all_cancellable(turn) else None
        return "confirmacion" if state["confirmacion"] is None else None


def _time_of_absence(turn: Turn) -> Wish | None:
    """When somebody will not come: "el jueves no puedo" names that day, it does not rule it out."""
    said = turn.cuando
    return wish_of(replace(said, negated=False), turn.now, turn.tz) if said is not None else None


def _is_known(state: Slots) -> bool:
    return any(state[name] is not None for name in ("booking_id", "enrollment_id", "espera_id"))


def _chosen(one: BookingView) -> Slots:
    """A seat is given back, anything else is cancelled."""
    seat = one.enrollment_id is not None
    return {"enrollment_id": one.enrollment_id, "booking_id": None if seat else one.id}


class AskBookingId(VallebotAction):
    """Which booking."""

    def name(self) -> str:
        return f"action_ask_{FORM}_booking_id"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        list_of(dispatcher, turn, all_cancellable(turn), "utter_cual_cancelar", "cancelar_turno")
        return []


class AskConfirmacion(VallebotAction):
    """What will happen and what it costs, then yes or no."""

    def name(self) -> str:
        return f"action_ask_{FORM}_confirmacion"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        buttons = yes_and_no(turn, ValidateCancelarTurnoForm, "Sí, cancelar", "No, dejalo")
        if turn.slot("enrollment_id") is not None:
            ask_about_seat(dispatcher, turn, int(turn.slot("enrollment_id")), buttons)
            return []
        booking_id = int(turn.slot("booking_id"))
        if is_class_of(turn, booking_id):
            ask_about_class(dispatcher, turn, booking_id, buttons)
            return []
        terms = cancellations.cancellation_terms(turn.runtime.sessions, turn.actor, booking_id, now=turn.now)
        phrase = booking_phrase(turn, terms.booking, with_client=turn.is_profesional)
        dispatcher.utter_message(
            response=f"utter_confirmar_cancelacion_{terms.outcome}",
            turno=phrase,
            costo=say_money(terms.cost_minor, terms.booking.currency),
            profesional=turn.card.name,
            buttons=buttons,
        )
        return []


class ActionCancelarTurno(VallebotAction):
    """Cancels what the form gathered, or leaves it."""

    def name(self) -> str:
        return "action_cancelar_turno"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        done = [SlotSet(name, None) for name in ValidateCancelarTurnoForm.slots]
        booking_id, enrollment_id = turn.slot("booking_id"), turn.slot("enrollment_id")
        if turn.slot("espera_id") is not None:
            leave_line(dispatcher, turn, int(turn.slot("espera_id")))
        elif booking_id is None and enrollment_id is None:
            say_nothing_there(dispatcher, turn, "utter_nada_para_cancelar")
        elif not turn.slot("confirmacion"):
            self._keep(dispatcher, turn)
        elif enrollment_id is not None:
            give_seat_back(dispatcher, turn, int(enrollment_id))
        elif is_class_of(turn, int(booking_id)):
            cancel_class(dispatcher, turn, int(booking_id))
        else:
            self._cancel(dispatcher, turn, int(booking_id))
        return done

    @staticmethod
    def _keep(dispatcher: CollectingDispatcher, turn: Turn) -> None:
        if turn.slot("booking_id") is None or is_class_of(turn, int(turn.slot("booking_id"))):
            dispatcher.utter_message(response="utter_baja_no")
            return
        kept = bookings.get_booking(turn.runtime.sessions, turn.actor, int(turn.slot("booking_id")))
        phrase = booking_phrase(turn, kept, with_client=turn.is_profesional)
        dispatcher.utter_message(response="utter_turno_no_cancelado", turno=phrase)

    @staticmethod
    def _cancel(dispatcher: CollectingDispatcher, turn: Turn, booking_id: int) -> None:
        sessions, now = turn.runtime.sessions, turn.now
        if turn.is_profesional and _state(turn, booking_id) == BookingState.PENDIENTE:
            key = turn.operation_key("reject")
            rejected = bookings.reject(sessions, turn.actor, booking_id, now=now, key=key)
            phrase = booking_phrase(turn, rejected, with_client=True)
            dispatcher.utter_message(response="utter_turno_rechazado", turno=phrase)
            return
        # The cost was in the question that was answered with yes.
        key = turn.operation_key("cancel")
        cancelled = cancellations.cancel(sessions, turn.actor, booking_id, accept_cost=True, now=now, key=key)
        dispatcher.utter_message(
            response=f"utter_turno_cancelado_{cancelled.outcome}",
            turno=booking_phrase(turn, cancelled.booking, with_client=turn.is_profesional),
            profesional=turn.card.name,
            costo=say_money(cancelled.cost_minor, cancelled.booking.currency),
        )


def say_nothing_there(dispatcher: CollectingDispatcher, turn: Turn, response: str) -> None:
    """There are no bookings for the operation: to a client, with a way to one."""
    if turn.is_profesional:
        dispatcher.utter_message(response=f"{response}_profesional")
        return
    dispatcher.utter_message(response=response, buttons=[choice("Pedir un turno", "/pedir_turno")])


def _state(turn: Turn, booking_id: int) -> str:
    return bookings.get_booking(turn.runtime.sessions, turn.actor, booking_id).state


def cancellable(turn: Turn) -> list[BookingView]:
    """The sessions ahead that can still be cancelled: the client's own, or the professional's agenda."""
    ahead = bookings.bookings_of(turn.runtime.sessions, turn.actor, since=turn.now)
    return [booking for booking in ahead if booking.state in LIVE_BOOKING and booking.kind == "individual"]


def all_cancellable(turn: Turn) -> list[BookingView]:
    """Sessions, and classes ahead: a client's seats; the professional's classes, and the seats of a client named."""
    ahead = bookings.bookings_of(turn.runtime.sessions, turn.actor, since=turn.now)
    named = turn.values("persona") if turn.is_profesional else []
    meant = meant_people(named[0], known_people(turn)) if named else []
    for cliente_id in meant:
        of_client = bookings.bookings_of(
            turn.runtime.sessions, turn.actor, cliente_id=cliente_id, since=turn.now
        )
        ahead += [one for one in of_client if one.kind == "clase"]
    return [one for one in ahead if _can_be_cancelled(turn, one)]


def _can_be_cancelled(turn: Turn, one: BookingView) -> bool:
    if one.state not in LIVE_BOOKING:
        return False
    if one.kind != "clase":
        return True
    seat = one.enrollment_state == "inscripto"
    return one.starts_at > turn.now and (seat or (turn.is_profesional and one.enrollment_id is None))


def is_class_of(turn: Turn, booking_id: int) -> bool:
    """Whether a booking is a class (also one that is cancelled by now)."""
    try:
        return turn.is_profesional and bool(rosters.get_class(turn.runtime.sessions, turn.actor, booking_id))
    except NotFoundError:
        return False


def ask_which(dispatcher: CollectingDispatcher, turn: Turn, response: str, operation: str) -> None:
    """A list of the sessions that an operation may be about."""
    list_of(dispatcher, turn, cancellable(turn), response, operation)


def list_of(
    dispatcher: CollectingDispatcher, turn: Turn, candidates: list[BookingView], response: str, operation: str
) -> None:
    """What may be meant, as rows to tap: whose it is for the professional, of what for a client."""
    buttons = [
        choice(
            offer_title(turn, one.starts_at),
            f'/{operation}{{"{"enrollment_id" if one.enrollment_id else "booking_id"}": '
            f"{one.enrollment_id or one.id}}}",
            _about(turn, one),
        )
        for one in candidates[:LISTED]
    ]
    dispatcher.utter_message(response=response, buttons=buttons, json_message={"list_button": "Ver turnos"})


def _about(turn: Turn, one: BookingView) -> str:
    if turn.is_profesional and one.kind != "clase":
        return one.cliente_name or ""
    who = f" de {one.cliente_name}" if turn.is_profesional and one.enrollment_id else ""
    return f"{one.servicio_name}{who}"


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
    services = turn.values("servicio")
    left = _of_service(left, services[0]) if services else left
    talks_of_class = bool(_CLASS_WORD.search(fold(turn.text)))
    left = [one for one in left if one.kind == "clase"] if talks_of_class else left
    narrowed = wish is not None or bool(names or services) or talks_of_class
    return left[0] if narrowed and len(left) == 1 else None


def _of_service(candidates: list[BookingView], name: str) -> list[BookingView]:
    """Those of the service that is named; all, where the name fits none of them."""
    services = {one.servicio_id: one.servicio_name for one in candidates}
    decision = decide(match(name, [Candidate(key, called) for key, called in services.items()]))
    if isinstance(decision, Nobody):
        return candidates
    meant = {decision.candidate.key} if isinstance(decision, One) else {c.key for c in decision.candidates}
    return [one for one in candidates if one.servicio_id in meant]


def named_like(candidates: list[BookingView], name: str) -> list[BookingView]:
    """Those whose client may be called so."""
    people = [Candidate(place, b.cliente_name or "") for place, b in enumerate(candidates)]
    decision = decide(match(name, people, kind="person"))
    if isinstance(decision, Nobody):
        return []
    meant = {decision.candidate.key} if isinstance(decision, One) else {c.key for c in decision.candidates}
    return [b for place, b in enumerate(candidates) if place in meant]
