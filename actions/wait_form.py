"""The waiting list: stand in line for a class, a course or a 1:1 time; see one's places in it; leave it."""

from __future__ import annotations

import itertools
import re
from datetime import datetime, timedelta
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.class_choice import (
    CLASS_SLOTS,
    ask_class,
    booking_of,
    chosen_class,
    read_class,
    series_of,
    settle_class,
)
from actions.forms import RETRY_SLOT, OperationForm, Slots, yes_and_no
from actions.turn import Turn
from actions.who import WHO_SLOTS, ask_client, client_of_slots, read_client, said_client, who_is_missing
from actions.wording import say_when
from vallebot.domain.matching import Candidate, Nobody, One, choose_option, decide, match
from vallebot.domain.spanish import say_cuando
from vallebot.domain.states import EsperaState, ServicioKind
from vallebot.domain.text import fold
from vallebot.domain.windows import OPEN_DAYS, Wish
from vallebot.errors import VallebotError
from vallebot.services import catalogue, waiting
from vallebot.services.class_records import EsperaView
from vallebot.services.texts import waiting as texts
from vallebot.services.waiting import TimeWanted

FORM = "lista_espera_form"
ENROL_FORM = "inscribirse_clase_form"
BOOKING_FORM = "pedir_turno_form"

#: "lunes o miércoles" are two places in line; more options than this are not read.
MOST_WINDOWS = 4
LISTED = 10

_LEAVE = re.compile(r"\b(?:salir|sali|saca\w*|borra\w*|baja\w*|ya consegui|ya no (?:espero|quiero))\b")
_SEE = re.compile(r"\b(?:ver|mostra\w*|mostrame|cuant[ao]s?|quien(?:es)?|en que (?:puesto|lugar)|como va)\b")
_CLASS_WORDS = re.compile(r"\b(?:clases?|grupo|curso|taller|lugar|cupo)\b")


class ValidateListaEsperaForm(OperationForm):
    """Finds what is waited for: a class, a course, or a session inside a stretch of time."""

    form = FORM
    slots = (*WHO_SLOTS, *CLASS_SLOTS, "espera_id", "modo", "confirmacion")
    confirms = ("clase", "cliente_id")

    def read(self, turn: Turn, known: Slots) -> Slots | None:
        """See OperationForm."""
        tapped = turn.tapped("espera_id")
        if tapped is not None:
            return {"espera_id": int(tapped), "modo": "salir"}
        requested = turn.slot("requested_slot") if turn.tracker.active_loop else None
        if requested == "confirmacion" and turn.yes_or_no is not None:
            return {"confirmacion": turn.yes_or_no}
        if requested == "espera_id":
            place = choose_option(turn.text, [(texts.wait_title(one), None) for one in _waits(turn)])
            return {"espera_id": _waits(turn)[place].id} if isinstance(place, int) else None
        mode = _mode(turn) if requested is None else None
        if mode is not None:
            return {"modo": mode}
        who = read_client(turn, known, requested)
        if requested in ("cliente_id", "telefono") and who:
            return who
        session = self._session(turn, requested)
        if session:
            return {**who, **session, **self._when(turn)}
        which = read_class(turn, known, requested)
        if which.get("motivo") == "es_turno":
            which["motivo"] = None
        return {**who, **which, **({"confirmacion": True} if turn.was_tap else {})} or None

    @staticmethod
    def _session(turn: Turn, requested: str | None) -> Slots:
        """A 1:1 service that was named, tapped, or is all there is."""
        tapped, sessions = turn.tapped("servicio_id"), _sessions(turn)
        if any(tapped is not None and s.id == int(tapped) for s in sessions):
            return {"servicio_id": int(tapped), "servicios_posibles": None}
        named = turn.values("servicio") or ([turn.text] if requested == "servicio_id" else [])
        every = catalogue.list_servicios(turn.runtime.sessions, turn.actor) if named else []
        found = (
            decide(match(named[0], [Candidate(s.id, s.name, tuple(s.synonyms)) for s in every]))
            if named
            else Nobody()
        )
        ids = {s.id for s in sessions}
        if isinstance(found, One):
            return {"servicio_id": found.candidate.key} if found.candidate.key in ids else {}
        if not isinstance(found, Nobody):
            possible = [c.key for c in found.candidates if c.key in ids]
            return {"servicio_id": None, "servicios_posibles": possible} if possible else {}
        only_sessions = len(every or catalogue.list_servicios(turn.runtime.sessions, turn.actor)) == len(ids)
        talks_of_class = bool(_CLASS_WORDS.search(fold(turn.text))) and not only_sessions
        if turn.was_tap or talks_of_class or not sessions or requested is not None:
            return {}
        possible = [s.id for s in sessions]
        return {"servicio_id": possible[0] if len(possible) == 1 else None, "servicios_posibles": possible}

    @staticmethod
    def _when(turn: Turn) -> Slots:
        said = {"text": turn.text, "at": turn.sent_at.isoformat()}
        return {"cuando": said} if turn.cuando is not None and turn.cuando.problem is None else {}

    def about(self, turn: Turn, state: Slots) -> str:
        """See OperationForm."""
        return "la lista de espera"

    def settle(self, turn: Turn, state: Slots) -> None:
        """See OperationForm."""
        if state["modo"] == "salir" and state["espera_id"] is None:
            mine = _waits(turn)
            if len(mine) == 1 and not turn.is_profesional:
                state["espera_id"] = mine[0].id
        if state["modo"] is None and not _is_session(turn, state):
            settle_class(turn, state)

    def next_question(self, turn: Turn, state: Slots) -> str | None:
        """See OperationForm."""
        if state["modo"] == "salir":
            return "espera_id" if state["espera_id"] is None and _waits(turn) else None
        if state["modo"] == "ver":
            return None
        missing = who_is_missing(turn, state)
        if missing is not None:
            return missing
        if _is_session(turn, state):
            return "servicio_id" if state["servicio_id"] is None else None
        if state["clase"] is None:
            return "clase"
        offered = state["motivo"] == "completa"
        return "confirmacion" if offered and state["confirmacion"] is None else None


