"""What is tapped under a notice about classes: an offer taken, a seat confirmed, a late absence charged or let go."""

from __future__ import annotations

from datetime import timedelta

from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events
from actions.class_choice import say_class
from actions.turn import Turn
from actions.wording import booking_phrase
from vallebot.domain.spanish import say_money
from vallebot.domain.states import EsperaState
from vallebot.services import bookings, leaving, rosters, waiting

#: The first reminder goes out a day before (profesionales.reminder_minutes, by default).
REMINDED = timedelta(hours=25)


def standing_offer(turn: Turn) -> int | None:
    """The one offer that waits for this client's word; None where there is none, or several."""
    waits = waiting.waits_of(turn.runtime.sessions, turn.actor)
    offered = [one.id for one in waits if one.state == EsperaState.OFRECIDO]
    return offered[0] if len(offered) == 1 else None


def awaits_a_yes(turn: Turn) -> bool:
    """Whether a bare "sí" answers a notice: an offer that stands, or the reminder of what comes within a day."""
    if turn.is_profesional:
        return False
    until = turn.now + REMINDED
    ahead = bookings.bookings_of(turn.runtime.sessions, turn.actor, since=turn.now, until=until)
    return standing_offer(turn) is not None or any(one.state == "confirmado" for one in ahead)


def take_offer(dispatcher: CollectingDispatcher, turn: Turn, espera_id: int) -> Events:
    """The seat, the place in the course, or the time that was held."""
    key = turn.operation_key("accept_offer")
    taken = waiting.accept_offer(turn.runtime.sessions, turn.actor, espera_id, now=turn.now, key=key)
    if taken.booking is not None:
        pending = taken.booking.state == "pendiente"
        dispatcher.utter_message(
            response="utter_oferta_pedida" if pending else "utter_oferta_tomada",
            clase=booking_phrase(turn, taken.booking),
            cuota="",
            profesional=turn.card.name,
        )
        return []
    whole = taken.espera.serie_id is not None or not taken.seats
    said = f"*{taken.espera.servicio_name}*, lugar fijo" if whole else say_class(turn, taken.seats[0].booking)
    currency = taken.seats[0].currency if taken.seats else "ARS"
    owed = f" Quedan por pagar {say_money(taken.owed_minor, currency)}." if taken.owed_minor else ""
    dispatcher.utter_message(response="utter_oferta_tomada", clase=said, cuota=owed)
    return []


def confirm_seat(turn: Turn, enrollment_id: int) -> None:
    """The client says that they will come to a class."""
    key = turn.operation_key("confirm_coming")
    rosters.confirm_coming(turn.runtime.sessions, turn.actor, enrollment_id, now=turn.now, key=key)


def decide_late_leave(dispatcher: CollectingDispatcher, turn: Turn, enrollment_id: int) -> Events:
    """The professional's word on a seat that was given back too late."""
    charge = turn.tapped("cambio") == "cobrar"
    key = turn.operation_key("decide_late_leave")
    decided = leaving.decide_late_leave(
        turn.runtime.sessions, turn.actor, enrollment_id, charge=charge, now=turn.now, key=key
    )
    seat = decided.enrollment
    dispatcher.utter_message(
        response="utter_falta_cobrada" if charge else "utter_falta_perdonada",
        cliente=seat.cliente_name or "Sin nombre",
        clase=say_class(turn, seat.booking),
        costo=say_money(decided.cost_minor, seat.currency),
    )
    return []
