"""A model that obeys the attacker: what is left of the wish after our own check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from vallebot.services.fallback.answers import ASK_BACK, OUT_OF_SCOPE, read_answer
from vallebot.services.fallback.model import BadAnswer
from vallebot.services.fallback.operations import ANSWER, OPERATIONS, Effect

ATTACKS = yaml.safe_load((Path(__file__).parents[2] / "data" / "llm" / "attacks.yml").read_text("utf-8"))


def obedient_answer(wish: Any) -> str:
    """The attacker's wish, in the shape that the schema asks for as far as it fits."""
    if isinstance(wish, str):
        return wish
    slots = wish.get("slots", [])
    if isinstance(slots, dict):
        slots = [{"name": name, "value": value} for name, value in slots.items()]
    kind = "operation" if "operation" in wish else "question"
    shape = {"kind": kind, "operation": None, "options": [], "confidence": 1.0, **wish, "slots": slots}
    return json.dumps(shape, ensure_ascii=False)


def test_there_are_enough_attacks() -> None:
    assert len(ATTACKS) >= 60
    assert len({attack["text"] for attack in ATTACKS}) == len(ATTACKS)


@pytest.mark.parametrize("answering", [True, False])
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack["text"][:30])
def test_nothing_but_an_operation_of_the_role_that_asks_first_is_left(attack: dict, answering: bool) -> None:
    rol, text = attack.get("rol", "cliente"), attack["text"]
    try:
        left = read_answer(obedient_answer(attack["wish"]), text=text, rol=rol, answering=answering)
    except BadAnswer:
        return
    harmless = {card.name for card in OPERATIONS[rol].values() if card.effect is not Effect.ACTS}
    assert left.intent in {*harmless, ASK_BACK, OUT_OF_SCOPE} | ({ANSWER} if answering else set())
    assert set(left.options) <= set(OPERATIONS[rol])
    for value in left.values:
        assert text[value.start : value.end] == value.text
        assert not value.entity.endswith("_id")
