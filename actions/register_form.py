"""Registering a business by chat: name and trade (what is not known), then the first steps, one tap each."""

from __future__ import annotations

import re

from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.forms import Slots
from actions.proposals import Proposal, ProposalForm, forget, proposal_of
from actions.setup import STEPS, buttons_of, next_step_buttons
from actions.turn import Turn
from actions.wording import first_name
from vallebot.domain.states import ProfesionalState
from vallebot.domain.text import fold
from vallebot.domain.trades import read_trade
from vallebot.domain.values import parse_name, parse_phone
from vallebot.domain.values.first_names import FIRST_NAMES
from vallebot.services import business, identity, people

FORM = "registrarse_profesional_form"


class ValidateRegistrarseForm(ProposalForm):
    """Name (a person's or a business'), trade, and the phone where WhatsApp hides it. Nothing is confirmed: it can
    all be changed later."""

    needs_profesional = False

    form = FORM
    own = frozenset({"registrarse_profesional", "cambiar_datos", "definir_servicio", "consultar_servicios"})

    def read_into(self, turn: Turn, proposal: Proposal, asked: str | None) -> Proposal:
        """See ProposalForm."""
        if not turn.text:
            return {}
        phone = parse_phone(turn.text)
        if asked == "phone":
            return {"phone": phone.e164} if phone else {}
        if asked is None and proposal:
            return {}
        name, trade = _name_in(turn, asked), read_trade(turn.text, asked=asked == "trade")
        found = {"name": name, "trade": trade}
        return {
            field: value
            for field, value in found.items()
            if value and (asked is None or field not in proposal)
        }

    def complete(self, turn: Turn, proposal: Proposal) -> None:
        """See ProposalForm."""
        known = turn.actor_name
        if known and "name" not in proposal:
            proposal["name"] = known

    def missing(self, turn: Turn, proposal: Proposal) -> str | None:
        """See ProposalForm."""
        for field in ("name", "trade"):
            if field not in proposal:
                return field
        hidden = "phone" not in proposal and people.phone_of(turn.runtime.sessions, turn.actor) is None
        return "phone" if hidden else None

    def pointless(self, turn: Turn, proposal: Proposal) -> bool:
        """See ProposalForm."""
        sessions = turn.runtime.sessions
        known = business.own_business(sessions, turn.actor) is not None
        return turn.is_profesional or known or identity.dedicated_line(sessions, turn.actor)

    def next_question(self, turn: Turn, state: Slots) -> str | None:
        """See OperationForm."""
        return "propuesta" if state["falta"] else None


class AskPropuesta(VallebotAction):
    """The one thing that is not known."""

    needs_profesional = False

    def name(self) -> str:
        return f"action_ask_{FORM}_propuesta"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        proposal = proposal_of(turn)
        both = turn.slot("falta") == "name" and "trade" not in proposal
        asked = {"name": "utter_registro_nombre", "trade": "utter_registro_oficio"}
        response = (
            "utter_registro_nombre_y_oficio"
            if both
            else asked.get(turn.slot("falta"), "utter_registro_telefono")
        )
        dispatcher.utter_message(response=response, nombre=_called(proposal.get("name")))
        return []


class ActionRegistrarseProfesional(VallebotAction):
    """Registers what the form gathered, or says why there is nothing to register."""

    needs_profesional = False

    def name(self) -> str:
        return "action_registrarse_profesional"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        if turn.is_profesional:
            return _already_working(dispatcher, turn)
        if identity.dedicated_line(turn.runtime.sessions, turn.actor):
            dispatcher.utter_message(response="utter_registro_en_linea_ajena", profesional=turn.card.name)
            return forget()
        known = business.own_business(turn.runtime.sessions, turn.actor)
        if known is not None:
            waiting = known.state == ProfesionalState.PENDIENTE
            dispatcher.utter_message(
                response="utter_registro_en_espera" if waiting else "utter_registro_como_cliente"
            )
            return forget()
        return _register(dispatcher, turn)


def _register(dispatcher: CollectingDispatcher, turn: Turn) -> Events:
    proposal = proposal_of(turn)
    new = business.NewBusiness(proposal["name"], proposal["trade"], proposal.get("phone"))
    done = business.register_profesional(
        turn.runtime.sessions,
        turn.actor,
        new,
        approval=turn.runtime.settings.registration_approval,
        now=turn.now,
        key=turn.operation_key("register"),
    )
    name = _called(new.name)
    if done.state == ProfesionalState.PENDIENTE:
        dispatcher.utter_message(response="utter_registro_pedido", nombre=name)
    else:
        dispatcher.utter_message(
            response="utter_registrado", nombre=name, codigo=done.code, buttons=buttons_of(list(STEPS))
        )
    return forget()


def _already_working(dispatcher: CollectingDispatcher, turn: Turn) -> Events:
    steps = next_step_buttons(turn)
    if steps:
        dispatcher.utter_message(response="utter_ya_registrado_incompleto", buttons=steps)
    else:
        agenda = choice("Ver la agenda", "/ver_turnos")
        dispatcher.utter_message(response="utter_ya_registrado", buttons=[agenda])
    return forget()


def _name_in(turn: Turn, asked: str | None) -> str | None:
    """A name that was told; the answer to "what are you called?" may be a business' ("Estudio Zen")."""
    if asked == "trade":
        return None
    named = turn.values("persona")
    found = parse_name(named[0]) if named else None
    if found or asked is None:
        return found or _introduced(turn.text)
    clause = re.split(r"[,;.\n]", turn.text)[0].strip()
    name = parse_name(turn.text) or clause
    is_trade = read_trade(clause) is not None and parse_name(turn.text) is None
    tidy = 1 < len(name) <= identity.NAME_MAX_CHARS and len(name.split()) <= 6 and any(map(str.isalpha, name))
    return name if tidy and not is_trade and not re.search(r"[?¿]", clause) else None


def _introduced(text: str) -> str | None:
    """A name in passing has two words or more, so that no trade is taken for one."""
    name = parse_name(text) if re.search(r"\b(?:soy|me llamo|mi nombre es)\b", fold(text)) else None
    return name if name and len(name.split()) > 1 and read_trade(name, asked=False) is None else None


def _called(name: str | None) -> str:
    """A person by the first name, a business by the whole."""
    return first_name(name) if name and fold(name.split()[0]) in FIRST_NAMES else name or ""
