"""When the bot asks instead of acting."""

from __future__ import annotations

import pytest
from rasa.shared.nlu.training_data.message import Message

from nlu.fallback import OperationFallback


def intent_of(*ranking: tuple[str, float]) -> str:
    entries = [{"name": name, "confidence": confidence} for name, confidence in ranking]
    message = Message({"intent": entries[0] if entries else {"name": None}, "intent_ranking": entries})
    OperationFallback(OperationFallback.get_default_config()).process([message])
    return message.get("intent")["name"]


def test_a_clear_operation_is_acted_upon():
    assert intent_of(("pedir_turno", 0.8), ("ver_turnos", 0.1)) == "pedir_turno"


def test_low_confidence_falls_back():
    assert intent_of(("pedir_turno", 0.3), ("ver_turnos", 0.1)) == "nlu_fallback"


def test_two_close_operations_fall_back():
    assert intent_of(("cancelar_turno", 0.5), ("reprogramar_turno", 0.45)) == "nlu_fallback"


def test_bare_answers_do_not_make_each_other_doubtful():
    assert intent_of(("elegir_opcion", 0.5), ("informar", 0.47)) == "elegir_opcion"
    assert intent_of(("informar", 0.3), ("afirmar", 0.3), ("ver_turnos", 0.2)) == "informar"


def test_an_answer_and_an_operation_may_be_too_close():
    assert intent_of(("cancelar_turno", 0.45), ("informar", 0.4)) == "nlu_fallback"


def test_a_message_without_a_ranking_falls_back():
    assert intent_of() == "nlu_fallback"


@pytest.mark.parametrize("second", ["informar", "ver_turnos"])
def test_candidates_stay_in_the_ranking_behind_the_fallback(second):
    ranking = [{"name": "pedir_turno", "confidence": 0.35}, {"name": second, "confidence": 0.3}]
    message = Message({"intent": ranking[0], "intent_ranking": ranking})
    OperationFallback(OperationFallback.get_default_config()).process([message])
    assert [entry["name"] for entry in message.get("intent_ranking")] == [
        "nlu_fallback",
        "pedir_turno",
        second,
    ]
