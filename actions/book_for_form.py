"""A professional books for a client: who, which service, when; outside their own hours too, if they say so."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.booking_form import FOR_CLIENTE_FORM as FORM
from actions.booking_form import FORM as OWN_FORM
from actions.booking_form import tapped_time
from actions.forms import OperationForm, Slots, yes_and_no
from actions.service_choice import IS_CLASS, ask_service, individual_services, read_service, service_of
from actions.times import (
    REFUSED_TIMES,
    TIME_SLOTS,
    ask_time,
    offer_others,
    read_confirmation,
    read_tapped_time,
    read_time,
    settle_exact,
    wish_of_slot,
)
from actions.turn import Turn
from actions.wording import say_price, say_when
from vallebot.domain.matching import Candidate, Nobody, One, choose_option, decide, match
from vallebot.domain.states import LIVE_BOOKING
from vallebot.domain.values import parse_name, parse_phone
from vallebot.errors import VallebotError
from vallebot.services import agenda, bookings, clientele

#: WhatsApp lists have ten rows.
LISTED = 10

#: A client in the slot `para_quien`: {"id", "nombre"}, or one to be noted down: {"nombre", "telefono"} (no
#: `telefono`: still to be asked; None: there is none).
Who = dict[str, Any]


class ValidateTurnoClienteForm(OperationForm):
    """Reads client, phone, service, time and confirmation, in any order and any number at once."""

    form = FORM
    slots = (
        "para_quien",
        "clientes_posibles",
        "fuera_de_hora",
        "servicio_id",
        "servicios_posibles",
        *TIME_SLOTS,
    )
    confirms = ("para_quien", "servicio_id", "starts_at")
    also_reads = frozenset({"pedir_turno", "registrar_cliente", "enviar_contacto"})
    parts = frozenset({True})

    def read(self, turn: Turn, known: Slots) -> Slots | None:
        """See OperationForm."""
        requested = turn.slot("requested_slot") if turn.tracker.active_loop else None
        if turn.was_tap:
            return _tapped(turn)
        if requested == "confirmacion" and turn.cuando is None and turn.yes_or_no:
            return read_confirmation(True)
        if requested == "telefono":
            phone = _phone(turn, known["para_quien"])
            if phone:
                return phone
        changes = {
            **_client(turn, known, requested),
            **read_service(turn, known, requested),
            **read_time(turn, known, requested),
        }
        if changes.get("starts_at", 0) is None:
            changes["fuera_de_hora"] = None
        if not changes and turn.yes_or_no is False and requested in ("confirmacion", "starts_at"):
            return (
                read_confirmation(False)
                if requested == "confirmacion"
                else {"cuando": None, "motivo": "ninguno"}
            )
        return changes or None

    def confirmed(self, yes: bool) -> Slots:
        """See OperationForm."""
        return read_confirmation(yes)

    def about(self, turn: Turn, state: Slots) -> str:
        """See OperationForm."""
        who = state["para_quien"]
        return f"el turno de {who['nombre']}" if who else "el turno que ibas a anotar"

    def settle(self, turn: Turn, state: Slots) -> None:
        """See OperationForm. A time outside the hours is taken, and told; one that is taken is not."""
        if state["motivo"] == IS_CLASS["motivo"]:
            return
        offered = individual_services(turn)
        if state["servicio_id"] is None and not state["servicios_posibles"] and not state["motivo"]:
            state["servicio_id"] = offered[0].id if len(offered) == 1 else None
        if state["servicio_id"] is None:
            return
        settle_exact(turn, state, state["servicio_id"])
        if state["starts_at"] is None and state["motivo"] == "sin_lugar":
            _settle_override(turn, state)

    def next_question(self, turn: Turn, state: Slots) -> str | None:
        """See OperationForm."""
        if state["motivo"] == IS_CLASS["motivo"] or not individual_services(turn):
            return None
        if state["para_quien"] is None:
            return "para_quien"
        if "id" not in state["para_quien"] and "telefono" not in state["para_quien"]:
            return "telefono"
        if state["servicio_id"] is None:
            return "servicio_id"
        if state["starts_at"] is None:
            return "starts_at"
        return None if state["confirmacion"] else "confirmacion"


class AskParaQuien(VallebotAction):
    """For whom: those who may be meant, or an open question."""

    def name(self) -> str:
        return f"action_ask_{FORM}_para_quien"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        possible = turn.slot("clientes_posibles") or []
        buttons = [
            choice(who["nombre"], f'/informar{{"cliente_id": {who["id"]}}}', who.get("telefono") or "")
            for who in possible[:LISTED]
        ]
        response = "utter_cual_cliente" if possible else "utter_para_quien"
        dispatcher.utter_message(
            response=response, buttons=buttons, json_message={"list_button": "Ver clientes"}
        )
        return []


class AskTelefono(VallebotAction):
    """The phone of somebody who is not among the clients."""

    def name(self) -> str:
        return f"action_ask_{FORM}_telefono"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        name = turn.slot("para_quien")["nombre"]
        none = choice("No lo tengo", '/informar{"telefono": "no"}')
        dispatcher.utter_message(response="utter_pedir_telefono_cliente", cliente=name, buttons=[none])
        return []


class AskServicioCliente(VallebotAction):
    """Which service."""

    def name(self) -> str:
        return f"action_ask_{FORM}_servicio_id"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        return ask_service(dispatcher, turn)


class AskStartsAtCliente(VallebotAction):
    """When: free slots of the professional's own hours."""

    def name(self) -> str:
        return f"action_ask_{FORM}_starts_at"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        servicio = service_of(turn, turn.slot("servicio_id"))
        return ask_time(
            dispatcher,
            turn,
            servicio.id,
            response="utter_ofrecer_horarios_cliente",
            empty="utter_que_dia",
            payload=partial(tapped_time, servicio.id),
            servicio=servicio.name,
            cliente=turn.slot("para_quien")["nombre"],
        )


