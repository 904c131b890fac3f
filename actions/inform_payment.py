"""The questions of a payment that a client announces, and what is told of it in the end."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.debts import days_of
from actions.forms import Slots
from actions.inform_form import ALL, FORM, NONE_IN_PARTICULAR, RECORD_FORM, ValidateInformarPagoForm
from actions.standing import Standing, attachment_of, standing_of
from actions.turn import Turn
from actions.wording import payload, vocative
from vallebot.domain.spanish import say_list, say_money
from vallebot.domain.states import PaymentMeans
from vallebot.services import payments, proofs
from vallebot.services.accounts import Debt
from vallebot.services.payments import News
from vallebot.services.texts.accounts import debt_phrase, owed_sum

#: WhatsApp lists have ten rows; the last ones are for all of it and for none in particular.
LISTED = 8


class AskCargos(VallebotAction):
    """Which of the debts was paid."""

    def name(self) -> str:
        return f"action_ask_{FORM}_cargos"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        state = {name: turn.slot(name) for name in ValidateInformarPagoForm.slots}
        standing = standing_of(turn, state)
        known = _known(state)
        rows = [
            choice(
                debt.servicio_name,
                _payload({**known, "cargo_id": debt.cargo_id}),
                f"{say_money(debt.open_minor, debt.currency)}, {_when(turn, debt)}",
            )
            for debt in standing.debts[:LISTED]
        ]
        rows.append(choice("Todo", _payload({**known, "cargo_id": ALL}), owed_sum(standing.debts)))
        if state["importe"] is not None or standing.read_minor is not None:
            rows.append(choice("A cuenta", _payload({**known, "cargo_id": NONE_IN_PARTICULAR})))
        dispatcher.utter_message(
            response="utter_pago_de_que",
            deuda=owed_sum(standing.debts),
            importe=_said_sum(state, standing),
            buttons=rows,
            json_message={"list_button": "Ver qué debo"},
        )
        return []


class AskImporte(VallebotAction):
    """How much: with the amounts that it may be as buttons."""

    def name(self) -> str:
        return f"action_ask_{FORM}_importe"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        state = {name: turn.slot(name) for name in ValidateInformarPagoForm.slots}
        standing = standing_of(turn, state)
        cargos = state["cargos"] or []
        owed = standing.sum_of(cargos)
        likely = [minor for minor in (standing.read_minor, owed) if minor]
        buttons = [
            choice(
                say_money(minor, standing.currency),
                _payload({**_known(state), "importe": minor, "moneda": standing.currency}),
            )
            for minor in dict.fromkeys(likely)
        ]
        response = "utter_pago_cuanto"
        if standing.read_minor and owed:
            response = "utter_pago_cuanto_distinto"
        elif owed:
            response = "utter_pago_cuanto_con_deuda"
        dispatcher.utter_message(
            response=response,
            profesional=turn.card.name,
            leido=say_money(standing.read_minor or 0, standing.currency),
            deuda=say_money(owed, standing.currency),
            concepto=_phrases(turn, [debt for debt in standing.debts if debt.cargo_id in cargos]),
            buttons=buttons,
        )
        return []


def _known(state: Slots) -> dict[str, Any]:
    """What a tap must not lose: buttons are tapped hours later too."""
    known = {name: state[name] for name in ("adjunto", "aparte", "medio") if state[name] is not None}
    if state["importe"] is not None:
        known |= {"importe": state["importe"]["minor"], "moneda": state["importe"]["currency"]}
    return known


def _payload(values: dict[str, Any]) -> str:
    return payload("informar_pago", values)


def _said_sum(state: Slots, standing: Standing) -> str:
    minor = state["importe"]["minor"] if state["importe"] else standing.read_minor
    return f" de {say_money(minor, standing.currency)}" if minor else ""


def _when(turn: Turn, debt: Debt) -> str:
    return debt_phrase(debt, turn.tz, turn.today).removeprefix(f"{debt.servicio_name} ").removeprefix("del ")


def _phrases(turn: Turn, debts: list[Debt]) -> str:
    """'*Masaje relajante* del jueves 27'; several debts are counted."""
    if len(debts) > 2:
        return f"{len(debts)} cosas que tenías pendientes"
    return say_list([debt_phrase(debt, turn.tz, turn.today) for debt in debts])


class ActionInformarPago(VallebotAction):
    """Tells the professional, with the proof if there is one, and says what was told."""

    def name(self) -> str:
        return "action_informar_pago"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        if turn.is_profesional:
            return [FollowupAction(RECORD_FORM)]
        state = {name: turn.slot(name) for name in ValidateInformarPagoForm.slots}
        done = [SlotSet(name, None) for name in ValidateInformarPagoForm.slots]
        if state["problema"] == "ya_informado":
            self._already(dispatcher, turn, state)
        elif state["problema"] is not None:
            dispatcher.utter_message(response=f"utter_error_{state['problema']}")
        elif state["pago_id"] is not None:
            self._prove(dispatcher, turn, state)
        else:
            self._inform(dispatcher, turn, state)
        return done

    @staticmethod
    def _already(dispatcher: CollectingDispatcher, turn: Turn, state: Slots) -> None:
        announced = standing_of(turn, state).account.informed[0]
        dispatcher.utter_message(
            response="utter_pago_ya_informado",
            profesional=turn.card.name,
            importe=say_money(announced.amount_minor, announced.currency),
            buttons=[choice("Es otro pago", _payload({**_known(state), "aparte": True}))],
        )

    @staticmethod
    def _prove(dispatcher: CollectingDispatcher, turn: Turn, state: Slots) -> None:
        found = attachment_of(turn, int(state["adjunto"]))
        proved = proofs.prove(
            turn.runtime.sessions,
            turn.actor,
            int(state["pago_id"]),
            found.file,
            found.reading,
            now=turn.now,
            key=turn.operation_key("inform"),
        )
        amount = say_money(proved.payment.amount_minor, proved.payment.currency)
        dispatcher.utter_message(
            response="utter_comprobante_agregado", profesional=turn.card.name, importe=amount
        )

    @staticmethod
    def _inform(dispatcher: CollectingDispatcher, turn: Turn, state: Slots) -> None:
        standing = standing_of(turn, state)
        paid = [debt for debt in standing.debts if debt.cargo_id in state["cargos"]]
        by_proof = PaymentMeans.TRANSFERENCIA if standing.proof is not None else PaymentMeans.OTRO
        news = News(
            amount_minor=state["importe"]["minor"],
            currency=state["importe"]["currency"],
            means=state["medio"] or by_proof.value,
            cargo_ids=tuple(debt.cargo_id for debt in paid),
            paid_on=_paid_on(turn, paid),
        )
        sessions, key = turn.runtime.sessions, turn.operation_key("inform")
        proof = standing.proof
        if proof is None:
            payments.inform(sessions, turn.actor, news, now=turn.now, key=key)
        else:
            proofs.inform_kept(sessions, turn.actor, proof.file, proof.reading, news, now=turn.now, key=key)
        without = proof is None and news.means != PaymentMeans.EFECTIVO
        dispatcher.utter_message(
            response="utter_pago_informado_sin_comprobante" if without else "utter_pago_informado",
            nombre=vocative(turn.actor_name),
            profesional=turn.card.name,
            importe=say_money(state["importe"]["minor"], state["importe"]["currency"]),
            concepto=_concept(turn, paid, state["importe"]["minor"]),
        )


def _concept(turn: Turn, paid: list[Debt], minor: int) -> str:
    """What it was told to be for: ' (Masaje relajante del jueves 27)', ' (a cuenta de…)' for a part of it."""
    if not paid:
        return ""
    part = "a cuenta de " if minor < sum(debt.open_minor for debt in paid) else ""
    return f" ({part}{_phrases(turn, paid)})"


def _paid_on(turn: Turn, paid: list[Debt]) -> Any:
    """The day of the payment, where a past day was named that is none of the debts' ("te transferí ayer")."""
    days = days_of(turn.cuando) if turn.cuando is not None else None
    if days is None or days[0] != days[1] or days[0] > turn.today:
        return None
    of_debts = {turn.local(debt.due_at).date() for debt in paid}
    return None if days[0] in of_debts else days[0]
