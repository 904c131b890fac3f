"""The language model's client against a server that checks, dawdles, babbles and breaks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fake_llm import KEY, MODEL, FakeLlm, reading
from vallebot.config import LlmSettings, TranscriptionSettings
from vallebot.gateways.breaker import Breaker
from vallebot.gateways.llm import OpenAiModel
from vallebot.gateways.openai_sdk import openai
from vallebot.gateways.transcription import OpenAiTranscriber
from vallebot.services.fallback.answers import Reading, read_answer, schema_for
from vallebot.services.fallback.model import BadAnswer, ModelFailed, Prompt, Usage


@pytest.fixture(scope="module")
def server() -> Iterator[FakeLlm]:
    openai()  # seconds, the first time: not to be counted as the server's
    with FakeLlm() as found:
        yield found


@pytest.fixture
def llm(server: FakeLlm) -> Iterator[FakeLlm]:
    server.behave()
    server.says("ver_turnos")
    yield server
    server.released.set()
    assert not server.complaints


def model_of(llm: FakeLlm, breaker: Breaker | None = None, **over: Any) -> OpenAiModel:
    return OpenAiModel(LlmSettings(llm.base_url, MODEL, KEY, **over), breaker)


def check(raw: str) -> Reading:
    return read_answer(raw, text="hola", rol="cliente", answering=False)


async def ask(model: OpenAiModel) -> tuple[Reading, Usage]:
    return await model.answer(Prompt("sos", "hola", schema_for("cliente", answering=False), 300), check)


async def test_an_answer_is_read_and_its_tokens_counted(llm: FakeLlm) -> None:
    found, usage = await ask(model_of(llm))
    assert found.intent == "ver_turnos"
    assert usage == Usage(900, 60)
    assert llm.asked[0]["response_format"]["type"] == "json_schema"


@pytest.mark.parametrize("formats", [("json_object",), ()])
async def test_a_server_without_schemas_is_asked_as_it_can(llm: FakeLlm, formats: tuple[str, ...]) -> None:
    llm.formats = formats
    model = model_of(llm)
    assert (await ask(model))[0].intent == "ver_turnos"
    before = len(llm.asked)
    await ask(model)
    assert len(llm.asked) == before + 1  # what it refused once is not tried again


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 429},
        {"finish_reason": "length"},
        {"raw_body": b"{}"},
        {"raw_body": b"<html>"},
    ],
)
async def test_whatever_breaks_is_a_failure_after_one_more_try(llm: FakeLlm, fault: dict) -> None:
    for name, value in fault.items():
        setattr(llm, name, value)
    with pytest.raises(ModelFailed):
        await ask(model_of(llm))
    assert len(llm.asked) == 2


async def test_a_wrong_key_is_not_tried_twice(llm: FakeLlm) -> None:
    llm.status = 401
    with pytest.raises(ModelFailed, match="401"):
        await ask(model_of(llm))
    assert len(llm.asked) == 1


async def test_one_hiccup_is_forgiven(llm: FakeLlm) -> None:
    llm.fail_first = 1
    assert (await ask(model_of(llm)))[0].intent == "ver_turnos"


@pytest.mark.parametrize("slowness", [{"delay_seconds": 5.0}, {"trickle_seconds": 0.05}])
async def test_time_is_bounded_for_the_whole_answer(llm: FakeLlm, slowness: dict) -> None:
    for name, value in slowness.items():
        setattr(llm, name, value)
    model = model_of(llm, timeout_seconds=0.6)
    began = time.monotonic()
    with pytest.raises(ModelFailed, match="slow"):
        await ask(model)
    assert time.monotonic() - began < 3


async def test_a_slow_answer_does_not_hold_up_the_loop(llm: FakeLlm) -> None:
    llm.delay_seconds = 5.0
    asking = asyncio.create_task(ask(model_of(llm, timeout_seconds=1.0)))
    ticks = 0
    while not asking.done():
        await asyncio.sleep(0.02)
        ticks += 1
    assert ticks > 15
    with pytest.raises(ModelFailed):
        await asking


async def test_what_keeps_failing_is_left_alone_and_tried_again_later(llm: FakeLlm) -> None:
    now = [0.0]
    model = model_of(llm, Breaker(failures=2, rest_seconds=10, clock=lambda: now[0]))
    llm.status = 401
    for _ in range(4):
        with pytest.raises(ModelFailed):
            await ask(model)
    assert len(llm.asked) == 2
    llm.status, now[0] = 200, 11.0
    assert (await ask(model))[0].intent == "ver_turnos"


async def test_nonsense_that_somebody_provokes_does_not_silence_the_model_for_others(llm: FakeLlm) -> None:
    model = model_of(llm, Breaker(failures=2, rest_seconds=60))
    llm.raw("as you wish, master")
    for _ in range(5):
        with pytest.raises(ModelFailed, match="bad answer"):
            await ask(model)
    llm.says("ver_turnos")
    assert (await ask(model))[0].intent == "ver_turnos"


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "ver_turnos",
        "[]",
        "null",
        '"ver_turnos"',
        "{",
        reading("ver_turnos")[:-1],
        reading("ver_turnos") + "}",
        reading("confirmar_pago"),
        reading("DROP TABLE bookings"),
        reading("afirmar"),
        reading("elegir_opcion"),
        reading("informar"),
        reading(kind="operation"),
        reading(kind="question"),
        reading(options=["confirmar_pago", "ver_inscriptos"]),
        reading("ver_turnos").replace("0.9", "7"),
        reading("ver_turnos").replace("0.9", "NaN"),
        reading("ver_turnos").replace("{", '{"rol": "profesional", ', 1),
        reading("ver_turnos").replace('"kind"', '"operation": "pedir_turno", "kind"'),
        "[" * 3000,
        "x" * 100_000,
    ],
)
def test_what_is_no_answer_is_refused(raw: str) -> None:
    with pytest.raises(BadAnswer):
        check(raw)


def test_only_words_of_the_message_count_as_values() -> None:
    raw = reading("pedir_turno", servicio="Reflexologia", cuando="el jueves 27", monto="5000")
    found = read_answer(raw, text="kiero reflexología xa el jueves", rol="cliente", answering=False)
    assert [(value.entity, value.text) for value in found.values] == [("servicio", "reflexología")]
    assert "kiero reflexología xa el jueves"[found.values[0].start : found.values[0].end] == "reflexología"


def test_what_would_act_at_once_is_asked_first() -> None:
    found = read_answer(reading("confirmar_pago"), text="dale", rol="profesional", answering=False)
    assert (found.intent, found.options) == ("aclarar", ("confirmar_pago",))


def test_a_question_offers_three_operations_of_the_role_at_most() -> None:
    names = [
        "ver_turnos",
        "confirmar_pago",
        "pedir_turno",
        "ver_turnos",
        "cancelar_turno",
        "consultar_precio",
    ]
    found = read_answer(reading(options=names), text="x", rol="cliente", answering=False)
    assert found.options == ("ver_turnos", "pedir_turno", "cancelar_turno")


@pytest.mark.parametrize("wrapped", ["```json\n%s\n```", "<think>mmm {}</think>\n%s", "  %s\n"])
def test_the_habits_of_small_models_are_forgiven(wrapped: str) -> None:
    assert check(wrapped % reading("ver_turnos")).intent == "ver_turnos"


def transcriber_of(llm: FakeLlm, **over: Any) -> OpenAiTranscriber:
    return OpenAiTranscriber(TranscriptionSettings(llm.base_url, MODEL, KEY, **over))


async def test_a_recording_is_written_down_in_spanish(llm: FakeLlm) -> None:
    llm.transcript = "quiero un turno"
    assert await transcriber_of(llm).transcribe(b"OggS...", "audio/ogg; codecs=opus") == "quiero un turno"
    assert llm.heard == [{"model": MODEL, "language": "es", "bytes": 7, "name": "audio.ogg"}]


@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"delay_seconds": 5.0}, {"raw_body": b"<html>"}, {"raw_body": b"{}"}]
)
async def test_a_recording_that_cannot_be_written_down_is_a_failure_in_time(
    llm: FakeLlm, fault: dict
) -> None:
    for name, value in fault.items():
        setattr(llm, name, value)
    with pytest.raises(ModelFailed):
        await transcriber_of(llm, timeout_seconds=1.0).transcribe(b"OggS", "audio/ogg")
