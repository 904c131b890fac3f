"""What messages tell about services."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

import pytest

from vallebot.domain.service_words import ServiceWords, WeeklyTime, read_service

NOW = datetime(2026, 3, 2, 9)  # Monday  # noqa: DTZ001
EMPTY = asdict(ServiceWords())


def told(text: str, **how) -> dict:
    """Only what was told."""
    words = read_service(text, NOW, **how)
    return {name: getattr(words, name) for name, none in EMPTY.items() if getattr(words, name) != none}


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (
            "masaje deportivo 50 minutos 15 lucas",
            {"duration_minutes": 50, "price_minor": 1_500_000, "currency": "ARS"},
        ),
        (
            "clase de yoga martes y jueves 19hs, una hora, 12 lugares, 20 mil por mes",
            {
                "kind": "grupal",
                "says_class": True,
                "duration_minutes": 60,
                "price_minor": 2_000_000,
                "currency": "ARS",
                "billing": "mensual",
                "capacity": 12,
                "times": (WeeklyTime(1, 1140), WeeklyTime(3, 1140)),
            },
        ),
        (
            "pilates lunes y miercoles de 18 a 19, 8 personas, $ 4.500 la clase",
            {
                "kind": "grupal",
                "says_class": True,
                "duration_minutes": 60,
                "price_minor": 450_000,
                "currency": "ARS",
                "billing": "sesion",
                "capacity": 8,
                "times": (WeeklyTime(0, 1080, 60), WeeklyTime(2, 1080, 60)),
            },
        ),
        (
            "doy clases de guitarra, son de 45 minutos, individuales, 10 mil cada una",
            {
                "kind": "individual",
                "says_class": True,
                "duration_minutes": 45,
                "price_minor": 1_000_000,
                "currency": "ARS",
                "billing": "sesion",
            },
        ),
        ("clases de inglés online a 12 lucas la hora", {"says_class": True, "price_minor": 1_200_000, "currency": "ARS",
            "billing": "sesion", "place_mode": "online"}),
        ("hacé que kine dure 40 min en vez de 30", {"duration_minutes": 40}),
        ("el corte ya no sale 9 lucas, sale 11 lucas", {"price_minor": 1_100_000, "currency": "ARS"}),
        ("una clase abierta gratis", {"says_class": True, "price_minor": 0, "currency": "ARS"}),
        ("ponele 15 minutos de descanso entre masaje y masaje", {"buffer_minutes": 15}),
        ("la cancelación de yoga que sea con 6 horas de anticipación", {"cancellation_hours": 6}),
        ("que haya que reservar con al menos 3 horas de antelación", {"notice_minutes": 180}),
        ("60 minutos, con 10 minutos de descanso", {"duration_minutes": 60, "buffer_minutes": 10}),
        ("quiero cargar un servicio", {}),
    ],
)  # fmt: skip
def test_every_fact_is_read_under_its_name(text: str, fields: dict) -> None:
    assert told(text) == fields


@pytest.mark.parametrize(
    ("text", "asked", "fields"),
    [
        ("50", "duration_minutes", {"duration_minutes": 50}),
        ("15", "price_minor", {"price_minor": 1_500_000, "currency": "ARS"}),
        ("15000", "price_minor", {"price_minor": 1_500_000, "currency": "ARS"}),
        ("8", "capacity", {"capacity": 8, "kind": "grupal"}),
        ("8", None, {}),
    ],
)
def test_a_lone_number_answers_what_was_asked(text: str, asked: str | None, fields: dict) -> None:
    assert told(text, asked=asked) == fields
