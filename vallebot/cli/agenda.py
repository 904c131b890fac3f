"""`vallebot agenda`."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click

from vallebot.cli.common import acting_for, migrated_runtime, money, sentences, show
from vallebot.services import agenda, catalogue

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("agenda")
@click.option("--profesional", "who", required=True, help="Code, phone or name.")
@click.option("--from", "first", type=_DAY, help="First day, YYYY-MM-DD; today where missing.")
@click.option("--to", "last", type=_DAY, help="Last day, included; six days after the first where missing.")
@click.option("--cancelled", is_flag=True, help="Show what was cancelled too.")
@sentences
def command(who: str, first: datetime | None, last: datetime | None, cancelled: bool) -> None:
    """What a professional has booked, in their own time zone."""
    found = migrated_runtime()
    actor = acting_for(found, who)
    card = catalogue.profesional_card(found.sessions, actor)
    today = found.clock.now().astimezone(ZoneInfo(card.timezone)).date()
    day_from = first.date() if first else today
    day_to = last.date() if last else day_from + timedelta(days=6)
    entries = agenda.agenda(found.sessions, actor, day_from, day_to, cancelled=cancelled)
    show(
        f"{card.name}, {day_from:%d/%m/%Y} to {day_to:%d/%m/%Y}",
        ("ID#", "Day", "Time", "Service", "Client", "State", "Price#"),
        [
            (
                entry.id,
                f"{entry.local_start:%a %d/%m}",
                f"{entry.local_start:%H:%M}",
                entry.servicio_name,
                entry.cliente_name or f"{entry.taken_seats}/{entry.capacity} seats",
                entry.state,
                money(entry.price_minor, entry.currency),
            )
            for entry in entries
        ],
        empty=f"{card.name} has nothing booked from {day_from:%d/%m/%Y} to {day_to:%d/%m/%Y}.",
    )
