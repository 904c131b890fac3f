"""`vallebot templates` against the stand-in for the Graph API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from vallebot.cli import cli
from vallebot.config import Settings
from vallebot.gateways.whatsapp.templates import load
from vallebot.runtime import Runtime, set_runtime
from web.fake_graph.server import FakeGraphServer

TOKEN = "template-token"
NAMES = [definition["name"] for definition in load()]


@pytest.fixture
def graph(tmp_path) -> Iterator[FakeGraphServer]:
    with FakeGraphServer("http://127.0.0.1:9/", "secret", TOKEN) as running:
        environ = {"WHATSAPP_GRAPH_URL": running.graph_url, "WHATSAPP_ACCESS_TOKEN": TOKEN}
        set_runtime(Runtime(Settings.from_env({**environ, "VALLEBOT_STATE_DIR": str(tmp_path)})))
        yield running
        set_runtime(None)


def run(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(cli, ["templates", *arguments])
    assert done.exit_code == code, done.output
    return done.output


def test_what_is_missing_is_handed_in_once(graph: FakeGraphServer) -> None:
    assert run("status").count("missing") == len(NAMES)
    assert run("push").count("handed in") == len(NAMES)
    assert sorted(one["name"] for one in graph.templates.all()) == sorted(NAMES)
    again = run("push")
    assert "handed in" not in again
    assert again.count("APPROVED") == len(NAMES)


def test_a_changed_text_is_handed_in_again(graph: FakeGraphServer) -> None:
    run("push")
    held = graph.templates.all(NAMES[0])[0]
    other = [{**held["components"][0], "text": "Otro texto."}, held["components"][1]]
    graph.templates.edit(held["id"], {"components": other})
    graph.templates.set_status(NAMES[0], "APPROVED")
    assert run("status").count("differs") == 1
    assert run("push").count("change handed in") == 1
    assert graph.templates.all(NAMES[0])[0]["status"] == "PENDING"
    assert "differs" not in run("push"), "Meta reviews it"


def test_what_meta_did_to_a_template_is_seen(graph: FakeGraphServer) -> None:
    run("push")
    graph.templates.set_status(NAMES[0], "REJECTED")
    assert "REJECTED" in run("status")


def test_a_refusal_is_a_sentence(graph: FakeGraphServer) -> None:
    graph.access_token = "another"
    assert "Meta refused" in run("status", code=1)
