"""`vallebot payments`."""

from __future__ import annotations

from uuid import uuid4

import click

from vallebot.cli.common import acting_for, migrated_runtime, money, sentences, show
from vallebot.domain.states import PaymentState
from vallebot.runtime import Runtime
from vallebot.services import accounts, payments
from vallebot.services.actor import Actor
from vallebot.services.payment_steps import Outcome

_PROFESIONAL = click.option("--profesional", "who", required=True, help="Code, phone or name.")
_STATES = click.Choice([state.value for state in PaymentState])


@click.group("payments")
def command() -> None:
    """Payments of a professional, and who owes them."""


def _acting(who: str) -> tuple[Runtime, Actor]:
    found = migrated_runtime()
    return found, acting_for(found, who)


@command.command("list")
@_PROFESIONAL
@click.option(
    "--state", type=_STATES, help="Only those in this state, e.g. informado: announced, not decided."
)
@click.option("--limit", default=50, show_default=True, help="How many, the latest first.")
@sentences
def list_(who: str, state: str | None, limit: int) -> None:
    """List the payments, the latest first."""
    found, actor = _acting(who)
    rows = [
        (
            view.id,
            f"{view.informed_at.astimezone(view.tz):%d/%m/%Y %H:%M}",
            view.cliente_name,
            money(view.amount_minor, view.currency),
            view.means,
            view.state,
            "yes" if view.proof_path else "",
            ", ".join(view.mismatches),
        )
        for view in accounts.payments_of(found.sessions, actor, state=state, limit=limit)
    ]
    columns = ("ID#", "Informed", "Client", "Amount#", "Means", "State", "Proof", "What does not fit")
    show("Payments", columns, rows, empty="There are no such payments.")


@command.command("confirm")
@_PROFESIONAL
@click.argument("payment_id", type=int)
@sentences
def confirm(who: str, payment_id: int) -> None:
    """Confirm a payment that a client announced; the client is told."""
    found, actor = _acting(who)
    done = payments.confirm(found.sessions, actor, payment_id, now=found.clock.now(), key=_key())
    _say(done, "confirmed")


@command.command("reject")
@_PROFESIONAL
@click.argument("payment_id", type=int)
@click.option("--reason", help="Told to the client, in Spanish.")
@sentences
def reject(who: str, payment_id: int, reason: str | None) -> None:
    """Reject a payment that a client announced; the client is told."""
    found, actor = _acting(who)
    done = payments.reject(
        found.sessions, actor, payment_id, reason=reason, now=found.clock.now(), key=_key()
    )
    _say(done, "rejected")


def _key() -> str:
    """The operator asks once: every call is a request of its own."""
    return f"cli:{uuid4()}"


def _say(done: Outcome, what: str) -> None:
    view = done.payment
    owed, credit = (money(minor, view.currency) for minor in (done.owed_minor, done.credit_minor))
    click.echo(
        f"Payment {view.id} of {view.cliente_name} ({money(view.amount_minor, view.currency)}) is {what}. "
        f"Still owed: {owed}. Credit: {credit}."
    )


@command.command("owed")
@_PROFESIONAL
@sentences
def owed(who: str) -> None:
    """Who owes the professional, the oldest debt first."""
    found, actor = _acting(who)
    rows = [
        (
            row.cliente_name,
            money(row.owed_minor, row.currency),
            row.charges,
            f"{row.oldest_due_at:%d/%m/%Y}" if row.oldest_due_at else None,
            money(row.informed_minor, row.currency) if row.informed_minor else None,
            money(row.credit_minor, row.currency) if row.credit_minor else None,
        )
        for row in accounts.balances(found.sessions, actor)
    ]
    columns = ("Client", "Owed#", "Charges#", "Oldest due", "Announced#", "Credit#")
    show("Who owes", columns, rows, empty="Nobody owes anything.")
