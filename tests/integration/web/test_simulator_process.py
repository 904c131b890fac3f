"""The simulator as a whole: who may call it, what it keeps, how it starts."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from flask.testing import FlaskClient

from web.app import create_app
from web.fake_graph import FakeGraph
from web.fake_graph.state import StateFile
from web.settings import Scene, SimulatorSettings
from web.simulator.cast import DEFAULT_CAST, load_cast

ANA, LINE = "5491161110001", "100000000000001"
SETTINGS = SimulatorSettings(
    webhook_url="http://127.0.0.1:9/webhook",
    app_secret="test_app_secret",
    access_token="token-for-tests",
    persons=DEFAULT_CAST.persons,
    tour=DEFAULT_CAST.tour,
)
SAME_ORIGIN = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def client() -> Iterator[FlaskClient]:
    with create_app(SETTINGS).test_client() as found:
        yield found


def test_the_page_needs_nothing_from_elsewhere(client: FlaskClient) -> None:
    page = client.get("/simulator/")
    html = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "http://" not in html
    assert "https://" not in html
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    for address in re.findall(r'(?:src|href)="(/[^"]+)"', html):
        assert client.get(address).status_code == 200, address


def test_a_hostile_cast_cannot_leave_its_data_block() -> None:
    step = dataclasses.replace(DEFAULT_CAST.tour[0], text="</script><script>alert(1)</script>")
    with create_app(dataclasses.replace(SETTINGS, tour=[step])).test_client() as client:
        html = client.get("/simulator/", headers={"Host": "localhost"}).get_data(as_text=True)
    assert "<script>alert" not in html
    block = re.search(r'<script type="application/json" id="config">(.*?)</script>', html, re.DOTALL)
    assert block is not None
    assert json.loads(block.group(1))["tour"][0]["text"] == step.text


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:5080", "192.168.0.9", "127.0.0.1.evil.example"]
)
def test_another_host_name_is_refused(client: FlaskClient, host: str) -> None:
    assert client.get("/simulator/", headers={"Host": host}).status_code == 403
    assert client.get("/control/state", headers={"Host": host}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://localhost:8000"},
        SAME_ORIGIN,  # our own page, but without its token
        {**SAME_ORIGIN, "X-Simulator-Token": "guess"},
    ],
)
def test_a_browser_needs_our_origin_and_token_to_change_anything(
    client: FlaskClient, headers: dict[str, str]
) -> None:
    answer = client.post("/control/inbound", json={"from": ANA, "text": "hola"}, headers=headers)
    assert answer.status_code == 403


def test_the_page_with_its_token_may_change_things(client: FlaskClient) -> None:
    token = client.application.extensions["simulator_token"]
    headers = {**SAME_ORIGIN, "X-Simulator-Token": token}
    answer = client.post("/control/inbound", json={"from": ANA, "text": "hola"}, headers=headers)
    assert answer.status_code == 200


def test_another_site_may_not_read_chats(client: FlaskClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert client.get("/control/state", headers=headers).status_code == 403


def test_a_link_from_elsewhere_opens_the_page(client: FlaskClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client.get("/simulator/", headers=headers).status_code == 200


@pytest.mark.parametrize("mime_type", ["text/html", "image/svg+xml", "application/xhtml+xml"])
def test_a_file_that_could_run_is_only_offered_for_download(client: FlaskClient, mime_type: str) -> None:
    graph: FakeGraph = client.application.extensions["fake_graph"]
    graph.deliver_document(ANA, "Ana", b"<script>alert(1)</script>", 'a".html', mime_type=mime_type)
    media_id = graph.chats.all()[0].content["id"]
    answer = client.get(f"/simulator/media/{media_id}")
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''a%22.html"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_picture_is_shown_in_place(client: FlaskClient) -> None:
    graph: FakeGraph = client.application.extensions["fake_graph"]
    graph.deliver_image(ANA, "Ana", b"\xff\xd8\xff")
    answer = client.get(f"/simulator/media/{graph.chats.all()[0].content['id']}")
    assert answer.mimetype == "image/jpeg"
    assert "Content-Disposition" not in answer.headers


def test_a_scene_empties_the_chats_and_loads_its_data() -> None:
    loaded: list[str] = []
    scene = Scene("llena", "Agenda llena", "Todo ocupado.", lambda: loaded.append("llena"))
    with create_app(dataclasses.replace(SETTINGS, scenes=[scene])).test_client() as client:
        graph: FakeGraph = client.application.extensions["fake_graph"]
        graph.deliver_text(ANA, "Ana", "hola")
        assert client.post("/simulator/scenes/llena", headers={"Host": "localhost"}).status_code == 200
        assert client.post("/simulator/scenes/otra", headers={"Host": "localhost"}).status_code == 404
    assert loaded == ["llena"]
    assert graph.chats.all() == []


def test_an_explanation_comes_from_the_system(client: FlaskClient) -> None:
    assert client.get("/simulator/explain/wamid.x").json == {}
    settings = dataclasses.replace(SETTINGS, explain=lambda wamid: {"Entendido": {"intent": wamid}})
    with create_app(settings).test_client() as other:
        answer = other.get("/simulator/explain/wamid.x", headers={"Host": "localhost"})
    assert answer.json == {"Entendido": {"intent": "wamid.x"}}


def new_graph() -> FakeGraph:
    graph: FakeGraph = create_app(SETTINGS).extensions["fake_graph"]
    return graph


def test_chats_outlive_the_process(tmp_path: Path) -> None:
    first = new_graph()
    state = StateFile(first, tmp_path / "simulator.json")
    state.start()
    first.deliver_image(ANA, "Ana María", b"\xff\xd8\xff", caption="pagué")
    body = {"messaging_product": "whatsapp", "to": ANA, "type": "text", "text": {"body": "¡Gracias!"}}
    first.post_message(LINE, body)
    first.clock.advance(3600)
    state.stop()

    second = new_graph()
    again = StateFile(second, tmp_path / "simulator.json")
    again.start()
    picture, thanks = second.chats.all()
    assert (picture.content["caption"], picture.status) == ("pagué", "failed")
    assert (thanks.content["body"], thanks.status) == ("¡Gracias!", "delivered")
    person, media = second.roster.person(ANA), second.media.get(picture.content["id"])
    assert person is not None
    assert person.name == "Ana María"
    assert media is not None
    assert media.data == b"\xff\xd8\xff"
    assert second.clock.offset_s == 3600
    assert second.open_chat(LINE, ANA) == 1
    second.post_message(LINE, body)  # the 24-hour window is remembered
    again.stop()


def test_an_unreadable_state_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "simulator.json"
    path.write_text("{", "utf-8")
    graph = new_graph()
    state = StateFile(graph, path)
    state.start()
    state.stop()
    assert (tmp_path / "simulator.unreadable.json").read_text("utf-8") == "{"
    assert json.loads(path.read_text("utf-8"))["messages"] == []


def test_a_cast_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "cast.json"
    line = {"phone_number_id": "7", "display_number": "+54 9 11 5000-0007", "label": "Yoga"}
    person = {"wa_id": ANA, "name": "Ana", "lines": ["7"]}
    path.write_text(json.dumps({"lines": [line], "persons": [person]}), "utf-8")
    cast = load_cast(path)
    assert [item.label for item in cast.lines] == ["Yoga"]
    assert cast.persons[0].lines == ("7",)
    assert cast.tour == DEFAULT_CAST.tour
    path.write_text(json.dumps({"persons": [{"wa_id": ANA, "surname": "x"}]}), "utf-8")
    with pytest.raises(ValueError, match=r"cast\.json"):
        load_cast(path)


def start(*arguments: str, **environ: str) -> subprocess.Popen[str]:
    inherited = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("WHATSAPP", "VALLEBOT", "DATABASE"))
    }
    return subprocess.Popen(
        [sys.executable, "-m", "web", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**inherited, "WHATSAPP_APP_SECRET": "s", "WHATSAPP_ACCESS_TOKEN": "t", **environ},
    )


def test_the_process_says_where_it_is_and_stops_when_asked(tmp_path: Path) -> None:
    process = start("--state", str(tmp_path / "state.json"))
    assert process.stdout is not None
    first_line = process.stdout.readline()
    url = first_line.strip().rpartition(" ")[2]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/simulator/", url), first_line
    assert requests.get(url.replace("simulator/", "health"), timeout=5).json() == {"status": "ok"}
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    process.stdout.close()
    assert (tmp_path / "state.json").exists()


@pytest.mark.parametrize(
    ("arguments", "environ", "word"),
    [
        ((), {"WHATSAPP_ACCESS_TOKEN": "EAAGm0PX4ZCpsBA"}, "real WhatsApp account"),
        ((), {"WHATSAPP_GRAPH_URL": "https://graph.facebook.com"}, "real WhatsApp account"),
        (("--host", "0.0.0.0"), {}, "loopback"),
        (("--app-secret", "x", "--cast", "nowhere.json"), {}, "does not exist"),
    ],
)
def test_the_process_refuses_to_start(arguments: tuple[str, ...], environ: dict[str, str], word: str) -> None:
    process = start(*arguments, **environ)
    output, _ = process.communicate(timeout=20)
    assert process.returncode != 0
    assert word in output
    assert "EAAGm0" not in output
