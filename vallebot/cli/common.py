"""What the subcommands share: the runtime, errors as sentences, tables."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import DBAPIError

from vallebot.config import ConfigError
from vallebot.db.migrate import current_revision, head_revision
from vallebot.errors import NotFoundError, VallebotError
from vallebot.runtime import Runtime, get_runtime
from vallebot.services import operator
from vallebot.services.actor import Actor, system_actor

Function = TypeVar("Function", bound=Callable[..., Any])

EXIT_SETTINGS = 2


class SettingsWrong(click.ClickException):
    """The settings are wrong; exit code 2."""

    exit_code = EXIT_SETTINGS


def sentences(function: Function) -> Function:
    """Decorator of commands: what goes wrong is told in a sentence instead of a traceback."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except ConfigError as exc:
            raise SettingsWrong(str(exc)) from exc
        except VallebotError as exc:
            raise click.ClickException(_told(exc)) from exc
        except DBAPIError as exc:
            reason = str(exc.orig).strip().splitlines()[0]
            raise click.ClickException(f"The database does not answer as expected: {reason}") from exc

    return wrapped  # type: ignore[return-value]


#: Where what can be named is listed.
_LISTED = {"profesional": "vallebot profesionales list", "servicio": "vallebot servicios list"}


def _told(error: VallebotError) -> str:
    if isinstance(error, NotFoundError) and error.facts:
        (name, value), *_ = error.facts.items()
        what, given = (str(value), "") if name == "what" else (name, f" '{value}'")
        hint = f" See `{_LISTED[what]}`." if what in _LISTED else ""
        return f"There is no {what}{given}.{hint}"
    facts = ", ".join(f"{name}: {value}" for name, value in error.facts.items())
    meaning = (type(error).__doc__ or error.code).strip().splitlines()[0]
    return f"{meaning} ({facts})" if facts else meaning


def runtime() -> Runtime:
    """The runtime of this command. Raises ConfigError."""
    return get_runtime()


def migrated_runtime() -> Runtime:
    """The runtime, once it is sure that the database has the schema that this code knows."""
    found = runtime()
    revision = current_revision(found.database_url)
    if revision != head_revision():
        state = f"at revision {revision}" if revision else "empty"
        raise click.ClickException(
            f"The database is {state}: bring it up to date with `vallebot db upgrade`."
        )
    return found


def acting_for(found: Runtime, who: str) -> Actor:
    """The operator acting for a professional, named by code, phone or name. Raises NotFoundError, Ambiguous."""
    return system_actor(operator.find_profesional(found.sessions, system_actor(), who))


def show(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Print a table; `empty` is said where there is nothing to show. Columns ending in '#' are aligned right."""
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for column in columns:
        right = column.endswith("#")
        table.add_column(column.rstrip("#"), justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    if not table.row_count:
        click.echo(empty)
        return
    console = Console()
    # A pipe has no width: do not cut what a script reads.
    Console(width=None if console.is_terminal else 200).print(table)


def money(minor: int, currency: str) -> str:
    """'$ 25.000' for pesos, 'USD 10' for others; cents only where there are some.

    >>> money(2_500_000, "ARS")
    '$ 25.000'
    """
    whole, cents = divmod(minor, 100)
    amount = f"{whole:,}".replace(",", ".") + (f",{cents:02d}" if cents else "")
    return f"{'$' if currency == 'ARS' else currency} {amount}"
