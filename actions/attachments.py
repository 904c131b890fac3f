"""A picture or PDF that somebody sends: the proof of a payment where something is owed or announced, else asked."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import inform_form
from actions.base import Events, VallebotAction, choice
from actions.debts import open_debts
from actions.standing import attachment_of
from actions.talk import OPERATIONS
from actions.turn import REQUEST_SLOT, Turn
from actions.wording import payload
from vallebot.domain.spanish import say_money
from vallebot.services import accounts, proofs

#: What a caption may also be, without anything else being asked for.
_OF_PAYMENTS = frozenset({"informar_pago", "consultar_pagos", "confirmar_pago"})


class ActionEnviarAdjunto(VallebotAction):
    """Decides what a file is for. Its own form takes it before, in the middle of announcing a payment."""

    def name(self) -> str:
        return "action_enviar_adjunto"

    def handle(self, dispatcher: CollectingDispatcher, turn: Turn) -> Events:
        if turn.is_profesional and caption_of_payment(turn):
            return [FollowupAction(inform_form.RECORD_FORM)]
        if turn.is_profesional:
            dispatcher.utter_message(response="utter_enviar_adjunto_profesional")
            return []
        if turn.message_id is None:  # nothing is stored in `rasa shell`
            dispatcher.utter_message(response="utter_enviar_adjunto")
            return []
        if _is_proof(turn):
            return [FollowupAction(inform_form.FORM)]
        return self._ask(dispatcher, turn, turn.message_id)

    @staticmethod
    def _ask(dispatcher: CollectingDispatcher, turn: Turn, message_id: int) -> Events:
        """Nothing is owed: what is it? The amount that it says, and what its caption asks for, are offered."""
        found = attachment_of(turn, message_id)
        key = turn.operation_key("inform")
        proofs.check_new(turn.runtime.sessions, turn.actor, found.file, now=turn.now, key=key)
        reading = found.reading
        amount = say_money(reading.amount_minor, reading.currency or "ARS") if reading.amount_minor else ""
        buttons = [choice("Es un pago", payload("informar_pago", {"adjunto": message_id}))]
        asked = caption_intent(turn)
        if asked is not None:
            buttons.append(choice(OPERATIONS["cliente"][asked], payload(asked, {"pedido": turn.key})))
        buttons.append(choice("Es otra cosa", payload("hablar_con_persona", {})))
        dispatcher.utter_message(
            response="utter_que_es_adjunto_con_importe" if amount else "utter_que_es_adjunto",
            profesional=turn.card.name,
            importe=amount,
            buttons=buttons,
        )
        return [SlotSet(REQUEST_SLOT, turn.keep_message())]


def _is_proof(turn: Turn) -> bool:
    if caption_of_payment(turn):
        return True
    account = accounts.account(turn.runtime.sessions, turn.actor)
    unproved = any(payment.proof_path is None for payment in account.informed)
    currencies = {debt.currency for debt in account.debts}
    return unproved or any(open_debts(account, currency) for currency in currencies)


def caption_of_payment(turn: Turn) -> bool:
    """Whether the words under the file speak of a payment."""
    return bool(turn.text) and _guess(turn) in _OF_PAYMENTS


def caption_intent(turn: Turn) -> str | None:
    """The operation that the words under the file ask for, if it can be offered on a button."""
    guess = _guess(turn) if turn.text else None
    return guess if guess in OPERATIONS["cliente"] and guess != "hablar_con_persona" else None


def _guess(turn: Turn) -> str | None:
    """What the words alone would be: the connector ranks it behind the file itself."""
    return turn.ranking[1] if len(turn.ranking) > 1 else None
