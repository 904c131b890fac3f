"""Group classes: joining one or the whole course, standing in line. The offer shows the real next classes."""

from __future__ import annotations

from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.turn import Turn
from actions.wording import booking_phrase, offer_title, vocative
from vallebot.domain.spanish import say_money
from vallebot.errors import VallebotError
from vallebot.services import enrollments, rosters, waiting
from vallebot.services.class_records import SerieView
from vallebot.services.records import BookingView

#: Classes offered at once; with a row for each whole course it stays within WhatsApp's ten.
OFFERED = 6


class ActionInscribirseClase(VallebotAction):
    """A tap on a class or a course joins it; anything else offers what there is."""

    def name(self) -> str:
        return "action_inscribirse_clase"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        if turn.is_profesional:
            dispatcher.utter_message(response="utter_todavia_no_profesional")
        elif turn.tapped("booking_id") is not None:
            _join_class(dispatcher, turn, int(turn.tapped("booking_id")))
        elif turn.tapped("servicio_id") is not None:
            _join_course(dispatcher, turn, int(turn.tapped("servicio_id")))
        else:
            offer_classes(dispatcher, turn)
        return []


class ActionListaEspera(VallebotAction):
    """Stand in line for a class that is full (tapped under the answer that it is)."""

    def name(self) -> str:
        return "action_lista_espera"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        booking_id = turn.tapped("booking_id")
        if booking_id is None or turn.is_profesional:
            kind = "_profesional" if turn.is_profesional else ""
            dispatcher.utter_message(response=f"utter_todavia_no{kind}", profesional=turn.card.name)
            return []
        espera = waiting.wait_for_class(
            turn.runtime.sessions, turn.actor, int(booking_id), now=turn.now, key=turn.operation_key("wait")
        )
        dispatcher.utter_message(
            response="utter_en_espera", clase=espera.servicio_name, puesto=espera.position
        )
        return []


def offer_classes(dispatcher: CollectingDispatcher, turn: Turn) -> bool:
    """Say which classes can be joined; False (and an honest word) where there are none."""
    wish = turn.wish(turn.text, turn.sent_at) if turn.text else None
    windows = wish.ranges if wish is not None else ()
    sessions = turn.runtime.sessions
    ahead = rosters.upcoming_classes(sessions, turn.actor, windows=windows, limit=OFFERED, now=turn.now)
    ahead = ahead or rosters.upcoming_classes(sessions, turn.actor, limit=OFFERED, now=turn.now)
    if not ahead:
        dispatcher.utter_message(response="utter_sin_clases", profesional=turn.card.name)
        return False
    courses = {serie.servicio_id: serie for serie in rosters.list_series(sessions, turn.actor)}
    buttons = [*map(_course_row, courses.values()), *[_class_row(turn, one) for one in ahead]]
    dispatcher.utter_message(
        response="utter_ofrecer_clases",
        profesional=turn.card.name,
        buttons=buttons,
        json_message={"list_button": "Ver clases"},
    )
    return True


def _join_class(dispatcher: CollectingDispatcher, turn: Turn, booking_id: int) -> None:
    key = turn.operation_key("enrol")
    try:
        enrolled = enrollments.enrol_once(
            turn.runtime.sessions, turn.actor, booking_id, now=turn.now, key=key
        )
    except VallebotError as error:
        if error.code != "class_full":
            raise
        wait = choice("Avisame si hay", f'/lista_espera{{"booking_id": {booking_id}}}')
        dispatcher.utter_message(response="utter_clase_completa", buttons=[wait])
        return
    _say_joined(dispatcher, turn, booking_phrase(turn, enrolled.enrollment.as_booking), enrolled.owed_minor)


def _join_course(dispatcher: CollectingDispatcher, turn: Turn, servicio_id: int) -> None:
    series = [
        serie
        for serie in rosters.list_series(turn.runtime.sessions, turn.actor, servicio_id=servicio_id)
        if serie.ended_at is None
    ]
    joined = enrollments.enrol_in_series(
        turn.runtime.sessions,
        turn.actor,
        [serie.id for serie in series],
        now=turn.now,
        key=turn.operation_key("enrol"),
    )
    _say_joined(dispatcher, turn, f"*{series[0].servicio_name}*, todas las clases", joined.owed_minor)


def _say_joined(dispatcher: CollectingDispatcher, turn: Turn, what: str, owed_minor: int) -> None:
    response = "utter_inscripto_con_cuota" if owed_minor else "utter_inscripto"
    dispatcher.utter_message(
        response=response, clase=what, monto=say_money(owed_minor), nombre=vocative(turn.actor_name)
    )


def _course_row(serie: SerieView) -> dict[str, Any]:
    payload = f'/inscribirse_clase{{"servicio_id": {serie.servicio_id}}}'
    return choice(f"{serie.servicio_name}: todas", payload, "Me anoto para todas las clases")


def _class_row(turn: Turn, one: BookingView) -> dict[str, Any]:
    free = (one.capacity or 0) - (one.taken_seats or 0)
    room = f"{free} lugares" if free > 1 else "1 lugar" if free == 1 else "completa"
    payload = f'/inscribirse_clase{{"booking_id": {one.id}}}'
    return choice(offer_title(turn, one.starts_at), payload, f"{one.servicio_name}, {room}")