def _mode(turn: Turn) -> str | None:
    said = fold(turn.text)
    if _LEAVE.search(said) and "espera" in said:
        return "salir"
    return "ver" if _SEE.search(said) and "espera" in said else None


def _sessions(turn: Turn) -> list[catalogue.ServicioCard]:
    every = catalogue.list_servicios(turn.runtime.sessions, turn.actor)
    return [servicio for servicio in every if servicio.kind == ServicioKind.INDIVIDUAL]


def _is_session(turn: Turn, state: Slots) -> bool:
    possible = [state["servicio_id"]] if state["servicio_id"] is not None else state["servicios_posibles"]
    ids = {servicio.id for servicio in _sessions(turn)}
    return bool(possible) and set(possible) <= ids and state["clase"] is None


def _waits(turn: Turn) -> list[EsperaView]:
    return waiting.waits_of(turn.runtime.sessions, turn.actor)


class AskClienteId(VallebotAction):
    """Who waits (the professional puts somebody in line)."""

    def name(self) -> str:
        return f"action_ask_{FORM}_cliente_id"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        ask_client(dispatcher, turn, "lista_espera")
        return []


class AskTelefono(VallebotAction):
    """Somebody unknown is asked for the phone."""

    def name(self) -> str:
        return f"action_ask_{FORM}_telefono"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        dispatcher.utter_message(response="utter_pedir_telefono_cliente", cliente=turn.slot("nombre"))
        return []


class AskServicio(VallebotAction):
    """For which session."""

    def name(self) -> str:
        return f"action_ask_{FORM}_servicio_id"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        possible = turn.slot("servicios_posibles") or []
        offered = [s for s in _sessions(turn) if s.id in possible]
        buttons = [choice(s.name, f'/lista_espera{{"servicio_id": {s.id}}}') for s in offered[:LISTED]]
        dispatcher.utter_message(response="utter_espera_servicio", buttons=buttons)
        return []


class AskClase(VallebotAction):
    """For which class."""

    def name(self) -> str:
        return f"action_ask_{FORM}_clase"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        return ask_class(dispatcher, turn, "lista_espera", response="utter_espera_clase")


