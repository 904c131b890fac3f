"""Weekly hours, general or of one service: said back as the whole week they make, and saved after a yes."""

from __future__ import annotations

import re
from datetime import time

from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.forms import yes_and_no
from actions.proposals import Proposal, ProposalForm, forget, proposal_of
from actions.setup import next_step_buttons
from actions.turn import Turn
from vallebot.domain.availability import MINUTES_PER_DAY, WeeklyHours
from vallebot.domain.matching import Candidate, Nobody, One, decide, match
from vallebot.domain.states import ServicioKind
from vallebot.domain.text import fold
from vallebot.domain.weekly_hours import Interval, read_hours
from vallebot.services import agenda, catalogue
from vallebot.services.catalogue import merge_weekly
from vallebot.services.texts import business as texts

FORM = "definir_horarios_form"

#: Bookings that are named one by one; more are counted.
NAMED = 4

_ONLY = re.compile(r"\b(?:solo|solamente|unicamente|nada mas|nomas|borr\w+|reemplaz\w+|mi semana)\b")
_AS_ALWAYS = re.compile(
    r"\b(?:mismo horario|horario general|horario de siempre|como siempre|igual que (?:todo|el resto))\b"
)
_STOPS_WORKING = re.compile(
    r"\b(?:dej[oe] de (?:trabajar|atender)|ya no (?:trabajo|atiendo)|no trabajo mas)\b"
)
_LAST_MINUTE = time(23, 59)


class ValidateDefinirHorariosForm(ProposalForm):
    """The days that were named (`said`), whose they are, and the week that results (`weekly`)."""

    form = FORM
    parts = frozenset({True})
    own = frozenset({"definir_horarios", "bloquear_agenda", "definir_servicio", "consultar_disponibilidad"})

    def read_into(self, turn: Turn, proposal: Proposal, asked: str | None) -> Proposal:
        """See ProposalForm."""
        if turn.was_tap:
            return _tapped(turn)
        folded = fold(turn.text)
        hours = read_hours(_STOPS_WORKING.sub("no atiendo", folded), turn.sent_at.astimezone(turn.tz))
        read: Proposal = {}
        if hours is not None and hours.days:
            said = {str(day): [_minutes(one) for one in intervals] for day, intervals in hours.days.items()}
            read = {"said": {**(proposal.get("said") or {}), **said}}
            if _ONLY.search(folded):
                read["only"] = True
        if hours is not None and hours.exceptions:
            read["exceptions"] = True
        read |= _whose(turn, asked)
        if "servicio_id" in read and _AS_ALWAYS.search(folded):
            read |= {"said": {}, "general": True}
        return read

    def complete(self, turn: Turn, proposal: Proposal) -> None:
        """See ProposalForm."""
        if proposal.get("said") or proposal.get("general"):
            proposal["weekly"] = [[h.weekday, h.start_minute, h.end_minute] for h in _result(turn, proposal)]

    def missing(self, turn: Turn, proposal: Proposal) -> str | None:
        """See ProposalForm."""
        if proposal.get("possible"):
            return "servicio"
        return None if "weekly" in proposal else "weekly"


class AskPropuesta(VallebotAction):
    """Which hours, or of which service."""

    def name(self) -> str:
        return f"action_ask_{FORM}_propuesta"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        proposal = proposal_of(turn)
        if turn.slot("falta") == "servicio":
            meant = [s for s in _services(turn) if s.id in proposal["possible"]]
            buttons = [choice(s.name, f'/informar{{"servicio_id": {s.id}}}') for s in meant[:9]]
            buttons.append(choice("Para todo", '/informar{"servicio_id": 0}'))
            dispatcher.utter_message(response="utter_horarios_de_que", buttons=buttons)
            return []
        now = texts.hours(turn.card.weekly, turn.today) if turn.card.weekly else ""
        response = "utter_horarios_cuales" if now else "utter_horarios_primeros"
        dispatcher.utter_message(response=response, horarios=now)
        return []


