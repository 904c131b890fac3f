"""What messages want changed in services."""

from __future__ import annotations

from datetime import datetime

import pytest

from vallebot.domain.service_changes import new_price, read_change

NOW = datetime(2026, 3, 2, 9)  # Monday  # noqa: DTZ001
OLD = 1_250_000


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("subí el masaje a 20 lucas", 2_000_000),
        ("aumentá yoga un 15%", 1_440_000),
        ("bajá todo un 10 por ciento", 1_130_000),
        ("ponele 5 lucas más a todo", 1_750_000),
        ("subile mil pesos", 1_350_000),
        ("el corte ya no sale 9 lucas, sale 11 lucas", 1_100_000),
        ("el masaje ahora dura una hora", None),
        ("pausá reflexología", None),
    ],
)
def test_the_new_price_is_what_was_said_or_follows_from_the_old_one(text: str, price: int | None) -> None:
    assert new_price(OLD, read_change(text, NOW)) == price


@pytest.mark.parametrize(
    ("text", "active"),
    [
        ("pausá depilación hasta nuevo aviso", False),
        ("no hago más alisado", False),
        ("dejé de hacer ventosas, sacalo", False),
        ("volvé a activar acroyoga", True),
        ("reactivá el drenaje que ya volví a hacerlo", True),
        ("el masaje ahora dura una hora", None),
        ("no doy más caminata gratis, sale 2 lucas", None),
    ],
)
def test_pausing_and_resuming(text: str, active: bool | None) -> None:
    assert read_change(text, NOW).active is active


@pytest.mark.parametrize(
    ("text", "late"),
    [
        ("si cancelan tarde cobrales igual", "cobrar"),
        ("no les cobres cuando cancelan tarde, preguntame primero", "consultar"),
        ("que las cancelaciones tardías del botox se cobren", "cobrar"),
        ("la cancelación de yoga que sea con 6 horas de anticipación", None),
        ("cobrá 20 lucas el masaje", None),
    ],
)
def test_what_a_late_cancellation_means(text: str, late: str | None) -> None:
    assert read_change(text, NOW).late_cancellation == late


def test_a_rename_is_seen() -> None:
    assert read_change("cambiale el nombre a masaje común, que se llame masaje relajante", NOW).renames
    assert not read_change("subí el masaje a 20 lucas", NOW).renames
