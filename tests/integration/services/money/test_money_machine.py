"""Random operations by several clients and their professional never break the books.

After each step: no sum exceeds either side, credit never stands beside an open debt that it could pay, balances and
relationship_state equal what is recomputed from scratch, and the audit tells the whole life of every row.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from vallebot.db.tables import Cargo, Cliente, Profesional, Servicio
from vallebot.db.tables.messaging import Rol
from vallebot.domain.enrollment import next_month
from vallebot.errors import VallebotError
from vallebot.services import accounts, payment_corrections, payments
from vallebot.services.actor import Actor
from vallebot.services.payments import News, Received
from vallebot.services.relationship import compute, refresh
from vallebot.services.settling import use_credit
from vallebot.testing import empty_tables

START = datetime(2026, 3, 2, 12, tzinfo=timezone.utc)
AMOUNTS = st.integers(1, 12).map(lambda hundreds: hundreds * 100)
CLIENTS = st.integers(0, 2)
CURRENCIES = st.sampled_from(["ARS", "ARS", "ARS", "USD"])
ANY = st.integers(0, 30)


class MoneyMachine(RuleBasedStateMachine):
    """`engine` and `sessions` are set by the test."""

    engine = None
    sessions = None

    @initialize()
    def begin(self) -> None:
        empty_tables(self.engine)
        self.keys = itertools.count(1)
        self.now = START
        self.clientes = []
        with self.sessions.begin() as session:
            people = [
                Cliente(name=name, phone_e164=f"+54911{at:08d}") for at, name in enumerate("LABC", start=1)
            ]
            session.add_all(people)
            session.flush()
            laura = Profesional(
                cliente_id=people[0].id, name="Laura", phone_e164="+5491100000001", code="laura"
            )
            session.add(laura)
            session.flush()
            servicio = Servicio(
                profesional_id=laura.id, name="Masaje", name_key="masaje", duration_minutes=60
            )
            session.add(servicio)
            session.flush()
            self.laura, self.servicio = laura.id, servicio.id
            self.month = START.date().replace(year=2020, day=1)
            self.clientes = [person.id for person in people[1:]]
            for cliente_id in self.clientes:
                refresh(session, laura.id, cliente_id, now=self.now)
        self.her = Actor(Rol.PROFESIONAL, self.laura, people[0].id)
        self.keys_used: list[tuple] = []

    def attempt(self, function, actor, *args, **kwargs) -> None:
        """A use case that may refuse; done again with its key it changes nothing."""
        self.now += timedelta(minutes=7)
        key = f"k{next(self.keys)}"
        try:
            done = function(self.sessions, actor, *args, now=self.now, key=key, **kwargs)
        except VallebotError:
            return
        before = self.books()
        assert function(self.sessions, actor, *args, now=self.now, key=key, **kwargs) == done
        assert self.books() == before

    def books(self) -> list:
        return [
            self.query(f"SELECT * FROM {table} ORDER BY id")
            for table in ("payments", "cargos", "messages", "audit")
        ]

    def query(self, statement: str, **values) -> list[tuple]:
        with self.sessions() as session:
            return [tuple(row) for row in session.execute(text(statement), values)]

    def pick(self, table: str, number: int) -> int | None:
        ids = self.query(f"SELECT id FROM {table} ORDER BY id")
        return ids[number % len(ids)][0] if ids else None

    def actor(self, client: int) -> Actor:
        return Actor(Rol.CLIENTE, self.laura, self.clientes[client])

    @rule(client=CLIENTS, amount=AMOUNTS, currency=CURRENCIES)
    def owe(self, client, amount, currency) -> None:
        """A new charge, as a use case of bookings makes it: credit pays it at once."""
        self.now += timedelta(minutes=7)
        with self.sessions.begin() as session:
            row = Cargo(
                profesional_id=self.laura, cliente_id=self.clientes[client], servicio_id=self.servicio,
                month=self.month, concept="Mes", amount_minor=amount, currency=currency, due_at=self.now,
            )  # fmt: skip
            session.add(row)
            session.flush()
            from vallebot.services.audit import Change, record

            record(
                session,
                self.her,
                Change("cargos", row.id, "charge", after="pendiente"),
                now=self.now,
                key=None,
            )
            key = f"owe{next(self.keys)}"
            use_credit(session, self.her, self.laura, row.cliente_id, now=self.now, key=key)
            refresh(session, self.laura, row.cliente_id, now=self.now)
        self.month = next_month(self.month)

    @rule(client=CLIENTS, amount=st.none() | AMOUNTS, currency=CURRENCIES, cargo=st.none() | ANY)
    def inform(self, client, amount, currency, cargo) -> None:
        named = self.pick("cargos", cargo) if cargo is not None else None
        news = News(amount, currency=currency, cargo_ids=(named,) if named else ())
        self.attempt(payments.inform, self.actor(client), news)

    @rule(payment=ANY, amount=st.none() | AMOUNTS)
    def confirm(self, payment, amount) -> None:
        self.attempt(payments.confirm, self.her, self.pick("payments", payment) or 0, amount_minor=amount)

    @rule(payment=ANY)
    def reject(self, payment) -> None:
        self.attempt(payments.reject, self.her, self.pick("payments", payment) or 0)

    @rule(client=CLIENTS, amount=AMOUNTS, currency=CURRENCIES)
    def receive(self, client, amount, currency) -> None:
        received = Received(self.clientes[client], amount, currency, although_informed=True)
        self.attempt(payments.record_received, self.her, received)

    @rule(payment=ANY, client=st.none() | CLIENTS)
    def void(self, payment, client) -> None:
        actor = self.her if client is None else self.actor(client)
        self.attempt(payment_corrections.void, actor, self.pick("payments", payment) or 0)

    @rule(payment=ANY, cargo=ANY)
    def apply(self, payment, cargo) -> None:
        named = (self.pick("cargos", cargo) or 0,)
        self.attempt(payment_corrections.apply_to, self.her, self.pick("payments", payment) or 0, named)

    @rule(payment=ANY, amount=st.none() | AMOUNTS)
    def refund(self, payment, amount) -> None:
        self.attempt(
            payment_corrections.refund, self.her, self.pick("payments", payment) or 0, amount_minor=amount
        )

    @rule(cargo=ANY)
    def waive(self, cargo) -> None:
        self.attempt(payment_corrections.waive, self.her, self.pick("cargos", cargo) or 0)

    @invariant()
    def sums_are_those_of_the_applications(self) -> None:
        for table, column in (("payments", "payment_id"), ("cargos", "cargo_id")):
            wrong = f"""
                SELECT t.id FROM {table} t
                 WHERE t.applied_minor <> (SELECT coalesce(sum(a.amount_minor), 0) FROM payment_applications a
                                            WHERE a.{column} = t.id) OR t.applied_minor > t.amount_minor
            """
            assert self.query(wrong) == []

    @invariant()
    def credit_never_stands_beside_an_open_debt(self) -> None:
        assert (
            self.query("""
            SELECT p.id, g.id FROM payments p JOIN cargos g USING (profesional_id, cliente_id, currency)
             WHERE p.state = 'confirmado' AND p.amount_minor > p.applied_minor + p.refunded_minor
               AND g.state = 'pendiente'
        """)
            == []
        )

    @invariant()
    def balances_are_what_the_rows_say(self) -> None:
        found: dict = defaultdict(lambda: [0, 0, 0])
        for cliente_id, currency, amount, applied, state in self.query(
            "SELECT cliente_id, currency, amount_minor, applied_minor, state FROM cargos"
        ):
            found[cliente_id, currency][0] += amount - applied if state == "pendiente" else 0
        for cliente_id, currency, amount, state, applied, refunded in self.query(
            "SELECT cliente_id, currency, amount_minor, state, applied_minor, refunded_minor FROM payments"
        ):
            found[cliente_id, currency][1] += amount if state == "informado" else 0
            found[cliente_id, currency][2] += amount - applied - refunded if state == "confirmado" else 0
        told = {
            (row.cliente_id, row.currency): [row.owed_minor, row.informed_minor, row.credit_minor]
            for row in accounts.balances(self.sessions, self.her)
        }
        assert told == {who: sums for who, sums in found.items() if any(sums)}

    @invariant()
    def no_money_is_made_or_lost(self) -> None:
        """What came in = what settled charges + what was given back + credit."""
        came = self.query(
            "SELECT coalesce(sum(amount_minor - refunded_minor), 0) FROM payments WHERE state = 'confirmado'"
        )
        applied = self.query("SELECT coalesce(sum(applied_minor), 0) FROM cargos")
        credit = sum(row.credit_minor for row in accounts.balances(self.sessions, self.her))
        assert came[0][0] == applied[0][0] + credit

    @invariant()
    def relationship_state_is_up_to_date(self) -> None:
        for cliente_id, snapshot in self.query("SELECT cliente_id, snapshot FROM relationship_state"):
            with self.sessions() as session:
                zone = "America/Argentina/Buenos_Aires"
                assert snapshot == compute(session, self.laura, cliente_id, now=self.now, timezone=zone)

    @invariant()
    def the_audit_tells_every_life(self) -> None:
        for table in ("payments", "cargos"):
            state = dict(self.query(f"SELECT id, state FROM {table}"))
            told: dict[int, str | None] = {}
            for entity_id, before, after in self.query(
                "SELECT entity_id, state_before, state_after FROM audit WHERE entity = :table ORDER BY id",
                table=table,
            ):
                assert told.get(entity_id) == before
                told[entity_id] = after
            assert told == state
        applied: dict = defaultdict(int)
        for action, payment, cargo, amount in self.query(
            "SELECT action, (facts ->> 'payment')::int, (facts ->> 'cargo')::int, (facts ->> 'amount')::int FROM audit "
            "WHERE entity = 'payment_applications' ORDER BY id"
        ):
            applied[payment, cargo] += amount if action == "apply" else -amount
        kept = dict.fromkeys(self.query("SELECT payment_id, cargo_id FROM payment_applications"))
        assert set(kept) <= {pair for pair, amount in applied.items() if amount > 0}


@pytest.mark.slow
def test_the_books_hold_whatever_happens(engine, sessions):
    MoneyMachine.engine, MoneyMachine.sessions = engine, sessions
    run_state_machine_as_test(
        MoneyMachine,
        settings=settings(
            max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
