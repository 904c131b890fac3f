"""What is owed and paid, as people speak of it: sums, means of payment, which debts a message means."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from actions.turn import Turn
from actions.wording import choice, payload
from vallebot.domain.cuando.model import Cuando
from vallebot.domain.matching import Candidate, Nobody, One, decide, match
from vallebot.domain.spanish import say_date, say_money
from vallebot.domain.states import PaymentMeans
from vallebot.domain.values import parse_amount, parse_payment_means
from vallebot.services import clientele
from vallebot.services.accounts import Account, Debt
from vallebot.services.payment_records import PaymentView

_MEANS = {
    "efectivo": PaymentMeans.EFECTIVO,
    "transferencia": PaymentMeans.TRANSFERENCIA,
    "mercado_pago": PaymentMeans.MERCADOPAGO,
    "debito": PaymentMeans.TARJETA,
    "credito": PaymentMeans.TARJETA,
}
_WEEK = timedelta(days=7)
#: WhatsApp lists have ten rows.
LISTED = 10
_A_MONTH_DAYS = 27  #: a stretch of at least so many days is a month that was named


def read_sum(turn: Turn, *, bare: bool = False) -> dict[str, Any] | None:
    """The amount that the message names, as it is kept in a slot; `bare`: a lone number is one."""
    amount = parse_amount(turn.text, bare=bare)
    return {"minor": amount.minor, "currency": amount.currency} if amount is not None else None


def read_means(text: str) -> str | None:
    """The means of payment that a text names."""
    named = parse_payment_means(text)
    if named is None and "tarjeta" in text.lower():
        return PaymentMeans.TARJETA.value
    return _MEANS[named].value if named is not None else None


def open_debts(account: Account, currency: str) -> list[Debt]:
    """What is owed and not covered by a payment that is announced already."""
    covered = {cargo_id for payment in account.informed for cargo_id in payment.intended_cargo_ids}
    return [debt for debt in account.debts if debt.cargo_id not in covered and debt.currency == currency]


def meant_debts(turn: Turn, debts: list[Debt]) -> list[Debt]:
    """Those that the words name, by service or by time; none where they name none."""
    named = turn.values("servicio") if not turn.was_tap else []
    left = _of_service(debts, named[0]) if named else []
    said = turn.cuando
    if said is None:
        return left
    for back in (timedelta(0), _WEEK):  # "lo del martes" may be the last one
        then = [debt for debt in left or debts if _is_of(turn, debt, said, back)]
        if then:
            return then
    return left


def _of_service(debts: list[Debt], name: str) -> list[Debt]:
    services = {debt.servicio_id: debt.servicio_name for debt in debts}
    decision = decide(match(name, [Candidate(key, title) for key, title in services.items()]))
    if isinstance(decision, Nobody):
        return []
    meant = [decision.candidate] if isinstance(decision, One) else decision.candidates
    keys = {candidate.key for candidate in meant}
    return [debt for debt in debts if debt.servicio_id in keys]


def _is_of(turn: Turn, debt: Debt, said: Cuando, back: timedelta) -> bool:
    due = turn.local(debt.due_at).date()
    for stretch in map(days_of, (said, *said.also, *said.alternatives)):
        if stretch is None:
            continue
        first, last = stretch
        if debt.month is not None:
            if (last - first).days >= _A_MONTH_DAYS and debt.month.month == first.month:
                return True
        elif first - back <= due <= last - back:
            return True
    return False


def days_of(said: Cuando) -> tuple[date, date] | None:
    """First and last day that an expression names, also where they are past; None for an hour alone."""
    named = said.past or said
    first = _day(named.start)
    last = _day(named.end) if named.end is not None else first
    if first is None or last is None:
        return None
    return first, max(first, last)


def _day(moment: Any) -> date | None:
    if isinstance(moment, datetime):
        return moment.date()
    return moment if isinstance(moment, date) else None


def words_for_a_name(turn: Turn) -> str:
    """What may name a client: what was recognised as a name, else the text without its time ("en abril" is nobody)."""
    named = turn.values("persona")
    if named:
        return named[0]
    said = turn.text
    for start, end in turn.cuando.spans if turn.cuando is not None else ():
        said = said[:start] + " " * (end - start) + said[end:]
    return said


def client_candidates(turn: Turn) -> list[Candidate]:
    """The professional's clients, to be matched with what was said."""
    cards = clientele.list_clientes(turn.runtime.sessions, turn.actor)
    return [Candidate(card.id, card.name or card.phone_e164 or "") for card in cards]


def payment_rows(turn: Turn, waiting: list[PaymentView], intent: str) -> list[dict[str, str]]:
    """A row for each payment; its tap says `intent` about it."""
    return [
        choice(
            f"{say_money(one.amount_minor, one.currency)} {one.cliente_name or ''}".strip(),
            payload(intent, {"payment_id": one.id}),
            f"{one.cliente_name or 'Alguien'}, {say_date(turn.local(one.informed_at).date(), turn.today)}"
            + (", con comprobante" if one.proof_path else ""),
        )
        for one in waiting[:LISTED]
    ]
