"""The demo: two professionals with their services and hours, and three clients.

`LINES` and `PEOPLE` are plain data: the simulator shows them as phones, `load` puts the same into the database.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import sessionmaker

from vallebot.domain.availability import WeeklyHours
from vallebot.domain.states import Billing, ServicioKind
from vallebot.services import catalogue, operator, series
from vallebot.services.actor import system_actor
from vallebot.services.catalogue import ServicioSpec
from vallebot.services.identity import Sender, line_owner, person_with_phone, receive_sender
from vallebot.services.operator import NewProfesional
from vallebot.services.series import SerieSpec

LAURA_LINE, ANA_LINE = "100000000000001", "100000000000002"
#: A line that nobody owns: professionals register there, and their clients say with whom they want to talk.
SHARED_LINE = "100000000000003"
LAURA, ANA, CARLA = "5491150010001", "5491150020001", "5491150030001"
MARTA, JUAN, SOFIA = "5491161110001", "5491161110002", "5491161110003"

_ALL = [LAURA_LINE, ANA_LINE, SHARED_LINE]

#: The WhatsApp lines, with the fields of the simulator's `PhoneLine`.
LINES: list[dict[str, Any]] = [
    {"phone_number_id": LAURA_LINE, "display_number": "+54 9 11 5000-0001", "label": "Laura · Masajes"},
    {"phone_number_id": ANA_LINE, "display_number": "+54 9 11 5000-0002", "label": "Ana · Yoga"},
    {
        "phone_number_id": SHARED_LINE,
        "display_number": "+54 9 11 5000-0003",
        "label": "Vallebot · compartida",
    },
]

#: Who has a phone, with the fields of the simulator's `Person`.
PEOPLE: list[dict[str, Any]] = [
    {"wa_id": LAURA, "name": "Laura Giménez", "label": "Profesional", "lines": [LAURA_LINE]},
    {"wa_id": MARTA, "name": "Marta Ruiz", "label": "Cliente", "lines": _ALL},
    {"wa_id": JUAN, "name": "Juan Pérez", "label": "Cliente", "lines": _ALL},
    {"wa_id": SOFIA, "name": "Sofía Díaz", "label": "Cliente", "lines": _ALL},
    {"wa_id": ANA, "name": "Ana Sosa", "label": "Profesional", "lines": [ANA_LINE]},
    {"wa_id": CARLA, "name": "Carla Méndez", "label": "Quiere empezar", "lines": [SHARED_LINE]},
]

#: What is worth writing first: text, what it does.
TO_TRY: list[tuple[str, str]] = [
    (
        "kiero un turno de masajes xa el jueves a la tarde",
        "offers Laura's real free times; tap one or write it",
    ),
    ("qué turnos tengo?", "the bookings of whoever asks"),
    ("no puedo ir, cancelalo", "says what will happen, then asks"),
    ("agenda de la semana", "as Laura: what is booked; accept or reject requests by tapping"),
]

#: The same for the simulator's tour, with the fields of its `TourStep`.
TOUR: list[dict[str, str]] = [
    {
        "person": MARTA,
        "text": "Hola! Kiero un turno de masajes xa el jueves a la tarde",
        "hint": "Vallebot ofrece horarios libres de verdad: tocá uno o escribilo.",
    },
    {
        "person": LAURA,
        "text": "¿Qué turnos tengo esta semana?",
        "hint": "La profesional ve su agenda en el mismo chat; los pedidos se aceptan tocando.",
    },
    {
        "person": MARTA,
        "text": "¿Cuándo tengo turno?",
        "hint": "La clienta ve lo suyo, y nada más que lo suyo.",
    },
    {
        "person": MARTA,
        "text": "No voy a poder ir, lo cancelo",
        "hint": "Muestra qué va a pasar y pide confirmar.",
    },
    {
        "person": LAURA,
        "text": "El viernes a la tarde no atiendo",
        "hint": "Muestra a quién afecta y pregunta qué hacer antes de cerrar la agenda.",
    },
]

_PROFESIONALES = (
    NewProfesional(
        name="Laura Giménez",
        phone_e164=f"+{LAURA}",
        code="laura",
        trade="masajista",
        phone_number_id=LAURA_LINE,
        address="Gorriti 4521, Palermo, CABA",
        auto_confirm=False,  # so that accepting and rejecting can be seen
    ),
    NewProfesional(
        name="Ana Sosa",
        phone_e164=f"+{ANA}",
        code="ana",
        trade="profesora de yoga",
        phone_number_id=ANA_LINE,
        address="Av. Rivadavia 4975, Caballito, CABA",
    ),
)

_SERVICIOS = {
    "laura": (
        ServicioSpec("Masaje descontracturante", 60, price_minor=2_500_000, synonyms=("descontracturante",)),
        ServicioSpec("Masaje relajante", 50, price_minor=2_200_000, synonyms=("relajante",)),
        ServicioSpec("Reflexología", 45, price_minor=2_000_000, synonyms=("pies",)),
    ),
    "ana": (
        ServicioSpec(
            "Yoga",
            60,
            kind=ServicioKind.GRUPAL.value,
            capacity=8,
            price_minor=3_200_000,
            billing=Billing.MENSUAL.value,
        ),
    ),
}

#: Service -> when its classes are: Tuesdays and Thursdays at 19.
_CLASSES = {"Yoga": [SerieSpec(weekday=1, start_minute=19 * 60), SerieSpec(weekday=3, start_minute=19 * 60)]}

_CLIENTES = {MARTA: "Marta Ruiz", JUAN: "Juan Pérez", SOFIA: "Sofía Díaz"}


def _hours(days: range, *stretches: tuple[int, int]) -> list[WeeklyHours]:
    """The same stretches (hours of the day) on each of the days (0 = Monday)."""
    return [WeeklyHours(day, start * 60, end * 60) for day in days for start, end in stretches]


_HORARIOS = {
    "laura": _hours(range(0, 5), (9, 13), (15, 20)) + _hours(range(5, 6), (9, 13)),
    "ana": _hours(range(0, 5), (17, 21)),
}


def load(sessions: sessionmaker, *, now: datetime) -> bool:
    """Put the demo into the database, what is missing of it; False where it was there already."""
    known = {row.code: row for row in operator.list_profesionales(sessions, system_actor(), now=now)}
    loaded = False
    for new in _PROFESIONALES:
        row = known.get(new.code)
        if row is not None and row.servicios:
            continue
        if row is not None:
            profesional_id = row.id
        else:
            profesional_id = operator.create_profesional(sessions, system_actor(), new, now=now)
        _define(sessions, new.code, profesional_id, now)
        loaded = True
    with sessions.begin() as session:
        for wa_id, name in _CLIENTES.items():
            person_with_phone(session, f"+{wa_id}", name)
    return loaded


def _define(sessions: sessionmaker, code: str, profesional_id: int, now: datetime) -> None:
    actor = system_actor(profesional_id)
    catalogue.set_horarios(sessions, actor, _HORARIOS[code], now=now, key=f"demo:{code}")
    for spec in _SERVICIOS[code]:
        key = f"demo:{code}:{spec.name}"
        card = catalogue.define_servicio(sessions, actor, spec, now=now, key=key)
        if spec.name in _CLASSES:
            series.define_series(sessions, actor, card.id, _CLASSES[spec.name], now=now, key=key)


def shell_conversation(sessions: sessionmaker, *, now: datetime) -> UUID:
    """Marta's conversation with Laura: who speaks in `rasa shell`. Loads the demo where it is missing."""
    with sessions.begin() as session:
        if line_owner(session, LAURA_LINE) is not None:
            return receive_sender(session, Sender(LAURA_LINE, wa_id=MARTA), now=now)
    load(sessions, now=now)
    return shell_conversation(sessions, now=now)


def cast() -> dict[str, Any]:
    """What the simulator reads (VALLEBOT_SIMULATOR_CAST)."""
    return {"lines": LINES, "persons": PEOPLE, "tour": TOUR}