class AskConfirmacion(VallebotAction):
    """The week as it would be, and who would be outside it."""

    def name(self) -> str:
        return f"action_ask_{FORM}_confirmacion"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        proposal = proposal_of(turn)
        weekly, servicio = weekly_of(proposal), proposal.get("servicio_id")
        buttons = yes_and_no(turn, ValidateDefinirHorariosForm, "Sí, guardar", "No, dejalo")
        if _kept(turn, proposal):
            buttons.insert(1, choice("Sólo lo que dije", '/informar{"valor": "solo"}'))
        said = (
            texts.hours(weekly, turn.today)
            if weekly
            else "los mismos de siempre"
            if servicio
            else "sin horarios"
        )
        dispatcher.utter_message(
            response="utter_confirmar_horarios_de" if servicio else "utter_confirmar_horarios",
            servicio=_name_of(turn, servicio),
            horarios=said,
        )
        outside = agenda.outside_hours(
            turn.runtime.sessions, turn.actor, weekly, servicio_id=servicio, now=turn.now
        )
        if outside and (weekly or not servicio):
            who = texts.people_and_times(outside, turn.today, NAMED)
            dispatcher.utter_message(response="utter_horarios_afuera", turnos=who)
        if proposal.get("exceptions"):
            dispatcher.utter_message(response="utter_horarios_excepciones")
        dispatcher.utter_message(response="utter_horarios_guardar", buttons=buttons)
        return []


class ActionDefinirHorarios(VallebotAction):
    """Saves the week."""

    def name(self) -> str:
        return "action_definir_horarios"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        proposal = proposal_of(turn)
        if not turn.slot("confirmacion"):
            dispatcher.utter_message(response="utter_horarios_no_guardados")
            return forget()
        catalogue.set_horarios(
            turn.runtime.sessions,
            turn.actor,
            weekly_of(proposal),
            servicio_id=proposal.get("servicio_id"),
            now=turn.now,
            key=turn.operation_key("hours"),
        )
        steps = next_step_buttons(turn)
        dispatcher.utter_message(response="utter_horarios_guardados")
        if steps:
            dispatcher.utter_message(response="utter_falta_para_turnos", buttons=steps)
        return forget()


def weekly_of(proposal: Proposal) -> list[WeeklyHours]:
    """The week of a proposal."""
    return [WeeklyHours(*hours) for hours in proposal["weekly"]]


def _result(turn: Turn, proposal: Proposal) -> tuple[WeeklyHours, ...]:
    """The days that were named, and (general hours) those that were not as they are now."""
    said = [WeeklyHours(int(day), *one) for day, stretches in proposal["said"].items() for one in stretches]
    kept = [] if proposal.get("servicio_id") or proposal.get("only") else _unnamed(turn, proposal)
    return merge_weekly([*said, *kept])


def _kept(turn: Turn, proposal: Proposal) -> bool:
    return not proposal.get("servicio_id") and not proposal.get("only") and bool(_unnamed(turn, proposal))


def _unnamed(turn: Turn, proposal: Proposal) -> list[WeeklyHours]:
    return [hours for hours in turn.card.weekly if str(hours.weekday) not in proposal["said"]]


def _minutes(interval: Interval) -> list[int]:
    end = interval.end
    last = MINUTES_PER_DAY if end == _LAST_MINUTE else end.hour * 60 + end.minute
    return [interval.start.hour * 60 + interval.start.minute, last]


def _services(turn: Turn) -> list[catalogue.ServicioCard]:
    found = catalogue.list_servicios(turn.runtime.sessions, turn.actor)
    return [service for service in found if service.kind == ServicioKind.INDIVIDUAL]


def _name_of(turn: Turn, servicio_id: int | None) -> str:
    return next((service.name for service in _services(turn) if service.id == servicio_id), "")


def _tapped(turn: Turn) -> Proposal:
    if turn.tapped("valor") == "solo":
        return {"only": True}
    tapped = turn.tapped("servicio_id")
    return {"servicio_id": int(tapped) or None, "possible": None} if tapped is not None else {}


def _whose(turn: Turn, asked: str | None) -> Proposal:
    """The service whose hours these are, where one is named."""
    named = turn.values("servicio")
    if not named and asked != "servicio":
        return {}
    candidates = [Candidate(s.id, s.name, tuple(s.synonyms), s.duration_minutes) for s in _services(turn)]
    decision = decide(match(named[0] if named else turn.text, candidates))
    if isinstance(decision, One):
        return {"servicio_id": decision.candidate.key, "possible": None}
    if isinstance(decision, Nobody):
        return {}
    return {"possible": [candidate.key for candidate in decision.candidates]}
