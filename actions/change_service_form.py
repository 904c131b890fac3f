"""Changing services: price, length, places, rules, name, pause; several facts and several services at once. The old
and the new are shown side by side before anything changes."""

from __future__ import annotations

from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.forms import yes_and_no
from actions.proposals import Proposal, ProposalForm, forget, proposal_of
from actions.turn import Turn
from vallebot.domain.matching import Candidate, Nobody, One, choose_option, decide, match
from vallebot.domain.service_changes import ChangeWords, new_price, read_change
from vallebot.domain.spanish import say_duration
from vallebot.domain.states import ServicioKind
from vallebot.services import business, catalogue, service_changes
from vallebot.services.catalogue import ServicioCard
from vallebot.services.texts import business as texts

FORM = "modificar_servicio_form"

#: WhatsApp lists have ten rows.
LISTED = 10
_FACTS = ("duration_minutes", "billing", "capacity", "place_mode", "buffer_minutes", "cancellation_hours")


class ValidateModificarServicioForm(ProposalForm):
    """Which services (`ids`) and what is different (`changes`; `raise` for prices that follow from the old ones;
    `own` for rules of the whole business)."""

    form = FORM
    parts = frozenset({True})
    own = frozenset({"modificar_servicio", "definir_servicio", "consultar_servicios", "consultar_precio"})

    def read_into(self, turn: Turn, proposal: Proposal, asked: str | None) -> Proposal:
        """See ProposalForm."""
        tapped = turn.tapped("servicio_id")
        if tapped is not None:
            return {"ids": [int(tapped)], "possible": None}
        if not turn.text or (turn.intent == "consultar_precio" and asked is None):
            return {}
        change = read_change(turn.text, turn.sent_at.astimezone(turn.tz), asked=proposal.get("field"))
        changes, named = _facts(change), turn.values("servicio")
        renaming = change.renames or asked == "name"
        read: Proposal = {}
        if renaming:
            new = (
                named[-1] if len(named) > 1 or (named and (proposal.get("ids") or asked == "name")) else None
            )
            new = turn.text if new is None and asked == "name" else new
            named = named[:1] if len(named) > 1 or not new else []
            changes |= {"name": new[0].upper() + new[1:]} if new else {"name": ""}
        if changes:
            read["changes"] = {**(proposal.get("changes") or {}), **changes}
        if change.delta_minor is not None or change.percent is not None:
            read["raise"] = {"delta_minor": change.delta_minor, "percent": change.percent}
        if change.words.notice_minutes is not None:
            read["own"] = {
                **(proposal.get("own") or {}),
                "minimum_notice_minutes": change.words.notice_minutes,
            }
        if change.words.times and not read:
            return {"times": True}
        return {**read, **_which(turn, change, named, asked, bool(read or proposal.get("changes")))}

    def complete(self, turn: Turn, proposal: Proposal) -> None:
        """See ProposalForm: the only service is meant; a rule without a service is the house's."""
        if proposal.get("ids") or proposal.get("possible"):
            return
        changes = proposal.get("changes") or {}
        services = all_services(turn)
        if len(services) == 1 and (changes or proposal.get("raise")):
            proposal["ids"] = [services[0].id]
        elif set(changes) == {"cancellation_hours"}:
            proposal["own"] = {**(proposal.get("own") or {}), **changes}
            proposal["changes"] = {}
        elif set(changes) == {"buffer_minutes"}:
            proposal["ids"] = [s.id for s in services if s.kind == ServicioKind.INDIVIDUAL]

    def missing(self, turn: Turn, proposal: Proposal) -> str | None:
        """See ProposalForm."""
        changes = proposal.get("changes") or {}
        if proposal.get("own") and not changes and not proposal.get("raise"):
            return None
        if not proposal.get("ids"):
            return "servicio"
        if changes.get("name") == "":
            return "name"
        return None if changes or proposal.get("raise") or proposal.get("own") else "cambio"

    def pointless(self, turn: Turn, proposal: Proposal) -> bool:
        """See ProposalForm: no services, other days for a class, or nothing would be different."""
        if proposal.get("times"):
            return True
        if not all_services(turn) and not proposal.get("own"):
            return True
        return not self.missing(turn, proposal) and not _different(turn, proposal) and not proposal.get("own")


class AskPropuesta(VallebotAction):
    """Which service, or what of it."""

    def name(self) -> str:
        return f"action_ask_{FORM}_propuesta"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        proposal, falta = proposal_of(turn), turn.slot("falta")
        if falta == "servicio":
            possible = proposal.get("possible")
            offered = [s for s in all_services(turn) if not possible or s.id in possible][:LISTED]
            buttons = [
                choice(s.name, f'/modificar_servicio{{"servicio_id": {s.id}}}', texts.short(s))
                for s in offered
            ]
            dispatcher.utter_message(
                response="utter_cual_servicio", buttons=buttons, json_message={"list_button": "Ver servicios"}
            )
            return []
        chosen = _chosen(turn, proposal)[0]
        response = "utter_nombre_nuevo" if falta == "name" else "utter_que_cambio"
        dispatcher.utter_message(
            response=response, servicio=texts.service(vars(chosen), ()), nombre=chosen.name
        )
        return []


