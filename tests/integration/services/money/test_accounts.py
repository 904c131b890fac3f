"""Who owes what, and what came in."""

from __future__ import annotations

from datetime import date, datetime, timezone

import pytest

from vallebot.errors import InvalidError, NotAllowedError, NotFoundError
from vallebot.services import accounts
from vallebot.services.accounts import month_stretch_of

MARCH = month_stretch_of(date(2026, 3, 15))


@pytest.fixture
def bea(make_cliente):
    return make_cliente(name="Bea Luna")


@pytest.fixture
def yoga(laura, make_servicio):
    return make_servicio(laura, name="Yoga")


def test_who_owes_me(sessions, her, owe, receive, inform, ana, bea, yoga):
    owe(ana, 1000, 500)
    owe(bea, 700, servicio=yoga)
    owe(bea, 20, currency="USD")
    receive(300)
    inform(700)
    found = [
        (row.cliente_name, row.currency, row.owed_minor, row.informed_minor, row.credit_minor, row.charges)
        for row in accounts.balances(sessions, her)
    ]
    assert found == [
        ("Ana Gómez", "ARS", 1200, 700, 0, 2),
        ("Bea Luna", "ARS", 700, 0, 0, 1),
        ("Bea Luna", "USD", 20, 0, 0, 1),
    ]
    by_service = accounts.balances(sessions, her, servicio_id=yoga.id)
    assert [(row.cliente_name, row.owed_minor) for row in by_service if row.owed_minor] == [("Bea Luna", 700)]


def test_what_do_i_owe(sessions, she, owe, receive, inform, ana):
    owe(ana, 1000, 500)
    receive(300)
    announced = inform(700).payment
    found = accounts.account(sessions, she)
    assert [(debt.concept, debt.amount_minor, debt.open_minor) for debt in found.debts] == [
        ("Masaje 01/2025", 1000, 700),
        ("Masaje 02/2025", 500, 500),
    ]
    assert [payment.id for payment in found.informed] == [announced.id]
    assert [(row.owed_minor, row.informed_minor) for row in found.balances] == [(1200, 700)]


def test_debts_by_client_service_and_day(sessions, her, owe, ana, bea, yoga):
    owe(ana, 1000)
    owe(bea, 700, 800, servicio=yoga)
    february = datetime(2025, 2, 1, tzinfo=timezone.utc)
    for over, amounts in [
        ({}, [1000, 700, 800]),
        ({"cliente_id": bea.id}, [700, 800]),
        ({"servicio_id": yoga.id}, [700, 800]),
        ({"due_before": february}, [1000, 700]),
    ]:
        assert [debt.open_minor for debt in accounts.debts(sessions, her, **over)] == amounts


def test_nothing_owed_is_nothing_to_show(sessions, her, she):
    assert accounts.balances(sessions, her) == []
    assert accounts.account(sessions, she) == accounts.Account([], [], [])


def test_what_came_in_this_month(sessions, her, owe, receive, act, ana, bea, yoga, inform):
    owe(ana, 1000)
    owe(bea, 2000, servicio=yoga)
    receive(1500)
    receive(2000, who=bea, means="transferencia")
    receive(900, paid_on=date(2026, 2, 28))
    act("void", receive(77).payment.id)
    act("refund", 1, amount_minor=100)
    inform(5)

    def came(by):
        found = accounts.income(sessions, her, *MARCH, by=by)
        return [(row.name, row.amount_minor, row.payments) for row in found]

    assert came("means") == [("transferencia", 2000, 1), ("efectivo", 1400, 1)]
    assert came("cliente") == [("Bea Luna", 2000, 1), ("Ana Gómez", 1400, 1)]
    assert came("servicio") == [("Yoga", 2000, 1), ("Masaje", 1000, 1), (None, 400, 1)]
    february = accounts.income(sessions, her, *month_stretch_of(date(2026, 2, 1)))
    assert [(row.amount_minor, row.payments) for row in february] == [(900, 1)]


def test_the_month_is_the_professionals(sessions, her, act, owe, ana, new_key):
    from vallebot.services.payments import Received

    owe(ana, 1000)
    late = datetime(2026, 4, 1, 2, 30, tzinfo=timezone.utc)  # 31 March, 23:30 in Buenos Aires
    act("record_received", Received(ana.id, 1000), when=late)
    assert [row.amount_minor for row in accounts.income(sessions, her, *MARCH)] == [1000]


def test_payments_are_listed_the_latest_first(sessions, her, she, owe, receive, inform, ana, bea):
    owe(ana, 1000)
    owe(bea, 500)
    receive(400)
    inform(600)
    receive(500, who=bea)
    assert [view.amount_minor for view in accounts.payments_of(sessions, her)] == [500, 600, 400]
    assert [view.amount_minor for view in accounts.payments_of(sessions, she)] == [600, 400]
    informed = accounts.payments_of(sessions, her, state="informado")
    assert [view.amount_minor for view in informed] == [600]


def test_another_business_sees_nothing_of_it(sessions, owe, receive, ana, make_profesional, as_profesional):
    owe(ana, 1000)
    receive(300)
    marta = as_profesional(make_profesional(name="Marta"))
    assert accounts.debts(sessions, marta) == accounts.balances(sessions, marta) == []
    assert accounts.payments_of(sessions, marta) == accounts.income(sessions, marta, *MARCH) == []
    with pytest.raises(NotFoundError):
        accounts.account(sessions, marta, ana.id)


def test_a_client_asks_about_themselves_only(sessions, she, her, bea):
    for call in (accounts.debts, accounts.payments_of):
        with pytest.raises(NotAllowedError):
            call(sessions, she, cliente_id=bea.id)
    with pytest.raises(NotAllowedError):
        accounts.balances(sessions, she)
    with pytest.raises(InvalidError):
        accounts.account(sessions, her)


def test_a_page_takes_one_query_each(sessions, her, owe, ana, bea, count_queries):
    owe(ana, *range(1, 20))
    owe(bea, *range(1, 20))
    for call in (
        lambda: accounts.balances(sessions, her),
        lambda: accounts.debts(sessions, her),
        lambda: accounts.payments_of(sessions, her),
    ):
        with count_queries() as statements:
            call()
        assert len(statements) == 1
