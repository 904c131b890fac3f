"""Booking a session: which service, when, in whose name. Its one real question is the offer of free slots."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.forms import RETRY_SLOT, OperationForm, Slots
from actions.offers import Offer, find_offers
from actions.turn import Turn
from actions.wording import say_price, say_when, vocative
from vallebot.domain.matching import Candidate, One, Several, choose_option, decide, match
from vallebot.domain.spanish import say_duration
from vallebot.domain.values import parse_name
from vallebot.errors import NotFoundError, VallebotError
from vallebot.services import agenda, bookings, catalogue, identity

FORM = "pedir_turno_form"

#: Errors about a time, after which others are offered at once. `utter_motivo_<code>` is said first.
REFUSED_TIMES = frozenset({"slot_taken", "slot_in_past", "too_soon", "outside_hours", "too_far"})


class ValidatePedirTurnoForm(OperationForm):
    """Reads service, time, pick, confirmation and name, in any order and any number at once."""

    form = FORM
    slots = (
        "servicio_id",
        "servicios_posibles",
        "cuando",
        "starts_at",
        "confirmacion",
        "nombre",
        "ofertas",
        "motivo",
    )

    def read(self, turn: Turn, known: Slots) -> Slots | None:
        """See OperationForm."""
        if turn.was_tap:
            return self._tapped(turn)
        requested = turn.slot("requested_slot") if turn.tracker.active_loop else None
        if requested == "confirmacion" and turn.cuando is None and turn.yes_or_no is not None:
            return self._confirmation(turn.yes_or_no)
        if requested == "nombre":
            name = parse_name(turn.text)
            return {"nombre": name} if name else None
        changes = {**self._service(turn, known, requested), **self._time(turn, known, requested)}
        return changes or None

    @staticmethod
    def _tapped(turn: Turn) -> Slots | None:
        picked = {name: turn.tapped(name) for name in ("servicio_id", "starts_at")}
        read: Slots = {name: value for name, value in picked.items() if value is not None}
        if "starts_at" in read:
            # Picking a concrete slot is the confirmation.
            read |= {"confirmacion": True, "motivo": None}
        return read or None

    @staticmethod
    def _confirmation(yes: bool) -> Slots:
        return {"confirmacion": True} if yes else {"starts_at": None, "cuando": None, "motivo": "otro"}

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

    def _time(self, turn: Turn, known: Slots, requested: str | None) -> Slots:
        if requested == "starts_at" and known["ofertas"]:
            offers = [Offer.from_slot(offer) for offer in known["ofertas"]]
            place = choose_option(turn.text, [(offer.title, offer.local) for offer in offers])
            if isinstance(place, int):
                return {"starts_at": offers[place].starts_at, "confirmacion": True, "motivo": None}
        if turn.cuando is None:
            return {}
        if turn.cuando.problem is not None:
            return {"cuando": None, "starts_at": None, "motivo": f"fecha_{turn.cuando.problem}"}
        said = {"text": turn.text, "at": turn.sent_at.isoformat()}
        return {"cuando": said, "starts_at": None, "confirmacion": None, "motivo": None}

    def settle(self, turn: Turn, state: Slots) -> None:
        """See OperationForm."""
        if state["servicio_id"] is None and state["servicios_posibles"] is None and state["motivo"] is None:
            offered = individual_services(turn)
            if len(offered) == 1:
                state["servicio_id"] = offered[0].id
        if state["servicio_id"] is not None and state["starts_at"] is None and state["motivo"] is None:
            exact = wished_moment(turn, state)
            if exact is not None:
                free = is_free(turn, state["servicio_id"], exact)
                state["starts_at"] = exact.isoformat() if free else None
                state["motivo"] = None if free else "sin_lugar"

    def next_question(self, turn: Turn, state: Slots) -> str | None:
        """See OperationForm."""
        if state["servicio_id"] is None:
            return "servicio_id"
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
        if not offered:
            dispatcher.utter_message(response="utter_sin_servicios", profesional=turn.card.name)
            return []
        unknown = turn.slot("motivo") == "servicio_desconocido"
        buttons = [
            choice(s.name, f'/informar{{"servicio_id": {s.id}}}', f"{say_duration(s.duration_minutes)}, {say_price(s)}")
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
        said = turn.slot("cuando")
        wish = turn.wish(said["text"], datetime.fromisoformat(said["at"])) if said else None
        found = find_offers(turn, servicio.id, wish)
        facts = {"servicio": servicio.name, "duracion": say_duration(servicio.duration_minutes)}
        facts |= {"precio": say_price(servicio)}
        motivo = turn.slot("motivo") or ("sin_lugar" if not found.as_wished else None)
        if motivo:
            dispatcher.utter_message(response=f"utter_motivo_{motivo}")
        if not found.offers:
            dispatcher.utter_message(response="utter_sin_horarios", **facts)
        else:
            buttons = [_pick(offer, servicio.id) for offer in found.offers]
            dispatcher.utter_message(
                response="utter_ofrecer_horarios",
                buttons=buttons,
                json_message={"list_button": "Ver horarios"},
                **facts,
            )
        return [SlotSet("ofertas", [offer.as_slot() for offer in found.offers]), SlotSet("motivo", None)]


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
            buttons=[choice("Sí, reservar", "/afirmar"), choice("Otro horario", "/negar")],
        )
        return []


class ActionPedirTurno(VallebotAction):
    """Books what the form gathered; a time that was taken meanwhile opens the form again with the nearest ones."""

    def name(self) -> str:
        return "action_pedir_turno"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        if turn.slot("starts_at") is None:
            return []
        sessions, name = turn.runtime.sessions, turn.slot("nombre")
        if name:
            identity.set_name(sessions, turn.actor, name, now=turn.now)
        request = bookings.BookRequest(
            servicio_id=turn.slot("servicio_id"), starts_at=datetime.fromisoformat(turn.slot("starts_at"))
        )
        try:
            booking = bookings.book(sessions, turn.actor, request, now=turn.now, key=turn.operation_key("book"))
        except VallebotError as error:
            if error.code not in REFUSED_TIMES:
                raise
            return self._offer_others(turn, error.code)
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

    @staticmethod
    def _offer_others(turn: Turn, code: str) -> Events:
        wanted = turn.slot("starts_at")
        local = turn.local(datetime.fromisoformat(wanted))
        said = {"text": say_when(turn, local), "at": turn.now.isoformat()}
        again = {"starts_at": None, "confirmacion": None, "cuando": said, "motivo": code, RETRY_SLOT: turn.key}
        return [*[SlotSet(name, value) for name, value in again.items()], FollowupAction(FORM)]


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


def wished_moment(turn: Turn, state: Slots) -> datetime | None:
    """The moment that was named with day and hour, if one was."""
    said = state["cuando"]
    wish = turn.wish(said["text"], datetime.fromisoformat(said["at"])) if said else None
    return wish.exact if wish else None


def is_free(turn: Turn, servicio_id: int, at: datetime) -> bool:
    """Whether a session could begin at exactly that moment."""
    query = agenda.SlotQuery(servicio_id, windows=((at, at + timedelta(minutes=1)),), step_minutes=1)
    return bool(agenda.free_slots(turn.runtime.sessions, turn.actor, query, now=turn.now))


def _pick(offer: Offer, servicio_id: int) -> dict[str, Any]:
    payload = f'/pedir_turno{{"servicio_id": {servicio_id}, "starts_at": "{offer.starts_at}"}}'
    return choice(offer.title, payload)
