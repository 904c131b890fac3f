"""`vallebot train`."""

from __future__ import annotations

import click

from vallebot.training import TrainingFailed, current_model, train


@click.command("train")
@click.option("--if-needed", is_flag=True, help="Do nothing where there is a model of the current data.")
def command(if_needed: bool) -> None:
    """Train the model of the current data: domain.yml, config.yml, data/ and nlu/.

    What did not change since the last training is taken from Rasa's cache. `rasa train` does the same without
    naming the model after the data, so `vallebot up` would not know it.
    """
    model = current_model()
    if model is not None and if_needed:
        return
    click.echo("Training the model of the current data")
    try:
        model = train(lambda step: click.echo(f"  {step}"))
    except TrainingFailed as exc:
        raise click.ClickException(str(exc)) from exc
    click.echo(f"Trained: {model}")
