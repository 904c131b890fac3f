"""What the messages of a conversation show about how the ones before were understood."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from vallebot.domain.corrections import is_correction
from vallebot.domain.states import InterpretationSource, Outcome
from vallebot.services.outcomes import Read, verdicts

AT = datetime(2026, 3, 2, 12, 0, tzinfo=timezone.utc)
NLU, BUTTON = InterpretationSource.NLU, InterpretationSource.BUTTON


@pytest.mark.parametrize(
    "text",
    [
        "no, eso no", "No eso no!!", "nono, así no", "no era eso", "no es eso", "eso no era", "no te pedí eso",
        "no quise decir eso", "me entendiste mal", "entendiste cualquiera", "te confundiste", "no me entendés",
        "no es lo que te pedí", "eso no", "nada que ver", "noooo, eso no",
    ],
)  # fmt: skip
def test_a_correction_is_heard(text: str) -> None:
    assert is_correction(text)


@pytest.mark.parametrize(
    "text",
    [
        "no", "no puedo", "no, mejor el viernes", "no, eso no puedo", "no voy", "eso", "sí, eso", "", "no gracias",
        "quiero cancelar, no es que no quiera ir pero se me complicó todo esta semana y no llego a tiempo nunca",
        "a esa hora no", "el jueves no", "no sé", "ese no me queda bien", "¿eso no sale más caro?",
    ],
)  # fmt: skip
def test_an_answer_is_no_correction(text: str) -> None:
    assert not is_correction(text)


def chat(*intents: str | tuple[str, Outcome]) -> list[Read]:
    """Readings before, the oldest first in the arguments."""
    reads = []
    for number, intent in enumerate(intents, start=1):
        name, outcome = intent if isinstance(intent, tuple) else (intent, None)
        at = AT - timedelta(minutes=len(intents) - number + 1)
        reads.append(Read(number, name, "cliente", "x", at, outcome))
    return reads[::-1]


def told(
    intent: str, before: list[Read], *, text: str = "x", source=NLU, changed: bool = False
) -> list[tuple]:
    found = verdicts(Read(99, intent, "cliente", text, AT), before, source, changed=changed)
    return [(read_id, str(outcome), details.get("intent")) for read_id, outcome, details in found]


def test_a_question_that_was_answered_counts_as_understood() -> None:
    assert told("consultar_precio", []) == [(99, "ejecutada", None)]


def test_an_operation_is_carried_out_messages_later() -> None:
    assert told("pedir_turno", []) == []
    assert told("elegir_opcion", chat("pedir_turno", "informar"), changed=True) == [(1, "ejecutada", None)]
    assert told("pedir_turno", chat("pedir_turno"), source=BUTTON, changed=True) == [
        (1, "ejecutada", None),
        (99, "ejecutada", None),
    ]


def test_a_no_and_a_way_out_are_told_apart() -> None:
    assert told("negar", chat("cancelar_turno")) == [(1, "rechazada", None)]
    assert told("detener", chat("cancelar_turno")) == [(1, "abandonada", None)]
    assert told("pedir_turno", chat("cancelar_turno")) == [(1, "abandonada", None)]
    assert told("consultar_precio", chat("pedir_turno")) == [(99, "ejecutada", None)]


def test_no_that_one_not_corrects_what_was_understood() -> None:
    assert told("negar", chat("cancelar_turno"), text="no, eso no") == [(1, "corregida", None)]
    before = chat(("ver_turnos", Outcome.EJECUTADA))
    assert told("nlu_fallback", before, text="me entendiste mal") == [(1, "corregida", None)]
    assert told("nlu_fallback", chat("saludar"), text="me entendiste mal") == []


def test_a_correction_much_later_is_about_something_else() -> None:
    old = [Read(1, "ver_turnos", "cliente", "x", AT - timedelta(hours=2), Outcome.EJECUTADA.value)]
    assert told("negar", old, text="no, eso no") == []


def test_the_operation_that_is_tapped_puts_right_what_was_not_understood() -> None:
    assert told("ver_turnos", chat("nlu_fallback"), source=BUTTON) == [
        (1, "corregida", "ver_turnos"),
        (99, "ejecutada", None),
    ]
    before = chat(("cancelar_turno", Outcome.CORREGIDA), "nlu_fallback")
    assert told("ver_turnos", before, source=BUTTON)[:2] == [
        (2, "corregida", "ver_turnos"),
        (1, "corregida", "ver_turnos"),
    ]
    assert told("ver_turnos", chat("saludar"), source=BUTTON) == [(99, "ejecutada", None)]
