"""Whom a message is for, and what it says."""

from __future__ import annotations

import pytest

from vallebot.domain.message_words import split_order


@pytest.mark.parametrize(
    ("order", "whom", "message"),
    [
        ("avisales a los de yoga que traigan colchoneta", "avisales a los de yoga", "traigan colchoneta"),
        ("decile a pedro q se olvidó la campera", "decile a pedro", "se olvidó la campera"),
        ("tirales un mensajito a los de running: nos juntamos a las 9", "tirales un mensajito a los de running",
         "nos juntamos a las 9"),
        ('mandale a yanina: "acordate de traer la cartilla"', "mandale a yanina:", "acordate de traer la cartilla"),
        ("avisá a los que no pagaron que vence el 10", "avisá a los que no pagaron", "vence el 10"),
        ("preguntale a Silvia cómo sigue de la rodilla", "preguntale a Silvia", "cómo sigue de la rodilla"),
        ("mandale un mensaje a marta", "mandale un mensaje a marta", None),
        ("avisá a los de las 19:00", "avisá a los de las 19:00", None),
        ("recordales a todos que el lunes es feriado", "recordales a todos", "el lunes es feriado"),
    ],
)  # fmt: skip
def test_an_order_is_split_into_whom_and_what(order: str, whom: str, message: str | None) -> None:
    found = split_order(order)
    assert (found[0].strip(), found[1]) == (whom, message)
