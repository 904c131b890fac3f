"""What a language model may say, and what is made of it. Pure: text in, a reading or BadAnswer out.

The answer is treated as if the person had typed it: a name that is not on the list is no operation, a value that is
not in the message was not said, a yes is never the model's, and no text of the model ever reaches anybody.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

import pydantic

from vallebot.domain.text import fold
from vallebot.services.fallback.model import BadAnswer
from vallebot.services.fallback.operations import ANSWER, ANSWER_SLOTS, OPERATIONS, Effect

#: Intents of readings that name no operation.
ASK_BACK, OUT_OF_SCOPE = "aclarar", "fuera_de_tema"

#: WhatsApp shows three buttons.
OPTIONS_MAX = 3
VALUE_MAX_CHARS = 100
#: An answer longer than this is no answer of ours: not worth parsing.
ANSWER_MAX_CHARS = 4000


@dataclass(frozen=True)
class Value:
    """Something named in the message, at `start` to `end` of its text."""

    entity: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Reading:
    """What a message means. `options`: operations to be offered where `intent` is ASK_BACK."""

    intent: str
    confidence: float
    values: tuple[Value, ...] = ()
    options: tuple[str, ...] = ()


class _Slot(pydantic.BaseModel):
    name: pydantic.StrictStr
    value: pydantic.StrictStr

    class Config:
        extra = pydantic.Extra.forbid


class _Answer(pydantic.BaseModel):
    """The shape of an answer; `schema_for` says the same to the server."""

    kind: Literal["operation", "question", "out_of_scope"]
    operation: pydantic.StrictStr | None
    slots: list[_Slot] = pydantic.Field(max_items=12)
    options: list[pydantic.StrictStr] = pydantic.Field(max_items=12)
    confidence: float = pydantic.Field(ge=0, le=1)

    class Config:
        extra = pydantic.Extra.forbid


def schema_for(rol: str, *, answering: bool) -> dict[str, Any]:
    """The JSON schema of an answer: only keywords that servers with structured output know."""
    operations = [*OPERATIONS[rol], *([ANSWER] if answering else [])]
    slots = sorted({slot for card in OPERATIONS[rol].values() for slot in card.slots} | {*ANSWER_SLOTS})
    slot = _object({"name": {"type": "string", "enum": slots}, "value": {"type": "string"}})
    return _object(
        {
            "kind": {"type": "string", "enum": ["operation", "question", "out_of_scope"]},
            "operation": {"type": ["string", "null"], "enum": [*operations, None]},
            "slots": {"type": "array", "items": slot},
            "options": {"type": "array", "items": {"type": "string", "enum": list(OPERATIONS[rol])}},
            "confidence": {"type": "number"},
        }
    )


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def read_answer(raw: str, *, text: str, rol: str, answering: bool) -> Reading:
    """The reading that an answer stands for. `answering`: a form's question is open, so the message may be a bare
    answer to it. Raises BadAnswer."""
    answer = _parsed(raw)
    if answer.kind == "out_of_scope":
        return Reading(OUT_OF_SCOPE, answer.confidence)
    if answer.kind == "question":
        return _asking(answer.options, rol, answer.confidence)
    if answer.operation == ANSWER and answering:
        return Reading(ANSWER, answer.confidence, _values(answer.slots, ANSWER_SLOTS, text))
    card = OPERATIONS[rol].get(answer.operation or "")
    if card is None:
        raise BadAnswer("an operation that this role does not have")
    if card.effect is Effect.ACTS:
        return Reading(ASK_BACK, answer.confidence, options=(card.name,))
    return Reading(card.name, answer.confidence, _values(answer.slots, card.slots, text))


def _asking(options: list[str], rol: str, confidence: float) -> Reading:
    offered = tuple(dict.fromkeys(option for option in options if option in OPERATIONS[rol]))[:OPTIONS_MAX]
    if not offered:
        raise BadAnswer("a question without options of this role")
    return Reading(ASK_BACK, confidence, options=offered)


def _values(slots: list[_Slot], allowed: tuple[str, ...], text: str) -> tuple[Value, ...]:
    """Those that the message really holds, as it holds them."""
    folded, found = fold(text), []
    for slot in slots:
        wanted = fold(slot.value).strip()
        start = folded.find(wanted)
        if slot.name in allowed and 0 < len(wanted) <= VALUE_MAX_CHARS and start >= 0:
            end = start + len(wanted)
            found.append(Value(slot.name, text[start:end], start, end))
    return tuple(dict.fromkeys(found))


def _parsed(raw: str) -> _Answer:
    if len(raw) > ANSWER_MAX_CHARS:
        raise BadAnswer("too long")
    try:
        return _Answer.parse_obj(json.loads(_json_in(raw), object_pairs_hook=_once, parse_constant=_refuse))
    except RecursionError as exc:
        raise BadAnswer("nested too deeply") from exc
    except ValueError as exc:  # of json, of pydantic, and our own
        raise BadAnswer(type(exc).__name__) from exc


#: Small models wrap their answer in a fence, and reasoning ones think aloud before it.
_FENCE = re.compile(r"\A\s*```(?:json)?\s*(\{.*\})\s*```\s*\Z", re.DOTALL)
_THOUGHTS = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)


def _json_in(raw: str) -> str:
    without = _THOUGHTS.sub("", raw)
    fenced = _FENCE.match(without)
    return fenced[1] if fenced else without


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object whose keys occur once: of two, readers disagree which one counts."""
    if len({key for key, _ in pairs}) < len(pairs):
        raise BadAnswer("a key twice")
    return dict(pairs)


def _refuse(constant: str) -> float:
    raise BadAnswer(constant)
