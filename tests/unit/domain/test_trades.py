"""What people say that they live from."""

from __future__ import annotations

import pytest

from vallebot.domain.trades import read_trade


@pytest.mark.parametrize(
    ("text", "trade"),
    [
        ("soy kinesiólogo y quiero registrarme", "kinesiólogo"),
        ("quiero usar vallebot para mi negocio, soy Laura Paz, masajista", "masajista"),
        ("Laura Paz, profesora de yoga", "profesora de yoga"),
        ("trabajo de personal trainer", "personal trainer"),
        ("me dedico a los masajes", "masajes"),
        ("hola, soy psicóloga, quiero usar esto", "psicóloga"),
        ("quiero usar vallebot", None),
        ("soy Laura Paz", None),
        ("Marta Ruiz", None),
        ("soy nueva en esto", None),
    ],
)
def test_a_trade_is_read_where_one_is_told(text: str, trade: str | None) -> None:
    assert read_trade(text) == trade


@pytest.mark.parametrize(
    ("text", "trade"),
    [
        ("masajes", "masajes"),
        ("doy clases de guitarra", "clases de guitarra"),
        ("soy médica", "médica"),
        ("?", None),
    ],
)
def test_an_answer_to_the_question_is_a_trade_whatever_its_ending(text: str, trade: str | None) -> None:
    assert read_trade(text, asked=True) == trade
