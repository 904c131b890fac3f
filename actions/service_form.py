"""Defining a service: one message or step by step, one confirmation with everything in it."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import date
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.forms import RETRY_SLOT, yes_and_no
from actions.proposals import Proposal, ProposalForm, forget, proposal_of
from actions.setup import next_step_buttons
from actions.turn import Turn
from vallebot.domain.service_words import WeeklyTime, read_service
from vallebot.domain.spanish import say_list
from vallebot.domain.states import ServicioKind
from vallebot.domain.text import fold, squash
from vallebot.errors import VallebotError
from vallebot.services import catalogue
from vallebot.services.catalogue import NAME_MAX_CHARS, ServicioSpec
from vallebot.services.class_definition import define_class
from vallebot.services.series import SeriesDefined, SerieSpec
from vallebot.services.texts import business as texts

FORM = "definir_servicio_form"

#: Fields of a service that are kept in the proposal under their own names.
_FACTS = (
    *("kind", "duration_minutes", "price_minor", "currency", "billing", "capacity", "place_mode"),
    *("buffer_minutes", "cancellation_hours"),
)
#: Talk around the name of a service where nothing else tells which words are the name.
_TALK = re.compile(
    r"^(?:(?:se llama|el nombre es|ponele|es|un|una|el|la|de|clases?|turnos?|sesion(?:es)?|servicio(?: de)?)\s+)+"
)
_NAMING = re.compile(r"\b(?:llam\w+|nombre)\b")
#: Errors about the times of a class, after which others are asked for. `utter_motivo_<code>` is said first.
_BAD_TIMES = frozenset({"slot_taken", "serie_exists"})


class ValidateDefinirServicioForm(ProposalForm):
    """Name, individual or class, length, price; of a class also the places and the weekly times."""

    form = FORM
    parts = frozenset({True})
    own = frozenset({"definir_servicio", "modificar_servicio", "definir_horarios", "consultar_servicios"})

    def read_into(self, turn: Turn, proposal: Proposal, asked: str | None) -> Proposal:
        """See ProposalForm."""
        if turn.was_tap:
            return _tapped(turn.tapped("valor"))
        words = read_service(turn.text, turn.sent_at.astimezone(turn.tz), asked=asked)
        read: Proposal = {name: getattr(words, name) for name in _FACTS if getattr(words, name) is not None}
        if words.times:
            read["times"] = [asdict(one) for one in words.times]
            read["days"] = [day.isoformat() if day else None for day in (words.starts_on, words.ends_on)]
        if (
            asked == "times"
            and not words.times
            and re.search(r"\b(?:sin|todavia no|despues|no se)\b", fold(turn.text))
        ):
            read["times"] = []
        read |= _name_in(turn, proposal, asked, read)
        unclear = words.says_class and "kind" not in read and "kind" not in proposal
        return {**read, "says_class": True} if unclear else read

    def complete(self, turn: Turn, proposal: Proposal) -> None:
        """See ProposalForm."""
        if proposal.get("name") and "kind" not in proposal and not proposal.get("says_class"):
            proposal["kind"] = ServicioKind.INDIVIDUAL.value
        if proposal.get("kind") == ServicioKind.INDIVIDUAL:
            proposal.pop("capacity", None)

    def missing(self, turn: Turn, proposal: Proposal) -> str | None:
        """See ProposalForm."""
        if not proposal.get("name"):
            return "name"
        if same_name(turn, proposal["name"]) is not None:
            return "other_name"
        needed = ["kind", "duration_minutes", "price_minor"]
        if proposal.get("kind") == ServicioKind.GRUPAL:
            needed = ["kind", "times", "duration_minutes", "capacity", "price_minor"]
        return next((field for field in needed if field not in proposal), None)


class AskPropuesta(VallebotAction):
    """What is missing, two facts at once where people say them together."""

    def name(self) -> str:
        return f"action_ask_{FORM}_propuesta"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        proposal, falta = proposal_of(turn), str(turn.slot("falta"))
        if turn.slot("motivo"):
            dispatcher.utter_message(response=f"utter_motivo_{turn.slot('motivo')}")
        buttons = []
        if falta == "kind":
            buttons = [
                choice("De a una persona", '/informar{"valor": "individual"}'),
                choice("Clase grupal", '/informar{"valor": "grupal"}'),
            ]
        if falta == "other_name":
            known = same_name(turn, proposal["name"])
            change = f'/modificar_servicio{{"servicio_id": {known.id if known else 0}}}'
            buttons = [
                choice("Cambiar ese", change),
                choice("Ponerle otro nombre", '/informar{"valor": "nombre"}'),
            ]
        both = falta == "duration_minutes" and "price_minor" not in proposal
        response = (
            "utter_servicio_falta_duration_minutes_y_precio" if both else f"utter_servicio_falta_{falta}"
        )
        dispatcher.utter_message(response=response, servicio=proposal.get("name", ""), buttons=buttons)
        return [SlotSet("motivo", None)]


class AskConfirmacion(VallebotAction):
    """The one confirmation."""

    def name(self) -> str:
        return f"action_ask_{FORM}_confirmacion"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        proposal = proposal_of(turn)
        others = proposal.get("others")
        if others:
            dispatcher.utter_message(response="utter_servicio_de_a_uno", otros=say_list(others))
        dispatcher.utter_message(
            response="utter_confirmar_servicio",
            servicio=texts.service(proposal, _times(proposal)),
            buttons=yes_and_no(turn, ValidateDefinirServicioForm, "Sí, guardar", "No, dejalo"),
        )
        return []


class ActionDefinirServicio(VallebotAction):
    """Saves what was confirmed; times of a class that cannot be had open the form again."""

    def name(self) -> str:
        return "action_definir_servicio"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        proposal = proposal_of(turn)
        if not turn.slot("confirmacion"):
            dispatcher.utter_message(response="utter_servicio_no_guardado")
            return forget()
        try:
            defined = _define(turn, proposal)
        except VallebotError as error:
            if error.code not in _BAD_TIMES:
                raise
            proposal.pop("times")
            again = {"propuesta": proposal, "confirmacion": None, "motivo": error.code, RETRY_SLOT: turn.key}
            return [*[SlotSet(name, value) for name, value in again.items()], FollowupAction(FORM)]
        _say_defined(dispatcher, turn, proposal, defined)
        return forget()


def same_name(turn: Turn, name: str) -> catalogue.ServicioCard | None:
    """The service that is called so already."""
    services = catalogue.list_servicios(turn.runtime.sessions, turn.actor)
    return next((service for service in services if squash(service.name) == squash(name)), None)


def _define(turn: Turn, proposal: Proposal) -> SeriesDefined | None:
    facts = {name: proposal[name] for name in _FACTS if name in proposal}
    spec = ServicioSpec(name=proposal["name"], **facts)
    times = _times(proposal)
    how: dict[str, Any] = {"now": turn.now, "key": turn.operation_key("define")}
    if spec.kind != ServicioKind.GRUPAL or not times:
        catalogue.define_servicio(turn.runtime.sessions, turn.actor, spec, **how)
        return None
    first, last = (date.fromisoformat(day) if day else None for day in proposal["days"])
    series = [SerieSpec(one.weekday, one.start_minute, starts_on=first, ends_on=last) for one in times]
    return define_class(turn.runtime.sessions, turn.actor, spec, series, **how).defined


def _say_defined(
    dispatcher: CollectingDispatcher, turn: Turn, proposal: Proposal, defined: SeriesDefined | None
) -> None:
    steps = next_step_buttons(turn)
    buttons = steps or [choice("Cargar otro", "/definir_servicio")]
    dispatcher.utter_message(response="utter_servicio_guardado", servicio=proposal["name"])
    if defined is not None and defined.clashes:
        days = say_list([f"{turn.local(at).day}/{turn.local(at).month}" for at in defined.clashes[:5]])
        dispatcher.utter_message(response="utter_clase_sin_lugar", dias=days)
    if proposal["kind"] == ServicioKind.GRUPAL and defined is None:
        dispatcher.utter_message(response="utter_clase_sin_dias")
    done = "utter_falta_para_turnos" if steps else "utter_ya_te_piden"
    dispatcher.utter_message(response=done, buttons=buttons)


def _times(proposal: Proposal) -> list[WeeklyTime]:
    return [WeeklyTime(**one) for one in proposal.get("times") or []]


def _tapped(value: Any) -> Proposal:
    if value in set(ServicioKind):
        return {"kind": str(value)}
    return {"name": ""} if value == "nombre" else {}


def _name_in(turn: Turn, proposal: Proposal, asked: str | None, read: Proposal) -> Proposal:
    """The name, and others that were told with it; a name that is known changes only where it is asked for."""
    asked_for = asked in ("name", "other_name")
    if proposal.get("name") and not asked_for and not _NAMING.search(fold(turn.text)):
        return {}
    named = turn.values("servicio")
    if (
        not named
        and asked_for
        and read.keys() <= {"place_mode", "kind"}
        and not re.search(r"[?¿]", turn.text)
    ):
        bare = re.split(r"[,;.\n]", turn.text)[0].strip()
        talk = _TALK.match(fold(bare))
        named = [bare[talk.end() :] if talk else bare]
    tidy = [" ".join(name.split())[:NAME_MAX_CHARS] for name in named if squash(name)]
    if not tidy:
        return {}
    shown = [name[0].upper() + name[1:] for name in tidy]
    others = list(dict.fromkeys(name for name in shown[1:] if name != shown[0]))
    return {"name": shown[0], **({"others": others} if others else {})}
