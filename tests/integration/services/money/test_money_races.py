"""Races for money with real connections; each first shows what happens where nothing guards it."""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from tests.races import at_once, kinds
from vallebot.gateways.media_store import MediaStore
from vallebot.services import monthly_fees
from vallebot.services.actor import system_actor
from vallebot.services.payment_corrections import refund, void
from vallebot.services.payments import confirm
from vallebot.services.proofs import ProofTools, inform_with_proof

PHOTO = b"\xff\xd8\xff\xe0 a photo"


def careless(sessions, look: str, write: str) -> list[Any]:
    """Two who look first, both see the same, and both write."""
    looked = threading.Barrier(2)

    def attempt() -> None:
        with sessions.begin() as session:
            seen = session.execute(text(look)).scalar()
            looked.wait(10)
            session.execute(text(write), {"seen": seen})

    return at_once(attempt, attempt)


@pytest.fixture
def unguarded(engine):
    """`unguarded("ALTER ...", "undo ...")`: a guard taken away for one test."""
    undos: list[str] = []

    def take_away(statement: str, undo: str) -> None:
        with engine.begin() as connection:
            connection.execute(text(statement))
        undos.append(undo)

    yield take_away
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM payment_applications; DELETE FROM payments; DELETE FROM cargos"))
        for undo in undos:
            connection.execute(text(undo))


LOOK_STATE = "SELECT state FROM payments WHERE id = 1"
#: What a confirmation would do that trusts what it read before.
CONFIRM_AND_APPLY = """
    WITH decided AS (UPDATE payments SET state = 'confirmado' WHERE id = 1 AND :seen = 'informado' RETURNING id)
    INSERT INTO payment_applications (payment_id, cargo_id, profesional_id, cliente_id, currency, amount_minor)
    SELECT decided.id, g.id, g.profesional_id, g.cliente_id, 'ARS', 1000 FROM decided, cargos g WHERE g.id = 1
"""


def test_two_who_trust_the_state_they_read_count_one_payment_twice(
    sessions, inform, owe, ana, unguarded, rows
):
    unguarded(
        "ALTER TABLE payment_applications DROP CONSTRAINT uq_payment_applications_payment_id_cargo_id;"
        "DROP TRIGGER payment_applications_sums ON payment_applications",
        "ALTER TABLE payment_applications ADD CONSTRAINT uq_payment_applications_payment_id_cargo_id "
        "UNIQUE (payment_id, cargo_id);"
        "CREATE TRIGGER payment_applications_sums AFTER INSERT OR UPDATE OR DELETE ON payment_applications "
        "FOR EACH ROW EXECUTE FUNCTION keep_applied_sums()",
    )
    owe(ana, 1000, 1000)
    inform(1000)
    assert kinds(careless(sessions, LOOK_STATE, CONFIRM_AND_APPLY)) == {"NoneType": 2}
    assert rows("SELECT sum(amount_minor) FROM payment_applications") == [(2000,)]


def test_many_confirmations_of_one_payment_count_it_once(
    sessions, inform, owe, ana, her, now, new_key, rows, said
):
    owe(ana, 1000, 1000)
    payment = inform(1000).payment.id
    calls = [partial(confirm, sessions, her, payment, now=now, key=new_key()) for _ in range(6)]
    assert kinds(at_once(*calls)) == {"Outcome": 1, "WrongPaymentState": 5}
    assert rows("SELECT applied_minor FROM cargos ORDER BY id") == [(1000,), (0,)]
    assert len(said(ana)) == 1


def test_one_message_that_is_worked_on_many_times_confirms_once(sessions, inform, owe, ana, her, now, said):
    owe(ana, 1000)
    payment = inform(1000).payment.id
    results = at_once(*[partial(confirm, sessions, her, payment, now=now, key="wamid.A")] * 6)
    assert results == [results[0]] * 6
    assert len(said(ana)) == 1


@pytest.mark.parametrize("guarded", [False, True])
def test_two_applications_to_one_charge(sessions, owe, ana, save, laura, now, unguarded, rows, guarded):
    from vallebot.db.tables import Payment

    if not guarded:
        unguarded(
            "DROP TRIGGER payment_applications_sums ON payment_applications",
            "CREATE TRIGGER payment_applications_sums AFTER INSERT OR UPDATE OR DELETE ON payment_applications "
            "FOR EACH ROW EXECUTE FUNCTION keep_applied_sums()",
        )
    owe(ana, 1000)
    for _ in range(2):
        values = {"profesional_id": laura.id, "cliente_id": ana.id, "amount_minor": 1000, "means": "efectivo"}
        save(Payment(**values, state="confirmado", informed_at=now, decided_at=now))
    looked = threading.Barrier(2)

    def settle(payment_id: int) -> None:
        with sessions.begin() as session:
            rest = session.execute(
                text("SELECT amount_minor - applied_minor FROM cargos WHERE id = 1")
            ).scalar()
            looked.wait(10)
            session.execute(
                text(
                    "INSERT INTO payment_applications (payment_id, cargo_id, profesional_id, cliente_id, currency, "
                    "amount_minor) SELECT id, 1, profesional_id, cliente_id, currency, :rest FROM payments "
                    "WHERE id = :payment"
                ),
                {"payment": payment_id, "rest": rest},
            )

    results = at_once(lambda: settle(1), lambda: settle(2))
    assert rows("SELECT sum(amount_minor) FROM payment_applications") == [(1000 if guarded else 2000,)]
    assert kinds(results) == ({"NoneType": 1, "IntegrityError": 1} if guarded else {"NoneType": 2})


