"""`vallebot export`: what is known about a person (Ley 25.326, art. 14)."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click
from sqlalchemy import text
from sqlalchemy.orm import sessionmaker

from vallebot.cli.common import migrated_runtime, sentences
from vallebot.errors import NotFoundError
from vallebot.services import personal_data
from vallebot.services.actor import system_actor

WHO = click.argument("who", metavar="PHONE_OR_ID")


def find_person(sessions: sessionmaker, who: str) -> int:
    """The person with that phone (as +549..., or only its digits) or that id. Raises NotFoundError."""
    query = text("""
        SELECT id FROM clientes WHERE phone_e164 = :phone
        UNION SELECT cliente_id FROM identidades WHERE value = :digits
        UNION SELECT id FROM clientes WHERE cast(id AS text) = :who
        ORDER BY 1 LIMIT 1
    """)
    digits = "".join(char for char in who if char.isdigit())
    with sessions() as session:
        found = session.execute(query, {"phone": f"+{digits}", "digits": digits, "who": who}).scalar()
    if found is None:
        raise NotFoundError(person=who)
    return int(found)


@click.command("export")
@WHO
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead.")
@sentences
def command(who: str, output: Path | None) -> None:
    """Everything that is known about a person, as JSON."""
    found = migrated_runtime()
    person = find_person(found.sessions, who)
    data = personal_data.export(found.sessions, system_actor(), person, now=found.clock.now())
    written = json.dumps(data, ensure_ascii=False, indent=2)
    if output is None:
        click.echo(written)
        return
    handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # for nobody else on the machine
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(written + "\n")
    click.echo(f"Written to {output}.")
