"""A client joins a class of the yoga teacher, by words and taps."""

from __future__ import annotations

from tests.harness import Phone, System, titles_of
from vallebot import demo

SEATS = (
    "SELECT e.state FROM enrollments e JOIN clientes c ON c.id = e.cliente_id "
    "WHERE c.phone_e164 = :phone AND e.state <> 'cancelado'"
)


def yoga_client(system: System) -> Phone:
    phone = system.client("Yogui")
    return Phone(system, phone.wa_id, phone.name, demo.ANA_LINE)


def test_a_class_is_joined_with_one_tap(system: System) -> None:
    client = yoga_client(system)
    asked = client.ask("hola! me quiero anotar en yoga")
    assert "32.000 por mes" in asked.text
    offer = client.tap(asked, "Una sola clase")
    assert len(titles_of(offer)) >= 2, offer.text
    assert "anoté" in client.tap(offer, titles_of(offer)[-1]).text
    assert [row.state for row in system.rows(SEATS, phone=f"+{client.wa_id}")] == ["inscripto"]


def test_asking_for_a_session_where_there_are_only_classes_offers_them(system: System) -> None:
    client = yoga_client(system)
    offer = client.ask("quiero un turno")
    assert any("todas" in title for title in titles_of(offer)), offer.text
    asked = client.tap(offer, "Yoga: todas")
    assert "los martes y jueves a las 19:00" in asked.text
    assert "anoté" in client.tap(asked, "Sí").text
    assert len(system.rows(SEATS, phone=f"+{client.wa_id}")) > 1
