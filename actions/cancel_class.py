"""Cancelling what is no session: a client's seat in one class, or (the professional) a class with everybody in it."""

from __future__ import annotations

from rasa_sdk.executor import CollectingDispatcher

from actions.class_choice import say_class
from actions.turn import Turn
from vallebot.domain.spanish import say_list, say_money
from vallebot.domain.states import EnrollmentState
from vallebot.services import leaving, rosters, series

#: Names of those affected that are said; the others are counted.
NAMED = 6


def ask_about_seat(dispatcher: CollectingDispatcher, turn: Turn, enrollment_id: int, buttons: list) -> None:
    """What not coming to a class would mean, then yes or no."""
    terms = leaving.leaving_terms(turn.runtime.sessions, turn.actor, enrollment_id, now=turn.now)
    kind = "profesional" if turn.is_profesional else terms.outcome
    dispatcher.utter_message(
        response=f"utter_confirmar_falta_{kind}",
        clase=say_class(turn, terms.enrollment.booking),
        cliente=terms.enrollment.cliente_name or "",
        costo=say_money(terms.cost_minor, terms.enrollment.currency),
        profesional=turn.card.name,
        buttons=buttons,
    )


def give_seat_back(dispatcher: CollectingDispatcher, turn: Turn, enrollment_id: int) -> None:
    """The cost was in the question that was answered with yes."""
    key = turn.operation_key("leave")
    left = leaving.leave(
        turn.runtime.sessions, turn.actor, enrollment_id, accept_cost=True, now=turn.now, key=key
    )
    kind = "profesional" if turn.is_profesional else left.outcome
    dispatcher.utter_message(
        response=f"utter_falta_{kind}",
        clase=say_class(turn, left.enrollment.booking),
        cliente=left.enrollment.cliente_name or "",
        costo=say_money(left.cost_minor, left.enrollment.currency),
        profesional=turn.card.name,
    )


def ask_about_class(dispatcher: CollectingDispatcher, turn: Turn, booking_id: int, buttons: list) -> None:
    """Who has a seat in a class that is to be cancelled, and who waits for one; then yes or no."""
    roster = rosters.roster(turn.runtime.sessions, turn.actor, booking_id)
    seated = [one for one in roster.enrollments if one.state == EnrollmentState.INSCRIPTO]
    names = [one.cliente_name or "Sin nombre" for one in seated]
    more = [f"{len(names) - NAMED} más"] if len(names) > NAMED else []
    dispatcher.utter_message(
        response="utter_confirmar_cancelar_clase" if seated else "utter_confirmar_cancelar_clase_vacia",
        clase=say_class(turn, roster.booking),
        anotados="hay 1 persona anotada" if len(seated) == 1 else f"hay {len(seated)} personas anotadas",
        nombres=say_list([*names[:NAMED], *more]),
        espera=f" y {len(roster.waiting)} en espera" if roster.waiting else "",
        buttons=buttons,
    )


def cancel_class(dispatcher: CollectingDispatcher, turn: Turn, booking_id: int) -> None:
    """Everybody with a seat is told once."""
    key = turn.operation_key("cancel_class")
    done = series.cancel_occurrence(turn.runtime.sessions, turn.actor, booking_id, now=turn.now, key=key)
    told = (
        ""
        if not done.told
        else " Ya le avisé a 1 persona."
        if done.told == 1
        else f" Ya les avisé a {done.told} personas."
    )
    dispatcher.utter_message(
        response="utter_clase_cancelada", clase=say_class(turn, done.booking), avisados=told
    )
