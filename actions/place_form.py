"""Where a professional works: an address (with its pin on the map), home visits in a zone, or online."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.forms import Slots, yes_and_no
from actions.proposals import Proposal, ProposalForm, forget, proposal_of
from actions.setup import next_step_buttons
from actions.turn import Turn
from vallebot.domain.states import PlaceMode
from vallebot.domain.text import fold
from vallebot.domain.values import find_modalities, parse_address
from vallebot.services import business

FORM = "registrar_ubicacion_form"
ADDRESS_MAX_CHARS = 200

_ZONE = re.compile(r"\b(?:zona|en|por|barrio|hasta)\s+(?:de |el |la |los |las )?(?P<zone>.+)$")
_HOME = re.compile(r"\ba? ?domicilio\b")


class ValidateRegistrarUbicacionForm(ProposalForm):
    """`mode`, `address` or `zone`, and the coordinates of a pin. Asked for a yes only where a pin came by itself."""

    form = FORM
    parts = frozenset({True})
    own = frozenset({"registrar_ubicacion", "enviar_ubicacion", "consultar_ubicacion", "cambiar_datos"})

    def read_into(self, turn: Turn, proposal: Proposal, asked: str | None) -> Proposal:
        """See ProposalForm."""
        pin = turn.tapped("contenido")
        if isinstance(pin, dict) and "latitude" in pin:
            return _of_pin(turn, pin, expected=asked in ("lugar", "direccion"))
        if turn.tapped("valor") is not None:
            return {"mode": str(turn.tapped("valor"))}
        if not turn.text or (turn.intent == "consultar_ubicacion" and asked is None):
            return {}
        modes = [
            mode
            for mode in find_modalities(turn.text)
            if mode != "domicilio" or _HOME.search(fold(turn.text))
        ]
        read: Proposal = {"mode": modes[0]} if modes else {}
        mode = read.get("mode") or proposal.get("mode")
        if mode == PlaceMode.DOMICILIO:
            zone = _zone_in(turn, asked)
            return {**read, "zone": zone} if zone else read
        address = _address_in(turn, asked)
        return (
            {**read, "address": address, "pin": None, "mode": PlaceMode.CONSULTORIO.value}
            if address
            else read
        )

    def missing(self, turn: Turn, proposal: Proposal) -> str | None:
        """See ProposalForm."""
        mode = proposal.get("mode")
        if mode is None:
            return "lugar"
        if mode == PlaceMode.DOMICILIO and "zone" not in proposal:
            return "zona"
        return "direccion" if mode == PlaceMode.CONSULTORIO and not proposal.get("address") else None

    def next_question(self, turn: Turn, state: Slots) -> str | None:
        """See OperationForm."""
        question = super().next_question(turn, state)
        return None if question == "confirmacion" and not state["propuesta"].get("unasked") else question


class AskPropuesta(VallebotAction):
    """Where, which address, or which zone."""

    def name(self) -> str:
        return f"action_ask_{FORM}_propuesta"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        falta = str(turn.slot("falta"))
        if falta == "lugar":
            buttons = [
                choice("A domicilio", '/informar{"valor": "domicilio"}'),
                choice("Online", '/informar{"valor": "online"}'),
            ]
            dispatcher.utter_message(response="utter_ubicacion_falta_lugar", buttons=buttons)
        else:
            dispatcher.utter_message(response=f"utter_ubicacion_falta_{falta}")
        return []


class AskConfirmacion(VallebotAction):
    """A pin that nobody had asked for: is that where they work?"""

    def name(self) -> str:
        return f"action_ask_{FORM}_confirmacion"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        dispatcher.utter_message(
            response="utter_confirmar_ubicacion",
            direccion=proposal_of(turn)["address"],
            buttons=yes_and_no(turn, ValidateRegistrarUbicacionForm, "Sí, es ahí", "No"),
        )
        return []


class ActionRegistrarUbicacion(VallebotAction):
    """Keeps it, and says what clients are told from now on."""

    def name(self) -> str:
        return "action_registrar_ubicacion"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        proposal = proposal_of(turn)
        if turn.slot("confirmacion") is False:
            dispatcher.utter_message(response="utter_ubicacion_no_guardada")
            return forget()
        mode, pin = proposal["mode"], proposal.get("pin")
        changes: dict[str, Any] = {"place_mode": mode}
        if mode == PlaceMode.DOMICILIO:
            changes["home_visit_zone"] = proposal["zone"]
        elif mode == PlaceMode.CONSULTORIO:
            latitude, longitude = pin or (None, None)
            changes |= {"address": proposal["address"], "latitude": latitude, "longitude": longitude}
        business.change_profesional(
            turn.runtime.sessions, turn.actor, changes, now=turn.now, key=turn.operation_key("place")
        )
        on_map = mode != PlaceMode.CONSULTORIO or pin is not None
        dispatcher.utter_message(
            response=f"utter_ubicacion_guardada_{mode}",
            direccion=proposal.get("address", ""),
            zona=proposal.get("zone", ""),
        )
        steps = next_step_buttons(turn)
        if steps:
            dispatcher.utter_message(response="utter_falta_para_turnos", buttons=steps)
        elif not on_map:
            dispatcher.utter_message(response="utter_ubicacion_en_el_mapa")
        return forget()


def _of_pin(turn: Turn, pin: dict[str, Any], *, expected: bool) -> Proposal:
    """A place on the map: its own address, else the one that is known. The pin of a known address needs no yes."""
    named = ", ".join(str(pin[name]) for name in ("name", "address") if pin.get(name))
    known = turn.card.address
    address = (named or known or "")[:ADDRESS_MAX_CHARS]
    fills_in = known is not None and turn.card.latitude is None and not named
    read: Proposal = {
        "mode": PlaceMode.CONSULTORIO.value,
        "pin": [float(pin["latitude"]), float(pin["longitude"])],
    }
    return {**read, **({"address": address} if address else {}), "unasked": not expected and not fills_in}


def _address_in(turn: Turn, asked: str | None) -> str | None:
    found = parse_address(turn.text, bare=asked in ("lugar", "direccion"))
    named = turn.values("direccion")
    if found is not None:
        return max([found.text, *named[:1]], key=len)[:ADDRESS_MAX_CHARS]
    if named:
        return named[0][:ADDRESS_MAX_CHARS]
    plain = asked == "direccion" and any(char.isalpha() for char in turn.text) and "?" not in turn.text
    return " ".join(turn.text.split())[:ADDRESS_MAX_CHARS] if plain else None


def _zone_in(turn: Turn, asked: str | None) -> str | None:
    named = turn.values("direccion")
    if named:
        return named[0][:ADDRESS_MAX_CHARS]
    found = _ZONE.search(fold(turn.text))
    if found and not _HOME.search(found["zone"]):
        return turn.text[found.start("zone") : found.end("zone")].strip(" .")[:ADDRESS_MAX_CHARS]
    return (
        " ".join(turn.text.split())[:ADDRESS_MAX_CHARS] if asked == "zona" and "?" not in turn.text else None
    )
