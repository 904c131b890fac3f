"""`vallebot profesionales`."""

from __future__ import annotations

import re

import click

from vallebot.cli.common import migrated_runtime, sentences, show
from vallebot.domain.states import PlaceMode, ProfesionalState
from vallebot.domain.text import fold
from vallebot.services import operator
from vallebot.services.actor import system_actor


@click.group("profesionales")
def command() -> None:
    """The professionals of this installation: one WhatsApp line each, or all behind one shared line."""


@command.command("list")
@sentences
def list_() -> None:
    """List them, with what each has booked from now on."""
    found = migrated_runtime()
    rows = operator.list_profesionales(found.sessions, system_actor(), now=found.clock.now())
    show(
        "Professionals",
        ("Code", "Name", "Trade", "Phone", "Line", "State", "Services#", "Upcoming#"),
        [
            [
                row.code,
                row.name,
                row.trade,
                row.phone_e164,
                row.phone_number_id or "shared",
                row.state,
                row.servicios,
                row.upcoming,
            ]
            for row in rows
        ],
        empty="There are no professionals yet: `vallebot profesionales create --help`.",
    )


@command.command("create")
@click.option("--name", required=True, help="As clients know them: 'Laura Giménez'.")
@click.option("--phone", required=True, help="Their own WhatsApp, with country code: '+54 9 11 5001-0001'.")
@click.option("--trade", help="'masajista', 'profesora de yoga'.")
@click.option(
    "--line", help="phone_number_id of their own WhatsApp line; without it they share the common one."
)
@click.option("--code", help="Short code for links [a-z0-9-]; made from the first name where missing.")
@click.option("--address", help="Where they work.")
@click.option(
    "--place",
    type=click.Choice([mode.value for mode in PlaceMode]),
    default=PlaceMode.CONSULTORIO.value,
    show_default=True,
    help="Where sessions happen.",
)
@click.option(
    "--auto-confirm/--no-auto-confirm",
    default=True,
    show_default=True,
    help="Confirm bookings at once, or let the professional accept each.",
)
@sentences
def create(
    name: str,
    phone: str,
    trade: str | None,
    line: str | None,
    code: str | None,
    address: str | None,
    place: str,
    auto_confirm: bool,
) -> None:
    """Register a professional, active at once. Services and hours are then defined by chat."""
    found = migrated_runtime()
    new = operator.NewProfesional(
        name=name,
        phone_e164=_e164(phone),
        code=code or re.sub(r"[^a-z0-9]", "", fold(name.split()[0])),
        trade=trade,
        phone_number_id=line,
        place_mode=place,
        address=address,
        auto_confirm=auto_confirm,
    )
    operator.create_profesional(found.sessions, system_actor(), new, now=found.clock.now())
    click.echo(f"{name} is registered as '{new.code}'.")


@command.command("approve")
@click.argument("who")
@sentences
def approve(who: str) -> None:
    """Let the professional WHO (code, phone or name) work; also ends a pause."""
    _set_state(who, ProfesionalState.ACTIVO)


@command.command("pause")
@click.argument("who")
@sentences
def pause(who: str) -> None:
    """Take no new bookings for the professional WHO (code, phone or name); what is booked stays."""
    _set_state(who, ProfesionalState.PAUSADO)


def _set_state(who: str, state: ProfesionalState) -> None:
    found = migrated_runtime()
    profesional_id = operator.find_profesional(found.sessions, system_actor(), who)
    operator.set_state(found.sessions, system_actor(), profesional_id, state, now=found.clock.now())
    click.echo(f"{who} is {state} now.")


def _e164(phone: str) -> str:
    digits = re.sub(r"\D", "", phone)
    if not re.fullmatch(r"[1-9]\d{6,14}", digits):
        hint = "write it with the country code, for example '+54 9 11 5001-0001'"
        raise click.BadParameter(hint, param_hint="--phone")
    return f"+{digits}"