class AskConfirmacion(VallebotAction):
    """Old and new, side by side."""

    def name(self) -> str:
        return f"action_ask_{FORM}_confirmacion"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        proposal = proposal_of(turn)
        different = _different(turn, proposal)
        lines = [
            texts.change_lines(card, different[card.id])
            for card in _chosen(turn, proposal)
            if card.id in different
        ]
        lines += [_own_line(turn, proposal["own"])] if proposal.get("own") else []
        dispatcher.utter_message(
            response="utter_confirmar_cambios",
            cambios="\n".join(lines),
            buttons=yes_and_no(turn, ValidateModificarServicioForm, "Sí, cambiar", "No, dejalo"),
        )
        return []


class ActionModificarServicio(VallebotAction):
    """Changes what was confirmed."""

    def name(self) -> str:
        return "action_modificar_servicio"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        proposal = proposal_of(turn)
        if not all_services(turn) and not proposal.get("own"):
            add = [choice("Cargar un servicio", "/definir_servicio")]
            dispatcher.utter_message(response="utter_sin_servicios_propios", buttons=add)
            return forget()
        if proposal.get("times"):
            dispatcher.utter_message(response="utter_clase_otros_dias")
            return forget()
        different = _different(turn, proposal)
        if not different and not proposal.get("own"):
            dispatcher.utter_message(response="utter_servicio_ya_esta_asi")
            return forget()
        if not turn.slot("confirmacion"):
            dispatcher.utter_message(response="utter_servicio_no_cambiado")
            return forget()
        how: dict[str, Any] = {"now": turn.now, "key": turn.operation_key("change")}
        if different:
            service_changes.change_servicios(turn.runtime.sessions, turn.actor, different, **how)
        if proposal.get("own"):
            business.change_profesional(turn.runtime.sessions, turn.actor, proposal["own"], **how)
        paused = all(change == {"active": False} for change in different.values()) and different
        dispatcher.utter_message(response="utter_servicio_pausado" if paused else "utter_servicio_cambiado")
        return forget()


def all_services(turn: Turn) -> list[ServicioCard]:
    """Everything the professional ever defined and may change, what is paused included."""
    return catalogue.list_servicios(turn.runtime.sessions, turn.actor, paused=True)


def _facts(change: ChangeWords) -> dict[str, Any]:
    words = change.words
    facts = {name: getattr(words, name) for name in _FACTS}
    facts |= {
        "price_minor": words.price_minor,
        "active": change.active,
        "late_cancellation": change.late_cancellation,
    }
    if words.price_minor is not None and words.currency != "ARS":
        facts["currency"] = words.currency
    return {name: value for name, value in facts.items() if value is not None}


def _which(turn: Turn, change: ChangeWords, named: list[str], asked: str | None, changing: bool) -> Proposal:
    """The services that are named: `ids` where it is clear, `possible` where it is not."""
    services = all_services(turn)
    if change.everything and not named and changing:
        return {"ids": [s.id for s in services if s.active], "possible": None}
    asked_which = asked == "servicio"
    if asked_which:
        place = choose_option(turn.text, [(s.name, None) for s in services])
        if isinstance(place, int):
            return {"ids": [services[place].id], "possible": None}
    if not named and not asked_which:
        return {}
    candidates = [Candidate(s.id, s.name, tuple(s.synonyms), s.duration_minutes) for s in services]
    decision = decide(match(named[0] if named else turn.text, candidates))
    if isinstance(decision, One):
        return {"ids": [decision.candidate.key], "possible": None}
    if isinstance(decision, Nobody):
        return {}
    return {"ids": None, "possible": [candidate.key for candidate in decision.candidates]}


def _chosen(turn: Turn, proposal: Proposal) -> list[ServicioCard]:
    return [card for card in all_services(turn) if card.id in (proposal.get("ids") or [])]


def _different(turn: Turn, proposal: Proposal) -> dict[int, dict[str, Any]]:
    """For each service what would really be different."""
    found: dict[int, dict[str, Any]] = {}
    for card in _chosen(turn, proposal):
        wanted = dict(proposal.get("changes") or {})
        if proposal.get("raise"):
            follows = ChangeWords(words=read_change("", turn.now).words, **proposal["raise"])
            wanted["price_minor"] = new_price(card.price_minor, follows)
        if card.kind == ServicioKind.INDIVIDUAL:
            wanted.pop("capacity", None)
        changes = {field: value for field, value in wanted.items() if value != getattr(card, field)}
        if changes:
            found[card.id] = changes
    return found


def _own_line(turn: Turn, own: dict[str, Any]) -> str:
    card, said = turn.card, []
    if "cancellation_hours" in own:
        said.append(
            f"cancelan sin costo hasta {card.cancellation_hours} → {own['cancellation_hours']} horas antes"
        )
    if "minimum_notice_minutes" in own:
        old = say_duration(card.minimum_notice_minutes) if card.minimum_notice_minutes else "sin mínimo"
        said.append(
            f"reservan con al menos {old} → {say_duration(own['minimum_notice_minutes'])} de anticipación"
        )
    return f"*Para todo*: {', '.join(said)}"
