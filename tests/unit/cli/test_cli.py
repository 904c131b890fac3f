"""The command line as an operator meets it."""

from __future__ import annotations

import os
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from vallebot import runtime
from vallebot.cli import COMMANDS, cli
from vallebot.cli.clock import Step
from vallebot.cli.common import money


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run a command in-process, with a state folder of its own and no `.env`."""
    monkeypatch.setenv("VALLEBOT_STATE_DIR", str(tmp_path))
    monkeypatch.setattr(runtime, "PROJECT_ROOT", tmp_path)
    runtime.set_runtime(None)
    yield lambda *arguments: CliRunner().invoke(cli, arguments)
    runtime.set_runtime(None)


def test_help_lists_every_command(run):
    told = run("--help").output
    for name in COMMANDS:
        assert name in told


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_explains_itself(run, name):
    result = run(name, "--help")
    assert result.exit_code == 0, result.output
    assert len(result.output.splitlines()) > 5


def test_every_variable_of_a_flag_is_named_in_its_help():
    context = click.Context(cli)
    for name in COMMANDS:
        found = cli.get_command(context, name)
        commands = found.commands.values() if isinstance(found, click.Group) else [found]
        for parameter in (parameter for one in commands for parameter in one.params if parameter.envvar):
            assert f"[env: {parameter.envvar}]" in parameter.help


def test_help_works_with_broken_settings(run, monkeypatch):
    monkeypatch.setenv("VALLEBOT_RASA_PORT", "rasa")
    assert run("up", "--help").exit_code == 0


@pytest.mark.parametrize("command", [("up",), ("worker",), ("db", "upgrade"), ("inbox", "list")])
def test_broken_settings_are_one_sentence_and_exit_code_two(run, monkeypatch, command):
    monkeypatch.setenv("VALLEBOT_RASA_PORT", "rasa")
    result = run(*command)
    assert result.exit_code == 2
    assert result.output.count("\n") == 1
    assert "VALLEBOT_RASA_PORT must be a port number, not 'rasa'" in result.output


def test_a_broken_env_file_is_one_sentence_with_the_line(run, tmp_path):
    (tmp_path / ".env").write_text("VALLEBOT_ENV demo\n")
    result = run("up")
    assert result.exit_code == 2
    assert result.output == "Error: .env, line 1: expected NAME=value.\n"


def test_a_database_that_is_away_is_one_sentence(run, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    result = run("inbox", "list")
    assert result.exit_code == 1
    assert result.output.startswith("Error: The database does not answer as expected: ")
    assert result.output.count("\n") == 1


def test_the_help_imports_no_database():
    code = "import sys, vallebot.cli as c; c.cli(['--help'], standalone_mode=False); print('sqlalchemy' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ))
    assert shown.stdout.rstrip().endswith("False"), shown.stderr


@pytest.mark.parametrize(
    ("text", "seconds"), [("+3h", 10800), ("-30m", -1800), ("+1d12h", 129600), ("+45s", 45)]
)
def test_steps_in_time_are_read(text, seconds):
    assert Step().convert(text, None, None).total_seconds() == seconds


@pytest.mark.parametrize("text", ["3h", "+", "+3", "+h", "tomorrow"])
def test_what_is_no_step_in_time_is_refused(text):
    with pytest.raises(click.BadParameter, match=r"\+3h"):
        Step().convert(text, None, None)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(2_500_000, "ARS", "$ 25.000"), (150, "ARS", "$ 1,50"), (1000, "USD", "USD 10"), (0, "ARS", "$ 0")],
)
def test_money_is_written_as_in_argentina(minor, currency, text):
    assert money(minor, currency) == text
