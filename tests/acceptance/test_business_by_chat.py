"""Professionals set up and run their business by chat, from the first message to the first client's booking."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.harness import Phone, System, titles_of
from vallebot import demo


def on_shared_line(system: System, name: str) -> Phone:
    """A new person on the line that several professionals share."""
    return replace(system.client(name), line=demo.SHARED_LINE)


def business(system: System, name: str, *, services: bool = True) -> tuple[Phone, str]:
    """A masseuse who registered by chat (and said what she offers, when and where), and her code."""
    phone = on_shared_line(system, name)
    phone.ask(f"quiero usar vallebot, soy {name}, masajista")
    [row] = system.rows("SELECT code FROM profesionales WHERE name = :name", name=name)
    if services:
        phone.tap(phone.ask("agregá masaje deportivo, 50 minutos, 15 lucas"), "Sí")
        phone.tap(phone.ask("atiendo de lunes a viernes de 9 a 18"), "Sí")
        phone.ask("atiendo en Gorriti 1234, Palermo")
    return phone, row.code


def books(system: System, code: str, name: str) -> Phone:
    """A new client who found the professional by the code and booked the first free time."""
    client = on_shared_line(system, name)
    client.ask(f"hola [{code}]")
    client.books("masaje deportivo", name)
    return client


def profesional(system: System, name: str) -> dict:
    [row] = system.rows("SELECT * FROM profesionales WHERE name = :name", name=name)
    return dict(row)


def test_from_the_first_message_to_the_first_booking(system: System) -> None:
    carla = on_shared_line(system, "Carla")
    assert "a qué te dedicás" in carla.ask("quiero usar vallebot para mi negocio").text
    welcome = carla.ask("Carla Bordón, masajista")
    assert "[carla-bordon]" in welcome.text
    assert titles_of(welcome) == ["Cargar un servicio", "Cargar mis horarios", "Decir dónde atiendo"]

    asked = carla.ask("agregá masaje deportivo, 50 minutos, 15 lucas")
    assert "individual, 50 minutos, $ 15.000 por sesión" in asked.text
    saved = carla.tap(asked, "Sí, guardar")
    assert titles_of(saved) == ["Cargar mis horarios", "Decir dónde atiendo"]

    hours = carla.tap(saved, "Cargar mis horarios")
    assert "¿Qué días" in hours.text
    week = carla.ask("lunes a viernes de 9 a 18")
    assert "lunes a viernes de 09:00 a 18:00" in week.text
    kept = carla.tap(week, "Sí, guardar")
    assert titles_of(kept) == ["Decir dónde atiendo"]
    assert "Gorriti 1234" in carla.ask("atiendo en Gorriti 1234, Palermo").text
    assert carla.seen == 8, "one bubble for each message"

    client = books(system, "carla-bordon", "Nadia Paz")
    [booking] = system.bookings_of(client)
    assert booking.state == "confirmado"
    assert "Nadia Paz" in carla.next_bubble().text


def test_a_class_in_one_message(system: System) -> None:
    teacher, _ = business(system, "Irene Castel", services=False)
    asked = teacher.ask("clase de yoga martes y jueves 19hs, una hora, 12 lugares, 20 mil por mes")
    assert "clase grupal de 1 hora, martes y jueves a las 19:00, 12 lugares, $ 20.000 por mes" in asked.text
    assert "Ya está *Yoga*" in teacher.tap(asked, "Sí, guardar").text
    [row] = system.rows(
        "SELECT s.kind, s.capacity, s.billing, count(b.id) AS dates FROM servicios s JOIN profesionales p "
        "ON p.id = s.profesional_id JOIN bookings b ON b.servicio_id = s.id WHERE p.name = 'Irene Castel' "
        "GROUP BY 1, 2, 3"
    )
    assert (row.kind, row.capacity, row.billing) == ("grupal", 12, "mensual")
    assert row.dates > 10, "its dates are in the agenda"


def test_a_stretch_with_two_bookings_inside_is_closed(system: System) -> None:
    berta, code = business(system, "Berta Solano")
    clients = [books(system, code, name) for name in ("Elsa Ríos", "Tomás Vera")]
    for client in clients:
        client.catch_up()
    days = {system.bookings_of(client)[0].starts_at.date() for client in clients}
    berta.catch_up()
    first, last = min(days), max(days)
    asked = berta.ask(f"no atiendo del {first.day}/{first.month} al {last.day}/{last.month}")
    assert "2 turnos" in asked.text
    assert "Elsa Ríos" in asked.text
    assert "Tomás Vera" in asked.text
    done = berta.tap(asked, "Cancelar y avisar")
    assert "Cancelé 2 turnos" in done.text
    for client in clients:
        told = client.next_bubble()
        assert titles_of(told) == ["Buscar otro horario"]
        client.nothing_more(0.3)
        assert [row.state for row in system.bookings_of(client)] == ["cancelado"]
        assert titles_of(client.tap(told, "Buscar otro horario")), "real free times, outside what is closed"
    closed = "SELECT count(*) AS n FROM bloqueos WHERE profesional_id = :id AND cancelled_at IS NULL"
    assert system.rows(closed, id=profesional(system, "Berta Solano")["id"])[0].n == 1


def test_a_price_is_changed_and_a_service_paused(system: System) -> None:
    nora, code = business(system, "Nora Ibarra")
    asked = nora.ask("subí el masaje a 20 lucas")
    assert "$ 15.000 → $ 20.000" in asked.text
    assert "quedó cambiado" in nora.tap(asked, "Sí").text
    client = on_shared_line(system, "Rita")
    client.ask(f"hola [{code}]")
    assert "$ 20.000" in client.ask("cuánto sale el masaje?").text
    paused = nora.ask("pausá el masaje deportivo")
    assert "en pausa" in nora.tap(paused, "Sí").text
    [row] = system.rows(
        "SELECT active FROM servicios WHERE profesional_id = :id", id=profesional(system, "Nora Ibarra")["id"]
    )
    assert not row.active


def test_hours_of_a_day_are_changed(system: System) -> None:
    olga, _ = business(system, "Olga Funes")
    asked = olga.ask("los viernes atiendo de 9 a 13")
    assert "lunes a jueves de 09:00 a 18:00; viernes de 09:00 a 13:00" in asked.text
    olga.tap(asked, "Sí, guardar")
    [row] = system.rows(
        "SELECT end_minute FROM horarios WHERE profesional_id = :id AND weekday = 4",
        id=profesional(system, "Olga Funes")["id"],
    )
    assert row.end_minute == 13 * 60


@pytest.mark.parametrize(
    ("said", "column", "value"),
    [("mi cbu es 2850590940090418135201", "payment_cbu", "2850590940090418135201"),
     ("quiero confirmar yo cada turno", "auto_confirm", False)],
)  # fmt: skip
def test_settings_are_changed(system: System, said: str, column: str, value: object) -> None:
    name = "Pilar Rossi" if column == "auto_confirm" else "Paula Costa"
    pilar, _ = business(system, name, services=False)
    assert "Desde ahora" in pilar.ask(said).text
    assert profesional(system, name)[column] == value


def test_a_client_opts_out_and_in_again(system: System) -> None:
    client = system.client()
    client.ask("hola")
    of_client = "FROM relaciones r JOIN clientes c ON c.id = r.cliente_id WHERE c.phone_e164 = :phone"
    accepted = f"SELECT r.notices_accepted {of_client}"
    stopped = client.ask("no me mandes más recordatorios")
    assert "no te mando más" in stopped.text
    assert [row.notices_accepted for row in system.rows(accepted, phone=f"+{client.wa_id}")] == [False]
    assert "recordatorios" in client.ask("quiero volver a recibir los recordatorios").text
    assert [row.notices_accepted for row in system.rows(accepted, phone=f"+{client.wa_id}")] == [True]


def test_a_client_runs_no_business_on_somebody_else_s_line(system: System) -> None:
    client = system.client()
    assert "sólo su agenda" in client.ask("quiero usar vallebot para mi negocio").text
    before = system.rows("SELECT count(*) AS n FROM bloqueos")[0].n
    assert "Laura" in client.ask("mañana a la tarde no atiendo").text
    assert system.rows("SELECT count(*) AS n FROM bloqueos")[0].n == before