class AskConfirmacionCliente(VallebotAction):
    """Everything in one bubble, and that it lies outside the hours where it does."""

    def name(self) -> str:
        return f"action_ask_{FORM}_confirmacion"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        servicio = service_of(turn, turn.slot("servicio_id"))
        outside = "_fuera" if turn.slot("fuera_de_hora") else ""
        dispatcher.utter_message(
            response=f"utter_confirmar_turno_cliente{outside}",
            cliente=turn.slot("para_quien")["nombre"],
            servicio=servicio.name,
            cuando=say_when(turn, datetime.fromisoformat(turn.slot("starts_at"))),
            precio=say_price(servicio),
            buttons=yes_and_no(turn, ValidateTurnoClienteForm, "Sí, anotar", "Otro horario"),
        )
        return []


class ActionTurnoCliente(VallebotAction):
    """Notes the client down where they are new, and books; the client is told."""

    def name(self) -> str:
        return "action_turno_cliente"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        if not turn.is_profesional:
            return [FollowupAction(OWN_FORM)]
        done = [SlotSet(name, None) for name in ValidateTurnoClienteForm.slots]
        if turn.slot("starts_at") is None:
            is_class = turn.slot("motivo") == IS_CLASS["motivo"]
            response = "utter_es_clase_profesional" if is_class else "utter_sin_servicios_profesional"
            dispatcher.utter_message(response=response)
            return done
        cliente = _cliente(turn)
        request = bookings.BookRequest(
            servicio_id=turn.slot("servicio_id"),
            starts_at=datetime.fromisoformat(turn.slot("starts_at")),
            cliente_id=cliente.id,
            override=bool(turn.slot("fuera_de_hora")),
        )
        key = turn.operation_key("book")
        try:
            booking = bookings.book(turn.runtime.sessions, turn.actor, request, now=turn.now, key=key)
        except VallebotError as error:
            if error.code not in REFUSED_TIMES:
                raise
            known = {"id": cliente.id, "nombre": cliente.name}
            return [SlotSet("para_quien", known), *offer_others(turn, FORM, error.code)]
        dispatcher.utter_message(
            response="utter_turno_cliente_anotado" if cliente.phone_e164 else "utter_turno_cliente_sin_aviso",
            cliente=cliente.name,
            servicio=booking.servicio_name,
            cuando=say_when(turn, booking.starts_at),
        )
        return done


