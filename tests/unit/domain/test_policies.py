from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from vallebot.domain.policies import ChangeOutcome, Policy, outcome_of_change
from vallebot.domain.states import BOOKING_STEPS, LIVE_BOOKING, BookingState, LateCancellation, may_become

START = datetime(2026, 3, 4, 13, tzinfo=timezone.utc)
CHARGE, ASK = LateCancellation.COBRAR, LateCancellation.CONSULTAR
FREE, COSTS, ASKED = ChangeOutcome.LIBRE, ChangeOutcome.CON_COSTO, ChangeOutcome.A_CONSULTAR


@pytest.mark.parametrize(
    ("late", "hours_before", "state", "cost", "expected"),
    [
        (CHARGE, 25, BookingState.CONFIRMADO, 1000, FREE),
        (CHARGE, 24, BookingState.CONFIRMADO, 1000, FREE),
        (CHARGE, 23.9, BookingState.CONFIRMADO, 1000, COSTS),
        (CHARGE, 23.9, BookingState.CONFIRMADO, 0, FREE),
        (CHARGE, 1, BookingState.PENDIENTE, 1000, FREE),
        (CHARGE, 1, BookingState.OFRECIDO, 1000, FREE),
        (ASK, 24, BookingState.CONFIRMADO, 1000, FREE),
        (ASK, 23.9, BookingState.CONFIRMADO, 1000, ASKED),
        (ASK, 23.9, BookingState.CONFIRMADO, 0, ASKED),
    ],
)
def test_what_a_change_leads_to(late, hours_before, state, cost, expected):
    policy = Policy(24, late)
    now = START - timedelta(hours=hours_before)
    assert outcome_of_change(policy, state, START, cost_minor=cost, now=now) is expected


def test_without_a_deadline_everything_before_the_start_is_free():
    policy = Policy(0, CHARGE)
    assert outcome_of_change(policy, BookingState.CONFIRMADO, START, cost_minor=1, now=START) is FREE


def test_cancelled_is_the_end_and_every_live_state_can_be_cancelled():
    assert BOOKING_STEPS[BookingState.CANCELADO] == frozenset()
    assert all(may_become(state, BookingState.CANCELADO) for state in LIVE_BOOKING)
    assert not may_become("realizado", BookingState.CANCELADO)


def test_a_state_is_its_word_also_in_sets_and_dicts():
    assert "confirmado" in set(BookingState)
    assert {BookingState.CONFIRMADO: 1}["confirmado"] == 1
    assert f"{BookingState.CONFIRMADO}" == "confirmado"
