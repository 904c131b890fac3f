"""The professional's word on what clients announced: the money is there, or it is not."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.accounts import say_own_account
from actions.base import Events, VallebotAction, choice
from actions.debts import payment_rows, read_sum, words_for_a_name
from actions.forms import OperationForm, Slots, yes_and_no
from actions.record_form import standing_text
from actions.turn import Turn
from actions.wording import payload
from vallebot.domain.matching import Candidate, Nobody, One, choose_option, decide, match
from vallebot.domain.spanish import say_money
from vallebot.domain.states import PaymentState
from vallebot.domain.text import fold
from vallebot.services import accounts, payment_corrections, payments
from vallebot.services.payment_records import PaymentView

FORM = "rechazar_pago_form"

#: Said to the client as the reason; '' is none.
REASONS = {
    "No me llegó": "no me llegó la plata",
    "El importe no es": "el importe no coincide",
    "Sin motivo": "",
}


_UNDO = re.compile(r"\b(anul|borr|sac[ao]|elimin|deshac)")


def waiting_payments(turn: Turn) -> list[PaymentView]:
    """What clients announced and nobody decided yet, narrowed by the client or the amount that was named."""
    waiting = accounts.payments_of(turn.runtime.sessions, turn.actor, state=PaymentState.INFORMADO)
    if turn.was_tap or not waiting:
        return waiting
    people = list(
        {one.cliente_id: Candidate(one.cliente_id, one.cliente_name or "") for one in waiting}.values()
    )
    named = turn.values("persona")
    decision = decide(match(words_for_a_name(turn), people, kind="person"))
    if isinstance(decision, Nobody):
        return [] if named else _of_amount(turn, waiting)
    meant = [decision.candidate] if isinstance(decision, One) else decision.candidates
    keys = {candidate.key for candidate in meant}
    return _of_amount(turn, [one for one in waiting if one.cliente_id in keys])


def _of_amount(turn: Turn, waiting: list[PaymentView]) -> list[PaymentView]:
    said = read_sum(turn)
    same = [one for one in waiting if said is not None and one.amount_minor == said["minor"]]
    return same or waiting


class ActionConfirmarPago(VallebotAction):
    """By button, or in words: the only one that may be meant is taken and named, of several a list is shown."""

    def name(self) -> str:
        return "action_confirmar_pago"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        if not turn.is_profesional:
            say_own_account(dispatcher, turn)
            return []
        tapped = turn.tapped("payment_id")
        if tapped is not None:
            amount = turn.tapped("importe")
            self._confirm(dispatcher, turn, int(tapped), int(amount) if amount is not None else None)
            return []
        waiting = waiting_payments(turn)
        if len(waiting) != 1:
            ask_which(dispatcher, turn, waiting, "confirmar_pago")
            return []
        said = read_sum(turn)
        if said is not None and said["minor"] != waiting[0].amount_minor:
            self._other_amount(dispatcher, waiting[0], said["minor"])
        else:
            self._confirm(dispatcher, turn, waiting[0].id, None)
        return []

    @staticmethod
    def _confirm(
        dispatcher: CollectingDispatcher, turn: Turn, payment_id: int, amount_minor: int | None
    ) -> None:
        done = payments.confirm(
            turn.runtime.sessions,
            turn.actor,
            payment_id,
            amount_minor=amount_minor,
            now=turn.now,
            key=turn.operation_key("confirm"),
        )
        dispatcher.utter_message(
            response="utter_pago_confirmado",
            cliente=done.payment.cliente_name or "tu cliente",
            importe=say_money(done.payment.amount_minor, done.payment.currency),
            saldo=standing_text(done),
        )

    @staticmethod
    def _other_amount(dispatcher: CollectingDispatcher, payment: PaymentView, minor: int) -> None:
        """More or less came in than was announced: which of both is confirmed?"""
        about = {"payment_id": payment.id}
        announced = say_money(payment.amount_minor, payment.currency)
        received = say_money(minor, payment.currency)
        dispatcher.utter_message(
            response="utter_confirmar_otro_importe",
            cliente=payment.cliente_name or "Tu cliente",
            avisado=announced,
            recibido=received,
            buttons=[
                choice(received, payload("confirmar_pago", {**about, "importe": minor})),
                choice(announced, payload("confirmar_pago", about)),
            ],
        )


def ask_which(dispatcher: CollectingDispatcher, turn: Turn, waiting: list[PaymentView], intent: str) -> None:
    """Nothing waits, or several do."""
    if not waiting:
        named = turn.values("persona")
        any_at_all = accounts.payments_of(
            turn.runtime.sessions, turn.actor, state=PaymentState.INFORMADO, limit=1
        )
        response = "utter_sin_pagos_de" if named and any_at_all else "utter_sin_pagos_por_confirmar"
        dispatcher.utter_message(response=response, cliente=named[0] if named else "")
        return
    dispatcher.utter_message(
        response=f"utter_cual_{intent}",
        buttons=payment_rows(turn, waiting, intent),
        json_message={"list_button": "Ver pagos"},
    )


def payment_to_undo(turn: Turn) -> PaymentView | None:
    """The confirmed payment that the words want undone ("anulá el pago de Norma, fue un error"): the latest one of the
    client that is named."""
    named = turn.values("persona")
    if turn.was_tap or not named or not _UNDO.search(fold(turn.text)):
        return None
    confirmed = accounts.payments_of(turn.runtime.sessions, turn.actor, state=PaymentState.CONFIRMADO)
    people = {one.cliente_id: Candidate(one.cliente_id, one.cliente_name or "") for one in confirmed}
    decision = decide(match(named[0], list(people.values()), kind="person"))
    if not isinstance(decision, One):
        return None
    return next(one for one in confirmed if one.cliente_id == decision.candidate.key)


class ValidateRechazarPagoForm(OperationForm):
    """Which payment, and why: the reason is told to the client, and may be left out. A payment that was confirmed
    before is undone after a yes."""

    form = FORM
    slots = ("pago_id", "motivo_rechazo", "confirmacion")
    confirms = ("pago_id",)
    also_reads = frozenset({"informar_pago", "consultar_pagos", "fuera_de_tema"})  # so may reasons sound
    parts = frozenset({True})

    def about(self, turn: Turn, state: Slots) -> str:
        """See OperationForm."""
        return "el pago que ibas a rechazar"

    def read(self, turn: Turn, known: Slots) -> Slots | None:
        """See OperationForm."""
        payment_id, reason = turn.tapped("payment_id"), turn.tapped("motivo_rechazo")
        if payment_id is not None:
            return {"pago_id": int(payment_id), "motivo_rechazo": reason}
        requested = turn.slot("requested_slot") if turn.tracker.active_loop else None
        if requested == "confirmacion" and turn.yes_or_no is not None:
            return {"confirmacion": turn.yes_or_no}
        if requested == "motivo_rechazo" and turn.text:
            return self._reason(turn)
        waiting = waiting_payments(turn)
        if requested == "pago_id":
            titles = [(row["title"], None) for row in payment_rows(turn, waiting, "rechazar_pago")]
            place = choose_option(turn.text, titles)
            if isinstance(place, int):
                return {"pago_id": waiting[place].id}
        narrowed = bool(turn.values("persona")) or read_sum(turn) is not None or requested is None
        if len(waiting) == 1 and narrowed:
            return {"pago_id": waiting[0].id}
        undone = payment_to_undo(turn) if not waiting else None
        return {"pago_id": undone.id} if undone is not None else None

    @staticmethod
    def _reason(turn: Turn) -> Slots | None:
        titles = [(title, None) for title in REASONS]
        place = choose_option(turn.text, titles)
        if isinstance(place, int):
            return {"motivo_rechazo": list(REASONS.values())[place]}
        if turn.intent == "negar":
            return {"motivo_rechazo": ""}
        return {"motivo_rechazo": turn.text} if turn.intent != "afirmar" else None

    def next_question(self, turn: Turn, state: Slots) -> str | None:
        """See OperationForm. Where nothing waits the form ends, and its action says so."""
        if state["pago_id"] is None:
            return "pago_id" if len(waiting_payments(turn)) > 1 else None
        if _payment(turn, state["pago_id"]).state == PaymentState.CONFIRMADO:
            return "confirmacion" if state["confirmacion"] is None else None
        return "motivo_rechazo" if state["motivo_rechazo"] is None else None


class AskPago(VallebotAction):
    """Which payment."""

    def name(self) -> str:
        return f"action_ask_{FORM}_pago_id"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        ask_which(dispatcher, turn, waiting_payments(turn), "rechazar_pago")
        return []


class AskMotivo(VallebotAction):
    """Why: tapped, typed, or left out."""

    def name(self) -> str:
        return f"action_ask_{FORM}_motivo_rechazo"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        payment = _payment(turn, turn.slot("pago_id"))
        buttons = [
            choice(title, payload("rechazar_pago", {"payment_id": payment.id, "motivo_rechazo": reason}))
            for title, reason in REASONS.items()
        ]
        dispatcher.utter_message(
            response="utter_por_que_rechazar",
            cliente=payment.cliente_name or "tu cliente",
            importe=say_money(payment.amount_minor, payment.currency),
            buttons=buttons,
        )
        return []


class AskConfirmacion(VallebotAction):
    """What undoing a confirmed payment does, then yes or no."""

    def name(self) -> str:
        return f"action_ask_{FORM}_confirmacion"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        payment = _payment(turn, turn.slot("pago_id"))
        dispatcher.utter_message(
            response="utter_anular_pago",
            cliente=payment.cliente_name or "tu cliente",
            importe=say_money(payment.amount_minor, payment.currency),
            buttons=yes_and_no(turn, ValidateRechazarPagoForm, "Sí, anularlo", "No, dejalo"),
        )
        return []


def _payment(turn: Turn, payment_id: Any) -> PaymentView:
    return payments.get_payment(turn.runtime.sessions, turn.actor, int(payment_id))


class ActionRechazarPago(VallebotAction):
    """Rejects what the form gathered."""

    def name(self) -> str:
        return "action_rechazar_pago"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        done = [SlotSet(name, None) for name in ValidateRechazarPagoForm.slots]
        if not turn.is_profesional:
            say_own_account(dispatcher, turn)
            return done
        if turn.slot("pago_id") is None:
            ask_which(dispatcher, turn, [], "rechazar_pago")
            return done
        payment = _payment(turn, turn.slot("pago_id"))
        facts = {
            "cliente": payment.cliente_name or "tu cliente",
            "importe": say_money(payment.amount_minor, payment.currency),
        }
        if payment.state == PaymentState.CONFIRMADO and not turn.slot("confirmacion"):
            dispatcher.utter_message(response="utter_pago_no_anulado", **facts)
            return done
        if payment.state == PaymentState.CONFIRMADO:
            undo = partial(payment_corrections.void, reason=None, key=turn.operation_key("void"))
            response = "utter_pago_anulado"
        else:
            reason = turn.slot("motivo_rechazo") or None
            undo = partial(payments.reject, reason=reason, key=turn.operation_key("reject"))
            response = "utter_pago_rechazado"
        undo(turn.runtime.sessions, turn.actor, payment.id, now=turn.now)
        dispatcher.utter_message(response=response, **facts)
        return done
