"""`vallebot clock`."""

from __future__ import annotations

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import click

from vallebot.cli.common import migrated_runtime, sentences
from vallebot.clock import read_offset, set_offset
from vallebot.config import ConfigError
from vallebot.db.tables.people import DEFAULT_TIMEZONE
from vallebot.runtime import Runtime

_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_STEP = re.compile(r"([+-])((?:\d+[dhms])+)")


class Step(click.ParamType):
    """+3h, -30m, +1d12h."""

    name = "step"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        found = _STEP.fullmatch(str(value))
        if found is None:
            self.fail(f"'{value}' is no step in time; write for example +3h, -30m or +1d12h", param, ctx)
        parts = re.findall(r"(\d+)([dhms])", found[2])
        step = sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in parts), timedelta())
        return step if found[1] == "+" else -step


@click.group("clock")
def command() -> None:
    """The clock that all processes share: reminders and expiries can be seen without waiting for them."""


@command.command("show")
@sentences
def show() -> None:
    """Print the time of the installation and how far it is from real time."""
    _tell(migrated_runtime())


@command.command("travel", context_settings={"ignore_unknown_options": True})
@click.argument("step", type=Step())
@sentences
def travel(step: timedelta) -> None:
    """Move the clock by STEP (+3h, +1d12h; -30m goes back). All processes follow within a second."""
    found = migrated_runtime()
    if not found.settings.demo:
        raise ConfigError("VALLEBOT_ENV is production: its clock is the real one.")
    set_offset(found.sessions, read_offset(found.sessions) + step)
    _tell(found)


@command.command("reset")
@sentences
def reset() -> None:
    """Back to real time."""
    found = migrated_runtime()
    set_offset(found.sessions, timedelta())
    _tell(found)


def _tell(found: Runtime) -> None:
    local = found.clock.now().astimezone(ZoneInfo(DEFAULT_TIMEZONE))
    offset = read_offset(found.sessions)
    distance = "real time" if not offset else f"{'+' if offset > timedelta() else '-'}{abs(offset)}"
    click.echo(f"{local:%A %d %B %Y, %H:%M:%S} in Buenos Aires ({distance})")