def test_payments_that_are_confirmed_at_once_settle_each_peso_once(
    sessions, inform, owe, ana, her, now, new_key, rows
):
    owe(ana, 1000, 500)
    ids = [inform(600).payment.id for _ in range(4)]
    results = at_once(*[partial(confirm, sessions, her, one, now=now, key=new_key()) for one in ids])
    assert kinds(results) == {"Outcome": 4}
    assert rows("SELECT state, applied_minor FROM cargos ORDER BY id") == [
        ("saldado", 1000),
        ("saldado", 500),
    ]
    assert rows("SELECT sum(amount_minor - applied_minor) FROM payments") == [(900,)]
    assert sorted(result.credit_minor for result in results) == [0, 0, 300, 900]


@pytest.mark.parametrize("guarded", [False, True])
def test_the_same_proof_twice_at_once(
    sessions, she, owe, ana, now, new_key, tmp_path, rows, unguarded, guarded
):
    if not guarded:
        unguarded(
            "DROP INDEX uq_payments_live_proof",
            "CREATE UNIQUE INDEX uq_payments_live_proof ON payments (profesional_id, proof_sha256) "
            "WHERE state IN ('informado', 'confirmado')",
        )
    owe(ana, 1000)
    both_looked = threading.Barrier(2)

    class SlowText:
        """The answer before the file is read is over when the reading begins: now only the index helps."""

        def text_of(self, data: bytes, media_type: str) -> None:
            both_looked.wait(10)

    tools = ProofTools(MediaStore(tmp_path), SlowText())
    calls = [partial(inform_with_proof, sessions, she, tools, PHOTO, now=now, key=new_key()) for _ in "ab"]
    assert kinds(at_once(*calls)) == ({"Outcome": 1, "DuplicateProof": 1} if guarded else {"Outcome": 2})
    assert rows("SELECT count(*) FROM payments") == [(1 if guarded else 2,)]
    assert rows("SELECT count(*) FROM messages WHERE direction = 'out'") == [(1 if guarded else 2,)]


@pytest.mark.parametrize("guarded", [False, True])
def test_fees_that_two_look_for_and_write(sessions, owe, ana, rows, unguarded, guarded):
    if not guarded:
        unguarded(
            "DROP INDEX uq_cargos_live_month",
            "CREATE UNIQUE INDEX uq_cargos_live_month ON cargos (cliente_id, servicio_id, month) "
            "WHERE month IS NOT NULL AND state <> 'anulado'",
        )
    owe(ana)
    look = "SELECT count(*) FROM cargos WHERE month = '2026-03-01'"
    write = f"""
        INSERT INTO cargos (profesional_id, cliente_id, servicio_id, month, concept, amount_minor, currency, due_at)
        SELECT 1, {ana.id}, 1, '2026-03-01', 'Marzo', 1000, 'ARS', '2026-03-01' WHERE :seen = 0
    """
    results = careless(sessions, look, write)
    assert rows("SELECT count(*) FROM cargos") == [(1 if guarded else 2,)]
    assert kinds(results) == ({"NoneType": 1, "IntegrityError": 1} if guarded else {"NoneType": 2})


def test_two_workers_charge_the_month_once(
    sessions, laura, make_servicio, make_booking, make_cliente, now, new_key, rows
):
    mensual = make_servicio(laura, name="Entrenamiento", billing="mensual", price_minor=40_000)
    for hour in range(5):
        make_booking(mensual, now + timedelta(hours=2 * hour + 1), make_cliente())
    worker = system_actor(laura.id)
    calls = [partial(monthly_fees.generate_fees, sessions, worker, now=now, key=new_key()) for _ in range(4)]
    results = at_once(*calls)
    assert sorted(len(result.charged) for result in results) == [0, 0, 0, 5]
    assert rows("SELECT count(*), count(DISTINCT cliente_id) FROM cargos") == [(5, 5)]


def test_money_that_is_taken_given_back_and_voided_at_once_stays_whole(
    sessions, receive, owe, ana, her, now, new_key, rows
):
    owe(ana, 1000)
    payment = receive(1500).payment.id
    calls = [
        partial(void, sessions, her, payment, now=now, key=new_key()),
        partial(refund, sessions, her, payment, now=now, key=new_key()),
        partial(void, sessions, her, payment, now=now, key=new_key()),
        partial(refund, sessions, her, payment, now=now, key=new_key()),
    ]
    assert kinds(at_once(*calls))["Outcome"] == 1
    state, applied, refunded = rows("SELECT state, applied_minor, refunded_minor FROM payments")[0]
    assert (state, applied, refunded) in {("anulado", 0, 0), ("confirmado", 1000, 500)}
