"""A client books, sees and cancels; the professional is told, accepts, rejects and sees the agenda."""

from __future__ import annotations

import re

from tests.acceptance.conftest import System, titles_of

LIVE = "SELECT state, starts_at FROM bookings b JOIN clientes c ON c.id = b.cliente_id WHERE c.phone_e164 = :phone"


def test_a_session_is_booked_by_text_and_accepted_by_the_professional(system: System) -> None:
    marta, laura = system.client("Marta"), system.laura()
    laura.catch_up()
    offer = marta.ask("kiero turno de masaje relajante xa el jueves a la tarde")
    assert "Masaje relajante" in offer.text
    assert all(re.match(r"jue \d+/\d+ 1[3-9]:", title) for title in titles_of(offer)), titles_of(offer)
    name = marta.ask("la última")
    assert "nombre" in name.text
    done = marta.ask("marta ruiz")
    assert "Marta" in done.text
    assert "Laura" in done.text, "the booking waits for Laura, and the client is told so"
    assert [row.state for row in system.rows(LIVE, phone=f"+{marta.wa_id}")] == ["pendiente"]

    notice = laura.next_bubble()
    assert "Marta Ruiz" in notice.text
    accepted = laura.tap(notice, "Aceptar")
    assert "acepté" in accepted.text
    assert "confirm" in marta.next_bubble().text.lower()
    assert [row.state for row in system.rows(LIVE, phone=f"+{marta.wa_id}")] == ["confirmado"]


def test_a_session_is_booked_by_taps_only(system: System) -> None:
    juan = system.client("Juan")
    hello = juan.ask("hola")
    services = juan.tap(hello, "Pedir")
    assert titles_of(services) == ["Masaje descontracturante", "Masaje relajante", "Reflexología"]
    offer = juan.tap(services, "Reflexología")
    assert 3 <= len(titles_of(offer)) <= 5
    juan.tap(offer, titles_of(offer)[0])
    juan.ask("Juan Pérez")
    [row] = system.rows(LIVE, phone=f"+{juan.wa_id}")
    assert row.state == "pendiente"


def test_an_exact_time_is_confirmed_once_and_booked(system: System) -> None:
    sofi = system.client("Sofi")
    question = sofi.ask("hola! soy sofi, me das reflexología el viernes a las 16?")
    assert "viernes" in question.text
    assert "16:00" in question.text
    sofi.tap(question, "Sí")
    sofi.ask("Sofía Díaz")
    assert len(system.rows(LIVE, phone=f"+{sofi.wa_id}")) == 1


def test_my_bookings_are_shown_and_one_is_cancelled(system: System) -> None:
    client, laura = system.client(), system.laura()
    client.ask("reflexologia el viernes a las 18")
    client.ask("dale")
    client.ask("Tere Paz")
    assert "Reflexología" in client.ask("cuando tengo turno?").text
    laura.catch_up()
    question = client.ask("no voy a poder ir, cancelalo")
    assert "Cancel" in question.text
    assert "Listo" in client.tap(question, "Sí").text
    assert [row.state for row in system.rows(LIVE, phone=f"+{client.wa_id}")] == ["cancelado"]
    assert "Tere Paz" in laura.next_bubble().text
    assert "Todavía no tenés turnos" in client.ask("mis turnos").text


def test_the_professional_rejects_with_one_tap(system: System) -> None:
    client, laura = system.client(), system.laura()
    client.ask("masaje descontracturante el sábado a las 10")
    client.ask("si")
    laura.catch_up()
    client.ask("Rita Vega")
    notice = laura.next_bubble()
    assert "rechacé" in laura.tap(notice, "Rechazar").text
    assert "Rita" not in client.next_bubble().text
    assert [row.state for row in system.rows(LIVE, phone=f"+{client.wa_id}")] == ["cancelado"]


def test_the_professional_sees_the_agenda(system: System) -> None:
    client, laura = system.client(), system.laura()
    client.ask("reflexología mañana a las 11")
    client.ask("si")
    client.ask("Olga Ríos")
    laura.catch_up()
    assert "Olga Ríos" in laura.ask("qué tengo mañana?").text
    assert "Olga Ríos" in laura.ask("agenda de la semana").text
    assert "hoy" in laura.ask("que tengo hoy").text


def test_what_is_free_is_shown_and_can_be_taken(system: System) -> None:
    client = system.client()
    offer = client.ask("tenes algo libre el miercoles para reflexologia?")
    assert all(title.startswith("mié") for title in titles_of(offer))


def test_two_clients_race_for_the_same_time(system: System) -> None:
    first, second = system.client("Bruno"), system.client("Carla")
    for client in (first, second):
        client.ask("masaje relajante el jueves a las 9")
        assert "nombre" in client.ask("si").text, "asking holds nothing: both may still get it"
    for client in (first, second):
        client.says(f"{client.name} Gómez")
    texts = [first.next_bubble().text, second.next_bubble().text]
    won = [text for text in texts if "Apenas Laura" in text or "Pedido hecho" in text]
    assert len(won) == 1, texts
    lost = next(text for text in texts if text not in won)
    assert "ocupado" in lost
    loser = first if texts[0] == lost else second
    assert titles_of(loser.received()[-1]), "others are offered at once"


def test_a_booking_is_moved(system: System) -> None:
    client, laura = system.client(), system.laura()
    client.ask("reflexología el jueves a las 15:30")
    client.ask("si")
    client.ask("Nora Gil")
    laura.catch_up()
    offer = client.ask("lo puedo pasar al viernes a la mañana?")
    assert all(title.startswith("vie") for title in titles_of(offer)), offer.text
    moved = client.tap(offer, titles_of(offer)[0])
    assert "viernes" in moved.text
    [row] = system.rows(LIVE, phone=f"+{client.wa_id}")
    assert row.starts_at.weekday() == 4
    assert "Nora Gil" in laura.next_bubble().text
