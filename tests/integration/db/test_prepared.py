from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from vallebot.db.prepared import Prepared

ADD = Prepared("test_add", "a integer, more_of_it integer", "SELECT :a + :more_of_it, :a::text")
REGISTER = Prepared(
    "test_register", "phone text", "INSERT INTO clientes (phone_e164) VALUES (:phone) RETURNING id"
)


def test_values_go_in_by_name_and_casts_stay(sessions):
    with sessions() as session:
        assert ADD.run(session, {"more_of_it": 1, "a": 41}).one() == (42, "41")


def test_it_is_prepared_once_for_each_connection_also_when_the_transaction_fails(
    engine, sessions, count_queries
):
    with count_queries(preparing=True) as sent, engine.connect() as connection:
        session = sessions(bind=connection)
        with pytest.raises(IntegrityError):
            REGISTER.run(session, {"phone": "not a phone"})
        session.rollback()
        assert REGISTER.run(session, {"phone": "+5491155550001"}).scalar() > 0
        session.rollback()
    kinds = [statement.split()[0] for statement in sent]
    assert kinds in (["PREPARE", "EXECUTE", "EXECUTE"], ["EXECUTE", "EXECUTE"])


def test_a_new_connection_prepares_anew(sessions):
    for _ in range(2):
        with sessions() as session:
            assert ADD.run(session, {"a": 1, "more_of_it": 1}).first() is not None
            session.connection().invalidate()


def test_a_name_means_one_statement():
    with pytest.raises(ValueError, match="test_add"):
        Prepared("test_add", "a integer", "SELECT :a")


def test_a_broken_rule_keeps_its_name(sessions):
    with sessions() as session, pytest.raises(IntegrityError) as broken:
        REGISTER.run(session, {"phone": "x"})
    assert broken.value.orig.diag.constraint_name == "ck_clientes_phone_e164_shape"
