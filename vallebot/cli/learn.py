"""`vallebot learn`: what the record of readings teaches."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import click

from vallebot.cli.common import migrated_runtime, sentences, show
from vallebot.config import PROJECT_ROOT
from vallebot.services import learning

_EXAMPLE = re.compile(r"^\s+- (.+)$", re.MULTILINE)


@click.group("learn")
def command() -> None:
    """Messages that were misunderstood, and candidates for the training data. Nobody's name or phone is in them."""


@command.command("report")
@click.option(
    "--days", type=click.IntRange(1, 3650), default=30, show_default=True, help="How far to look back."
)
@sentences
def report(days: int) -> None:
    """How much is understood, and what is misunderstood most."""
    found = migrated_runtime()
    told = learning.report(found.sessions, since=found.clock.now() - timedelta(days=days))
    click.echo(
        f"{told.messages} messages in {days} days; {told.reached} reached the fallback ({_share(told)})."
    )
    click.echo(
        f"Language model: {told.calls} questions, {told.failed} without an answer, {told.by_model} readings, "
        f"{told.tokens} tokens, US$ {told.cost_micros / 1e6:.2f}."
    )
    sources = sorted({source for source, _ in told.outcomes})
    names = ("ejecutada", "corregida", "rechazada", "abandonada")
    rows = [(source, *(told.outcomes.get((source, name), 0) for name in names)) for source in sources]
    columns = ("Read by", "Executed#", "Corrected#", "Refused#", "Left open#")
    show("What became of the readings", columns, rows, empty="No reading has an outcome yet.")
    mistakes = [
        (one.times, one.read_as, one.meant or ("?" if one.outcome == "corregida" else "refused"),
         "\n".join(one.examples))
        for one in told.mistakes[:20]
    ]  # fmt: skip
    show(
        "Misunderstood most",
        ("Times#", "Read as", "Meant", "Examples"),
        mistakes,
        empty="Nobody corrected anything.",
    )


def _share(told: learning.Report) -> str:
    return f"{100 * told.reached / told.messages:.1f}%" if told.messages else "none"


@command.command("export")
@click.option(
    "--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="How far to look back."
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead.")
@sentences
def export(days: int, output: Path | None) -> None:
    """Candidate training examples as Rasa NLU data, for a person to review.

    Texts that the language model read and people went along with, that a tap or a correction put right, and that
    the NLU read right without being sure. What the training data holds already is left out.
    """
    found = migrated_runtime()
    since = found.clock.now() - timedelta(days=days)
    examples = learning.candidates(found.sessions, training_examples(), since=since)
    if not examples:
        click.echo("Nothing new to learn from.", err=True)
        return
    written = learning.as_nlu_yaml(examples)
    if output is None:
        click.echo(written, nl=False)
        return
    output.write_text(written, encoding="utf-8")
    click.echo(f"{len(examples)} examples written to {output}.")


def training_examples() -> set[str]:
    """Every example of data/nlu, as it is written there."""
    files = (PROJECT_ROOT / "data" / "nlu").rglob("*.yml")
    return {example for file in files for example in _EXAMPLE.findall(file.read_text(encoding="utf-8"))}
