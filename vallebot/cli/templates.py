"""`vallebot templates`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import click

from vallebot.cli.common import runtime, sentences, show
from vallebot.gateways.whatsapp import templates
from vallebot.gateways.whatsapp.client import GraphApi
from vallebot.gateways.whatsapp.errors import GraphApiError, NotReached, OutcomeUnknown


@click.group("templates")
def command() -> None:
    """What may be said outside the 24-hour window: our definitions, and Meta's review of them."""


def _asks_meta(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: what Meta refuses, or its silence, is told in a sentence."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except GraphApiError as exc:
            raise click.ClickException(f"Meta refused: {exc}") from exc
        except (NotReached, OutcomeUnknown) as exc:
            raise click.ClickException(f"The Graph API does not answer: {exc}") from exc

    return wrapped


@command.command("status")
@sentences
@_asks_meta
def status() -> None:
    """What became of each of our templates."""
    api, account_id = _api()
    _show(templates.status(api, account_id, templates.load()))


@command.command("push")
@sentences
@_asks_meta
def push() -> None:
    """Hand in for review what Meta does not have, or has differently. Nothing is ever deleted."""
    definitions = templates.load()
    wrong = [f"{one['name']}: {rule}" for one in definitions for rule in templates.problems(one)]
    if wrong:
        raise click.ClickException("These definitions would be refused:\n" + "\n".join(wrong))
    api, account_id = _api()
    _show(templates.push(api, account_id, definitions))


def _api() -> tuple[GraphApi, str]:
    whatsapp = runtime().settings.whatsapp
    if not whatsapp.business_account_id:
        raise click.ClickException("Set WHATSAPP_BUSINESS_ACCOUNT_ID: templates belong to the account.")
    return GraphApi(whatsapp), whatsapp.business_account_id


def _show(states: Iterable[templates.TemplateState]) -> None:
    rows = [(state.name, state.status, state.note) for state in states]
    show("Message templates", ("Name", "Status", "Note"), rows, empty="There are no definitions.")
