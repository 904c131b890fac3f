"""Alembic's entry: where the database is and what its tables should be."""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import create_engine, pool

import vallebot.db.tables  # noqa: F401  fills the metadata
from vallebot.db.base import metadata


def database_url() -> str:
    """From vallebot.db.migrate, or from the environment on the command line."""
    return context.config.attributes.get("url") or os.environ["DATABASE_URL"]


def run_online() -> None:
    """All missing migrations in one transaction: a failed upgrade changes nothing."""
    engine = create_engine(database_url(), poolclass=pool.NullPool, future=True)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=False)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    engine.dispose()


def run_offline() -> None:
    """`alembic upgrade head --sql`: print the SQL for whoever applies it by hand."""
    context.configure(dialect_name="postgresql", target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    run_offline()
else:
    run_online()
