"""Closing a stretch of the agenda, or opening one again. Who is inside is shown by name before anything happens."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta

from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.forms import Slots
from actions.proposals import Proposal, ProposalForm, forget, proposal_of
from actions.turn import Turn
from vallebot.domain.availability import Stretch, union
from vallebot.domain.spanish import say_list
from vallebot.domain.text import fold
from vallebot.services import agenda, closing
from vallebot.services.records import BookingView
from vallebot.services.texts import business as texts

FORM = "bloquear_agenda_form"

#: Bookings that are named one by one; more are counted.
NAMED = 5

#: Nobody works this long in one go: to open so much where nothing was closed, the hours have to be told.
LONGEST_DAY = timedelta(hours=16)

_OPEN = re.compile(
    r"\b(?:reabr\w+|abr(?:i|ila|ilo|ime|imela|imelo|ir)|desbloque\w+|volv\w+ a abrir|habilit\w+|"
    r"(?:al final )?si (?:atiendo|voy|trabajo|abro|puedo|estoy)|saca\w* el bloqueo|no bloque\w+)\b"
)
_CANCEL = re.compile(r"\b(?:cancel\w*|suspend\w*|avisales|avisa(?:les)? a todos)\b")
_CANCEL_ALL = re.compile(
    r"\b(?:cancel(?:alos|alas|arlos|arlas|a todo|alo todo|en todo)|suspendelos)\b|\bcancela\w* y avis\w*"
)
_ONLY_CLOSE = re.compile(
    r"\b(?:solo (?:bloque\w+|cerr\w+|cierr\w+)|dejalos|dejalas|manten\w+|no (?:los |las )?canceles)\b"
)


class ValidateBloquearAgendaForm(ProposalForm):
    """The stretches (`stretches`, ISO), whether they are closed or opened (`opens`), who is inside (`inside`, ids)
    and whether those are cancelled (`cancel`)."""

    form = FORM
    parts = frozenset({True})
    own = frozenset({"bloquear_agenda", "definir_horarios"})

    def read(self, turn: Turn, known: Slots) -> Slots | None:
        """See OperationForm: under the question, the words say what becomes of those who are inside."""
        proposal = dict(known["propuesta"] or {})
        if turn.slot("requested_slot") == "confirmacion" and proposal and turn.text:
            folded = fold(turn.text)
            if _ONLY_CLOSE.search(folded):
                return {"propuesta": {**proposal, "cancel": False}, "confirmacion": True}
            if _CANCEL_ALL.search(folded) and not turn.values("persona"):
                return {"propuesta": {**proposal, "cancel": True}, "confirmacion": True}
        read = super().read(turn, known)
        undecided = proposal.get("inside") and proposal.get("cancel") is None
        if read == {"confirmacion": True} and undecided and not turn.was_tap:
            return {"confirmacion": None}  # yes to what? It is asked again
        return read

    def read_into(self, turn: Turn, proposal: Proposal, asked: str | None) -> Proposal:
        """See ProposalForm."""
        if not turn.text:
            return {}
        folded = fold(turn.text)
        read: Proposal = {}
        stretches = stretches_named(turn)
        if stretches:
            read["stretches"] = [[start.isoformat(), end.isoformat()] for start, end in stretches]
        if not proposal:
            read["opens"] = bool(_OPEN.search(folded))
        if stretches and not {**proposal, **read}.get("opens"):
            # Whom the professional is shown: nobody else is cancelled, whoever books in between.
            read["inside"] = [one.id for one in inside(turn, read)]
        if _CANCEL.search(folded) and asked is None and not proposal:
            read["cancel"] = True
        return read

    def missing(self, turn: Turn, proposal: Proposal) -> str | None:
        """See ProposalForm."""
        if not proposal.get("stretches"):
            return "cuando"
        if not proposal.get("opens"):
            return None
        too_long = any(
            end - start > LONGEST_DAY and not _closed(turn, start, end) for start, end in of(proposal)
        )
        return "horas" if too_long else None

    def next_question(self, turn: Turn, state: Slots) -> str | None:
        """See OperationForm: opening takes nothing from anybody, so it needs no yes."""
        question = super().next_question(turn, state)
        return None if question == "confirmacion" and state["propuesta"].get("opens") else question


class AskPropuesta(VallebotAction):
    """When."""

    def name(self) -> str:
        return f"action_ask_{FORM}_propuesta"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        if turn.slot("falta") == "horas":
            when = texts.stretches(of(proposal_of(turn)), turn.today, turn.tz)
            dispatcher.utter_message(response="utter_reabrir_que_horas", cuando=when)
        else:
            dispatcher.utter_message(response="utter_bloquear_cuando")
        return []


class AskConfirmacion(VallebotAction):
    """What is closed and who is inside."""

    def name(self) -> str:
        return f"action_ask_{FORM}_confirmacion"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        proposal = proposal_of(turn)
        when = texts.stretches(of(proposal), turn.today, turn.tz)
        affected = inside(turn, proposal)
        if not affected:
            buttons = [
                _answer(turn, "Sí, cerrar", "afirmar", "bloquear"),
                _answer(turn, "No, dejalo", "negar"),
            ]
            dispatcher.utter_message(response="utter_confirmar_bloqueo", cuando=when, buttons=buttons)
            return []
        dispatcher.utter_message(
            response="utter_confirmar_bloqueo_con_turnos",
            cuando=when[0].upper() + when[1:],
            cantidad=texts.count_bookings(affected),
            turnos=texts.people_and_times(affected, turn.today, NAMED),
            buttons=[
                _answer(turn, "Cancelar y avisar", "afirmar", "cancelar"),
                _answer(turn, "Sólo cerrar", "afirmar", "bloquear"),
                _answer(turn, "No, dejalo", "negar"),
            ],
        )
        return []


class ActionBloquearAgenda(VallebotAction):
    """Closes (and cancels), or opens."""

    def name(self) -> str:
        return "action_bloquear_agenda"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        proposal = proposal_of(turn)
        if proposal.get("opens"):
            return _open_again(dispatcher, turn, proposal)
        if not turn.slot("confirmacion"):
            dispatcher.utter_message(response="utter_agenda_como_estaba")
            return forget()
        tapped = turn.tapped("valor")
        cancels = tapped == "cancelar" if tapped else bool(proposal.get("cancel"))
        done = closing.close_stretches(
            turn.runtime.sessions,
            turn.actor,
            of(proposal),
            cancel=proposal["inside"] if cancels else (),
            now=turn.now,
            key=turn.operation_key("close"),
        )
        _say_closed(dispatcher, turn, proposal, done)
        return forget()


def stretches_named(turn: Turn) -> list[Stretch]:
    """The stretches that the message names, joined where they touch; an hour without a day is the next one."""
    wish = turn.wish(turn.text, turn.sent_at)
    if wish is None or turn.cuando is None:
        return []
    ranges = list(wish.ranges[:1]) if turn.cuando.kind in ("time", "time_range") else list(wish.ranges)
    # "23:59" is how the end of a day is written.
    whole = [
        (start, end + timedelta(minutes=1) if (end.hour, end.minute) == (23, 59) else end)
        for start, end in ranges
    ]
    return [(turn.local(start), turn.local(end)) for start, end in union(whole)]


def of(proposal: Proposal) -> list[Stretch]:
    """The stretches of a proposal."""
    return [
        (datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in proposal["stretches"]
    ]


def inside(turn: Turn, proposal: Proposal) -> list[BookingView]:
    """The live bookings and classes that the stretches touch, each once, in order."""
    found: dict[int, BookingView] = {}
    for start, end in of(proposal):
        looked = agenda.preview_block(turn.runtime.sessions, turn.actor, start, end)
        found |= {one.id: one for one in looked.inside}
    return sorted(found.values(), key=lambda one: one.starts_at)


def _closed(turn: Turn, start: datetime, end: datetime) -> int:
    return agenda.closed_within(turn.runtime.sessions, turn.actor, start, end)


def _answer(turn: Turn, title: str, intent: str, value: str = "") -> dict[str, str]:
    about = {"huella": turn.slot("huella"), **({"valor": value} if value else {})}
    return choice(title, f"/{intent}{json.dumps(about)}")


def _open_again(dispatcher: CollectingDispatcher, turn: Turn, proposal: Proposal) -> Events:
    for number, (start, end) in enumerate(of(proposal)):
        key = turn.operation_key(f"reopen:{number}")
        agenda.reopen(turn.runtime.sessions, turn.actor, start, end, now=turn.now, key=key)
    when = texts.stretches(of(proposal), turn.today, turn.tz)
    dispatcher.utter_message(response="utter_agenda_reabierta", cuando=when)
    return forget()


def _say_closed(
    dispatcher: CollectingDispatcher, turn: Turn, proposal: Proposal, done: closing.Closed
) -> None:
    when = texts.stretches(of(proposal), turn.today, turn.tz)
    dispatcher.utter_message(response="utter_agenda_cerrada", cuando=when)
    if done.cancelled:
        count = texts.count_bookings(done.cancelled)
        response = "utter_cancelados_y_avisados" if done.told else "utter_cancelados_sin_avisar"
        dispatcher.utter_message(response=response, cantidad=count, clientes=_names(done.told))
    if done.unreached:
        dispatcher.utter_message(response="utter_sin_whatsapp", clientes=_names(done.unreached))
    if done.kept:
        dispatcher.utter_message(
            response="utter_siguen_en_pie", turnos=texts.people_and_times(done.kept, turn.today, NAMED)
        )


def _names(names: tuple[str, ...]) -> str:
    more = len(names) - NAMED
    return say_list([*names[:NAMED], *([f"{more} más"] if more > 0 else [])])
