"""How well a trained model understands the evaluation messages: figures for docs/nlu.md and for the regression gate.

Asks the model as the connector does, through Rasa's processor, with the writer's role in the metadata.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.training_data.loading import load_data
from sklearn.metrics import f1_score

from nlu.grammar import Span

#: Width of the bins of confidence in which stated and true shares are compared.
_BINS = 10


@dataclass(frozen=True)
class Example:
    """An evaluation message with what a careful reader sees in it."""

    text: str
    intent: str
    entities: frozenset[Span]
    role: str | None
    accepted: frozenset[str]  #: further intents that are no error


@dataclass(frozen=True)
class Answer:
    """What the model sees: the best operation, before and after the decision to fall back."""

    intent: str
    confidence: float
    runner_up: float
    fell_back: bool
    entities: frozenset[Span]
    seconds: float


@dataclass(frozen=True)
class Score:
    """Counts of found, invented and missed entities."""

    right: int = 0
    extra: int = 0
    missed: int = 0

    @property
    def f1(self) -> float:
        whole = 2 * self.right + self.extra + self.missed
        return 2 * self.right / whole if whole else 1.0


@dataclass(frozen=True)
class Evaluation:
    """Examples with their answers, and the figures over them."""

    examples: Sequence[Example]
    answers: Sequence[Answer]
    accuracy: float = field(init=False)  #: share of messages with the right or an accepted intent
    strict_accuracy: float = field(init=False)
    macro_f1: float = field(init=False)  #: over intents, strict
    entities: dict[str, Score] = field(init=False)

    def __post_init__(self) -> None:
        labels = [example.intent for example in self.examples]
        guesses = [answer.intent for answer in self.answers]
        strict = [guess == label for guess, label in zip(guesses, labels, strict=True)]
        object.__setattr__(self, "strict_accuracy", float(np.mean(strict)))
        object.__setattr__(self, "accuracy", float(np.mean(self.right)))
        object.__setattr__(
            self, "macro_f1", float(f1_score(labels, guesses, average="macro", zero_division=0))
        )
        object.__setattr__(self, "entities", _entity_scores(self.examples, self.answers))

    @property
    def right(self) -> list[bool]:
        """Per message: the intent is the label or an accepted alternative."""
        pairs = zip(self.examples, self.answers, strict=True)
        return [answer.intent in {example.intent, *example.accepted} for example, answer in pairs]

    @property
    def entity_f1(self) -> float:
        """Micro-averaged over all entities; a span must match exactly."""
        scores = self.entities.values()
        return Score(*(sum(getattr(s, part) for s in scores) for part in ("right", "extra", "missed"))).f1

    @property
    def median_ms(self) -> float:
        return 1000 * statistics.median(answer.seconds for answer in self.answers)

    @property
    def fallbacks(self) -> tuple[float, float]:
        """Share of messages that fall back, and share of wrong ones among those that are acted upon."""
        acted = [
            right for right, answer in zip(self.right, self.answers, strict=True) if not answer.fell_back
        ]
        return 1 - len(acted) / len(self.answers), 1 - float(np.mean(acted)) if acted else 0.0

    def reliability(self) -> list[tuple[float, float, int]]:
        """(mean confidence, share right, messages) of each tenth of the confidence scale that occurs."""
        confidences = np.array([answer.confidence for answer in self.answers])
        right = np.array(self.right)
        bins = np.minimum((confidences * _BINS).astype(int), _BINS - 1)
        return [
            (
                float(confidences[bins == nth].mean()),
                float(right[bins == nth].mean()),
                int((bins == nth).sum()),
            )
            for nth in range(_BINS)
            if (bins == nth).any()
        ]

    @property
    def calibration_error(self) -> float:
        """Expected calibration error: mean distance of stated confidence and true share, by number of messages."""
        return sum(abs(said - true) * count for said, true, count in self.reliability()) / len(self.answers)

    def confusions(self) -> list[tuple[str, str, int]]:
        """(right intent, taken for, times), most frequent first."""
        wrong = Counter(
            (example.intent, answer.intent)
            for example, answer, right in zip(self.examples, self.answers, self.right, strict=True)
            if not right
        )
        return [(*pair, times) for pair, times in wrong.most_common()]


def load_examples(path: Path, alternatives: Path | None = None) -> list[Example]:
    """The messages of a Rasa NLU file, with alternatives read from the file of that name beside it."""
    alternatives = alternatives or path.with_name("alternatives.yml")
    accepted: dict[str, list[str]] = {}
    if alternatives.exists():
        content = yaml.safe_load(alternatives.read_text(encoding="utf-8"))
        accepted = {entry["text"]: entry["intents"] for entry in content["alternatives"]}
    return [
        Example(
            text=message.get("text"),
            intent=message.get("intent"),
            entities=frozenset(_spans(message.get("entities") or [])),
            role=((message.get("metadata") or {}).get("example") or {}).get("rol"),
            accepted=frozenset(accepted.get(message.get("text"), ())),
        )
        for message in load_data(str(path)).intent_examples
    ]


def evaluate(model: Path, examples: Sequence[Example], *, with_role: bool = True) -> Evaluation:
    """Ask the packed `model` about all examples, one at a time as in production."""
    agent = Agent.load(str(model))
    return Evaluation(examples, asyncio.run(_answers(agent, examples, with_role)))


async def _answers(agent: Agent, examples: Sequence[Example], with_role: bool) -> list[Answer]:
    processor = agent.processor
    assert processor is not None, "no model was loaded"
    answers = []
    for example in examples:
        metadata = {"rol": example.role} if with_role and example.role else None
        started = time.perf_counter()
        parsed = await processor.parse_message(UserMessage(example.text, metadata=metadata))
        answers.append(_answer(dict(parsed), time.perf_counter() - started))
    return answers


def _answer(parsed: dict[str, Any], seconds: float) -> Answer:
    ranking = parsed["intent_ranking"]
    fell_back = parsed["intent"]["name"] == DEFAULT_NLU_FALLBACK_INTENT_NAME
    ranked = [entry for entry in ranking if entry["name"] != DEFAULT_NLU_FALLBACK_INTENT_NAME]
    first, second = (*ranked, *[{"name": "", "confidence": 0.0}] * 2)[:2]
    return Answer(
        intent=first["name"],
        confidence=first["confidence"],
        runner_up=second["confidence"],
        fell_back=fell_back,
        entities=frozenset(_spans(parsed["entities"])),
        seconds=seconds,
    )


def _spans(entities: Sequence[dict[str, Any]]) -> list[Span]:
    return [Span(entity["start"], entity["end"], entity["entity"]) for entity in entities]


def _entity_scores(examples: Sequence[Example], answers: Sequence[Answer]) -> dict[str, Score]:
    counts: dict[str, Counter[str]] = {}
    for example, answer in zip(examples, answers, strict=True):
        for span in example.entities | answer.entities:
            part = "right" if span in example.entities & answer.entities else "missed"
            part = "extra" if span not in example.entities else part
            counts.setdefault(span.entity, Counter())[part] += 1
    return {entity: Score(**counts[entity]) for entity in sorted(counts)}