def _cliente(turn: Turn) -> clientele.ClienteCard:
    sessions, who = turn.runtime.sessions, turn.slot("para_quien")
    if "id" in who:
        return clientele.get_cliente(sessions, turn.actor, int(who["id"]))
    return clientele.register_cliente(
        sessions, turn.actor, who["nombre"], who["telefono"], now=turn.now, key=turn.operation_key("register")
    ).cliente


def _tapped(turn: Turn) -> Slots | None:
    read: Slots = read_tapped_time(turn)
    if read:
        read["fuera_de_hora"] = None
    servicio_id, cliente_id = turn.tapped("servicio_id"), turn.tapped("cliente_id")
    if servicio_id is not None:
        read |= {"servicio_id": servicio_id, "servicios_posibles": None}
    if cliente_id is not None:
        known = clientele.get_cliente(turn.runtime.sessions, turn.actor, int(cliente_id))
        read |= {"para_quien": {"id": known.id, "nombre": known.name}, "clientes_posibles": None}
    if turn.tapped("telefono") is not None and turn.slot("para_quien"):
        read["para_quien"] = {**turn.slot("para_quien"), "telefono": None}
    return read or None


def _phone(turn: Turn, who: Who) -> Slots:
    phone = parse_phone(turn.text)
    if phone is None and turn.yes_or_no is not False and "no lo tengo" not in turn.text.lower():
        return {}
    return {"para_quien": {**who, "telefono": phone.e164 if phone else None}}


def _client(turn: Turn, known: Slots, requested: str | None) -> Slots:
    """The client who is named: one of the professional's, several who may be meant, or somebody new."""
    asked = requested == "para_quien"
    possible = known["clientes_posibles"] or []
    if asked and possible:
        place = choose_option(turn.text, [(who["nombre"], None) for who in possible])
        if isinstance(place, int):
            return {"para_quien": possible[place], "clientes_posibles": None}
    names = turn.values("persona") or ([turn.text] if asked else [])
    if not names:
        return {}
    own = [one for one in clientele.list_clientes(turn.runtime.sessions, turn.actor) if one.name]
    decision = decide(match(names[0], [Candidate(one.id, str(one.name)) for one in own], kind="person"))
    if isinstance(decision, One):
        who: Who = {"id": decision.candidate.key, "nombre": decision.candidate.name}
        return {"para_quien": who, "clientes_posibles": None}
    if isinstance(decision, Nobody):
        name = parse_name(names[0])
        if name is None:
            return {}
        phone = parse_phone(turn.text)
        new: Who = {"nombre": name, **({"telefono": phone.e164} if phone else {})}
        return {"para_quien": new, "clientes_posibles": None}
    phones = {one.id: one.phone_e164 for one in own}
    meant = [
        {"id": c.key, "nombre": c.name, "telefono": phones[int(str(c.key))]} for c in decision.candidates
    ]
    return {"para_quien": None, "clientes_posibles": meant}


def _settle_override(turn: Turn, state: Slots) -> None:
    """An exact time that is not offered: taken where no booking is in the way (outside the hours, or closed)."""
    wish = wish_of_slot(turn, state["cuando"])
    if wish is None or wish.exact is None or wish.exact <= turn.now:
        return
    servicio = service_of(turn, state["servicio_id"])
    ends_at = wish.exact + timedelta(minutes=servicio.duration_minutes)
    day = turn.local(wish.exact).date()
    entries = agenda.agenda(turn.runtime.sessions, turn.actor, day, day)
    busy = [one for one in entries if one.state in LIVE_BOOKING and one.starts_at < ends_at]
    if any(one.ends_at > wish.exact for one in busy):
        state["motivo"] = "slot_taken"
        return
    state |= {"starts_at": wish.exact.isoformat(), "fuera_de_hora": True, "motivo": None}
