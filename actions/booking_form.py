"""Booking a session: which service, when, in whose name. Its one real question is the offer of free slots."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.classes import offer_classes
from actions.forms import OperationForm, Slots, yes_and_no
from actions.offers import Offer
from actions.times import (
    REFUSED_TIMES,
    TIME_SLOTS,
    offer_others,
    offers_for,
    read_confirmation,
    read_tapped_time,
    read_time,
    settle_exact,
)
from actions.turn import Turn
from actions.wording import say_price, say_when, vocative
from vallebot.domain.matching import Candidate, One, Several, choose_option, decide, match
from vallebot.domain.spanish import say_duration
from vallebot.domain.values import parse_name
from vallebot.errors import NotFoundError, VallebotError
from vallebot.services import bookings, catalogue, identity

FORM = "pedir_turno_form"


class ValidatePedirTurnoForm(OperationForm):
    """Reads service, time, pick, confirmation and name, in any order and any number at once."""

    form = FORM
    slots = ("servicio_id", "servicios_posibles", "nombre", *TIME_SLOTS)
    confirms = ("servicio_id", "starts_at")

    def read(self, turn: Turn, known: Slots) -> Slots | None:
        """See OperationForm."""
        if turn.was_tap:
            return self._tapped(turn)
        requested = turn.slot("requested_slot") if turn.tracker.active_loop else None
        if requested == "confirmacion" and turn.cuando is None and turn.yes_or_no is not None:
            return read_confirmation(turn.yes_or_no)
        if requested == "nombre":
            name = parse_name(turn.text)
            return {"nombre": name} if name else None
        changes = {**self._service(turn, known, requested), **read_time(turn, known, requested)}
        return changes or None

    def confirmed(self, yes: bool) -> Slots:
        """See OperationForm."""
        return read_confirmation(yes)

    @staticmethod
    def _tapped(turn: Turn) -> Slots | None:
        servicio_id = turn.tapped("servicio_id")
        service = {"servicio_id": servicio_id} if servicio_id is not None else {}
        return {**service, **read_tapped_time(turn)} or None

    def _service(self, turn: Turn, known: Slots, requested: str | None) -> Slots:
        named = turn.values("servicio")
        asked = requested == "servicio_id"
        if not named and not asked:
            return {}
        candidates = service_candidates(turn)
        if asked:
            possible = [c for c in candidates if c.key in (known["servicios_posibles"] or [])] or candidates
            place = choose_option(turn.text, [(c.name, None) for c in possible])
            if isinstance(place, int):
                return {"servicio_id": possible[place].key, "servicios_posibles": None, "motivo": None}
        decision = decide(match(named[0] if named else turn.text, candidates))
        if isinstance(decision, One):
            return {"servicio_id": decision.candidate.key, "servicios_posibles": None, "motivo": None}
        if isinstance(decision, Several):
            return {"servicio_id": None, "servicios_posibles": [c.key for c in decision.candidates]}
        if not named:
            return {}
        return {"servicio_id": None, "servicios_posibles": None, "motivo": "servicio_desconocido"}

    def settle(self, turn: Turn, state: Slots) -> None:
        """See OperationForm."""
        if state["servicio_id"] is None and state["servicios_posibles"] is None and state["motivo"] is None:
            offered = individual_services(turn)
            if len(offered) == 1:
                state["servicio_id"] = offered[0].id
        if state["servicio_id"] is not None:
            settle_exact(turn, state, state["servicio_id"])

    def next_question(self, turn: Turn, state: Slots) -> str | None:
        """See OperationForm."""
        if state["servicio_id"] is None:
            return (
                "servicio_id" if individual_services(turn) else None
            )  # only classes: the action offers them
        if state["starts_at"] is None:
            return "starts_at"
        if not state["confirmacion"]:
            return "confirmacion"
        return None if state["nombre"] or turn.actor_name else "nombre"


class AskServicio(VallebotAction):
    """Which service: those that may be meant, or all."""

    def name(self) -> str:
        return f"action_ask_{FORM}_servicio_id"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        possible = turn.slot("servicios_posibles")
        offered = [s for s in individual_services(turn) if not possible or s.id in possible]
        unknown = turn.slot("motivo") == "servicio_desconocido"
        buttons = [
            choice(
                s.name,
                f'/informar{{"servicio_id": {s.id}}}',
                f"{say_duration(s.duration_minutes)}, {say_price(s)}",
            )
            for s in offered
        ]
        response = "utter_pedir_servicio_desconocido" if unknown else "utter_pedir_servicio"
        dispatcher.utter_message(response=response, profesional=turn.card.name, buttons=buttons)
        return [SlotSet("motivo", None)]


class AskStartsAt(VallebotAction):
    """When: real free slots, inside the wish or nearest to it."""

    def name(self) -> str:
        return f"action_ask_{FORM}_starts_at"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        servicio = service_of(turn, turn.slot("servicio_id"))
        offers, motivo = offers_for(turn, servicio.id)
        facts = {"servicio": servicio.name, "duracion": say_duration(servicio.duration_minutes)}
        facts |= {"precio": say_price(servicio)}
        if motivo:
            dispatcher.utter_message(response=f"utter_motivo_{motivo}")
        if not offers:
            dispatcher.utter_message(response="utter_sin_horarios", **facts)
        else:
            buttons = [_pick(offer, servicio.id) for offer in offers]
            dispatcher.utter_message(
                response="utter_ofrecer_horarios",
                buttons=buttons,
                json_message={"list_button": "Ver horarios"},
                **facts,
            )
        return [SlotSet("ofertas", [offer.as_slot() for offer in offers]), SlotSet("motivo", None)]


class AskConfirmacion(VallebotAction):
    """The one confirmation, with everything in it."""

    def name(self) -> str:
        return f"action_ask_{FORM}_confirmacion"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        servicio = service_of(turn, turn.slot("servicio_id"))
        at = datetime.fromisoformat(turn.slot("starts_at"))
        dispatcher.utter_message(
            response="utter_confirmar_horario",
            servicio=servicio.name,
            cuando=say_when(turn, at),
            precio=say_price(servicio),
            buttons=yes_and_no(turn, ValidatePedirTurnoForm, "Sí, reservar", "Otro horario"),
        )
        return []


class ActionPedirTurno(VallebotAction):
    """Books what the form gathered; a time that was taken meanwhile opens the form again with the nearest ones."""

    def name(self) -> str:
        return "action_pedir_turno"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        if turn.slot("starts_at") is None:
            offer_classes(dispatcher, turn)
            return []
        sessions, name = turn.runtime.sessions, turn.slot("nombre")
        if name:
            identity.set_name(sessions, turn.actor, name, now=turn.now)
        request = bookings.BookRequest(
            servicio_id=turn.slot("servicio_id"), starts_at=datetime.fromisoformat(turn.slot("starts_at"))
        )
        try:
            booking = bookings.book(
                sessions, turn.actor, request, now=turn.now, key=turn.operation_key("book")
            )
        except VallebotError as error:
            if error.code not in REFUSED_TIMES:
                raise
            return offer_others(turn, FORM, error.code)
        response = "utter_turno_confirmado" if booking.state == "confirmado" else "utter_turno_pendiente"
        dispatcher.utter_message(
            response=response,
            servicio=booking.servicio_name,
            cuando=say_when(turn, booking.starts_at),
            lugar=f", en {booking.place}" if booking.place else "",
            precio=say_price(booking),
            profesional=turn.card.name,
            nombre=vocative(booking.cliente_name),
        )
        return [SlotSet(name, None) for name in ValidatePedirTurnoForm.slots]


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


def _pick(offer: Offer, servicio_id: int) -> dict[str, Any]:
    payload = f'/pedir_turno{{"servicio_id": {servicio_id}, "starts_at": "{offer.starts_at}"}}'
    return choice(offer.title, payload)
