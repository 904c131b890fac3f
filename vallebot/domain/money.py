"""Which money settles which charge. Pure; all sums are integer minor units of one currency."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from vallebot.domain.states import PaymentState

_P = PaymentState
PAYMENT_STEPS: dict[PaymentState, frozenset[PaymentState]] = {
    _P.INFORMADO: frozenset({_P.CONFIRMADO, _P.RECHAZADO, _P.ANULADO}),
    _P.CONFIRMADO: frozenset({_P.ANULADO}),
    _P.RECHAZADO: frozenset(),
    _P.ANULADO: frozenset(),
}


@dataclass(frozen=True)
class OpenCharge:
    """A pending charge and what is still owed of it (> 0)."""

    id: int
    open_minor: int
    due_at: datetime


@dataclass(frozen=True)
class Share:
    """So much of a payment goes to that charge."""

    cargo_id: int
    amount_minor: int


def payment_may_become(state: PaymentState | str, target: PaymentState) -> bool:
    """Whether a payment in `state` may take the step to `target`."""
    return target in PAYMENT_STEPS[PaymentState(state)]


def in_order(charges: Sequence[OpenCharge], first: Collection[int] = ()) -> list[OpenCharge]:
    """The order in which charges are settled: those that were named, then the oldest."""
    return sorted(charges, key=lambda charge: (charge.id not in first, charge.due_at, charge.id))


def allocate(amount_minor: int, charges: Sequence[OpenCharge], first: Collection[int] = ()) -> list[Share]:
    """Spread an amount over charges, in order, each in full before the next. What is left over is credit.

    >>> at = datetime(2026, 3, 1)
    >>> allocate(150, [OpenCharge(1, 100, at), OpenCharge(2, 100, at)])
    [Share(cargo_id=1, amount_minor=100), Share(cargo_id=2, amount_minor=50)]
    """
    shares = []
    left = amount_minor
    for charge in in_order(charges, first):
        part = min(left, charge.open_minor)
        if part <= 0:
            break
        shares.append(Share(charge.id, part))
        left -= part
    return shares


def exact_match(amount_minor: int, charges: Sequence[OpenCharge]) -> tuple[int, ...]:
    """The charges that an amount pays exactly, so that nobody has to be asked: all of them, one of that amount
    (the oldest where several have it), or the oldest few. () where the amount fits nothing."""
    ordered = in_order(charges)
    if ordered and amount_minor == sum(charge.open_minor for charge in ordered):
        return tuple(charge.id for charge in ordered)
    for charge in ordered:
        if charge.open_minor == amount_minor:
            return (charge.id,)
    total = 0
    for number, charge in enumerate(ordered, start=1):
        total += charge.open_minor
        if total == amount_minor:
            return tuple(one.id for one in ordered[:number])
    return ()
