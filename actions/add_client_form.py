"""Adding clients: by name and phone in words, or by a shared contact card after a yes."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.forms import OperationForm, Slots, yes_and_no
from actions.turn import Turn
from vallebot.domain.spanish import say_list
from vallebot.domain.values import parse_name, parse_phone
from vallebot.services import clientele

FORM = "registrar_cliente_form"

#: Cards that are taken from one message.
MOST_CARDS = 10


class ValidateRegistrarClienteForm(OperationForm):
    """Reads name and phone, in any order; cards come with both. `contactos`: [{"nombre", "telefono"}].

    `modo` 'sin_telefono': there is none, which is fine."""

    form = FORM
    parts = frozenset({True})
    slots = ("nombre", "telefono", "contactos", "modo", "confirmacion")
    confirms = ("nombre",)

    def read(self, turn: Turn, known: Slots) -> Slots | None:
        """See OperationForm."""
        cards = turn.tapped("contenido")
        if isinstance(cards, list):
            contacts = contacts_of(cards)
            return {
                "contactos": contacts,
                "confirmacion": None,
                "nombre": contacts[0]["nombre"] if contacts else None,
            }
        if turn.tapped("opcion") is not None:
            return {"modo": "sin_telefono"}
        requested = turn.slot("requested_slot") if turn.tracker.active_loop else None
        if requested == "confirmacion":
            return {"confirmacion": turn.yes_or_no} if turn.yes_or_no is not None else None
        changes: Slots = {}
        phone = parse_phone(turn.text) if turn.text else None
        words = turn.text.replace(phone.text, " ") if phone is not None else turn.text
        named = turn.values("persona")
        name = (parse_name(named[0]) or named[0]) if named else None
        if name is None and requested == "nombre":
            name = parse_name(words)
        if phone is not None:
            changes["telefono"] = phone.e164
        elif requested == "telefono" and turn.yes_or_no is False:
            changes["modo"] = "sin_telefono"
        if name is not None:
            changes["nombre"] = name
        return changes or None

    def about(self, turn: Turn, state: Slots) -> str:
        """See OperationForm."""
        return "el cliente nuevo"

    def next_question(self, turn: Turn, state: Slots) -> str | None:
        """See OperationForm."""
        if state["contactos"] is not None:
            return "confirmacion" if state["contactos"] and state["confirmacion"] is None else None
        if state["nombre"] is None:
            return "nombre"
        return "telefono" if state["telefono"] is None and state["modo"] is None else None


def contacts_of(cards: list[dict[str, Any]]) -> list[dict[str, str | None]]:
    """Name and phone of shared cards; those without a name are left out. A phone that WhatsApp knows comes first."""
    found = []
    for card in cards[:MOST_CARDS]:
        name = (card.get("name") or {}).get("formatted_name") or (card.get("name") or {}).get("first_name")
        phones = card.get("phones") or []
        known = next((phone["wa_id"] for phone in phones if phone.get("wa_id")), None)
        written = next((phone["phone"] for phone in phones if phone.get("phone")), None)
        parsed = parse_phone(written) if written else None
        e164 = f"+{known}" if known else parsed.e164 if parsed is not None else None
        if name:
            found.append({"nombre": str(name), "telefono": e164})
    return found


class AskNombre(VallebotAction):
    """Whom."""

    def name(self) -> str:
        return f"action_ask_{FORM}_nombre"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        dispatcher.utter_message(response="utter_registrar_nombre")
        return []


class AskTelefono(VallebotAction):
    """The phone; it may be missing."""

    def name(self) -> str:
        return f"action_ask_{FORM}_telefono"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        without = choice("No lo tengo", '/registrar_cliente{"opcion": "sin_telefono"}')
        dispatcher.utter_message(
            response="utter_registrar_telefono", cliente=turn.slot("nombre"), buttons=[without]
        )
        return []


class AskConfirmacion(VallebotAction):
    """What the cards hold, then a yes: cards are shared by mistake, too."""

    def name(self) -> str:
        return f"action_ask_{FORM}_confirmacion"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        who = [f"*{one['nombre']}* ({one['telefono'] or 'sin teléfono'})" for one in turn.slot("contactos")]
        dispatcher.utter_message(
            response="utter_registrar_confirmar",
            clientes=say_list(who),
            buttons=yes_and_no(turn, ValidateRegistrarClienteForm, "Sí, agregar", "No"),
        )
        return []


class ActionRegistrarCliente(VallebotAction):
    """Notes them down; who was there already is said kindly."""

    def name(self) -> str:
        return "action_registrar_cliente"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        done = [SlotSet(name, None) for name in ValidateRegistrarClienteForm.slots]
        cards = turn.slot("contactos")
        if cards is not None and not turn.slot("confirmacion"):
            dispatcher.utter_message(response="utter_registrar_no" if cards else "utter_registrar_sin_datos")
            return done
        added, known = [], []
        for number, one in enumerate(
            cards or [{"nombre": turn.slot("nombre"), "telefono": turn.slot("telefono")}]
        ):
            registered = clientele.register_cliente(
                turn.runtime.sessions,
                turn.actor,
                one["nombre"],
                one["telefono"],
                now=turn.now,
                key=turn.operation_key(f"register:{number}"),
            )
            (known if registered.known else added).append(f"*{registered.cliente.name}*")
        if added:
            dispatcher.utter_message(response="utter_cliente_agregado", clientes=say_list(added))
        if known:
            dispatcher.utter_message(response="utter_cliente_ya_estaba", clientes=say_list(known))
        return done
