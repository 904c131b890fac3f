"""Which money settles which charge."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vallebot.domain.money import OpenCharge, Share, allocate, exact_match, payment_may_become
from vallebot.domain.states import PaymentState

START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def charges(*amounts: int) -> list[OpenCharge]:
    """Open charges 1, 2, ..., each a day younger than the one before."""
    return [OpenCharge(n, amount, START + timedelta(days=n)) for n, amount in enumerate(amounts, start=1)]


@pytest.mark.parametrize(
    ("amount", "first", "shares"),
    [
        (100, (), [(1, 100)]),
        (150, (), [(1, 100), (2, 50)]),
        (999, (), [(1, 100), (2, 200), (3, 50)]),
        (60, (3,), [(3, 50), (1, 10)]),
        (0, (), []),
    ],
)
def test_an_amount_is_spread_oldest_first_unless_said(amount, first, shares):
    assert allocate(amount, charges(100, 200, 50), first) == [Share(*share) for share in shares]


@pytest.mark.parametrize(
    ("amount", "amounts", "meant"),
    [
        (350, (100, 200, 50), (1, 2, 3)),
        (200, (100, 200, 50), (2,)),
        (300, (100, 200, 50), (1, 2)),
        (100, (100, 100, 50), (1,)),
        (250, (100, 200, 50), ()),
        (1, (), ()),
    ],
)
def test_what_an_amount_pays_exactly(amount, amounts, meant):
    assert exact_match(amount, charges(*amounts)) == meant


@given(st.integers(0, 10_000), st.lists(st.integers(1, 2_000), max_size=8), st.sets(st.integers(1, 8)))
def test_no_peso_is_lost_or_made(amount, amounts, first):
    open_ones = charges(*amounts)
    shares = allocate(amount, open_ones, first)
    assert sum(share.amount_minor for share in shares) == min(amount, sum(amounts))
    limits = {charge.id: charge.open_minor for charge in open_ones}
    assert all(0 < share.amount_minor <= limits[share.cargo_id] for share in shares)
    assert len({share.cargo_id for share in shares}) == len(shares)
    assert sum(share.amount_minor < limits[share.cargo_id] for share in shares) <= 1


def test_what_was_rejected_or_voided_is_over():
    for state in (PaymentState.RECHAZADO, PaymentState.ANULADO):
        assert not any(payment_may_become(state, target) for target in PaymentState)
    assert not payment_may_become(PaymentState.CONFIRMADO, PaymentState.RECHAZADO)
