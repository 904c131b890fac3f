"""`vallebot learn`: what people put right becomes candidates for the training data, without anybody's name."""

from __future__ import annotations

from datetime import timedelta

import pytest
from click.testing import CliRunner
from rasa.shared.nlu.training_data.loading import load_data
from sqlalchemy import text

from vallebot import runtime
from vallebot.cli import cli
from vallebot.clock import set_offset
from vallebot.domain.states import InterpretationSource
from vallebot.services import learning
from vallebot.services.identity import Sender, load_actor, receive_sender
from vallebot.services.inbox import Incoming, store
from vallebot.services.interpretations import Understood, record

NLU, LLM, BUTTON = InterpretationSource.NLU, InterpretationSource.LLM, InterpretationSource.BUTTON


@pytest.fixture
def run(engine, database_url, monkeypatch, tmp_path):
    """Run a command in-process, on the database of the tests."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("VALLEBOT_STATE_DIR", str(tmp_path))
    monkeypatch.setattr(runtime, "PROJECT_ROOT", tmp_path)
    runtime.set_runtime(None)
    yield lambda *arguments: CliRunner().invoke(cli, [str(one) for one in arguments])
    runtime.get_runtime().engine.dispose()
    runtime.set_runtime(None)


@pytest.fixture
def understood(sessions, make_profesional, make_cliente, now):
    """Record readings of Ana Gómez's messages to Laura, one a minute."""
    laura, ana = make_profesional(name="Laura Paz"), make_cliente(name="Ana Gómez")
    with sessions.begin() as session:
        sender = Sender(laura.phone_number_id, wa_id=ana.phone_e164[1:])
        conversation = receive_sender(session, sender, now=now)
    actor = load_actor(sessions, conversation)
    count = iter(range(1000))

    def stored(words: str, intent: str, source=NLU, *, confidence: float = 0.9, **slots: str) -> None:
        number = next(count)
        at, wamid = now + timedelta(minutes=number), f"wamid.{number}"
        with sessions.begin() as session:
            store(session, conversation, Incoming(wamid, "text", {}, words, at), now=at)
            query = text("SELECT id FROM messages WHERE wamid = :w")
            message = session.execute(query, {"w": wamid}).scalar_one()
            values = {name: [value] for name, value in slots.items()}
            read = Understood(actor, intent, values, source, confidence, "m", words, at)
            record(session, message, conversation, read)

    set_offset(sessions, now - now.now(now.tzinfo))
    return stored


def test_what_was_put_right_is_exported_for_review(understood, sessions, run, tmp_path, now):
    understood("che lo mío quedó?? soy Ana Gómez 11 6111-0001", "nlu_fallback")
    understood("Ver mis turnos", "ver_turnos", BUTTON)
    understood("y la reflexología qué valor tiene", "consultar_precio", LLM, servicio="la reflexología")
    understood("Y la reflexologia que valor tiene!", "consultar_precio", LLM)
    understood("donde es?", "consultar_ubicacion", confidence=0.99)  # sure and right: nothing to learn
    understood("me das la direc", "consultar_ubicacion", confidence=0.5)
    understood("dale, cancelalo {todo} [ya](servicio)", "ver_turnos", confidence=0.5)
    understood("no, eso no", "nlu_fallback")
    understood("Cancelar un turno", "cancelar_turno", BUTTON)
    file = tmp_path / "candidates.yml"
    assert "4 examples written" in run("learn", "export", "--output", file).output
    written = file.read_text()
    assert "Gómez" not in written
    assert "6111" not in written
    examples = {one.get("text"): one for one in load_data(str(file)).training_examples}
    assert {words: one.get("intent") for words, one in examples.items()} == {
        "che lo mío quedó?? soy Ana 11 5555 0000": "ver_turnos",
        "y la reflexología qué valor tiene": "consultar_precio",
        "me das la direc": "consultar_ubicacion",
        "dale, cancelalo todo ya servicio": "cancelar_turno",
    }
    [entity] = examples["y la reflexología qué valor tiene"].get("entities")
    assert (entity["entity"], entity["value"]) == ("servicio", "la reflexología")
    [found] = [
        one for one in learning.candidates(sessions, (), since=now) if one.intent == "consultar_precio"
    ]
    assert (found.times, found.known_by) == (2, "modelo")


def test_what_the_training_data_holds_is_left_out(understood, sessions, now):
    understood("me das la direc", "consultar_ubicacion", confidence=0.5)
    assert learning.candidates(sessions, ["¡Me dás la DIREC!"], since=now) == []
    assert learning.candidates(sessions, ["me das la [direc](direccion)"], since=now) == []


def test_the_report_counts_what_reached_the_fallback_and_what_was_wrong(understood, run):
    for _ in range(2):
        understood("cuánto sale", "consultar_ubicacion")
        understood("no, eso no", "nlu_fallback")
        understood("Ver precios", "consultar_precio", BUTTON)
    understood("lo mío", "ver_turnos", LLM)
    told = run("learn", "report").output
    assert "5 messages in 30 days; 3 reached the fallback (60.0%)." in told
    wrong = next(line for line in told.splitlines() if "consultar_ubicacion" in line)
    assert "consultar_precio" in wrong
    assert "cuánto sale" in wrong
    assert " 2 " in wrong


def test_nothing_is_said_in_a_sentence(run, sessions):
    assert "0 messages" in run("learn", "report").output
    assert "Nothing new" in run("learn", "export").output