class AskEsperaId(VallebotAction):
    """Which place in line is given up."""

    def name(self) -> str:
        return f"action_ask_{FORM}_espera_id"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        dispatcher.utter_message(response="utter_espera_cual", buttons=_leave_buttons(_waits(turn)))
        return []


class AskConfirmacion(VallebotAction):
    """What was wanted is full: do they want to wait for it?"""

    def name(self) -> str:
        return f"action_ask_{FORM}_confirmacion"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        said, _, _ = chosen_class(turn, turn.slot("clase"))
        kind = "_profesional" if turn.is_profesional else ""
        yes = "Sí, en espera" if turn.is_profesional else "Sí, avisame"
        dispatcher.utter_message(
            response=f"utter_clase_completa{kind}",
            clase=said,
            cliente=said_client(turn) if turn.is_profesional else "",
            buttons=yes_and_no(turn, ValidateListaEsperaForm, yes, "No, gracias"),
        )
        return []


class ActionListaEspera(VallebotAction):
    """Stands in line, shows the places in it, or gives one up. What is free is offered instead."""

    def name(self) -> str:
        return "action_lista_espera"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        done = [SlotSet(name, None) for name in ValidateListaEsperaForm.slots]
        if turn.slot("modo") == "salir" and turn.slot("espera_id") is not None:
            leave_line(dispatcher, turn, int(turn.slot("espera_id")))
        elif turn.slot("modo") is not None:
            _show(dispatcher, turn)
        elif turn.slot("clase") is not None and turn.slot("confirmacion") is not False:
            return self._for_class(dispatcher, turn, done)
        elif turn.slot("clase") is not None:
            dispatcher.utter_message(response="utter_espera_no")
        elif turn.slot("servicio_id") is not None:
            return self._for_time(dispatcher, turn, done)
        else:
            dispatcher.utter_message(response="utter_sin_clases", profesional=turn.card.name)
        return done

    @staticmethod
    def _for_class(dispatcher: CollectingDispatcher, turn: Turn, done: Events) -> Events:
        clase, who, espera = turn.slot("clase"), client_of_slots(turn), None
        sessions, now = turn.runtime.sessions, turn.now
        said, _, _ = chosen_class(turn, clase)
        try:
            booking_id = booking_of(clase)
            if booking_id is not None:
                key = turn.operation_key("wait")
                espera = waiting.wait_for_class(
                    sessions, turn.actor, booking_id, cliente_id=who, now=now, key=key
                )
            for serie_id in series_of(clase):
                key = turn.operation_key(f"wait:{serie_id}")
                try:
                    espera = waiting.wait_for_series(
                        sessions, turn.actor, serie_id, cliente_id=who, now=now, key=key
                    )
                except VallebotError as error:
                    if error.code != "seats_free" or len(series_of(clase)) == 1:
                        raise  # of several days, those that are full are waited for
            if espera is None:
                return _join_instead(turn)
        except VallebotError as error:
            if error.code != "seats_free":
                raise
            return _join_instead(turn)
        _say_waiting(dispatcher, turn, said, espera)
        return done

    @staticmethod
    def _for_time(dispatcher: CollectingDispatcher, turn: Turn, done: Events) -> Events:
        servicio_id, said = int(turn.slot("servicio_id")), turn.slot("cuando")
        who, espera = client_of_slots(turn), None
        try:
            for number, wanted in enumerate(_wanted(turn, servicio_id)):
                key = turn.operation_key(f"wait:{number}")
                espera = waiting.wait_for_time(
                    turn.runtime.sessions, turn.actor, wanted, cliente_id=who, now=turn.now, key=key
                )
        except VallebotError as error:
            if error.code != "time_free":
                raise
            if turn.is_profesional:
                at = datetime.fromisoformat(str(error.facts["starts_at"]))
                dispatcher.utter_message(response="utter_espera_hay_hora", cuando=say_when(turn, at))
                return done
            again = {"servicio_id": servicio_id, "cuando": said, "starts_at": None, "confirmacion": None}
            slots = {**again, "motivo": "hay_lugar", RETRY_SLOT: turn.key}
            return [
                *done,
                *[SlotSet(name, value) for name, value in slots.items()],
                FollowupAction(BOOKING_FORM),
            ]
        assert espera is not None  # there is always a window to wait in
        _say_waiting(dispatcher, turn, f"un turno de *{espera.servicio_name}*{_when_said(turn)}", espera)
        return done


