"""Whose business a message is about, and in which part its writer speaks; asked only where it is truly open.

Every action begins with `settled`: a name, a link's code or a trade in the words chooses the professional of a
shared line, "como cliente" and "como profesional" change the part. An action that needs a professional where none
is chosen asks "¿Con quién?" and keeps the message: once that is answered it is done with its own words.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import REQUEST_SLOT, Turn
from actions.wording import choice
from vallebot.db.tables.messaging import Rol
from vallebot.domain.matching import Candidate, Nobody, choose_option, decide, match
from vallebot.domain.text import fold
from vallebot.services import clientele, identity, tenancy
from vallebot.services.identity import ProfesionalOption
from vallebot.services.tenancy import Words

#: WhatsApp lists have ten rows; the last one leads to the next page.
ROWS, ROWS_OF_A_PAGE = 10, 9

_AS_CLIENTE = re.compile(r"\b(?:como|modo|de) (?:client[ea]|paciente|alumn[oa])\b(?! de)")
_AS_PROFESIONAL = re.compile(
    r"\b(?:como|modo) (?:profesional|secretaria|due[nñ][oa])\b|\bmi (?:negocio|consultorio)\b"
)

Events = list[dict[str, Any]]


def settled(turn: Turn) -> Turn:
    """The turn with the part and the professional that its message asks for; `changed` says what became other."""
    turn = _in_part(turn)
    if turn.is_profesional:
        return turn
    chosen = _chosen(turn)
    if chosen is None or chosen == turn.actor.profesional_id:
        return turn
    actor = identity.choose_profesional(turn.runtime.sessions, turn.actor, chosen, now=turn.now)
    return replace(turn, actor=actor, changed=turn.changed or "profesional")


def _in_part(turn: Turn) -> Turn:
    said = fold(turn.text)
    if turn.is_profesional:
        leave = _AS_CLIENTE.search(said) is not None or _wants_another(turn)
        return _as(turn, Rol.CLIENTE) if leave else turn
    return _as(turn, Rol.PROFESIONAL) if _AS_PROFESIONAL.search(said) and _owns_business(turn) else turn


def _as(turn: Turn, rol: Rol) -> Turn:
    actor = identity.switch_rol(turn.runtime.sessions, turn.actor, rol, now=turn.now)
    return replace(turn, actor=actor, changed="rol")


def _wants_another(turn: Turn) -> bool:
    """Whether a professional asks for a session with a colleague ("un turno con Ana"), and no client is called so."""
    if turn.intent not in ("pedir_turno", "consultar_disponibilidad", "inscribirse_clase"):
        return False
    other = tenancy.named_instead(turn.runtime.sessions, turn.actor, turn.text)
    if other is None:
        return False
    own = clientele.list_clientes(turn.runtime.sessions, turn.actor)
    people = [Candidate(cliente.id, cliente.name) for cliente in own if cliente.name]
    return isinstance(decide(match(turn.text, people, kind="person")), Nobody)


def _owns_business(turn: Turn) -> bool:
    return identity.may_act_as_profesional(turn.runtime.sessions, turn.actor)


def _chosen(turn: Turn) -> int | None:
    """The professional whom the message chooses: by a tap, by name, or because no other can be meant."""
    tapped = turn.tapped("profesional_id")
    if tapped is not None:
        return int(tapped)
    sessions = turn.runtime.sessions
    if turn.actor.profesional_id is not None:
        other = tenancy.named_instead(sessions, turn.actor, turn.text) if turn.text else None
        return other.id if other else None
    asked = _question(turn)
    if asked and asked["key"] != turn.key:
        shown = [(name, None) for name in asked["con_quien"].values()]
        place = choose_option(turn.text, shown) if turn.text else None
        if isinstance(place, int):
            return int([*asked["con_quien"]][place])
    words = Words(turn.text, tuple(turn.values("servicio")))
    meant = tenancy.whom(sessions, turn.actor, words, now=turn.now)
    return meant[0].id if len(meant) == 1 else None


def ask_with_whom(dispatcher: CollectingDispatcher, turn: Turn, action: str, *, page: int = 0) -> Events:
    """Ask for the professional and keep the message for `action`; nothing more where this message did so already."""
    form = action.removeprefix("validate_") if action.startswith("validate_") else None
    end = [SlotSet("requested_slot", None)] if form else []
    asked = _question(turn)
    if asked and asked["key"] == turn.key:
        return end
    words = Words(turn.text, tuple(turn.values("servicio")))
    options = tenancy.whom(turn.runtime.sessions, turn.actor, words, now=turn.now)
    if not options:
        dispatcher.utter_message(response="utter_sin_profesionales")
        return end
    shown, buttons = _rows(options, page)
    greeting = action == "action_saludar"
    dispatcher.utter_message(
        response="utter_saludo_sin_profesional" if greeting else "utter_con_quien",
        buttons=buttons,
        json_message={"list_button": "Ver profesionales"},
    )
    kept = turn.keep_message(accion=form or action)
    if page and asked:
        kept = asked
    return [SlotSet(REQUEST_SLOT, {**kept, "con_quien": {str(o.id): o.name for o in shown}}), *end]


def _rows(
    options: list[ProfesionalOption], page: int
) -> tuple[list[ProfesionalOption], list[dict[str, str]]]:
    if len(options) <= ROWS:
        shown, more = options, []
    else:
        first = page * ROWS_OF_A_PAGE
        shown = options[first : first + ROWS_OF_A_PAGE]
        following = page + 1 if first + ROWS_OF_A_PAGE < len(options) else 0
        more = [choice("Ver más", f'/informar{{"pagina": {following}}}')]
    rows = [choice(o.name, f'/informar{{"profesional_id": {o.id}}}', o.trade or "") for o in shown]
    return shown, [*rows, *more]


def answered(dispatcher: CollectingDispatcher, turn: Turn) -> Events | None:
    """What follows an answer to "¿Con quién?", or a word about professional or part; None where it was none."""
    asked = _question(turn)
    if asked and turn.tapped("pagina") is not None:
        return ask_with_whom(dispatcher, turn, asked["accion"], page=int(turn.tapped("pagina")))
    if turn.changed is None:
        return None
    if asked and not turn.is_profesional:
        kept = {name: value for name, value in asked.items() if name != "con_quien"}
        return [SlotSet(REQUEST_SLOT, {**kept, "for": turn.key}), FollowupAction(asked["accion"])]
    if turn.actor.profesional_id is None:
        return ask_with_whom(dispatcher, turn, "action_saludar")
    if turn.is_profesional:
        dispatcher.utter_message(response="utter_rol_profesional")
        return [SlotSet(REQUEST_SLOT, None)]
    buttons = [choice("Pedir un turno", "/pedir_turno"), choice("Ver servicios", "/consultar_servicios")]
    dispatcher.utter_message(response="utter_con_profesional", profesional=turn.card.name, buttons=buttons)
    return []


def _question(turn: Turn) -> dict[str, Any] | None:
    """The message that waits for the answer to "¿Con quién?", where it was asked and not answered yet."""
    kept = turn.slot(REQUEST_SLOT)
    return kept if kept and "con_quien" in kept else None
