"""The migrations and the models must describe the same database.

Alembic's own comparison does not see EXCLUDE and CHECK constraints, so Postgres' catalogues are compared.
"""

from __future__ import annotations

import pytest
from alembic import command
from sqlalchemy import create_engine, text

import vallebot.db.tables  # noqa: F401
from vallebot.db.base import metadata
from vallebot.db.migrate import alembic_config, current_revision, head_revision, upgrade

EXTENSIONS = ("btree_gist", "unaccent", "pg_trgm")
#: Column and index that only the migrations make: the extension may be missing.
UNMAPPED = ("embedding", "ix_relationship_state_embedding")

CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
"""
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
COLUMNS = """
    SELECT table_name, column_name, data_type, udt_name, is_nullable, column_default, is_identity,
           is_generated, generation_expression
    FROM information_schema.columns WHERE table_schema = 'public'
"""
TRIGGERS = "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal"


def rows(url: str, query: str) -> set[tuple]:
    engine = create_engine(url, future=True)
    with engine.connect() as connection:
        found = {tuple(row) for row in connection.execute(text(query))}
    engine.dispose()
    return {row for row in found if row[0] != "alembic_version" and row[1] not in UNMAPPED}


@pytest.fixture(scope="module")
def migrated(server) -> str:
    return server.migrated()


@pytest.fixture(scope="module")
def modelled(server) -> str:
    url = server.empty()
    engine = create_engine(url, future=True)
    with engine.begin() as connection:
        for extension in EXTENSIONS:
            connection.execute(text(f"CREATE EXTENSION {extension}"))
        metadata.create_all(connection)
    engine.dispose()
    return url


@pytest.mark.parametrize("query", [CONSTRAINTS, INDEXES, COLUMNS], ids=["constraints", "indexes", "columns"])
def test_migrations_and_models_give_the_same_database(migrated, modelled, query):
    assert rows(migrated, query) == rows(modelled, query)


def test_no_name_was_cut_off_by_postgres(migrated):
    names = {row[1] for row in rows(migrated, CONSTRAINTS) | rows(migrated, INDEXES)}
    assert max(len(name) for name in names) < 63


def test_guards_that_no_column_can_express_exist(migrated):
    assert rows(migrated, TRIGGERS) == {
        ("audit", "audit_append_only"),
        ("interpreted_actions", "interpreted_actions_append_only"),
        ("interpretation_outcomes", "interpretation_outcomes_append_only"),
        ("payment_applications", "payment_applications_sums"),
        ("payments", "payments_sum_is_kept"),
        ("cargos", "cargos_sum_is_kept"),
    }


def test_every_foreign_key_of_a_big_table_can_be_followed_back(migrated):
    """A professional's or client's rows are found by index in the tables that grow without end."""
    indexes = {row[2] for row in rows(migrated, INDEXES)}
    for table, column in [
        ("bookings", "cliente_id"),
        ("messages", "conversacion_id"),
        ("cargos", "cliente_id"),
    ]:
        assert any(f" public.{table} USING btree ({column}" in index for index in indexes), (table, column)


def test_upgrading_twice_changes_nothing(migrated):
    before = rows(migrated, COLUMNS)
    upgrade(migrated)
    assert current_revision(migrated) == head_revision()
    assert rows(migrated, COLUMNS) == before


def test_migrations_can_be_taken_back(server):
    url = server.migrated()
    command.downgrade(alembic_config(url), "base")
    assert rows(url, COLUMNS) == set()
    upgrade(url)
    assert current_revision(url) == head_revision()
