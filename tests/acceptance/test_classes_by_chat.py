"""Classes by chat, through the whole system: joining, leaving, waiting, not coming; both sides are told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.harness import Phone, System
from vallebot import demo
from vallebot.services import catalogue, series
from vallebot.services.actor import system_actor
from vallebot.services.catalogue import ServicioSpec
from vallebot.services.series import SerieSpec

SEATS = """SELECT e.state, b.starts_at FROM enrollments e JOIN clientes c ON c.id = e.cliente_id
    JOIN bookings b ON b.id = e.booking_id JOIN servicios s ON s.id = b.servicio_id
    WHERE c.phone_e164 = :phone AND s.name = :service AND e.state <> 'cancelado' ORDER BY b.starts_at"""


@pytest.fixture(scope="module")
def pilates(system: System) -> str:
    """A class for one person, Mondays at 20, paid by class; its name."""
    [row] = system.rows("SELECT id FROM profesionales WHERE code = 'ana'")
    actor, now = system_actor(row.id), system.now()
    spec = ServicioSpec("Pilates", 60, kind="grupal", capacity=1, price_minor=700_000)
    card = catalogue.define_servicio(system.sessions, actor, spec, now=now, key="test:pilates")
    at = [SerieSpec(weekday=0, start_minute=20 * 60)]
    series.define_series(system.sessions, actor, card.id, at, now=now, key="test:pilates")
    return card.name


def client_of_ana(system: System, name: str = "Yogui") -> Phone:
    phone = system.client(name)
    return Phone(system, phone.wa_id, phone.name, demo.ANA_LINE)


def ana(system: System) -> Phone:
    phone = Phone(system, demo.ANA, "Ana Sosa", demo.ANA_LINE)
    phone.catch_up()
    phone.ask("hola")
    return phone


def seats(system: System, phone: Phone, service: str = "Yoga") -> list[Any]:
    return system.rows(SEATS, phone=f"+{phone.wa_id}", service=service)


def test_the_named_days_are_joined_in_two_bubbles(system: System) -> None:
    client = client_of_ana(system)
    asked = client.ask("hola! quiero anotarme en yoga los martes y jueves")
    assert "los martes y jueves a las 19:00" in asked.text
    assert "32.000" in asked.text
    assert "anoté" in client.ask("dale").text
    assert len(seats(system, client)) > 4
    client.nothing_more()


def test_one_day_is_missed_and_the_course_left_later(system: System) -> None:
    client = client_of_ana(system)
    client.tap(client.ask("me anoto en yoga los jueves"), "Sí")
    before = seats(system, client)
    asked = client.ask("este jueves no voy a poder ir a la clase")
    assert "no vas" in asked.text
    assert "avisé que no vas" in client.tap(asked, "Sí").text
    assert [row.starts_at for row in seats(system, client)] == [row.starts_at for row in before[1:]]
    asked = client.ask("quiero dar de baja yoga, no sigo más")
    assert "¿Te doy de baja" in asked.text
    assert "di de baja" in client.ask("sí").text
    assert seats(system, client) == []


def test_who_comes_too_late_waits_and_gets_the_freed_seat(system: System, pilates: str) -> None:
    first, second = client_of_ana(system, "Primera"), client_of_ana(system, "Segunda")
    asked = first.ask("anotame en la clase de pilates del lunes que viene")
    assert "Pilates" in asked.text, asked.text
    assert "anoté" in first.tap(asked, "Sí").text
    full = second.ask("anotame en la clase de pilates del lunes que viene")
    assert "completa" in full.text
    assert "lista de espera" in second.ask("sí").text
    first.tap(first.ask("no voy a ir a pilates el lunes que viene"), "Sí")
    offer = second.next_bubble()
    assert "Se liberó un lugar" in offer.text
    assert "Es tuyo" in second.tap(offer, "Sí").text
    assert [row.state for row in seats(system, second, pilates)] == ["inscripto"]


def test_the_professional_enrols_somebody_new_who_is_told(system: System) -> None:
    teacher, guest = ana(system), client_of_ana(system, "Rocío")
    guest.ask("hola")
    asked = teacher.ask("anotá a Rocío Vega en yoga el jueves")
    assert "teléfono" in asked.text, asked.text
    asked = teacher.ask(f"11 {guest.wa_id[5:9]} {guest.wa_id[9:]}")
    assert "Rocío Vega" in asked.text
    assert "anoté a *Rocío Vega*" in teacher.tap(asked, "Sí").text
    assert "te anotó" in guest.next_bubble().text
    assert len(seats(system, guest)) == 1


def test_a_cancelled_class_is_previewed_and_everybody_told_once(system: System) -> None:
    client, teacher = client_of_ana(system, "Tomás"), ana(system)
    client.tap(client.ask("quiero ir a yoga el martes"), "Sí")
    teacher.catch_up()
    asked = teacher.ask("cancelá la clase de yoga del martes")
    assert "Tomás" in asked.text or "más" in asked.text, asked.text
    assert "cancelé" in teacher.tap(asked, "Sí").text
    assert "canceló la clase" in client.next_bubble().text
    client.nothing_more()
    day = [row for row in seats(system, client) if isinstance(row.starts_at, datetime)]
    assert day == []
