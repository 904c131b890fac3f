"""`vallebot erase`: a person's right to be forgotten (Ley 25.326, art. 16)."""

from __future__ import annotations

from uuid import uuid4

import click

from vallebot.cli.common import migrated_runtime, sentences
from vallebot.cli.export import WHO, find_person
from vallebot.gateways.media_store import MediaStore
from vallebot.services import personal_data
from vallebot.services.actor import system_actor


@click.command("erase")
@WHO
@click.option("--yes", is_flag=True, help="Do not ask.")
@sentences
def command(who: str, yes: bool) -> None:
    """Erase a person: names, phones, messages, proofs. Their bookings and payments stay as numbers."""
    found = migrated_runtime()
    person = find_person(found.sessions, who)
    if not yes:
        click.confirm(f"Erase person {person} for good?", abort=True)
    done = personal_data.erase(
        found.sessions,
        system_actor(),
        MediaStore(found.settings.media_dir),
        person,
        now=found.clock.now(),
        key=f"cli:{uuid4()}",
    )
    click.echo(
        f"Person {person} is erased: {done.messages} messages and {done.events} dialogue events emptied, "
        f"{done.files} files removed."
    )
