"""People's own data: a client's name, e-mail, reminders; a professional's name, alias, CBU, and how they take bookings.
Everything can be said in one message; what was kept is said back."""

from __future__ import annotations

from dataclasses import asdict
from datetime import time
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.forms import Slots
from actions.proposals import Proposal, ProposalForm, forget, proposal_of
from actions.turn import Turn
from vallebot.domain.own_data import OwnData, read_own_data
from vallebot.domain.spanish import say_at, say_duration, say_list
from vallebot.domain.text import fold
from vallebot.services import business, clientele, identity

FORM = "cambiar_datos_form"

#: Settings of a professional that a message may change, as `business.change_profesional` names them.
_SETTINGS = (
    *("name", "payment_alias", "payment_cbu", "auto_confirm", "minimum_notice_minutes", "horizon_days"),
    *("agenda_time", "reminder_minutes"),
)
_CLIENT = ("name", "email", "notices", "reminder_minutes")
#: What is answered, not changed.
_OTHER = ("forget", "phone")


class ValidateCambiarDatosForm(ProposalForm):
    """Whatever of one's own data is named. Nothing is confirmed: it is said back, and can be changed again."""

    form = FORM
    own = frozenset({"cambiar_datos", "dejar_avisos", "confirmar_turno"})

    def read_into(self, turn: Turn, proposal: Proposal, asked: str | None) -> Proposal:
        """See ProposalForm."""
        if not turn.text:
            return {}
        names = tuple(turn.values("persona"))
        at = turn.sent_at.astimezone(turn.tz)
        data = read_own_data(turn.text, at, names=names, asked_name=asked == "dato")
        wanted = _SETTINGS if turn.is_profesional else _CLIENT
        told = {field: value for field, value in _as_json(data).items() if field in (*wanted, *_OTHER)}
        if asked is None and fold(turn.actor_name or "").startswith(f"{fold(told.get('name', ''))} "):
            told.pop("name", None)  # "soy Laura" from Laura Giménez changes nothing
        return told

    def missing(self, turn: Turn, proposal: Proposal) -> str | None:
        """See ProposalForm."""
        return None if proposal else "dato"

    def next_question(self, turn: Turn, state: Slots) -> str | None:
        """See OperationForm."""
        return "propuesta" if state["falta"] else None


class AskPropuesta(VallebotAction):
    """What is to be changed, and what can be."""

    needs_profesional = False

    def name(self) -> str:
        return f"action_ask_{FORM}_propuesta"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        dispatcher.utter_message(response=f"utter_cambiar_datos_{turn.actor.rol}")
        return []


class ActionCambiarDatos(VallebotAction):
    """Keeps it and says it back."""

    needs_profesional = False

    def name(self) -> str:
        return "action_cambiar_datos"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        proposal = proposal_of(turn)
        changes = {field: value for field, value in proposal.items() if field not in _OTHER}
        if not changes:
            _say_other(dispatcher, turn, proposal)
            return forget()
        said = _keep_settings(turn, changes) if turn.is_profesional else _keep_client(turn, changes)
        dispatcher.utter_message(response="utter_datos_cambiados", datos=say_list(said))
        return forget()


def _as_json(data: OwnData) -> dict[str, Any]:
    told = {field: value for field, value in asdict(data).items() if value not in (None, False, ())}
    if data.auto_confirm is False:
        told["auto_confirm"] = False
    if data.agenda_time is not None:
        told["agenda_time"] = data.agenda_time.isoformat()
    if data.reminder_minutes is not None:
        told["reminder_minutes"] = list(data.reminder_minutes)
    return told


def _keep_settings(turn: Turn, changes: dict[str, Any]) -> list[str]:
    values = dict(changes)
    if "agenda_time" in values:
        values["agenda_time"] = time.fromisoformat(values["agenda_time"])
    key = turn.operation_key("settings")
    business.change_profesional(turn.runtime.sessions, turn.actor, values, now=turn.now, key=key)
    return [_said(field, values[field]) for field in _SETTINGS if field in values]


def _keep_client(turn: Turn, changes: dict[str, Any]) -> list[str]:
    sessions, said = turn.runtime.sessions, []
    if "name" in changes:
        said.append(f"te llamo *{identity.set_name(sessions, turn.actor, changes['name'], now=turn.now)}*")
    if "email" in changes:
        said.append(
            f"tu mail es *{identity.set_email(sessions, turn.actor, changes['email'], now=turn.now)}*"
        )
    if "notices" in changes:
        key = turn.operation_key("notices")
        clientele.set_notices(sessions, turn.actor, True, now=turn.now, key=key)
        said.append("te vuelvo a mandar recordatorios y novedades")
    if "reminder_minutes" in changes and turn.actor.profesional_id is not None:
        minutes = tuple(changes["reminder_minutes"])
        key = turn.operation_key("reminders")
        clientele.set_reminders(sessions, turn.actor, minutes, now=turn.now, key=key)
        said.append(f"te recuerdo los próximos turnos {_before(minutes)}")
    return said


def _said(field: str, value: Any) -> str:
    if field == "auto_confirm":
        return "los turnos se confirman solos" if value else "cada turno lo confirmás vos"
    if field == "reminder_minutes":
        return f"a tus clientes les recuerdo los próximos turnos {_before(value)}"
    said = {
        "name": f"tu nombre es *{value}*",
        "payment_alias": f"tu alias es *{value}*",
        "payment_cbu": f"tu CBU es *{value}*",
        "minimum_notice_minutes": f"se reserva con al menos {_length(value)} de anticipación",
        "horizon_days": f"se reserva hasta {value} días para adelante",
        "agenda_time": f"la agenda del día te llega {say_at(value)}" if isinstance(value, time) else "",
    }
    return said[field]


def _length(minutes: Any) -> str:
    return say_duration(minutes) if isinstance(minutes, int) else str(minutes)


def _before(minutes: Any) -> str:
    return say_list(["un día antes" if one == 1440 else f"{say_duration(one)} antes" for one in minutes])


def _say_other(dispatcher: CollectingDispatcher, turn: Turn, proposal: Proposal) -> None:
    if proposal.get("phone") and not proposal.get("forget"):
        dispatcher.utter_message(response="utter_otro_telefono")
        return
    ask = [] if turn.is_profesional else [choice("Hablar en persona", "/hablar_con_persona")]
    dispatcher.utter_message(response="utter_borrar_datos", buttons=ask)
