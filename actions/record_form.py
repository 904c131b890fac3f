"""A professional notes down money that they received: from whom, how much, by what means. Confirmed at once."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.debts import (
    client_candidates,
    meant_debts,
    open_debts,
    read_means,
    read_sum,
    words_for_a_name,
)
from actions.forms import OperationForm, Slots
from actions.inform_form import FORM as INFORM_FORM
from actions.inform_form import RECORD_FORM as FORM
from actions.turn import Turn
from actions.wording import payload
from vallebot.domain.matching import Candidate, Nobody, One, choose_option, decide, match
from vallebot.domain.spanish import say_money
from vallebot.domain.states import PaymentMeans
from vallebot.services import accounts, clientele, payments
from vallebot.services.payment_errors import AlreadyInformed
from vallebot.services.payment_steps import CURRENCY, Outcome
from vallebot.services.payments import Received
from vallebot.services.texts.payments import MEANS

#: WhatsApp lists have ten rows.
LISTED = 10

_OFFERED_MEANS = (PaymentMeans.EFECTIVO, PaymentMeans.TRANSFERENCIA, PaymentMeans.MERCADOPAGO)
_MEANS_TITLES = {"efectivo": "Efectivo", "transferencia": "Transferencia", "mercadopago": "Mercado Pago"}


class ValidateRegistrarPagoForm(OperationForm):
    """Reads client, amount and means, in any order and any number at once.

    pagador_id         the client
    pagadores_posibles those who may be meant; [] for a name that no client has
    importe            {"minor", "currency"}
    cargos             charges that were named, by service or day
    aparte             it is other money than the client announced
    """

    form = FORM
    slots = ("pagador_id", "pagadores_posibles", "importe", "medio", "cargos", "aparte")
    confirms = ()
    also_reads = frozenset({"informar_pago", "confirmar_pago"})
    parts = frozenset({True})

    def about(self, turn: Turn, state: Slots) -> str:
        """See OperationForm."""
        return f"el pago de *{_name(turn, state['pagador_id'])}*" if state["pagador_id"] else "el pago"

    def read(self, turn: Turn, known: Slots) -> Slots | None:
        """See OperationForm."""
        if turn.was_tap:
            return self._tapped(turn) or None
        requested = turn.slot("requested_slot") if turn.tracker.active_loop else None
        amount, means = read_sum(turn, bare=requested == "importe"), read_means(turn.text)
        found = {
            **({"importe": amount} if amount is not None else {}),
            **({"medio": means} if means is not None else {}),
            **self._who(turn, known, requested),
        }
        return found or ({} if turn.intent == "informar_pago" else None)

    @staticmethod
    def _tapped(turn: Turn) -> Slots:
        found: Slots = {}
        if turn.tapped("cliente_id") is not None:
            found |= {"pagador_id": int(turn.tapped("cliente_id")), "pagadores_posibles": None}
        if turn.tapped("importe") is not None:
            found["importe"] = {
                "minor": int(turn.tapped("importe")),
                "currency": turn.tapped("moneda") or CURRENCY,
            }
        for name in ("medio", "aparte"):
            if turn.tapped(name) is not None:
                found[name] = turn.tapped(name)
        return found

    @staticmethod
    def _who(turn: Turn, known: Slots, requested: str | None) -> Slots:
        candidates = client_candidates(turn)
        if requested == "pagador_id":
            asked = known["pagadores_posibles"] or []
            shown = [one for one in candidates if one.key in asked] or candidates[:LISTED]
            place = choose_option(turn.text, [(one.name, None) for one in shown])
            if isinstance(place, int):
                return _meant(shown[place])
        named = turn.values("persona")
        if not named and known["pagador_id"] is not None:
            return {}
        decision = decide(match(words_for_a_name(turn), candidates, kind="person"))
        if isinstance(decision, One):
            return _meant(decision.candidate)
        if isinstance(decision, Nobody):
            return {"pagador_id": None, "pagadores_posibles": []} if named else {}
        return {"pagador_id": None, "pagadores_posibles": [one.key for one in decision.candidates]}

    def settle(self, turn: Turn, state: Slots) -> None:
        """See OperationForm."""
        if state["pagador_id"] is None or state["cargos"] is not None or turn.was_tap:
            return
        account = accounts.account(turn.runtime.sessions, turn.actor, int(state["pagador_id"]))
        currency = state["importe"]["currency"] if state["importe"] else CURRENCY
        meant = meant_debts(turn, open_debts(account, currency))
        state["cargos"] = [debt.cargo_id for debt in meant] or None

    def next_question(self, turn: Turn, state: Slots) -> str | None:
        """See OperationForm. Without clients there is nothing to ask: the form ends and its action says so."""
        if state["pagador_id"] is None:
            return "pagador_id" if client_candidates(turn) else None
        if state["importe"] is None:
            return "importe"
        return "medio" if state["medio"] is None else None


def _meant(candidate: Candidate) -> Slots:
    return {"pagador_id": candidate.key, "pagadores_posibles": None}


class AskPagador(VallebotAction):
    """Who paid: those who may be meant, else the clients who owe, else the latest ones."""

    def name(self) -> str:
        return f"action_ask_{FORM}_pagador_id"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        possible = turn.slot("pagadores_posibles")
        candidates = client_candidates(turn)
        owed = {debt.cliente_id for debt in accounts.debts(turn.runtime.sessions, turn.actor)}
        if possible:
            shown = [one for one in candidates if one.key in possible]
        else:
            shown = sorted(candidates, key=lambda one: one.key not in owed)
        values = {name: turn.slot(name) for name in ("medio", "aparte") if turn.slot(name) is not None}
        if turn.slot("importe"):
            values |= {"importe": turn.slot("importe")["minor"], "moneda": turn.slot("importe")["currency"]}
        buttons = [
            choice(one.name, payload("informar_pago", {**values, "cliente_id": one.key}))
            for one in shown[:LISTED]
        ]
        response = "utter_quien_pago_desconocido" if possible == [] else "utter_quien_pago"
        dispatcher.utter_message(
            response=response, buttons=buttons, json_message={"list_button": "Ver clientes"}
        )
        return []


class AskImporte(VallebotAction):
    """How much, with what the client owes as a button."""

    def name(self) -> str:
        return f"action_ask_{FORM}_importe"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        account = accounts.account(turn.runtime.sessions, turn.actor, int(turn.slot("pagador_id")))
        owed = {one.currency: one.owed_minor for one in account.balances if one.owed_minor}
        values = {"cliente_id": turn.slot("pagador_id")}
        values |= {name: turn.slot(name) for name in ("medio", "aparte") if turn.slot(name) is not None}
        buttons = [
            choice(
                say_money(minor, currency),
                payload("informar_pago", {**values, "importe": minor, "moneda": currency}),
            )
            for currency, minor in owed.items()
        ]
        dispatcher.utter_message(
            response="utter_cuanto_pago", cliente=_name(turn, turn.slot("pagador_id")), buttons=buttons
        )
        return []


class AskMedio(VallebotAction):
    """By what means."""

    def name(self) -> str:
        return f"action_ask_{FORM}_medio"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        values = _values(turn)
        buttons = [
            choice(_MEANS_TITLES[means], payload("informar_pago", {**values, "medio": means.value}))
            for means in _OFFERED_MEANS
        ]
        amount = say_money(turn.slot("importe")["minor"], turn.slot("importe")["currency"])
        dispatcher.utter_message(
            response="utter_como_pago",
            cliente=_name(turn, turn.slot("pagador_id")),
            importe=amount,
            buttons=buttons,
        )
        return []


def _values(turn: Turn) -> dict[str, Any]:
    amount = turn.slot("importe")
    values = {
        "cliente_id": turn.slot("pagador_id"),
        "importe": amount["minor"],
        "moneda": amount["currency"],
        "medio": turn.slot("medio"),
        "aparte": turn.slot("aparte"),
    }
    return {name: value for name, value in values.items() if value is not None}


class ActionRegistrarPago(VallebotAction):
    """Notes it down; money that the client had announced is not counted twice."""

    def name(self) -> str:
        return "action_registrar_pago"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        if not turn.is_profesional:
            return [FollowupAction(INFORM_FORM)]
        done = [SlotSet(name, None) for name in ValidateRegistrarPagoForm.slots]
        if turn.slot("pagador_id") is None:
            dispatcher.utter_message(response="utter_pago_sin_clientes")
            return done
        amount = turn.slot("importe")
        received = Received(
            int(turn.slot("pagador_id")),
            int(amount["minor"]),
            amount["currency"],
            means=turn.slot("medio"),
            cargo_ids=tuple(turn.slot("cargos") or ()),
            although_informed=bool(turn.slot("aparte")),
        )
        try:
            recorded = payments.record_received(
                turn.runtime.sessions, turn.actor, received, now=turn.now, key=turn.operation_key("record")
            )
        except AlreadyInformed as error:
            self._announced(dispatcher, turn, int(error.facts["payment_id"] or 0))
            return done
        payment = recorded.payment
        dispatcher.utter_message(
            response="utter_pago_anotado",
            cliente=payment.cliente_name or "tu cliente",
            importe=say_money(payment.amount_minor, payment.currency),
            medio=f" {MEANS[payment.means]}" if MEANS[payment.means] else "",
            saldo=standing_text(recorded),
        )
        return done

    @staticmethod
    def _announced(dispatcher: CollectingDispatcher, turn: Turn, payment_id: int) -> None:
        amount = turn.slot("importe")
        buttons = [
            choice("Confirmar ese", payload("confirmar_pago", {"payment_id": payment_id})),
            choice("Es otro pago", payload("informar_pago", {**_values(turn), "aparte": True})),
        ]
        dispatcher.utter_message(
            response="utter_pago_estaba_avisado",
            cliente=_name(turn, turn.slot("pagador_id")),
            importe=say_money(amount["minor"], amount["currency"]),
            buttons=buttons,
        )


def standing_text(outcome: Outcome) -> str:
    """Where the client stands after a payment, told to the professional."""
    currency = outcome.payment.currency
    if outcome.owed_minor:
        return f"Le quedan por pagar {say_money(outcome.owed_minor, currency)}."
    if outcome.credit_minor:
        return f"Tiene {say_money(outcome.credit_minor, currency)} a favor."
    return "Está al día."


def _name(turn: Turn, cliente_id: Any) -> str:
    card = clientele.get_cliente(turn.runtime.sessions, turn.actor, int(cliente_id))
    return card.name or card.phone_e164 or "tu cliente"
