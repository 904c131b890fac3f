"""Questions about the business: services, prices, where, and its rules."""

from __future__ import annotations

from urllib.parse import quote_plus

from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction
from actions.turn import Turn
from vallebot.domain.matching import Candidate, Nobody, One, decide, match
from vallebot.domain.states import PlaceMode
from vallebot.services import catalogue
from vallebot.services.catalogue import ServicioCard
from vallebot.services.texts import answers

#: Opens the phone's map with a search (Google Maps URLs, "Search").
MAP_SEARCH = "https://www.google.com/maps/search/?api=1&query="


class ActionConsultarServicios(VallebotAction):
    """What can be booked or joined, with durations and prices."""

    def name(self) -> str:
        return "action_consultar_servicios"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        return _say_services(dispatcher, turn, _services(turn))


class ActionConsultarPrecio(VallebotAction):
    """The price of what was named, or of everything."""

    def name(self) -> str:
        return "action_consultar_precio"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        services = _services(turn)
        named = turn.values("servicio")
        if named:
            people = [Candidate(s.id, s.name, tuple(s.synonyms), s.duration_minutes) for s in services]
            decision = decide(match(named[0], people))
            if not isinstance(decision, Nobody):
                meant = [decision.candidate] if isinstance(decision, One) else decision.candidates
                keys = {candidate.key for candidate in meant}
                services = [s for s in services if s.id in keys]
        return _say_services(dispatcher, turn, services)


class ActionConsultarUbicacion(VallebotAction):
    """Where it is: the address with a pin on the map, or with a link to it where the coordinates are not known."""

    def name(self) -> str:
        return "action_consultar_ubicacion"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        card = turn.card
        visits = card.place_mode == PlaceMode.DOMICILIO
        if visits:
            zone = f", zona {card.home_visit_zone}" if card.home_visit_zone else ""
            dispatcher.utter_message(response="utter_ubicacion_a_domicilio", profesional=card.name, zona=zone)
        elif card.place_mode == PlaceMode.ONLINE:
            dispatcher.utter_message(response="utter_ubicacion_online", profesional=card.name)
        elif card.address is None:
            dispatcher.utter_message(response="utter_ubicacion_desconocida", profesional=card.name)
        elif card.latitude is None or card.longitude is None:
            dispatcher.utter_message(
                response="utter_ubicacion_con_mapa",
                profesional=card.name,
                direccion=card.address,
                mapa=MAP_SEARCH + quote_plus(card.address),
            )
        else:
            dispatcher.utter_message(
                response="utter_ubicacion", profesional=card.name, direccion=card.address
            )
            pin = {"latitude": card.latitude, "longitude": card.longitude}
            dispatcher.utter_message(
                json_message={"location": {**pin, "name": card.name, "address": card.address}}
            )
        return []


class ActionConsultarPolitica(VallebotAction):
    """The rules of the house: cancelling, paying."""

    def name(self) -> str:
        return "action_consultar_politica"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        said = answers.own_policy_text if turn.is_profesional else answers.policy_text
        dispatcher.utter_message(response="utter_politica", politica=said(turn.card, _services(turn)))
        return []


def _services(turn: Turn) -> list[ServicioCard]:
    return catalogue.list_servicios(turn.runtime.sessions, turn.actor)


def _say_services(dispatcher: CollectingDispatcher, turn: Turn, services: list[ServicioCard]) -> Events:
    if not services:
        dispatcher.utter_message(response="utter_sin_servicios", profesional=turn.card.name)
    else:
        dispatcher.utter_message(response="utter_servicios", servicios=answers.services_text(services))
    return []