def _join_instead(turn: Turn) -> Events:
    """Nobody has to wait: the form that enrols asks for a yes to this very class."""
    joins = {"confirmacion": None, "motivo": "hay_lugar", "ofertas": None, RETRY_SLOT: turn.key}
    return [*[SlotSet(name, value) for name, value in joins.items()], FollowupAction(ENROL_FORM)]


def _say_waiting(dispatcher: CollectingDispatcher, turn: Turn, what: str, espera: EsperaView) -> None:
    facts: dict[str, Any] = {"clase": what, "puesto": espera.position or 1}
    if turn.is_profesional:
        dispatcher.utter_message(response="utter_en_espera_profesional", cliente=said_client(turn), **facts)
    else:
        dispatcher.utter_message(response="utter_en_espera", **facts)


def _when_said(turn: Turn) -> str:
    said = turn.slot("cuando")
    if not said:
        return f" en los próximos {OPEN_DAYS} días"
    cuando = turn.read_cuando(said["text"], datetime.fromisoformat(said["at"]))
    return f", {say_cuando(cuando, turn.today)}" if cuando is not None else ""


def _wanted(turn: Turn, servicio_id: int) -> list[TimeWanted]:
    """The windows of a wish: the same hours of days in a row are one."""
    said = turn.slot("cuando")
    wish = turn.wish(said["text"], datetime.fromisoformat(said["at"])) if said else None
    if wish is None:
        return [TimeWanted(servicio_id, turn.now, turn.now + timedelta(days=OPEN_DAYS))]
    hours = _same_hours(turn, wish)
    if hours is not None:
        return [TimeWanted(servicio_id, wish.ranges[0][0], wish.ranges[-1][1], *hours)]
    return [TimeWanted(servicio_id, start, end) for start, end in wish.ranges[:MOST_WINDOWS]]


def _same_hours(turn: Turn, wish: Wish) -> tuple[int, int] | None:
    """The hours (minutes of the local day) of a wish that holds the same ones on several days in a row."""
    days = [turn.local(start).date() for start, _ in wish.ranges]
    in_a_row = all(b - a == timedelta(days=1) for a, b in itertools.pairwise(days))
    hours = {(_minute(turn, start), _minute(turn, end) or 1440) for start, end in wish.ranges[1:]}
    if len(days) < 2 or not in_a_row or len(hours) != 1:
        return None
    begin, end = hours.pop()
    end = 1440 if end == 1439 else end
    return (begin, end) if begin < end else None


def _minute(turn: Turn, moment: datetime) -> int:
    local = turn.local(moment)
    return local.hour * 60 + local.minute


def leave_line(dispatcher: CollectingDispatcher, turn: Turn, espera_id: int) -> None:
    """Give up a place in line, or what is held for it."""
    key = turn.operation_key("leave_list")
    left = waiting.leave_list(turn.runtime.sessions, turn.actor, espera_id, now=turn.now, key=key)
    declined = left.state == EsperaState.RECHAZADO
    response = "utter_oferta_rechazada" if declined else "utter_espera_dejada"
    dispatcher.utter_message(response=response, clase=left.servicio_name)


def _show(dispatcher: CollectingDispatcher, turn: Turn) -> None:
    waits = _waits(turn)
    if not waits:
        kind = "_profesional" if turn.is_profesional else ""
        dispatcher.utter_message(response=f"utter_sin_esperas{kind}")
        return
    text = texts.waits_text(waits, turn.today, with_names=turn.is_profesional)
    buttons = [] if turn.is_profesional else _leave_buttons(waits)
    dispatcher.utter_message(response="utter_esperas", esperas=text, buttons=buttons)


def _leave_buttons(waits: list[EsperaView]) -> list[dict[str, str]]:
    if len(waits) == 1:
        return [choice("Salir de la lista", f'/lista_espera{{"espera_id": {waits[0].id}}}')]
    return [
        choice(f"Salir: {texts.wait_title(one)}", f'/lista_espera{{"espera_id": {one.id}}}')
        for one in waits[:LISTED]
    ]
