"""`vallebot servicios`."""

from __future__ import annotations

from uuid import uuid4

import click

from vallebot.cli.common import acting_for, migrated_runtime, money, sentences, show
from vallebot.services import catalogue, operator
from vallebot.services.actor import system_actor

_PROFESIONAL = click.option("--profesional", "who", required=True, help="Code, phone or name.")


@click.group("servicios")
def command() -> None:
    """What the professionals offer. They define and change it by chat."""


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
            card.id,
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
    columns = ("ID#", "Professional", "Service", "Kind", "Length#", "Seats#", "Price#", "Billed by", "State")
    show("Services", columns, rows, empty="There are no services yet.")


@command.command("pause")
@_PROFESIONAL
@click.argument("servicio_id", type=int, metavar="ID")
@sentences
def pause(who: str, servicio_id: int) -> None:
    """Take no new bookings for the service ID (see `list`); what is booked stays."""
    _set_active(who, servicio_id, False)


@command.command("resume")
@_PROFESIONAL
@click.argument("servicio_id", type=int, metavar="ID")
@sentences
def resume(who: str, servicio_id: int) -> None:
    """Take bookings for the paused service ID again."""
    _set_active(who, servicio_id, True)


def _set_active(who: str, servicio_id: int, active: bool) -> None:
    found = migrated_runtime()
    actor, now = acting_for(found, who), found.clock.now()
    key = f"cli:{uuid4()}"  # the operator asks once: every call is a request of its own
    card = catalogue.pause_servicio(found.sessions, actor, servicio_id, active=active, now=now, key=key)
    click.echo(f"{card.name} is {'active' if active else 'paused'} now.")
