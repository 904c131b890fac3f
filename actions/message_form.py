"""A professional's own words to a client, to those of a class or a day, or to all: whom, what, and a yes after seeing
exactly who gets what."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime, timedelta
from typing import Any

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.class_choice import group_services, say_class
from actions.forms import OperationForm, Slots, yes_and_no
from actions.turn import Turn
from actions.who import ask_client, known_people, meant_people
from actions.wording import offer_title
from vallebot.domain.matching import Candidate, One, decide, match
from vallebot.domain.message_words import split_order
from vallebot.domain.spanish import say_list
from vallebot.domain.text import fold
from vallebot.domain.windows import wish_of
from vallebot.services import broadcasts, catalogue, rosters
from vallebot.services.broadcasts import MESSAGE_MAX_CHARS, Audience, Recipient
from vallebot.services.texts.clients import people_text

FORM = "avisar_clientes_form"
OFFERED = 5

_EVERYBODY = re.compile(r"\b(?:tod[oa]s|mis (?:clientes|clientas|pacientes|alumnos|alumnas)|la lista)\b")

Entities = dict[str, list[str]]


class ValidateAvisarClientesForm(OperationForm):
    """Whom (`destino`: fields of Audience, moments as ISO), what (`mensaje`), and the yes to exactly that (`modo` is
    the fingerprint of both, which the buttons of the confirmation carry)."""

    form = FORM
    parts = frozenset({True})
    slots = ("cliente_id", "clientes_posibles", "nombre", "destino", "mensaje", "modo", "confirmacion")
    confirms = ("modo",)

    def leaves(self, turn: Turn) -> bool:
        """While the words are asked for, thanks and goodbyes are words to be passed on."""
        if turn.slot("requested_slot") == "mensaje":
            return turn.intent in ("detener", "opcion_vencida")
        return super().leaves(turn)

    def _is_another_operation(self, turn: Turn) -> bool:
        """Whatever is written while the words are asked for is to be passed on."""
        return turn.slot("requested_slot") != "mensaje" and super()._is_another_operation(turn)

    def read(self, turn: Turn, known: Slots) -> Slots | None:
        """See OperationForm."""
        requested = turn.slot("requested_slot") if turn.tracker.active_loop else None
        tapped = self._tapped(turn, known)
        if tapped or not turn.text:
            return tapped or None
        whom, words = split_order(turn.text)
        if requested == "confirmacion":
            if turn.yes_or_no is not None:
                return {"confirmacion": turn.yes_or_no}
            return {"mensaje": words} if words else None
        if requested == "mensaje":
            return {"mensaje": turn.text.strip()[:MESSAGE_MAX_CHARS]}
        said = fold(whom)
        named = {
            name: [value for value in turn.values(name) if fold(value) in said]
            for name in ("persona", "servicio")
        }
        if requested in ("destino", "cliente_id") and not named["persona"] and not named["servicio"]:
            named["persona" if requested == "cliente_id" else "servicio"] = [whom]
        found = self._people(turn, known, named) or self._stretch(turn, whom, named)
        return {**found, **({"mensaje": words} if words else {})} or None

    @staticmethod
    def _tapped(turn: Turn, known: Slots) -> Slots:
        if turn.tapped("cliente_id") is not None:
            others = (known["destino"] or {}).get("cliente_ids", [])
            chosen = [*others, int(turn.tapped("cliente_id"))]
            return {"destino": {"cliente_ids": chosen}, "clientes_posibles": None, "nombre": None}
        for name in ("booking_id", "servicio_id"):
            if turn.tapped(name) is not None:
                return {"destino": {name: int(turn.tapped(name))}}
        if turn.tapped("contenido") is not None:
            return {
                "destino": {}
                if turn.tapped("contenido") == "todos"
                else _day(turn, int(turn.tapped("contenido")))
            }
        return {}

    @staticmethod
    def _people(turn: Turn, known: Slots, named: Entities) -> Slots:
        """Clients by name; one of an ambiguous name is asked about."""
        people, chosen = known_people(turn), []
        for name in named["persona"]:
            meant = meant_people(name, people)
            if len(meant) > 1:
                return {"clientes_posibles": meant, "destino": {"cliente_ids": chosen} if chosen else None}
            if not meant:
                return {"nombre": name, "destino": None}
            chosen.append(meant[0])
        return (
            {"destino": {"cliente_ids": chosen}, "nombre": None, "clientes_posibles": None} if chosen else {}
        )

    @staticmethod
    def _stretch(turn: Turn, whom: str, named: Entities) -> Slots:
        """Those of a service, a class, a day; or everybody."""
        destino: dict[str, Any] = {}
        services = catalogue.list_servicios(turn.runtime.sessions, turn.actor)
        candidates = [Candidate(s.id, s.name, tuple(s.synonyms)) for s in services]
        found = decide(match(named["servicio"][0], candidates)) if named["servicio"] else None
        if isinstance(found, One):
            destino["servicio_id"] = found.candidate.key
        wish = wish_of(turn.read_cuando(whom, turn.sent_at), turn.now, turn.tz)
        if wish is not None:
            start = wish.exact or wish.ranges[0][0]
            same_day = [end for begin, end in wish.ranges if begin.date() == wish.ranges[0][0].date()]
            end = start + timedelta(minutes=1) if wish.exact else same_day[-1]
            if wish.at is None and wish.exact is None:
                end = wish.ranges[-1][1]
            destino |= {"starts_at": start.isoformat(), "ends_at": end.isoformat()}
        if destino or _EVERYBODY.search(fold(whom)):
            return {"destino": destino}
        return {}

    def about(self, turn: Turn, state: Slots) -> str:
        """See OperationForm."""
        return "el mensaje a tus clientes"

    def settle(self, turn: Turn, state: Slots) -> None:
        """See OperationForm."""
        exact = json.dumps([state["destino"], state["mensaje"]], sort_keys=True)
        state["modo"] = hashlib.sha256(exact.encode()).hexdigest()[:8]

    def next_question(self, turn: Turn, state: Slots) -> str | None:
        """See OperationForm."""
        if state["clientes_posibles"]:
            return "cliente_id"
        if state["nombre"] is not None:
            return None
        if state["destino"] is None:
            return "destino"
        if not recipients_of(turn, state["destino"]):
            return None
        if state["mensaje"] is None:
            return "mensaje"
        return "confirmacion" if state["confirmacion"] is None else None


def _day(turn: Turn, ahead: int) -> dict[str, str]:
    """Today (0) or another day from now on."""
    midnight = turn.local(turn.now).replace(hour=0, minute=0, second=0, microsecond=0)
    start = midnight + timedelta(days=ahead)
    return {"starts_at": max(start, turn.now).isoformat(), "ends_at": (start + timedelta(days=1)).isoformat()}


def recipients_of(turn: Turn, destino: dict[str, Any]) -> tuple[Recipient, ...]:
    """Who is meant by the slot `destino`."""
    moments = {
        name: datetime.fromisoformat(destino[name]) for name in ("starts_at", "ends_at") if name in destino
    }
    audience = Audience(
        tuple(destino.get("cliente_ids", ())),
        destino.get("servicio_id"),
        destino.get("booking_id"),
        **moments,
    )
    return broadcasts.recipients(turn.runtime.sessions, turn.actor, audience, now=turn.now)


class AskClienteId(VallebotAction):
    """Which of those of that name."""

    def name(self) -> str:
        return f"action_ask_{FORM}_cliente_id"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        ask_client(dispatcher, turn, "avisar_clientes")
        return []


class AskDestino(VallebotAction):
    """To whom: the days and classes that come next, or everybody."""

    def name(self) -> str:
        return f"action_ask_{FORM}_destino"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        ahead = rosters.upcoming_classes(turn.runtime.sessions, turn.actor, limit=OFFERED, now=turn.now)
        buttons = [
            choice("Los de hoy", '/avisar_clientes{"contenido": "0"}'),
            choice("Los de mañana", '/avisar_clientes{"contenido": "1"}'),
            *[
                choice(
                    offer_title(turn, one.starts_at),
                    f'/avisar_clientes{{"booking_id": {one.id}}}',
                    one.servicio_name,
                )
                for one in ahead
            ],
            *[
                choice(f"{s.name}: todos"[:24], f'/avisar_clientes{{"servicio_id": {s.id}}}')
                for s in group_services(turn)[:2]
            ],
            choice("Todos mis clientes", '/avisar_clientes{"contenido": "todos"}'),
        ]
        dispatcher.utter_message(
            response="utter_aviso_a_quien", buttons=buttons, json_message={"list_button": "Elegir"}
        )
        return []


class AskMensaje(VallebotAction):
    """What to tell them."""

    def name(self) -> str:
        return f"action_ask_{FORM}_mensaje"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        names = [one.name for one in recipients_of(turn, turn.slot("destino"))]
        dispatcher.utter_message(response="utter_aviso_que", personas=people_text(names))
        return []


class AskConfirmacion(VallebotAction):
    """Who, how many, and the exact words."""

    def name(self) -> str:
        return f"action_ask_{FORM}_confirmacion"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        people = recipients_of(turn, turn.slot("destino"))
        refused = [one.name for one in people if not one.accepts]
        note = f" ({say_list(refused)} no recibe avisos: queda afuera.)" if refused else ""
        accepting = [one.name for one in people if one.accepts]
        dispatcher.utter_message(
            response="utter_aviso_confirmar" if accepting else "utter_aviso_nadie_acepta",
            personas=people_text(accepting),
            mensaje=turn.slot("mensaje"),
            profesional=turn.card.name,
            nota=note,
            clase=_class_said(turn),
            buttons=yes_and_no(turn, ValidateAvisarClientesForm, "Sí, enviar", "No") if accepting else [],
        )
        return []


def _class_said(turn: Turn) -> str:
    booking_id = (turn.slot("destino") or {}).get("booking_id")
    if booking_id is None:
        return ""
    one = rosters.get_class(turn.runtime.sessions, turn.actor, int(booking_id))
    return f" de {say_class(turn, one)}"


class ActionAvisarClientes(VallebotAction):
    """Sends what was shown to whom was shown."""

    def name(self) -> str:
        return "action_avisar_clientes"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        done = [SlotSet(name, None) for name in ValidateAvisarClientesForm.slots]
        if turn.slot("nombre") is not None:
            dispatcher.utter_message(response="utter_cliente_desconocido", cliente=turn.slot("nombre"))
            return done
        people = recipients_of(turn, turn.slot("destino") or {})
        if not people:
            dispatcher.utter_message(response="utter_aviso_nadie")
        elif not turn.slot("confirmacion"):
            dispatcher.utter_message(response="utter_aviso_no")
        else:
            sent = broadcasts.send_message(
                turn.runtime.sessions,
                turn.actor,
                [one.cliente_id for one in people],
                turn.slot("mensaje"),
                now=turn.now,
                key=turn.operation_key("message"),
            )
            missing = [one.name for one in sent.unreachable]
            note = f" A {say_list(missing)} no: no tengo su teléfono." if missing else ""
            names = people_text([one.name for one in sent.told]) if sent.told else "nadie"
            dispatcher.utter_message(response="utter_aviso_enviado", personas=names, nota=note)
        return done
