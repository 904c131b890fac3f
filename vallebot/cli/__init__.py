"""The command line of the operator: `vallebot --help`.

Subcommands are imported when they are called, so that `--help` works whatever is broken.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import warnings
from importlib import import_module

import click

from vallebot.config import PROJECT_ROOT, ConfigError, load_dotenv
from vallebot.logs import QUIET_ENVIRON

#: Command -> (module of vallebot.cli, one line of help).
COMMANDS = {
    "up": ("up", "Start everything and keep it running; Ctrl-C stops it."),
    "worker": ("worker", "Run the worker alone: sends messages, does what is due."),
    "shell": ("shell", "Talk to the bot in this terminal."),
    "train": ("train", "Train the model of the current data."),
    "db": ("db", "The database: upgrade it, open psql, print its URL."),
    "demo": ("demo", "Demo data: load it, start again with it."),
    "profesionales": ("profesionales", "Professionals: list, create, approve, pause."),
    "servicios": ("servicios", "Services of the professionals: list, pause, resume."),
    "agenda": ("agenda", "Bookings of a professional."),
    "payments": ("payments", "Payments of a professional: list, confirm, reject, who owes."),
    "inbox": ("inbox", "Messages that came in and wait, or are parked."),
    "outbox": ("outbox", "Messages to be sent that wait, failed or are parked."),
    "due": ("due", "Reminders, expiries and the like that are late or were given up."),
    "clock": ("clock", "The clock of the installation: show it, travel in time."),
    "templates": ("templates", "Message templates: hand them in at Meta, see what became of them."),
    "costs": ("costs", "What WhatsApp bills, by kind of message."),
    "learn": ("learn", "What is misunderstood; candidates for the training data."),
    "export": ("export", "Everything that is known about a person, as JSON."),
    "erase": ("erase", "Erase a person; what they paid and booked stays as numbers."),
}


class _Commands(click.Group):
    """Imports a subcommand when it is asked for; knows the one-line helps without importing anything."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"vallebot.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="vallebot")
def cli() -> None:
    """Vallebot, the WhatsApp secretary of independent professionals.

    Settings come from the environment and from the file .env (see .env.example); without any, the commands
    work on the demo: embedded Postgres, local simulator, no WhatsApp account.
    """


def main() -> None:
    """Entry point of the command `vallebot`. What went wrong is said in one sentence; exit code 2: the settings."""
    if not sys.warnoptions:
        warnings.simplefilter(
            "ignore"
        )  # libraries' warnings are for developers: `python -W default -m vallebot`
    os.environ.update({name: value for name, value in QUIET_ENVIRON.items() if name not in os.environ})
    # As Ctrl-C: a command that is told to stop stops what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with contextlib.suppress(ConfigError):  # told by the first command that needs the settings, not by --help
        load_dotenv(PROJECT_ROOT / ".env", os.environ)
    cli()
