"""What is owed, what came in, how to pay: answers composed of many rows, short enough for one glance.

Nothing here is a promise: announced money is said apart from what was confirmed, and what is still to come apart
from what is due.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from vallebot.domain.spanish import MONTHS, say_date, say_date_range, say_list, say_money
from vallebot.services.accounts import Account, Debt, Income, month_stretch_of
from vallebot.services.catalogue import ProfesionalCard
from vallebot.services.payment_records import PaymentView
from vallebot.services.texts.payments import MEANS, amount

#: Rows of one answer; about 500 characters with what stands around them.
LISTED = 6

_STATES = {"confirmado": "confirmado", "rechazado": "rechazado", "anulado": "anulado"}


def money_of(sums: Sequence[tuple[int, str]]) -> str:
    """'$ 12.500', or '$ 12.500 y US$ 20': sums of different currencies are never added up.

    >>> money_of([(100, "ARS"), (200, "ARS"), (500, "USD")])
    '$ 3 y US$ 5'
    """
    totals: dict[str, int] = {}
    for minor, currency in sums:
        totals[currency] = totals.get(currency, 0) + minor
    return say_list([say_money(minor, currency) for currency, minor in totals.items()])


def owed_sum(debts: Sequence[Debt]) -> str:
    return money_of([(debt.open_minor, debt.currency) for debt in debts])


def debt_phrase(debt: Debt, tz: ZoneInfo, today: date) -> str:
    """'Masaje relajante del jueves 27', 'Yoga de noviembre'."""
    if debt.month is not None:
        return f"{debt.servicio_name} de {MONTHS[debt.month.month - 1]}"
    return f"{debt.servicio_name} del {say_date(debt.due_at.astimezone(tz).date(), today)}"


def _debt_lines(debts: Sequence[Debt], tz: ZoneInfo, today: date) -> list[str]:
    shown = debts if len(debts) <= LISTED else debts[: LISTED - 1]
    lines = [
        f"• {debt_phrase(debt, tz, today)}: {say_money(debt.open_minor, debt.currency)}" for debt in shown
    ]
    rest = debts[len(shown) :]
    return [*lines, f"• y {len(rest)} más: {owed_sum(rest)}"] if rest else lines


def _split(debts: Sequence[Debt], now: datetime) -> tuple[list[Debt], list[Debt]]:
    """What is due, and what belongs to sessions that are still to come."""
    return [debt for debt in debts if debt.due_at <= now], [debt for debt in debts if debt.due_at > now]


# To the client


def own_account_text(
    account: Account, latest: PaymentView | None, card: ProfesionalCard, *, now: datetime
) -> str:
    """What a client owes, what they announced, what is in their favour, and how to pay. `latest`: their last payment
    that was decided."""
    tz = ZoneInfo(card.timezone)
    today = now.astimezone(tz).date()
    due, ahead = _split(account.debts, now)
    lines = []
    if due:
        lines += [f"Debés *{owed_sum(due)}*:", *_debt_lines(due, tz, today)]
    elif not account.informed:
        lines.append(f"Estás al día con {card.name}: no debés nada.")
    if ahead:
        what = debt_phrase(ahead[0], tz, today) if len(ahead) == 1 else f"{len(ahead)} turnos o clases"
        lines.append(f"De lo que viene: {owed_sum(ahead)} ({what}).")
    if account.informed:
        announced = money_of([(payment.amount_minor, payment.currency) for payment in account.informed])
        lines.append(f"Ya avisaste {announced}: falta que {card.name} lo confirme.")
    credit = [(one.credit_minor, one.currency) for one in account.balances if one.credit_minor]
    if credit:
        lines.append(f"Tenés {money_of(credit)} a favor.")
    if latest is not None and not account.informed:
        lines.append(_latest(latest, today))
    if due or ahead:
        lines += _how_to_pay(card)
    return "\n".join(lines)


def _latest(payment: PaymentView, today: date) -> str:
    decided = payment.decided_at or payment.informed_at
    day = say_date(decided.astimezone(payment.tz).date(), today)
    why = f" Motivo: {payment.reason}." if payment.reason and payment.state != "confirmado" else ""
    return f"Tu último pago, de {amount(payment)}, quedó {_STATES[payment.state]} el {day}.{why}"


def _how_to_pay(card: ProfesionalCard) -> list[str]:
    ways = [f"alias *{card.payment_alias}*"] if card.payment_alias else []
    ways += [f"CBU {card.payment_cbu}"] if card.payment_cbu else []
    return [f"Para transferir: {', '.join(ways)}."] if ways else []


# To the professional


def who_owes_text(debts: Sequence[Debt], *, first: int, now: datetime, today: date, tz: ZoneInfo) -> str:
    """Who owes, the oldest debt first, from the `first`-th person on (0-based)."""
    due, ahead = _split(debts, now)
    people = [(name, list(of)) for name, of in _by_person(due)]
    lines = []
    if people:
        lines.append(f"Te deben *{owed_sum(due)}*:")
        lines += [_person_line(name, of, today, tz) for name, of in people[first : first + LISTED]]
        rest = len(people) - first - LISTED
        lines += [f"• y {rest} más"] if rest > 0 else []
    else:
        lines.append("Nadie te debe nada.")
    if ahead and not first:
        lines.append(f"De turnos y clases que vienen, por cobrar: {owed_sum(ahead)}.")
    return "\n".join(lines)


def debtors(debts: Sequence[Debt], now: datetime) -> int:
    """How many people owe something that is due."""
    return len({debt.cliente_id for debt in debts if debt.due_at <= now})


def _by_person(due: Sequence[Debt]) -> list[tuple[str, list[Debt]]]:
    """Grouped by client, whoever owes for longest first."""
    order = {debt.cliente_id: place for place, debt in reversed(list(enumerate(due)))}
    grouped = groupby(sorted(due, key=lambda debt: order[debt.cliente_id]), key=lambda debt: debt.cliente_id)
    return [(found[0].cliente_name or "Alguien", found) for found in (list(of) for _, of in grouped)]


def _person_line(name: str, debts: Sequence[Debt], today: date, tz: ZoneInfo) -> str:
    what = debt_phrase(debts[0], tz, today)
    what = what if len(debts) == 1 else f"{len(debts)} deudas, la primera: {what}"
    return f"• *{name}*: {owed_sum(debts)} ({what})"


def client_account_text(account: Account, name: str, *, now: datetime, tz: ZoneInfo) -> str:
    """Where one client stands."""
    today = now.astimezone(tz).date()
    due, ahead = _split(account.debts, now)
    lines = [f"*{name}* debe {owed_sum(due)}:", *_debt_lines(due, tz, today)] if due else []
    if not due:
        lines.append(f"*{name}* está al día.")
    if ahead:
        lines.append(f"De lo que viene, por cobrar: {owed_sum(ahead)}.")
    if account.informed:
        announced = money_of([(payment.amount_minor, payment.currency) for payment in account.informed])
        lines.append(f"Avisó {announced}, por confirmar.")
    credit = [(one.credit_minor, one.currency) for one in account.balances if one.credit_minor]
    if credit:
        lines.append(f"Tiene {money_of(credit)} a favor.")
    return "\n".join(lines)


def income_text(rows: Sequence[Income], first: date, last: date, today: date) -> str:
    """What came in over some days, by client, service or means."""
    when = _stretch(first, last, today)
    if not rows:
        return f"No figura ningún cobro {when}."
    shown = rows if len(rows) <= LISTED else rows[: LISTED - 1]
    total = money_of([(row.amount_minor, row.currency) for row in rows])
    lines = [f"Cobraste *{total}* {when}:", *[f"• {_income_line(row)}" for row in shown]]
    rest = rows[len(shown) :]
    if rest:
        lines.append(f"• y {len(rest)} más: {money_of([(row.amount_minor, row.currency) for row in rest])}")
    return "\n".join(lines)


def _income_line(row: Income) -> str:
    name = MEANS.get(row.name, row.name) if row.name is not None else "sin asignar"
    count = "1 pago" if row.payments == 1 else f"{row.payments} pagos"
    said = name or "otro medio"
    return f"{said[0].upper()}{said[1:]}: {say_money(row.amount_minor, row.currency)} ({count})"


def _stretch(first: date, last: date, today: date) -> str:
    if first == last:
        said = say_date(first, today, relative=True)
        return said if said == "hoy" else f"el {said}"
    if (first, last) == month_stretch_of(first):
        return f"en {MONTHS[first.month - 1]}"
    return say_date_range(first, last, today)
