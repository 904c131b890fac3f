"""A client says that they paid, in words or with the proof: how much, what for. Whatever the message, the debts or
the proof tell is not asked.

The proof is welcome and never demanded: it may come first, in the middle, or after the words.
"""

from __future__ import annotations

import re

from actions.debts import meant_debts, read_means, read_sum
from actions.forms import OperationForm, Slots
from actions.standing import Standing, standing_of
from actions.turn import Turn
from vallebot.domain.matching import choose_option
from vallebot.domain.money import OpenCharge, exact_match
from vallebot.domain.spanish import say_money
from vallebot.domain.text import fold
from vallebot.errors import VallebotError
from vallebot.services import proofs
from vallebot.services.accounts import Debt
from vallebot.services.payment_steps import CURRENCY

FORM = "informar_pago_form"

#: The professional's own form for the same words, see record_form.py.
RECORD_FORM = "registrar_pago_form"

#: What a tapped `cargo_id` means beside a charge of that id.
ALL, NONE_IN_PARTICULAR = 0, -1

_ALL_WORDS = re.compile(r"\b(tod[oa]s?|l[ao]s dos|l[ao]s tres|amb[ao]s|el total)\b")


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
