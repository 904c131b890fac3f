"""Running late: a client's word goes to the professional; a professional's goes, after a look at whom, to those who
wait."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.forms import OperationForm, Slots
from actions.turn import Turn
from actions.wording import booking_phrase
from vallebot.domain.spanish import say_duration, say_time
from vallebot.domain.values import parse_duration
from vallebot.services import bookings, broadcasts
from vallebot.services.records import BookingView
from vallebot.services.texts.clients import people_text

FORM = "avisar_demora_form"

#: A client who says that they are late means what begins within this time.
SOON = timedelta(hours=12)
MINUTES = (10, 15, 30)

_BARE_MINUTES = re.compile(r"\b(\d{1,3})\b")


class ValidateAvisarDemoraForm(OperationForm):
    """How late. A client need not say it; a professional's clients want to know. `modo`: 'todos' or 'proximo'."""

    form = FORM
    slots = ("minutos", "modo", "confirmacion")
    confirms = ("minutos",)

    def read(self, turn: Turn, known: Slots) -> Slots | None:
        """See OperationForm."""
        if turn.tapped("minutos") is not None:
            mode = turn.tapped("modo")
            said = {"modo": str(mode), "confirmacion": mode != "nadie"} if mode is not None else {}
            return {"minutos": int(turn.tapped("minutos")), **said}
        requested = turn.slot("requested_slot") if turn.tracker.active_loop else None
        minutes = _minutes(turn, asked=requested == "minutos")
        if minutes is not None:
            return {"minutos": minutes, "confirmacion": None}
        if requested == "confirmacion" and turn.yes_or_no is not None:
            return {"confirmacion": turn.yes_or_no, "modo": "todos" if turn.yes_or_no else "nadie"}
        return None

    def about(self, turn: Turn, state: Slots) -> str:
        """See OperationForm."""
        return "el aviso de demora"

    def next_question(self, turn: Turn, state: Slots) -> str | None:
        """See OperationForm."""
        if not turn.is_profesional or not _waiting(turn):
            return None
        if state["minutos"] is None:
            return "minutos"
        return "confirmacion" if state["confirmacion"] is None else None


def _minutes(turn: Turn, *, asked: bool) -> int | None:
    """'15 minutos', 'media hora'; 'llego 10:15' to what begins at 10."""
    found = parse_duration(turn.text) if turn.text else None
    if found is not None and 0 < found.minutes <= broadcasts.DELAY_MAX_MINUTES:
        return found.minutes
    bare = _BARE_MINUTES.search(turn.text) if asked else None
    return int(bare[1]) if bare is not None and 0 < int(bare[1]) <= broadcasts.DELAY_MAX_MINUTES else None


def _waiting(turn: Turn) -> list[BookingView]:
    """Who has something with the professional that is on or comes today."""
    midnight = datetime.combine(turn.today + timedelta(days=1), time(0), turn.tz)
    return broadcasts.affected_by_delay(turn.runtime.sessions, turn.actor, midnight, now=turn.now)


class AskMinutos(VallebotAction):
    """How long."""

    def name(self) -> str:
        return f"action_ask_{FORM}_minutos"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        buttons = [choice(f"{m} minutos", f'/avisar_demora{{"minutos": {m}}}') for m in MINUTES]
        dispatcher.utter_message(response="utter_demora_cuanto", buttons=buttons)
        return []


class AskConfirmacion(VallebotAction):
    """Whom it concerns today, then all, the next only, or nobody."""

    def name(self) -> str:
        return f"action_ask_{FORM}_confirmacion"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        waiting, minutes = _waiting(turn), int(turn.slot("minutos"))
        people = [
            f"{one.cliente_name or 'Sin nombre'}, {say_time(turn.local(one.starts_at))}" for one in waiting
        ]
        payload = f'/avisar_demora{{"minutos": {minutes}, "modo": '
        several = len({one.id for one in waiting}) > 1
        buttons = [choice("Sí, avisar" if not several else "A todos", payload + '"todos"}')]
        buttons += [choice("Solo al próximo", payload + '"proximo"}')] if several else []
        buttons.append(choice("No", payload + '"nadie"}'))
        dispatcher.utter_message(
            response="utter_demora_confirmar",
            personas=people_text(people),
            demora=say_duration(minutes),
            buttons=buttons,
        )
        return []


class ActionAvisarDemora(VallebotAction):
    """Tells the other side."""

    def name(self) -> str:
        return "action_avisar_demora"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        done = [SlotSet(name, None) for name in ValidateAvisarDemoraForm.slots]
        if turn.is_profesional:
            self._profesional(dispatcher, turn)
        else:
            self._cliente(dispatcher, turn)
        return done

    @staticmethod
    def _cliente(dispatcher: CollectingDispatcher, turn: Turn) -> None:
        soon = turn.now + SOON
        ahead = bookings.bookings_of(turn.runtime.sessions, turn.actor, since=turn.now, until=soon)
        mine = [one for one in ahead if one.state in ("confirmado", "pendiente")]
        if not mine:
            dispatcher.utter_message(response="utter_demora_sin_turno", profesional=turn.card.name)
            return
        late = broadcasts.announce_delay(
            turn.runtime.sessions,
            turn.actor,
            mine[0].id,
            turn.slot("minutos"),
            now=turn.now,
            key=turn.operation_key("delay"),
        )
        phrase = booking_phrase(turn, late)
        dispatcher.utter_message(response="utter_demora_avisada", profesional=turn.card.name, turno=phrase)

    @staticmethod
    def _profesional(dispatcher: CollectingDispatcher, turn: Turn) -> None:
        waiting = _waiting(turn)
        if not waiting:
            dispatcher.utter_message(response="utter_demora_nadie")
        elif not turn.slot("confirmacion"):
            dispatcher.utter_message(response="utter_demora_no")
        else:
            chosen = waiting if turn.slot("modo") == "todos" else [waiting[0]]
            ids = sorted({one.id for one in chosen})
            told = broadcasts.tell_delay(
                turn.runtime.sessions,
                turn.actor,
                ids,
                int(turn.slot("minutos")),
                now=turn.now,
                key=turn.operation_key("delay"),
            )
            count = "1 persona" if len(told.told) == 1 else f"{len(told.told)} personas"
            dispatcher.utter_message(
                response="utter_demora_avisada_a_todos",
                personas=count,
                demora=say_duration(int(turn.slot("minutos"))),
            )
