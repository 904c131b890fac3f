"""What a language model adds on messages whose words do not say plainly what is wanted.

    python -m benchmarks.llm_fallback                                  # the NLU alone
    python -m benchmarks.llm_fallback --base-url http://127.0.0.1:11434/v1 --model qwen2.5:7b-instruct
    python -m benchmarks.llm_fallback --everything ...                 # the model reads every message, not only those
                                                                       # that the NLU is unsure of

The messages are benchmarks/data/ambiguous.yml, written and labelled by hand. Each is read by the newest model of
models/ with the writer's role; where the NLU is unsure, the endpoint is asked exactly as the running system asks it
(same prompt, same checks, same time limit), with the services and the conversation of the file as context. Settings
that are not given come from VALLEBOT_LLM_BASE_URL, _MODEL and _API_KEY. Per message: *right* (the operation that is
meant, or one that is as good), *asked* (asked back, with a right one among what is offered), *unhelpful* (asked back
without it) or *wrong* (something else would have been done or said).
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import statistics
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.utils.log_utils import configure_structlog

from vallebot.config import PROJECT_ROOT, LlmSettings
from vallebot.gateways.llm import OpenAiModel
from vallebot.services.fallback.answers import ASK_BACK, Reading, read_answer
from vallebot.services.fallback.asking import Context, prompt_for
from vallebot.services.fallback.model import ModelFailed, Usage
from vallebot.services.fallback.operations import OPERATIONS
from vallebot.services.fallback.privacy import without_numbers

DATA = Path(__file__).parent / "data" / "ambiguous.yml"
SERVICES = (
    "Masaje relajante (50 minutos)",
    "Masaje descontracturante (1 hora)",
    "Reflexología (45 minutos)",
    "Yoga (class, enrol in it)",
)
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("America/Argentina/Buenos_Aires"))
#: The NLU alone offers so many of its guesses.
OFFERED = 3
RIGHT, ASKED, UNHELPFUL, WRONG = "right", "asked", "unhelpful", "wrong"


@dataclass(frozen=True)
class Case:
    """A message of the file; `meant` holds every operation that counts as right."""

    text: str
    rol: str
    meant: frozenset[str]
    asked: str | None
    before: tuple[tuple[str, str], ...]


@dataclass
class Cost:
    """What the endpoint took."""

    seconds: list[float]
    tokens: int = 0
    failed: int = 0


def cases() -> list[Case]:
    """All messages of the file."""
    who = {"c": "writer", "s": "secretary"}
    return [
        Case(
            row["text"],
            row.get("rol", "cliente"),
            frozenset({row["meant"], *row.get("or", [])}),
            row.get("asked"),
            tuple((who[line[0]], line[3:]) for line in row.get("before", [])),
        )
        for row in yaml.safe_load(DATA.read_text(encoding="utf-8"))
    ]


def by_nlu(case: Case, parsed: dict[str, Any]) -> str:
    """How the NLU alone does."""
    intent = parsed["intent"]["name"]
    if intent != "nlu_fallback":
        return RIGHT if intent in case.meant else WRONG
    guesses = [one["name"] for one in parsed["intent_ranking"] if one["name"] in OPERATIONS[case.rol]]
    return ASKED if case.meant & set(guesses[:OFFERED]) else UNHELPFUL


def by_model(case: Case, reading: Reading) -> str:
    """How a reading of the language model does. What would act at once is asked with one button."""
    if reading.intent == ASK_BACK:
        return ASKED if case.meant & set(reading.options) else UNHELPFUL
    return RIGHT if reading.intent in case.meant else WRONG


async def ask(model: OpenAiModel, case: Case, parsed: dict[str, Any]) -> tuple[Reading, Usage]:
    """One question, as connectors/whatsapp/second_reading.py puts it. Raises ModelFailed."""
    ranking = [one for one in parsed["intent_ranking"] if one["name"] != "nlu_fallback"]
    context = Context(
        rol=case.rol,
        now=NOW,
        zone="America/Argentina/Buenos_Aires",
        business="Laura, masajista",
        services=SERVICES,
        turns=case.before,
        pending=case.asked,
        guesses=tuple((one["name"], one["confidence"]) for one in ranking[:3]),
    )

    def check(raw: str) -> Reading:
        return read_answer(raw, text=case.text, rol=case.rol, answering=case.asked is not None)

    return await model.answer(prompt_for(without_numbers(case.text), context), check)


async def measure(agent: Agent, model: OpenAiModel | None, *, everything: bool, show: bool) -> None:
    """Read every message both ways and print the tables."""
    alone, together, cost = Counter[str](), Counter[str](), Cost([])
    reached = 0
    found = cases()
    for case in found:
        parsed = await agent.processor.parse_message(UserMessage(case.text, metadata={"rol": case.rol}))
        nlu = result = by_nlu(case, parsed)
        if everything or nlu in (ASKED, UNHELPFUL):
            reached += 1
            if model is not None:
                result = await timed(model, case, parsed, nlu, cost)
        alone[nlu] += 1
        together[result] += 1
        if show:
            print(f"{nlu:10} {result:10} {case.text}")
    print(f"{len(found)} messages, {reached} put to the model ({100 * reached / len(found):.0f}%)\n")
    print(f"{'':12}" + "".join(f"{name:>11}" for name in (RIGHT, ASKED, UNHELPFUL, WRONG)))
    for name, counts in (("NLU alone", alone), *((("with model", together),) if model else ())):
        print(f"{name:12}" + "".join(f"{counts[kind]:11}" for kind in (RIGHT, ASKED, UNHELPFUL, WRONG)))
    if cost.seconds:
        p95 = statistics.quantiles([*cost.seconds, cost.seconds[-1]], n=20)[-1]
        print(
            f"\nanswers p50 {statistics.median(cost.seconds):.2f} s, p95 {p95:.2f} s; {cost.failed} without an "
            f"answer; {cost.tokens // max(1, len(cost.seconds))} tokens a message"
        )


async def timed(model: OpenAiModel, case: Case, parsed: dict[str, Any], nlu: str, cost: Cost) -> str:
    """How the message ends with the model; as without it where the model gives no answer."""
    began = time.perf_counter()
    try:
        reading, usage = await ask(model, case, parsed)
    except ModelFailed:
        cost.failed += 1
        return nlu
    finally:
        cost.seconds.append(time.perf_counter() - began)
    cost.tokens += usage.tokens
    return by_model(case, reading)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    environ = os.environ
    parser.add_argument("--base-url", default=environ.get("VALLEBOT_LLM_BASE_URL", ""))
    parser.add_argument("--model", default=environ.get("VALLEBOT_LLM_MODEL", ""))
    parser.add_argument("--api-key", default=environ.get("VALLEBOT_LLM_API_KEY", ""))
    parser.add_argument(
        "--timeout", type=float, default=LlmSettings.timeout_seconds, help="seconds for an answer"
    )
    parser.add_argument("--everything", action="store_true", help="put every message to the model")
    parser.add_argument("--show", action="store_true", help="one line per message")
    given = parser.parse_args()
    configure_structlog(logging.WARNING)  # Rasa tells each message otherwise
    archive = max((PROJECT_ROOT / "models").glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    settings = LlmSettings(given.base_url, given.model, given.api_key, timeout_seconds=given.timeout)
    model = OpenAiModel(settings) if given.base_url else None
    agent = Agent.load(str(archive))
    asyncio.run(measure(agent, model, everything=given.everything, show=given.show))


if __name__ == "__main__":
    main()
