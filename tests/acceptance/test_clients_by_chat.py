"""A professional's clients by chat, through the whole system: rosters, attendance, messages, contacts, delays."""

from __future__ import annotations

from datetime import timedelta

from tests.harness import Phone, System, next_monday, wait_until
from vallebot import demo

CLIENT = """SELECT r.name FROM relaciones r JOIN clientes c ON c.id = r.cliente_id
    JOIN profesionales p ON p.id = r.profesional_id WHERE c.phone_e164 = :phone AND p.code = 'ana'"""


def client_of_ana(system: System, name: str) -> Phone:
    phone = system.client(name)
    return Phone(system, phone.wa_id, phone.name, demo.ANA_LINE)


def ana(system: System) -> Phone:
    phone = Phone(system, demo.ANA, "Ana Sosa", demo.ANA_LINE)
    phone.catch_up()
    phone.ask("hola")
    return phone


def test_a_contact_card_adds_a_client_after_a_yes(system: System) -> None:
    teacher, wa_id = ana(system), system.client().wa_id
    card = {
        "name": {"formatted_name": "Valeria Costa", "first_name": "Valeria"},
        "phones": [{"phone": f"+{wa_id}", "wa_id": wa_id, "type": "CELL"}],
    }
    teacher.sends({"type": "contacts", "contacts": [card]})
    asked = teacher.next_bubble()
    assert "Valeria Costa" in asked.text
    assert "agregué" in teacher.tap(asked, "Sí").text
    assert [row.name for row in system.rows(CLIENT, phone=f"+{wa_id}")] == ["Valeria Costa"]


def test_a_class_is_written_to_after_a_preview(system: System) -> None:
    client, teacher = client_of_ana(system, "Úrsula"), ana(system)
    client.tap(client.ask("anotame en yoga el jueves"), "Sí")
    teacher.catch_up()
    asked = teacher.ask("avisales a los de yoga del jueves que traigan una manta")
    assert "traigan una manta" in asked.text
    assert "Úrsula" in asked.text or "más" in asked.text
    client.nothing_more(0.5)
    assert "se lo mandé" in teacher.tap(asked, "Sí").text
    assert client.next_bubble().text == "Mensaje de Ana Sosa: traigan una manta"


def test_the_roster_and_the_record_of_a_client(system: System) -> None:
    client, teacher = client_of_ana(system, "Federica"), ana(system)
    client.tap(client.ask("anotame en yoga el jueves"), "Sí")
    teacher.catch_up()
    assert "Federica" in teacher.ask("quiénes están anotados en yoga el jueves?").text
    shown = teacher.ask("mostrame la ficha de Federica").text
    assert "Próximo: Yoga" in shown


def test_a_late_client_is_announced(system: System) -> None:
    client, teacher = client_of_ana(system, "Gastón"), ana(system)
    client.tap(client.ask("anotame en yoga el jueves"), "Sí")
    teacher.catch_up()
    try:
        system.travel_to(next_monday() + timedelta(days=3, hours=21, minutes=30))  # Thursday 18:30
        assert "Yoga" in client.next_bubble().text  # the reminder of two hours before
        client.ask("hola")
        client.catch_up()
        teacher.ask("hola")  # opens her window: the notice comes in full
        assert "Le avisé a Ana Sosa" in client.ask("llego 10 minutos tarde").text
        heard = "llega 10 minutos tarde"
        wait_until(lambda: any(heard in one.text for one in teacher.received()), 40, "the notice")
        system.travel_to(next_monday() + timedelta(days=3, hours=23, minutes=30))  # 20:30, it is over
        teacher.catch_up()
        noted = teacher.ask("vinieron todos menos Gastón")
        assert "No vino: Gastón" in noted.text, noted.text
    finally:
        system.travel_to(next_monday() + timedelta(hours=13))
