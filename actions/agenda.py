"""Seeing bookings: a client's own, a professional's day or week; accepting what waits for an answer."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from rasa_sdk.events import FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.cancel_form import named_like
from actions.class_answers import confirm_seat, decide_late_leave, standing_offer, take_offer
from actions.record import say_record
from actions.tenancy import ask_with_whom
from actions.turn import Turn
from actions.wording import booking_phrase, offer_title
from vallebot.domain.states import LIVE_BOOKING
from vallebot.domain.text import fold
from vallebot.services import agenda, bookings, cancellations, catalogue
from vallebot.services.records import BookingView
from vallebot.services.texts import answers

#: "la agenda" without a day: today and what follows, never more than this.
MAX_DAYS = 31

DAY = timedelta(days=1)


class ActionVerTurnos(VallebotAction):
    """A client's bookings ahead (with all professionals, while none is chosen); a professional's agenda of the days
    asked for (today, if none)."""

    needs_profesional = False

    def name(self) -> str:
        return "action_ver_turnos"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        if turn.is_profesional and (turn.values("persona") or turn.tapped("cliente_id") is not None):
            return say_record(dispatcher, turn)
        if turn.is_profesional:
            first, last = days_asked(turn)
            entries = agenda.agenda(turn.runtime.sessions, turn.actor, first, last)
            text = answers.agenda_text(entries, first, last, turn.today)
            dispatcher.utter_message(response="utter_agenda", agenda=text)
            return []
        mine = bookings.bookings_of(turn.runtime.sessions, turn.actor, since=turn.now)
        if mine:
            text = answers.bookings_text(mine, turn.today)
            dispatcher.utter_message(response="utter_turnos_cliente", turnos=text)
        elif turn.actor.profesional_id is None:
            return ask_with_whom(dispatcher, turn, self.name())
        else:
            dispatcher.utter_message(
                response="utter_sin_turnos_cliente",
                profesional=turn.card.name,
                buttons=[choice("Pedir un turno", "/pedir_turno")],
            )
        return []


class ActionLibresProfesional(VallebotAction):
    """A professional's own free time: where the shortest session could still begin, on the days asked for."""

    def name(self) -> str:
        return "action_libres_profesional"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        if not turn.is_profesional:  # "como cliente, ¿qué tiene Ana libre?"
            return [FollowupAction("pedir_turno_form")]
        first, last = days_asked(turn)
        services = [
            s for s in catalogue.list_servicios(turn.runtime.sessions, turn.actor) if s.kind == "individual"
        ]
        if not services:
            dispatcher.utter_message(response="utter_sin_servicios", profesional=turn.card.name)
            return []
        shortest = min(services, key=lambda service: service.duration_minutes)
        window = (datetime.combine(first, time(0), turn.tz), datetime.combine(last + DAY, time(0), turn.tz))
        query = agenda.SlotQuery(shortest.id, windows=(window,))
        slots = agenda.free_slots(turn.runtime.sessions, turn.actor, query, now=turn.now)
        step = timedelta(minutes=query.step_minutes)
        text = answers.free_text([slot.starts_at for slot in slots], step, first, last, turn.today)
        dispatcher.utter_message(response="utter_agenda", agenda=text)
        return []


