"""Words that services say. Every bubble fits WhatsApp's limits and is said by a template outside the window."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from vallebot.services.outbox import Bubble
from vallebot.services.records import BookingView
from vallebot.services.texts import bookings as texts
from vallebot.services.texts.relationship import say_weekly, summary_of

NOW = datetime(2026, 3, 2, 12, tzinfo=timezone.utc)  # Monday, 9:00 in Buenos Aires
START = datetime(2026, 3, 4, 13, tzinfo=timezone.utc)
TEMPLATES = Path(__file__).parents[3] / "connectors" / "whatsapp" / "templates"
BOOKING = BookingView(
    id=12,
    kind="individual",
    state="confirmado",
    profesional_id=1,
    profesional_name="Laura Paz",
    timezone="America/Argentina/Buenos_Aires",
    servicio_id=3,
    servicio_name="Masaje",
    cliente_id=5,
    cliente_name="Ana Gómez",
    starts_at=START,
    ends_at=START + timedelta(hours=1),
    place_mode="consultorio",
    place="Av. Rivadavia 1234",
    price_minor=1_250_000,
    currency="ARS",
    billing="sesion",
)
PENDING = replace(BOOKING, state="pendiente", expires_at=NOW + timedelta(hours=24))
MOVED = replace(BOOKING, starts_at=START + timedelta(days=1))
ASKED = replace(BOOKING, change_requested_at=NOW, change_requested_to=MOVED.starts_at)

BUBBLES = {
    "booked": texts.asked_or_booked(BOOKING, NOW),
    "asked": texts.asked_or_booked(PENDING, NOW),
    "cancelled by client": texts.cancelled_by_cliente(BOOKING, NOW, "viajo", 1_250_000),
    "moved by client": texts.moved_by_cliente(BOOKING, MOVED, NOW),
    "asks to cancel": texts.change_asked(replace(ASKED, change_requested_to=None), NOW, None),
    "asks to move": texts.change_asked(ASKED, NOW, "trabajo"),
    "expired, professional": texts.expired_to_profesional(PENDING, NOW),
    "confirmed": texts.confirmed(BOOKING, NOW),
    "booked for client": texts.booked_for_cliente(BOOKING, NOW),
    "rejected": texts.rejected(PENDING, NOW, None),
    "expired, client": texts.expired_to_cliente(PENDING, NOW),
    "cancelled by professional": texts.cancelled_by_profesional(BOOKING, NOW, None, 1_250_000),
    "moved by professional": texts.moved_by_profesional(BOOKING, MOVED, NOW),
    "change refused": texts.change_decided(BOOKING, NOW, approved=False),
    "change approved": texts.change_decided(BOOKING, NOW, approved=True, cost_minor=5),
    "reminder": texts.reminder(BOOKING, NOW + timedelta(days=1)),
    "agenda": texts.agenda_of_the_day([BOOKING, PENDING], "Laura Paz", NOW.astimezone(BOOKING.tz)),
}


def placeholders() -> dict[str, int]:
    """name of a template -> how many parameters its body takes."""
    found = {}
    for path in TEMPLATES.glob("*.json"):
        for template in json.loads(path.read_text(encoding="utf-8")):
            body = next(part["text"] for part in template["components"] if part["type"] == "BODY")
            found[template["name"]] = sum(f"{{{{{number}}}}}" in body for number in range(1, 10))
    return found


@pytest.mark.parametrize("bubble", BUBBLES.values(), ids=BUBBLES)
def test_every_bubble_fits_and_has_a_template(bubble: Bubble):
    assert 0 < len(bubble.text) <= 1024
    assert len(bubble.choices) <= 3
    assert all(0 < len(choice.title) <= 20 for choice in bubble.choices)
    assert all(
        json.loads(choice.payload[choice.payload.index("{") :])["booking_id"] == 12
        for choice in bubble.choices
    )
    assert bubble.template is not None
    assert placeholders()[bubble.template.name] == len(bubble.template.parameters)
    assert not any("\n" in parameter for parameter in bubble.template.parameters)


@pytest.mark.parametrize(
    ("place_mode", "place", "said"),
    [
        ("consultorio", "Salta 1", " en Salta 1"),
        ("consultorio", None, ""),
        ("domicilio", "Salta 1", " a domicilio (Salta 1)"),
        ("domicilio", None, " a domicilio"),
        ("online", None, " online"),
        ("online", "https://meet.example/x", " online (https://meet.example/x)"),
    ],
)
def test_place_is_said_as_it_is(place_mode, place, said):
    assert texts.where(replace(BOOKING, place_mode=place_mode, place=place)) == said


def test_line_breaks_in_names_do_not_reach_a_template():
    odd = replace(BOOKING, cliente_name="Ana\nGómez")
    assert texts.asked_or_booked(odd, NOW).template.parameters[0] == "Ana Gómez"


def test_agenda_says_what_is_not_decided_and_how_full_a_class_is():
    yoga = replace(
        BOOKING, servicio_name="Yoga", capacity=8, taken_seats=3, cliente_id=None, cliente_name=None
    )
    lines = texts.agenda_of_the_day([PENDING, yoga], "Laura", NOW.astimezone(BOOKING.tz)).text.split("\n")
    assert lines == [
        "Buen día, Laura. Hoy, lunes 2, tenés 2 turnos:",
        "10:00 Ana Gómez, Masaje (sin confirmar)",
        "10:00 Yoga, 3 de 8",
    ]


def test_long_agenda_fits_into_one_bubble():
    said = texts.agenda_of_the_day([BOOKING] * 200, "Laura", NOW.astimezone(BOOKING.tz)).text
    assert len(said) <= 4096
    assert said.endswith("y 140 más")


def test_summary_tells_the_snapshot():
    visit = {"servicio": "Masaje", "starts_at": "2026-03-04T13:00:00+00:00", "state": "confirmado"}
    snapshot = {
        "name": None,
        "next": [visit],
        "last": [{**visit, "starts_at": "2026-02-25T13:00:00+00:00", "state": "ausente"}],
        "usual": {"servicio": "Masaje", "weekday": 2, "start_minute": 600},
        "visits": 1,
        "absences": 2,
        "owed": {"ARS": 1_250_000},
        "informed": {},
        "credit": {"USD": 2_000},
        "classes": [{"servicio": "Yoga", "weekday": 5, "start_minute": 545}],
        "waiting": [{"servicio": "Piedras"}],
    }
    assert summary_of(snapshot, BOOKING.tz, NOW) == (
        "Sin nombre. Próximos: Masaje el miércoles 4 a las 10:00 (confirmado). "
        "Últimos: Masaje el miércoles 25 de febrero a las 10:00 (faltó). "
        "Suele reservar Masaje los miércoles a las 10:00. "
        "Inscripto en Yoga los sábados a las 09:05. En lista de espera: Piedras. Vino 1 vez y faltó 2 veces. "
        "Debe $ 12.500. Tiene a favor US$ 20."
    )
    assert (
        say_weekly({"servicio": "Yoga", "weekday": 6, "start_minute": 0}) == "Yoga los domingos a las 00:00"
    )
