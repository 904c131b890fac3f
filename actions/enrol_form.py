"""Joining a class: one occurrence or the whole course, by the client, or by the professional for one of theirs."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction
from actions.class_choice import (
    CLASS_SLOTS,
    ask_class,
    booking_of,
    chosen_class,
    group_services,
    read_class,
    say_class,
    say_course,
    say_fee,
    series_of,
    settle_class,
)
from actions.forms import RETRY_SLOT, OperationForm, Slots, yes_and_no
from actions.turn import Turn
from actions.who import WHO_SLOTS, ask_client, client_of_slots, read_client, said_client, who_is_missing
from actions.wording import vocative
from vallebot.domain.spanish import say_list, say_money
from vallebot.errors import VallebotError
from vallebot.services import bookings, enrollments, relationship

FORM = "inscribirse_clase_form"
WAIT_FORM = "lista_espera_form"
BOOKING_FORM = "pedir_turno_form"


class ValidateInscribirseClaseForm(OperationForm):
    """Reads whom (professional), which class or course, and the yes; in any order and any number at once."""

    form = FORM
    slots = (*WHO_SLOTS, *CLASS_SLOTS, "confirmacion")
    confirms = ("clase", "cliente_id")

    def read(self, turn: Turn, known: Slots) -> Slots | None:
        """See OperationForm."""
        requested = turn.slot("requested_slot") if turn.tracker.active_loop else None
        if requested == "confirmacion" and turn.cuando is None and turn.yes_or_no is not None:
            return self.confirmed(turn.yes_or_no)
        who = read_client(turn, known, requested)
        if requested in ("cliente_id", "telefono") and who and not turn.values("servicio"):
            return who
        which = read_class(turn, known, requested)
        if turn.is_profesional and which.get("confirmacion"):
            which["confirmacion"] = None if state_lacks_client({**known, **who}) else True
        return {**who, **which} or None

    def confirmed(self, yes: bool) -> Slots:
        """Yes, or: show me the single classes."""
        if yes:
            return {"confirmacion": True}
        return {"clase": None, "cuando": None, "ofertas": None, "confirmacion": None, "motivo": "otra_clase"}

    def about(self, turn: Turn, state: Slots) -> str:
        """See OperationForm."""
        return "la inscripción en la clase"

    def settle(self, turn: Turn, state: Slots) -> None:
        """See OperationForm."""
        settle_class(turn, state)

    def next_question(self, turn: Turn, state: Slots) -> str | None:
        """See OperationForm. What cannot be joined needs no yes: the form ends and its action says so."""
        services = group_services(turn)
        if not services or state["motivo"] == "es_turno":
            return None
        missing = who_is_missing(turn, state)
        if missing is not None:
            return missing
        if state["clase"] is None:
            return "clase"
        if state["confirmacion"] or _is_in(turn, state) or chosen_class(turn, state["clase"])[2]:
            return None
        return "confirmacion"


def state_lacks_client(state: Slots) -> bool:
    """Whether a class that is tapped was tapped before anybody knew for whom."""
    return state["cliente_id"] is None and state["telefono"] is None


def _is_in(turn: Turn, state: Slots) -> bool:
    """Whether the client has a place in what was chosen already."""
    if turn.is_profesional and state["cliente_id"] is None:
        return False
    who = int(state["cliente_id"]) if turn.is_profesional else None
    booking_id = booking_of(state["clase"])
    if booking_id is not None:
        mine = bookings.bookings_of(turn.runtime.sessions, turn.actor, cliente_id=who, since=turn.now)
        return any(one.id == booking_id and one.enrollment_state == "inscripto" for one in mine)
    known = relationship.relationship_of(turn.runtime.sessions, turn.actor, who).snapshot
    mine_ids = {serie["serie_id"] for serie in known.get("classes", [])}
    return set(series_of(state["clase"])) <= mine_ids


class AskClienteId(VallebotAction):
    """Whom the professional enrols."""

    def name(self) -> str:
        return f"action_ask_{FORM}_cliente_id"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        ask_client(dispatcher, turn, "inscribirse_clase")
        return []


class AskTelefono(VallebotAction):
    """Somebody unknown is asked for the phone, and added with it."""

    def name(self) -> str:
        return f"action_ask_{FORM}_telefono"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        dispatcher.utter_message(response="utter_pedir_telefono_cliente", cliente=turn.slot("nombre"))
        return []


class AskClase(VallebotAction):
    """Which class: real ones, with room."""

    def name(self) -> str:
        return f"action_ask_{FORM}_clase"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        response = "utter_ofrecer_clases_profesional" if turn.is_profesional else ""
        return ask_class(dispatcher, turn, "inscribirse_clase", response=response)


class AskConfirmacion(VallebotAction):
    """Class or course, when, and what it costs; then yes or no."""

    def name(self) -> str:
        return f"action_ask_{FORM}_confirmacion"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        said, servicio, _ = chosen_class(turn, turn.slot("clase"))
        if turn.is_profesional and len(turn.values("persona")) > 1:
            dispatcher.utter_message(response="utter_de_a_uno", cliente=said_client(turn))
        fee = f" ({say_fee(servicio)})" if servicio is not None else ""
        kind = "_profesional" if turn.is_profesional else ""
        first = "_con_lugar" if turn.slot("motivo") == "hay_lugar" else ""
        no = "Elegir otra" if booking_of(turn.slot("clase")) else "Una sola clase"
        dispatcher.utter_message(
            response=f"utter_confirmar_inscripcion{kind}{first}",
            clase=said,
            cuota=fee,
            cliente=said_client(turn) if turn.is_profesional else "",
            buttons=yes_and_no(
                turn,
                ValidateInscribirseClaseForm,
                "Sí, anotalo" if turn.is_profesional else "Sí, anotame",
                no,
            ),
        )
        return []


class ActionInscribirseClase(VallebotAction):
    """Enrols; what is full is answered with the waiting list, what is no class with the form that books."""

    def name(self) -> str:
        return "action_inscribirse_clase"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        done = [SlotSet(name, None) for name in ValidateInscribirseClaseForm.slots]
        clase = turn.slot("clase")
        if clase is None:
            if turn.slot("motivo") == "es_turno" and not turn.is_profesional:
                return [*done, FollowupAction(BOOKING_FORM)]
            why = "utter_es_turno" if turn.slot("motivo") == "es_turno" else "utter_sin_clases"
            dispatcher.utter_message(response=why, profesional=turn.card.name)
            return done
        said, _, full = chosen_class(turn, clase)
        state = {name: turn.slot(name) for name in ValidateInscribirseClaseForm.slots}
        if full and not _is_in(turn, state):
            return self._wait(turn)
        try:
            booking_id = booking_of(clase)
            if booking_id is not None:
                _enrol_once(dispatcher, turn, booking_id)
            else:
                _enrol_in_course(dispatcher, turn, series_of(clase))
        except VallebotError as error:
            if error.code == "class_full":
                return self._wait(turn)
            if error.code != "already_enrolled":
                raise
            who = said_client(turn) if turn.is_profesional else ""
            kind = "_profesional" if turn.is_profesional else ""
            dispatcher.utter_message(response=f"utter_ya_inscripto{kind}", clase=said, cliente=who)
        return done

    @staticmethod
    def _wait(turn: Turn) -> Events:
        """Full: the form of the waiting list asks whether they want to wait for this very class."""
        waits = {"confirmacion": None, "motivo": "completa", "ofertas": None, RETRY_SLOT: turn.key}
        return [*[SlotSet(name, value) for name, value in waits.items()], FollowupAction(WAIT_FORM)]


def _enrol_once(dispatcher: CollectingDispatcher, turn: Turn, booking_id: int) -> None:
    enrolled = enrollments.enrol_once(
        turn.runtime.sessions,
        turn.actor,
        booking_id,
        cliente_id=client_of_slots(turn),
        now=turn.now,
        key=turn.operation_key("enrol"),
    )
    seat = enrolled.enrollment
    _say_joined(dispatcher, turn, say_class(turn, seat.booking), enrolled.owed_minor, seat.currency, "")


def _enrol_in_course(dispatcher: CollectingDispatcher, turn: Turn, serie_ids: list[int]) -> None:
    joined = enrollments.enrol_in_series(
        turn.runtime.sessions,
        turn.actor,
        serie_ids,
        cliente_id=client_of_slots(turn),
        now=turn.now,
        key=turn.operation_key("enrol"),
    )
    full = [one for membership in joined.memberships for one in membership.full]
    waits = say_list([str(one.local_start.day) + "/" + str(one.local_start.month) for one in full[:5]])
    note = f" La del {waits} está completa: ahí quedás en lista de espera." if full else ""
    series = [membership.serie for membership in joined.memberships]
    currency = next((seat.currency for one in joined.memberships for seat in one.seats), "ARS")
    _say_joined(dispatcher, turn, say_course(series), joined.owed_minor, currency, note)


def _say_joined(
    dispatcher: CollectingDispatcher, turn: Turn, what: str, owed_minor: int, currency: str, note: str
) -> None:
    facts: dict[str, Any] = {"clase": what, "monto": say_money(owed_minor, currency), "espera": note}
    if turn.is_profesional:
        dispatcher.utter_message(
            response="utter_inscripto_por_profesional", cliente=said_client(turn), **facts
        )
        return
    response = "utter_inscripto_con_cuota" if owed_minor else "utter_inscripto"
    dispatcher.utter_message(response=response, nombre=vocative(turn.actor_name), **facts)
