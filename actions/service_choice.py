"""Which service is meant: read from words, or asked among those that there are. Shared by the forms that book."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, choice
from actions.forms import Slots
from actions.habits import habit_of, says_as_usual
from actions.turn import Turn
from actions.wording import say_price
from vallebot.domain.matching import Candidate, One, Several, choose_option, decide, match
from vallebot.domain.spanish import say_duration
from vallebot.errors import NotFoundError
from vallebot.services import catalogue

#: What was named is a class: nothing to book, something to join.
IS_CLASS: Slots = {
    "servicio_id": None,
    "servicios_posibles": None,
    "starts_at": None,
    "confirmacion": None,
    "motivo": "es_clase",
}


def read_service(turn: Turn, known: Slots, requested: str | None) -> Slots:
    """The service that the words name, or those that they may; nothing where none is named."""
    named = [name for name in turn.values("servicio") if not says_as_usual(name)]
    asked = requested == "servicio_id"
    if not named and not asked:
        return {}
    candidates = service_candidates(turn)
    possible = [c for c in candidates if c.key in (known["servicios_posibles"] or [])] or candidates
    if asked:
        place = choose_option(turn.text, [(c.name, None) for c in shown_first(turn, possible)])
        if isinstance(place, int):
            return _chosen(shown_first(turn, possible)[place].key)
    decision = decide(match(named[0] if named else turn.text, [*candidates, *class_candidates(turn)]))
    if isinstance(decision, One):
        single = any(c.key == decision.candidate.key for c in candidates)
        return _chosen(decision.candidate.key) if single else dict(IS_CLASS)
    if isinstance(decision, Several):
        meant = [c.key for c in decision.candidates if c in candidates]
        return {"servicio_id": None, "servicios_posibles": meant} if meant else dict(IS_CLASS)
    if named:
        return {"servicio_id": None, "servicios_posibles": None, "motivo": "servicio_desconocido"}
    habit = habit_of(turn) if turn.yes_or_no else None  # "¿Masaje, como siempre?" "dale"
    usual = habit is not None and any(c.key == habit.servicio_id for c in possible)
    return _chosen(habit.servicio_id) if habit and usual else {}


def ask_service(dispatcher: CollectingDispatcher, turn: Turn) -> Events:
    """Ask among those that may be meant (`servicios_posibles`), or all; the usual one first, by its name."""
    possible = turn.slot("servicios_posibles")
    candidates = [c for c in service_candidates(turn) if not possible or c.key in possible]
    known = {s.id: s for s in individual_services(turn)}
    offered = [known[int(c.key)] for c in shown_first(turn, candidates)]
    unknown = turn.slot("motivo") == "servicio_desconocido"
    habit = habit_of(turn)
    buttons = [
        choice(
            s.name,
            f'/informar{{"servicio_id": {s.id}}}',
            f"{say_duration(s.duration_minutes)}, {say_price(s)}",
        )
        for s in offered
    ]
    response = "utter_pedir_servicio_desconocido" if unknown else "utter_pedir_servicio"
    if habit and not unknown and offered and offered[0].id == habit.servicio_id:
        response = "utter_pedir_servicio_habitual"
    dispatcher.utter_message(
        response=response,
        profesional=turn.card.name,
        servicio=offered[0].name if offered else "",
        buttons=buttons,
        json_message={"list_button": "Ver servicios"},
    )
    return [SlotSet("motivo", None)]


def individual_services(turn: Turn) -> list[catalogue.ServicioCard]:
    """The sessions that can be booked with this professional."""
    services = catalogue.list_servicios(turn.runtime.sessions, turn.actor)
    return [s for s in services if s.kind == "individual"]


def service_of(turn: Turn, servicio_id: int) -> catalogue.ServicioCard:
    """The service; raises NotFoundError where it is not (any more) offered."""
    for service in individual_services(turn):
        if service.id == servicio_id:
            return service
    raise NotFoundError(what="servicio")


def service_candidates(turn: Turn) -> list[Candidate]:
    """The same, for matching what somebody calls them."""
    return [
        Candidate(s.id, s.name, synonyms=tuple(s.synonyms), duration_minutes=s.duration_minutes)
        for s in individual_services(turn)
    ]


def class_candidates(turn: Turn) -> list[Candidate]:
    """The professional's classes, for matching."""
    services = catalogue.list_servicios(turn.runtime.sessions, turn.actor)
    return [Candidate(s.id, s.name, tuple(s.synonyms)) for s in services if s.kind == "grupal"]


def shown_first(turn: Turn, candidates: list[Candidate]) -> list[Candidate]:
    """In the order in which they are shown: the client's usual service first."""
    habit = habit_of(turn)
    return sorted(candidates, key=lambda c: habit is None or c.key != habit.servicio_id)


def _chosen(servicio_id: Any) -> Slots:
    return {"servicio_id": servicio_id, "servicios_posibles": None, "motivo": None}
