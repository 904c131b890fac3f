"""Which client a professional means: read from words, a tap, or asked with buttons; unknown ones may be added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.base import choice
from actions.forms import Slots
from actions.turn import Turn
from vallebot.domain.matching import Candidate, Nobody, One, choose_option, decide, match
from vallebot.domain.values import parse_name, parse_phone
from vallebot.services import clientele

#: Slots of a form that may be about a client. `nombre`: of somebody unknown; `telefono`: theirs, E.164.
WHO_SLOTS = ("cliente_id", "clientes_posibles", "nombre", "telefono")

#: WhatsApp lists have ten rows.
LISTED = 10

#: (cliente id, name): people to choose from.
People = Sequence[tuple[int, str]]


def known_people(turn: Turn) -> list[tuple[int, str]]:
    """All clients of the professional who have a name."""
    cards = clientele.list_clientes(turn.runtime.sessions, turn.actor)
    return [(card.id, card.name) for card in cards if card.name]


def meant_people(words: str, people: People) -> list[int]:
    """The ids of those whom the words may name; one: that is who is meant."""
    candidates = [Candidate(key, name) for key, name in people]
    decision = decide(match(words, candidates, kind="person"))
    if isinstance(decision, Nobody):
        return []
    meant = [decision.candidate] if isinstance(decision, One) else decision.candidates
    return [int(str(candidate.key)) for candidate in meant]


def read_client(turn: Turn, known: Slots, requested: str | None, people: People | None = None) -> Slots:
    """What a professional's message says about whom it is for (`people`: only those may be meant)."""
    if not turn.is_profesional:
        return {}
    tapped = turn.tapped("cliente_id")
    if tapped is not None:
        return _found(int(tapped))
    if requested == "telefono":
        phone = parse_phone(turn.text)
        if phone is not None:
            return {"telefono": phone.e164}
    asked = requested in ("cliente_id", "telefono")
    named = turn.values("persona")
    if not (named or asked) or not turn.text:
        return {}
    return _read_name(turn, known, named, asked, known_people(turn) if people is None else people)


def _read_name(turn: Turn, known: Slots, named: list[str], asked: bool, people: People) -> Slots:
    if asked and known["clientes_posibles"]:
        offered = [one for one in people if one[0] in known["clientes_posibles"]]
        place = choose_option(turn.text, [(title, None) for title in titles(turn, offered)])
        if isinstance(place, int):
            return _found(offered[place][0])
    words = named[0] if named else turn.text
    meant = meant_people(words, people)
    if len(meant) == 1:
        return _found(meant[0])
    if meant:
        return {"cliente_id": None, "clientes_posibles": meant, "nombre": None, "telefono": None}
    name = parse_name(words) or (words if named else None)
    if name is None:
        return {}
    phone = parse_phone(turn.text)
    unknown = {"cliente_id": None, "clientes_posibles": None, "nombre": name}
    return {**unknown, "telefono": phone.e164 if phone is not None else None}


def _found(cliente_id: int) -> Slots:
    return {"cliente_id": cliente_id, "clientes_posibles": None, "nombre": None, "telefono": None}


def who_is_missing(turn: Turn, state: Slots) -> str | None:
    """The slot to ask for about the client; None when they are known (or the client writes themselves)."""
    if not turn.is_profesional or state["cliente_id"] is not None:
        return None
    if state["nombre"] is None:
        return "cliente_id"
    return "telefono" if state["telefono"] is None else None


def name_of(turn: Turn, cliente_id: int) -> str:
    """What the professional calls a client."""
    return clientele.get_cliente(turn.runtime.sessions, turn.actor, cliente_id).name or "Sin nombre"


def said_client(turn: Turn) -> str:
    """The client of the form's slots, by name."""
    return name_of(turn, int(turn.slot("cliente_id"))) if turn.slot("cliente_id") else turn.slot("nombre")


def client_of_slots(turn: Turn) -> int | None:
    """Whom the operation is for: None for a client who writes; somebody unknown is noted down first."""
    if not turn.is_profesional:
        return None
    if turn.slot("cliente_id") is not None:
        return int(turn.slot("cliente_id"))
    key = turn.operation_key("register")
    added = clientele.register_cliente(
        turn.runtime.sessions, turn.actor, turn.slot("nombre"), turn.slot("telefono"), now=turn.now, key=key
    )
    return added.cliente.id


def titles(turn: Turn, people: People) -> list[str]:
    """Names as buttons; two of the same name are told apart by the end of their phones."""
    names = [name for _, name in people]
    if len(set(names)) == len(names):
        return names
    cards = {card.id: card for card in clientele.list_clientes(turn.runtime.sessions, turn.actor)}
    return [
        f"{name[:14]} …{(cards[key].phone_e164 or '----')[-4:]}" if names.count(name) > 1 else name
        for key, name in people
    ]


def ask_client(
    dispatcher: CollectingDispatcher, turn: Turn, intent: str, people: People | None = None
) -> None:
    """'¿Ana Gómez o Ana Paz?' with buttons; without candidates: who?"""
    possible = turn.slot("clientes_posibles") or []
    everybody = known_people(turn) if people is None else people
    offered = [one for one in everybody if one[0] in possible] if possible else list(everybody)
    shown = offered[:LISTED]
    buttons: list[dict[str, Any]] = [
        choice(title, f'/{intent}{{"cliente_id": {key}}}')
        for (key, _), title in zip(shown, titles(turn, shown), strict=True)
    ]
    dispatcher.utter_message(
        response="utter_cual_cliente" if possible else "utter_que_cliente",
        buttons=buttons,
        json_message={"list_button": "Ver clientes"},
    )
