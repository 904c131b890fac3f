"""Leaving a class for good: the membership of a course, or the seats of somebody who has none. What it costs is told
before the yes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.class_choice import course, live_series, say_class, say_course, series_of
from actions.forms import OperationForm, Slots, yes_and_no
from actions.turn import Turn
from actions.who import WHO_SLOTS, ask_client, name_of, read_client
from vallebot.domain.class_days import recurring_days
from vallebot.domain.matching import Candidate, One, choose_option, decide, match
from vallebot.domain.spanish import say_money
from vallebot.services import bookings, leaving, relationship
from vallebot.services.class_records import SerieView
from vallebot.services.leaving_terms import series_leaving_terms
from vallebot.services.records import BookingView

FORM = "baja_clase_form"
LISTED = 10

#: "dejo los martes pero sigo los jueves": what goes on is not what is left.
_GOES_ON = re.compile(r"\b(?:pero|y)?\s*(?:sigo|me quedo|continuo|mantengo)\b.*", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """What somebody may leave: a course (its series), or one class ahead as its client sees it."""

    series: tuple[SerieView, ...] = ()
    one: BookingView | None = None

    @property
    def clase(self) -> str:
        """The choice as the slot holds it: 's3,4', or 'e7' for enrollments.id 7."""
        return course(self.series) if self.one is None else f"e{self.one.enrollment_id}"

    @property
    def name(self) -> str:
        return self.series[0].servicio_name if self.one is None else self.one.servicio_name

    @property
    def title(self) -> str:
        if self.one is None:
            return f"{self.name}: todas"
        return f"{self.name} {self.one.local_start.day}/{self.one.local_start.month}"

    def only(self, days: frozenset[int]) -> Place | None:
        """The same course on some of its days."""
        some = tuple(serie for serie in self.series if serie.weekday in days)
        return Place(some) if some else None


class ValidateBajaClaseForm(OperationForm):
    """Finds the course (or the class) that is left, and whose it is."""

    form = FORM
    slots = (*WHO_SLOTS, "clase", "confirmacion")
    confirms = ("clase", "cliente_id")

    def read(self, turn: Turn, known: Slots) -> Slots | None:
        """See OperationForm."""
        requested = turn.slot("requested_slot") if turn.tracker.active_loop else None
        if requested == "confirmacion":
            return {"confirmacion": turn.yes_or_no} if turn.yes_or_no is not None else None
        tapped = turn.tapped("clase")
        if tapped is not None:
            return {"clase": str(tapped)}
        who = read_client(turn, known, requested)
        cliente_id = who.get("cliente_id", known["cliente_id"])
        places = places_of(turn, cliente_id) if not turn.is_profesional or cliente_id else []
        clase = self._named(turn, places, asked=requested == "clase")
        return {**who, **({"clase": clase} if clase else {})} or None

    @staticmethod
    def _named(turn: Turn, places: list[Place], *, asked: bool) -> str | None:
        if asked:
            place = choose_option(turn.text, [(one.title, None) for one in places])
            if isinstance(place, int):
                return places[place].clase
        words = turn.values("servicio")
        left = [one for one in places if _is_of(one, words[0])] if words else places
        said = _GOES_ON.sub("", turn.text)
        cuando = turn.read_cuando(said, turn.sent_at) if said else None
        days = recurring_days(said, cuando)
        if days:
            some = [one.only(days) for one in left if one.series]
            left = [one for one in some if one is not None] or left
        narrowed = bool(words or days)
        return left[0].clase if narrowed and len(left) == 1 else None

    def about(self, turn: Turn, state: Slots) -> str:
        """See OperationForm."""
        return "la baja de la clase"

    def settle(self, turn: Turn, state: Slots) -> None:
        """See OperationForm."""
        if state["clase"] is None and (state["cliente_id"] is not None or not turn.is_profesional):
            places = places_of(turn, state["cliente_id"])
            courses = [one for one in places if one.series]
            only = courses if len(courses) == 1 else places
            state["clase"] = only[0].clase if len(only) == 1 else None

    def next_question(self, turn: Turn, state: Slots) -> str | None:
        """See OperationForm. Somebody unknown has nothing to leave: the action says so."""
        if turn.is_profesional and state["cliente_id"] is None:
            return None if state["nombre"] else "cliente_id"
        if state["clase"] is None:
            return "clase" if places_of(turn, state["cliente_id"]) else None
        return "confirmacion" if state["confirmacion"] is None else None


def _is_of(place: Place, words: str) -> bool:
    decision = decide(match(words, [Candidate(place.clase, place.name)]))
    return isinstance(decision, One)


def places_of(turn: Turn, cliente_id: int | None) -> list[Place]:
    """The courses a client belongs to, then the single classes ahead that came with none."""
    who = cliente_id if turn.is_profesional else None
    known = relationship.relationship_of(turn.runtime.sessions, turn.actor, who).snapshot
    mine = {serie["serie_id"] for serie in known.get("classes", [])}
    by_service: dict[int, list[SerieView]] = {}
    for serie in live_series(turn):
        if serie.id in mine:
            by_service.setdefault(serie.servicio_id, []).append(serie)
    ahead = bookings.bookings_of(turn.runtime.sessions, turn.actor, cliente_id=who, since=turn.now)
    single_ones = [
        Place(one=one)
        for one in ahead
        if one.enrollment_state == "inscripto" and one.serie_id not in mine and one.starts_at > turn.now
    ]
    return [*[Place(tuple(series)) for series in by_service.values()], *single_ones]


class AskClienteId(VallebotAction):
    """Who leaves."""

    def name(self) -> str:
        return f"action_ask_{FORM}_cliente_id"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        ask_client(dispatcher, turn, "baja_clase")
        return []


class AskClase(VallebotAction):
    """Which of several."""

    def name(self) -> str:
        return f"action_ask_{FORM}_clase"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        places = places_of(turn, turn.slot("cliente_id"))[:LISTED]
        buttons = [choice(one.title, f'/baja_clase{{"clase": "{one.clase}"}}') for one in places]
        dispatcher.utter_message(
            response="utter_cual_baja", buttons=buttons, json_message={"list_button": "Ver clases"}
        )
        return []


class AskConfirmacion(VallebotAction):
    """What is left, what it costs, what becomes of the money."""

    def name(self) -> str:
        return f"action_ask_{FORM}_confirmacion"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        kind = "_profesional" if turn.is_profesional else ""
        dispatcher.utter_message(
            response=f"utter_confirmar_baja{kind}",
            cliente=name_of(turn, int(turn.slot("cliente_id"))) if turn.is_profesional else "",
            **_terms(turn),
            buttons=yes_and_no(turn, ValidateBajaClaseForm, "Sí, dar de baja", "No, dejalo"),
        )
        return []


def _terms(turn: Turn) -> dict[str, str]:
    """`clase` and `costo`: how what is left is said, and what it means for the money (nothing, mostly)."""
    clase, sessions = turn.slot("clase"), turn.runtime.sessions
    if not series_of(clase):
        single = leaving.leaving_terms(sessions, turn.actor, int(clase[1:]), now=turn.now)
        seat = single.enrollment
        money = _money(single.cost_minor, single.credit_minor, seat.currency)
        return {"clase": say_class(turn, seat.booking), "costo": money}
    who = int(turn.slot("cliente_id")) if turn.is_profesional else None
    terms = series_leaving_terms(sessions, turn.actor, series_of(clase), cliente_id=who, now=turn.now)
    month = say_money(terms.month_minor, terms.currency)
    kept = f" La cuota de este mes ({month}) queda pendiente." if terms.month_minor else ""
    money = _money(terms.cost_minor, terms.credit_minor, terms.currency)
    return {"clase": say_course(terms.series), "costo": kept + money}


def _money(cost_minor: int, credit_minor: int, currency: str) -> str:
    cost = f" Como falta poco, quedan pendientes {say_money(cost_minor, currency)}." if cost_minor else ""
    return cost + (f" Lo pagado ({say_money(credit_minor, currency)}) queda a favor." if credit_minor else "")


class ActionBajaClase(VallebotAction):
    """Leaves what the form gathered, or keeps it."""

    def name(self) -> str:
        return "action_baja_clase"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        done = [SlotSet(name, None) for name in ValidateBajaClaseForm.slots]
        clase, cliente_id = turn.slot("clase"), turn.slot("cliente_id")
        kind = "_profesional" if turn.is_profesional else ""
        who = name_of(turn, int(cliente_id)) if cliente_id else turn.slot("nombre") or ""
        if clase is None:
            dispatcher.utter_message(response=f"utter_nada_para_baja{kind}", cliente=who)
        elif not turn.slot("confirmacion"):
            dispatcher.utter_message(response="utter_baja_no")
        else:
            facts = self._leave(turn, clase, int(cliente_id) if turn.is_profesional else None)
            dispatcher.utter_message(response=f"utter_baja{kind}", cliente=who, **facts)
        return done

    @staticmethod
    def _leave(turn: Turn, clase: str, cliente_id: int | None) -> dict[str, str]:
        """What was left and what it means for the money, as it came out."""
        sessions, key = turn.runtime.sessions, turn.operation_key("leave")
        if not series_of(clase):
            seat_id = int(clase[1:])
            left = leaving.leave(sessions, turn.actor, seat_id, accept_cost=True, now=turn.now, key=key)
            money = _money(left.cost_minor, left.credit_minor, left.enrollment.currency)
            return {"clase": say_class(turn, left.enrollment.booking), "costo": money}
        ended = leaving.leave_series(
            sessions,
            turn.actor,
            series_of(clase),
            cliente_id=cliente_id,
            accept_cost=True,
            now=turn.now,
            key=key,
        )
        currency = ended.seats[0].currency if ended.seats else "ARS"
        money = _money(ended.cost_minor, ended.credit_minor, currency)
        return {"clase": say_course(ended.series), "costo": money}
