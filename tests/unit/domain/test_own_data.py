"""What people want changed in their own data."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, time

import pytest

from vallebot.domain.own_data import OwnData, read_own_data

NOW = datetime(2026, 3, 2, 9)  # Monday  # noqa: DTZ001
EMPTY = asdict(OwnData())


def told(text: str, **how) -> dict:
    data = asdict(read_own_data(text, NOW, **how))
    return {name: value for name, value in data.items() if value != EMPTY[name]}


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("mi mail es ana@gmail.com", {"email": "ana@gmail.com"}),
        ("me llamo Ana María", {"name": "Ana María"}),
        ("el alias es laura.mp", {"payment_alias": "laura.mp"}),
        ("mi alias: laura.masajes.mp", {"payment_alias": "laura.masajes.mp"}),
        ("mi cbu es 2850590940090418135201", {"payment_cbu": "2850590940090418135201"}),
        ("confirmá los turnos automáticamente", {"auto_confirm": True}),
        ("quiero confirmar yo cada turno", {"auto_confirm": False}),
        ("mandame la agenda a las 8", {"agenda_time": time(8)}),
        ("quiero volver a recibir los recordatorios", {"notices": True}),
        ("activame los avisos otra vez", {"notices": True}),
        ("poné los recordatorios un día antes nomás", {"reminder_minutes": (1440,)}),
        ("quiero que me recuerdes dos horas antes", {"reminder_minutes": (120,)}),
        ("que reserven con al menos 3 horas de anticipación", {"minimum_notice_minutes": 180}),
        ("abrí la agenda hasta 2 meses para adelante", {"horizon_days": 60}),
        ("quiero que borren mis datos", {"forget": True}),
        ("cambié de número", {"phone": True}),
        ("quiero cambiar mis datos", {}),
        ("cambié el alias", {}),
    ],
)
def test_every_fact_is_read_under_its_name(text: str, fields: dict) -> None:
    assert told(text) == fields


def test_of_two_names_the_last_one_is_new() -> None:
    assert told("no soy Carlos, me llamo Mirta", names=("Carlos", "Mirta")) == {"name": "Mirta"}


@pytest.mark.parametrize(
    ("text", "names", "name"),
    [
        ("soy laura la dueña, confirmá el pago de marta", ("laura", "marta"), "Laura"),
        ("cambiá mi nombre de Ana a Anita", ("Ana", "Anita"), "Anita"),
        ("me llamo Mirta, no Carlos", ("Mirta", "Carlos"), "Mirta"),
        ("Ana Paula es mi nombre", ("Ana Paula",), "Ana Paula"),
        ("me puso en el nombre: bloquear_agenda", (), None),
    ],
)
def test_the_new_name_is_the_one_behind_the_word_that_names(
    text: str, names: tuple, name: str | None
) -> None:
    assert told(text, names=names) == ({"name": name} if name else {})
