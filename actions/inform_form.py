"""A client says that they paid, in words or with the proof: how much, what for. Whatever the message, the debts or
the proof tell is not asked.

The proof is welcome and never demanded: it may come first, in the middle, or after the words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, VallebotAction, choice
from actions.debts import days_of, meant_debts, open_debts, read_means, read_sum
from actions.forms import OperationForm, Slots
from actions.turn import Turn
from actions.wording import payload, vocative
from vallebot.domain.matching import choose_option
from vallebot.domain.money import OpenCharge, exact_match
from vallebot.domain.spanish import say_list, say_money
from vallebot.domain.states import PaymentMeans
from vallebot.domain.text import fold
from vallebot.errors import VallebotError
from vallebot.services import accounts, attachments, payments, proofs
from vallebot.services.accounts import Account, Debt
from vallebot.services.attachments import Attachment
from vallebot.services.payment_records import PaymentView
from vallebot.services.payment_steps import CURRENCY
from vallebot.services.payments import News
from vallebot.services.texts.accounts import debt_phrase, owed_sum

FORM = "informar_pago_form"

#: The professional's own form for the same words, see record_form.py.
RECORD_FORM = "registrar_pago_form"

#: What a tapped `cargo_id` means beside a charge of that id.
ALL, NONE_IN_PARTICULAR = 0, -1

#: WhatsApp lists have ten rows; the last ones are for all of it and for none in particular.
LISTED = 8

_ALL_WORDS = re.compile(r"\b(tod[oa]s?|l[ao]s dos|l[ao]s tres|amb[ao]s|el total)\b")


@dataclass
class Standing:
    """What is known beside the words: the account with this professional, and the file that was sent."""

    turn: Turn
    message_id: int | None
    currency: str

    @cached_property
    def account(self) -> Account:
        return accounts.account(self.turn.runtime.sessions, self.turn.actor)

    @cached_property
    def debts(self) -> list[Debt]:
        """What is open, and not announced already."""
        return open_debts(self.account, self.currency)

    @cached_property
    def proof(self) -> Attachment | None:
        """The file. Raises VallebotError where it cannot be had or is none that we take."""
        return attachment_of(self.turn, self.message_id) if self.message_id is not None else None

    def sum_of(self, cargos: list[int]) -> int:
        return sum(debt.open_minor for debt in self.debts if debt.cargo_id in cargos)

    @property
    def read_minor(self) -> int | None:
        return self.proof.reading.amount_minor if self.proof is not None else None

    def announced(self, amount_minor: int | None) -> list[PaymentView]:
        """Payments that wait for the professional, of that amount (or any)."""
        return [one for one in self.account.informed if amount_minor in (None, one.amount_minor)]


def attachment_of(turn: Turn, message_id: int) -> Attachment:
    """The file of a message of this conversation. Raises VallebotError, OutageError."""
    runtime = turn.runtime
    return attachments.attachment(
        runtime.sessions, turn.actor, runtime.media_source, runtime.proof_tools, message_id, now=turn.now
    )


def standing_of(turn: Turn, state: Slots) -> Standing:
    said = state["importe"]
    message_id = state["adjunto"]
    found = Standing(turn, int(message_id) if message_id is not None else None, CURRENCY)
    if said is not None:
        found.currency = said["currency"]
    elif found.proof is not None and found.proof.reading.currency is not None:
        found.currency = found.proof.reading.currency
    return found


class ValidateInformarPagoForm(OperationForm):
    """Reads amount, means, what it is for and the file, in any order; asks for the amount or the debt if it must.

    importe      {"minor", "currency"}
    cargos       ids of the charges that are paid; [] for none in particular
    adjunto      id of the message that brought the proof
    aparte       it is another payment than the one that was announced before
    pago_id      the announced payment that the proof belongs to
    problema     code of what makes it impossible: the form ends, and its action says so
    """

    form = FORM
    slots = ("importe", "cargos", "medio", "adjunto", "aparte", "pago_id", "problema")
    confirms = ()
    also_reads = frozenset({"informar_pago", "enviar_adjunto", "confirmar_pago"})
    parts = frozenset({False})
    lasting = ("importe", "medio", "adjunto")

    def about(self, turn: Turn, state: Slots) -> str:
        """See OperationForm."""
        amount = state["importe"]
        return f"tu pago de {say_money(amount['minor'], amount['currency'])}" if amount else "tu pago"

    def read(self, turn: Turn, known: Slots) -> Slots | None:
        """See OperationForm."""
        if turn.was_tap:
            return self._tapped(turn) or ({} if turn.intent == "informar_pago" else None)
        requested = turn.slot("requested_slot") if turn.tracker.active_loop else None
        file = {"adjunto": turn.message_id} if turn.intent == "enviar_adjunto" else {}
        amount, means = read_sum(turn, bare=requested == "importe"), read_means(turn.text)
        found = {
            **file,
            **({"importe": amount} if amount is not None else {}),
            **({"medio": means} if means is not None else {}),
            **self._what_for(turn, {**known, **file, "importe": amount or known["importe"]}, requested),
        }
        return found or ({} if turn.intent == "informar_pago" else None)

    @staticmethod
    def _tapped(turn: Turn) -> Slots:
        cargo_id, amount = turn.tapped("cargo_id"), turn.tapped("importe")
        found: Slots = {}
        if cargo_id is not None:
            found["cargos"] = [int(cargo_id)]  # ALL and NONE_IN_PARTICULAR are resolved with the debts
        if amount is not None:
            found["importe"] = {"minor": int(amount), "currency": turn.tapped("moneda") or CURRENCY}
        for name in ("adjunto", "aparte", "medio"):
            if turn.tapped(name) is not None:
                found[name] = turn.tapped(name)
        return found

    @staticmethod
    def _what_for(turn: Turn, state: Slots, requested: str | None) -> Slots:
        if not turn.text:
            return {}
        try:
            debts = standing_of(turn, state).debts
        except VallebotError:
            return {}  # `settle` says what is wrong with the file
        if requested == "cargos" and not turn.values("monto"):
            if _ALL_WORDS.search(fold(turn.text)):
                return {"cargos": [ALL]}
            options = [(debt.servicio_name, turn.local(debt.due_at).replace(tzinfo=None)) for debt in debts]
            place = choose_option(turn.text, options)
            if isinstance(place, int):
                return {"cargos": [debts[place].cargo_id]}
        meant = meant_debts(turn, debts)
        return {"cargos": [debt.cargo_id for debt in meant]} if meant else {}

    def settle(self, turn: Turn, state: Slots) -> None:
        """See OperationForm. What the debts and the proof tell needs no question."""
        state["problema"], state["pago_id"] = None, None
        try:
            standing = standing_of(turn, state)
            if standing.proof is not None:
                key = turn.operation_key("inform")
                proofs.check_new(
                    turn.runtime.sessions, turn.actor, standing.proof.file, now=turn.now, key=key
                )
        except VallebotError as error:
            state["problema"] = error.code
            return
        if not state["aparte"] and self._belongs_to_announced(standing, state):
            return
        self._fill(standing, state)

    @staticmethod
    def _belongs_to_announced(standing: Standing, state: Slots) -> bool:
        """The proof of what was announced in words, or the same words once more."""
        said = state["importe"]["minor"] if state["importe"] else None
        same = standing.announced(said if said is not None else standing.read_minor)
        if standing.proof is not None:
            if any(one.proof_path == standing.proof.file.path for one in standing.account.informed):
                state["problema"] = "ya_informado"  # by this very message, taken up again
            unproved = [one for one in same if one.proof_path is None]
            state["pago_id"] = unproved[0].id if unproved else None
        elif same and not standing.debts and not state["cargos"]:
            state["problema"] = "ya_informado"
        return state["pago_id"] is not None or state["problema"] is not None

    @staticmethod
    def _fill(standing: Standing, state: Slots) -> None:
        debts, chosen = standing.debts, state["cargos"]
        if chosen is not None:
            every = [debt.cargo_id for debt in debts]
            state["cargos"] = chosen = every if ALL in chosen else [one for one in chosen if one in every]
        said = state["importe"]["minor"] if state["importe"] else None
        amount = said if said is not None else standing.read_minor
        exact = _exact(amount, debts) if amount is not None else []
        if chosen is None:
            alone = [debt.cargo_id for debt in debts] if len(debts) <= 1 else None
            state["cargos"] = exact or alone
        if said is not None or state["cargos"] is None:
            return
        trusted = exact or not debts or chosen is not None  # else the reading of the proof is asked about
        if amount is not None and trusted:
            state["importe"] = {"minor": amount, "currency": standing.currency}
        elif amount is None and state["cargos"] and (standing.proof is None or chosen):
            state["importe"] = {"minor": standing.sum_of(state["cargos"]), "currency": standing.currency}

    def next_question(self, turn: Turn, state: Slots) -> str | None:
        """See OperationForm."""
        if state["problema"] is not None or state["pago_id"] is not None:
            return None
        if state["cargos"] is None:
            return "cargos"
        return "importe" if state["importe"] is None else None


def _exact(amount: int, debts: list[Debt]) -> list[int]:
    charges = [OpenCharge(debt.cargo_id, debt.open_minor, debt.due_at) for debt in debts]
    return list(exact_match(amount, charges))


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
            dispatcher.utter_message(response=f"utter_error_{state['problema']}", max_megabytes=10)
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