class ActionConfirmarTurno(VallebotAction):
    """A professional accepts a pending booking; a client says that they will come."""

    def name(self) -> str:
        return "action_confirmar_turno"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        if turn.tapped("espera_id") is not None:
            return take_offer(dispatcher, turn, int(turn.tapped("espera_id")))
        if turn.is_profesional and turn.tapped("enrollment_id") is not None:
            return decide_late_leave(dispatcher, turn, int(turn.tapped("enrollment_id")))
        return self._accept(dispatcher, turn) if turn.is_profesional else self._will_come(dispatcher, turn)

    @staticmethod
    def _accept(dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        sessions, booking_id = turn.runtime.sessions, turn.tapped("booking_id")
        if booking_id is None:
            waiting = _waiting(turn)
            if len(waiting) != 1:
                return _ask_which(dispatcher, turn, waiting)
            booking_id = waiting[0].id
        if turn.tapped("cambio") is not None:
            return _decide_change(dispatcher, turn, int(booking_id))
        booking = bookings.accept(
            sessions, turn.actor, int(booking_id), now=turn.now, key=turn.operation_key("accept")
        )
        phrase = booking_phrase(turn, booking, with_client=True)
        dispatcher.utter_message(response="utter_turno_aceptado", turno=phrase)
        return []

    @staticmethod
    def _will_come(dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        mine = [
            one
            for one in bookings.bookings_of(turn.runtime.sessions, turn.actor, since=turn.now)
            if one.state in LIVE_BOOKING
        ]
        offered = standing_offer(turn)
        if offered is not None and turn.tapped("booking_id") is None:
            return take_offer(dispatcher, turn, offered)
        if not mine:
            dispatcher.utter_message(
                response="utter_sin_turnos_cliente",
                profesional=turn.card.name,
                buttons=[choice("Pedir un turno", "/pedir_turno")],
            )
            return []
        chosen = _meant(turn, mine)
        if chosen.kind == "individual" and chosen.state == "confirmado":
            key = turn.operation_key("confirm_attendance")
            bookings.confirm_attendance(turn.runtime.sessions, turn.actor, chosen.id, now=turn.now, key=key)
        elif chosen.enrollment_id is not None:
            confirm_seat(turn, chosen.enrollment_id)
        dispatcher.utter_message(response="utter_asistencia_confirmada", turno=booking_phrase(turn, chosen))
        return []


def _meant(turn: Turn, mine: list[BookingView]) -> BookingView:
    """The booking or class of a client that was tapped, or named by its time; else the next one."""
    tapped = turn.tapped("booking_id")
    wish = turn.wish(turn.text, turn.sent_at) if turn.text else None
    wished = [one for one in mine if wish and any(start <= one.starts_at < end for start, end in wish.ranges)]
    return next((one for one in mine if one.id == tapped), (wished or mine)[0])


def _decide_change(dispatcher: CollectingDispatcher, turn: Turn, booking_id: int) -> Events:
    """The professional's word on a late change that a client asked for, tapped under the notice."""
    decision = cancellations.Decision(turn.tapped("cambio"))
    decided = cancellations.decide_change(
        turn.runtime.sessions,
        turn.actor,
        booking_id,
        decision,
        now=turn.now,
        key=turn.operation_key("decide"),
    )
    phrase = booking_phrase(turn, decided.booking, with_client=True)
    dispatcher.utter_message(response=f"utter_cambio_{decision}", turno=phrase)
    return []


def days_asked(turn: Turn) -> tuple[date, date]:
    """First and last local day of what was asked; today where no time was named."""
    wish = turn.wish(turn.text, turn.sent_at) if turn.text else None
    if wish is None:
        # "la agenda de la semana": what is left of it.
        rest = timedelta(days=6 - turn.today.weekday()) if "semana" in fold(turn.text) else timedelta(0)
        return turn.today, turn.today + rest
    first = turn.local(wish.ranges[0][0]).date()
    last = turn.local(wish.ranges[-1][1] - timedelta(seconds=1)).date()
    return first, min(last, first + timedelta(days=MAX_DAYS))


def _waiting(turn: Turn) -> list[BookingView]:
    upcoming = bookings.bookings_of(turn.runtime.sessions, turn.actor, since=turn.now)
    waiting = [booking for booking in upcoming if booking.state == "pendiente"]
    names = turn.values("persona")
    return named_like(waiting, names[0]) if names else waiting


def _ask_which(dispatcher: CollectingDispatcher, turn: Turn, waiting: list[BookingView]) -> Events:
    if not waiting:
        dispatcher.utter_message(response="utter_nada_para_aceptar")
        return []
    buttons = [
        choice(
            offer_title(turn, booking.starts_at),
            f'/confirmar_turno{{"booking_id": {booking.id}}}',
            f"{booking.cliente_name or ''}, {booking.servicio_name}".lstrip(", "),
        )
        for booking in waiting[:10]
    ]
    dispatcher.utter_message(
        response="utter_cual_aceptar", buttons=buttons, json_message={"list_button": "Ver pedidos"}
    )
    return []
