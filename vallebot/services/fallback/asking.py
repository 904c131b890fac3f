"""What is told to the model: templates in `prompts/`, filled with a context, within a budget of tokens. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from string import Template
from typing import Any

from vallebot.domain.spanish import WEEKDAYS
from vallebot.services.fallback.answers import schema_for
from vallebot.services.fallback.model import Prompt
from vallebot.services.fallback.operations import ANSWER, ANSWER_SLOTS, OPERATIONS

#: Names the template file; recorded with each reading, so that versions can be compared.
VERSION = "understand.v1"
_FOLDER = Path(__file__).with_name("prompts")

#: Of the whole prompt. Parts are left out, the least needed first, until it fits.
PROMPT_MAX_TOKENS = 2200
#: Of the answer: a reading with some slots takes about 80.
ANSWER_MAX_TOKENS = 300
#: Spanish text and JSON take 3 to 4 bytes a token with current tokenizers; counted on the safe side.
BYTES_PER_TOKEN = 3
MESSAGE_MAX_CHARS = 700


@dataclass(frozen=True)
class Example:
    """A past message of this professional's business whose reading was confirmed by what came of it."""

    text: str
    operation: str


@dataclass(frozen=True)
class Context:
    """What is known around a message. Texts hold first names at most, no phones, no e-mails.

    pending   the form's question that is open, as "<form>: <slot>"; None where nothing was asked
    guesses   what the NLU thought of, best first: (intent, confidence)
    turns     who said what before, the oldest first: ("writer" | "secretary", text)
    people    the professional's clients that the message may be about: their summaries
    rejected  the reading that the writer has just called wrong
    """

    rol: str
    now: datetime  #: local
    zone: str
    business: str
    services: tuple[str, ...] = ()
    relationship: str = ""
    people: tuple[str, ...] = ()
    turns: tuple[tuple[str, str], ...] = ()
    pending: str | None = None
    guesses: tuple[tuple[str, float], ...] = ()
    examples: tuple[Example, ...] = ()
    rejected: str | None = None


def prompt_for(message: str, context: Context) -> Prompt:
    """The question about a message (already without phones and e-mails)."""
    message = message[:MESSAGE_MAX_CHARS]
    system = _system(context)
    while True:
        user = json.dumps(_data(message, context), ensure_ascii=False, indent=0)
        smaller = _smaller(context)
        if tokens_of(system) + tokens_of(user) <= PROMPT_MAX_TOKENS or smaller is None:
            schema = schema_for(context.rol, answering=context.pending is not None)
            return Prompt(system, user, schema, ANSWER_MAX_TOKENS)
        context = smaller


def tokens_of(text: str) -> int:
    """How many tokens a text takes at most."""
    return -(-len(text.encode()) // BYTES_PER_TOKEN)


def _smaller(context: Context) -> Context | None:
    """The context without its least needed part; None where nothing is left to leave out."""
    if context.examples:
        return replace(context, examples=context.examples[:-1])
    if context.people:
        return replace(context, people=context.people[:-1])
    if len(context.turns) > 2:
        return replace(context, turns=context.turns[1:])
    if len(context.services) > 5:
        return replace(context, services=context.services[:-1])
    if context.relationship:
        return replace(context, relationship="")
    return replace(context, turns=context.turns[1:]) if context.turns else None


def _system(context: Context) -> str:
    cards = [
        f"- {card.name}({', '.join(card.slots)}): {card.means}" for card in OPERATIONS[context.rol].values()
    ]
    if context.pending is not None:
        cards.append(f"- {ANSWER}({', '.join(ANSWER_SLOTS)}): only answers the secretary's open question")
    role = "professional" if context.rol == "profesional" else "client"
    return _template().substitute(role=role, operations="\n".join(cards))


@lru_cache(maxsize=1)
def _template() -> Template:
    return Template((_FOLDER / f"{VERSION}.md").read_text(encoding="utf-8"))


def _data(message: str, context: Context) -> dict[str, Any]:
    now = context.now
    data: dict[str, Any] = {
        "today": f"{WEEKDAYS[now.weekday()]} {now:%Y-%m-%d %H:%M} ({context.zone})",
        "business": context.business,
        "services": list(context.services),
        "what is known of the writer": context.relationship,
        "clients it may be about": list(context.people),
        "confirmed readings of similar messages": [
            {"message": example.text, "operation": example.operation} for example in context.examples
        ],
        "conversation so far": [f"{who}: {said}" for who, said in context.turns],
        "open question": context.pending,
        "unsure guesses": [f"{intent} {confidence:.2f}" for intent, confidence in context.guesses],
        "the writer says this reading was wrong": context.rejected,
        "message": message,
    }
    return {name: value for name, value in data.items() if value}
