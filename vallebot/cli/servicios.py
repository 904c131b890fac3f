"""`vallebot servicios`."""

from __future__ import annotations

import click

from vallebot.cli.common import migrated_runtime, money, sentences, show
from vallebot.services import catalogue, operator
from vallebot.services.actor import system_actor


@click.group("servicios")
def command() -> None:
    """What the professionals offer."""


@command.command("list")
@click.option("--profesional", "who", help="Only this professional's (code, phone or name).")
@sentences
def list_(who: str | None) -> None:
    """List the services, paused ones included."""
    found = migrated_runtime()
    everybody = operator.list_profesionales(found.sessions, system_actor(), now=found.clock.now())
    only = operator.find_profesional(found.sessions, system_actor(), who) if who else None
    rows = [
        (
            profesional.name,
            card.name,
            card.kind,
            f"{card.duration_minutes} min",
            card.capacity,
            money(card.price_minor, card.currency),
            card.billing,
            "active" if card.active else "paused",
        )
        for profesional in everybody
        if only in (None, profesional.id)
        for card in catalogue.list_servicios(found.sessions, system_actor(profesional.id), paused=True)
    ]
    columns = ("Professional", "Service", "Kind", "Length#", "Seats#", "Price#", "Billed by", "State")
    show("Services", columns, rows, empty="There are no services yet.")
