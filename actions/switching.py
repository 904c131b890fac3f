"""Leaving one operation for another, with the choice to come back.

A form that is opened while another one is going on takes its place. What the other one knew is kept in the slot
`pendiente`; when the new operation is done, "¿Seguimos con tu turno del jueves?" is asked once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import OURS, REQUEST_SLOT, Turn
from actions.wording import choice
from vallebot.domain.values import parse_yes_no

#: Slot: the operation that was left: form, slots, operacion, asunto, at, and `asked` once it was offered.
INTERRUPTED_SLOT = "pendiente"

#: Slot: the intent that opened the form.
OPENED_BY_SLOT = "operacion"

#: Who comes back later has something else in mind.
KEPT_FOR = timedelta(minutes=30)

#: Slots of a form that say nothing about what the person wants.
_EMPTY_WORDS = frozenset({"ofertas", "motivo", "confirmacion", "servicios_posibles"})

Events = list[dict[str, Any]]

_PAYLOAD = re.compile(r"/(?P<intent>\w+)(?P<values>\{.*\})?", re.DOTALL)

#: (intent, whether a professional's) -> what follows it, where that is not `action_<intent>`.
_FOLLOW_UPS = {
    ("pedir_turno", False): "pedir_turno_form",
    ("pedir_turno", True): "turno_cliente_form",
    ("cancelar_turno", False): "cancelar_turno_form",
    ("reprogramar_turno", False): "reprogramar_turno_form",
}


def interrupted_before(turn: Turn, form: str) -> str | None:
    """The form that was active when this message came and opened `form`; None where there was none."""
    for event in reversed(turn.tracker.events):
        if event["event"] == "active_loop" and event.get("name") != form:
            return str(event["name"]) if event.get("name") else None
    return None


def keep_interrupted(turn: Turn, form: str, state: dict[str, Any], about: Callable[[], str]) -> Events:
    """Keep a form that another one replaces, unless nothing was known yet, or it was called off ("no, mejor…")."""
    known = any(value is not None for name, value in state.items() if name not in _EMPTY_WORDS)
    called_off = bool(turn.text) and parse_yes_no(turn.text) is False
    if not known or called_off:
        return [SlotSet(INTERRUPTED_SLOT, None)]
    kept = {"form": form, "slots": state, "operacion": turn.slot(OPENED_BY_SLOT), "asunto": about()}
    return [SlotSet(INTERRUPTED_SLOT, {**kept, "at": turn.now.isoformat()})]


def offer_return(dispatcher: CollectingDispatcher, turn: Turn, events: Events) -> Events:
    """Behind the action that ended a form: ask once whether to go on with what it had interrupted."""
    kept = turn.slot(INTERRUPTED_SLOT)
    if not kept or kept.get("asked") or not _ended_a_form(turn):
        return []
    if any(event["event"] in ("followup", "active_loop") for event in events):
        return []
    if turn.now - datetime.fromisoformat(kept["at"]) > KEPT_FOR:
        return [SlotSet(INTERRUPTED_SLOT, None)]
    about = f'{{"retomar": "{kept["form"]}"}}'
    buttons = [choice("Sí, seguimos", f"/afirmar{about}"), choice("No, dejalo", f"/negar{about}")]
    dispatcher.utter_message(response="utter_seguimos", asunto=kept["asunto"], buttons=buttons)
    return [SlotSet(INTERRUPTED_SLOT, {**kept, "asked": turn.key})]


def take_up_again(turn: Turn) -> Events | None:
    """Events that open the kept form where it was left, on a yes to the question; None where there is no such."""
    kept = turn.slot(INTERRUPTED_SLOT)
    tapped = turn.tapped("retomar")
    if not kept or not kept.get("asked") or (tapped is not None and tapped != kept["form"]):
        return None
    if tapped is None and not (turn.yes_or_no and kept["asked"] == previous_key(turn)):
        return None
    slots = {
        **kept["slots"],
        OPENED_BY_SLOT: kept["operacion"],
        "reintento": turn.key,
        INTERRUPTED_SLOT: None,
    }
    return [*[SlotSet(name, value) for name, value in slots.items()], FollowupAction(kept["form"])]


def say_yes_to_offer(turn: Turn) -> Events | None:
    """Events that do what the last bubble offered with one button, or with one that begins with "Sí": a yes in words
    is as good as the tap. None where it offered nothing of the kind, or this is no yes."""
    if not turn.text or turn.yes_or_no is not True:
        return None
    offered = _offered_before(turn)
    plain = [one for one in offered if len(offered) == 1 or str(one["title"]).startswith("Sí")]
    tapped = _PAYLOAD.fullmatch(str(plain[0]["payload"])) if plain else None
    if tapped is None:
        return None
    values = json.loads(tapped["values"] or "{}")
    entities = [{"entity": name, "value": value, "extractor": OURS} for name, value in values.items()]
    message = {"text": "", "intent": {"name": tapped["intent"]}, "entities": entities}
    kept = {"key": turn.key, "for": turn.key, "message": message, "sent_at": turn.sent_at.isoformat()}
    follow = _FOLLOW_UPS.get((tapped["intent"], turn.is_profesional)) or f"action_{tapped['intent']}"
    return [SlotSet(REQUEST_SLOT, kept), FollowupAction(follow)]


def _offered_before(turn: Turn) -> list[dict[str, Any]]:
    """The buttons of the bot's last turn."""
    said, seen = turn.tracker.events, 0
    for event in reversed(said):
        seen += event["event"] == "user"
        if event["event"] == "bot" and seen == 1 and (event.get("data") or {}).get("buttons"):
            return list(event["data"]["buttons"])
        if seen > 1:
            return []
    return []


def previous_key(turn: Turn) -> str | None:
    """The key of the message before this one."""
    said = [event for event in turn.tracker.events if event["event"] == "user"]
    return said[-2].get("message_id") if len(said) > 1 else None


def _ended_a_form(turn: Turn) -> bool:
    """Whether a form ended with this message, and none was opened since."""
    for event in reversed(turn.tracker.events):
        if event["event"] == "user":
            return False
        if event["event"] == "active_loop":
            return event.get("name") is None
    return False
