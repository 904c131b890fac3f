"""How a conversation behaves: few turns, doubts, corrections, switching and coming back, whose business it is."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.harness import SHARED_LINE, Phone, System, titles_of, wait_until
from vallebot.domain.availability import WeeklyHours
from vallebot.services import catalogue, operator
from vallebot.services.actor import system_actor
from vallebot.services.catalogue import ServicioSpec
from vallebot.services.operator import NewProfesional
from vallebot.services.relationship import refresh

OWN_BUSINESS = "5491150040004"


@pytest.fixture(scope="module")
def shared(system: System) -> dict[str, int]:
    """Two professionals behind one number: a physiotherapist and a psychologist."""
    found = {}
    weekly = [WeeklyHours(day, 9 * 60, 18 * 60) for day in range(5)]
    for name, code, trade, service, phone in (
        ("Bruno Díaz", "bruno", "kinesiólogo", "Rehabilitación", OWN_BUSINESS),
        ("Mirta Sosa", "mirta", "psicóloga", "Terapia", "5491150040005"),
    ):
        new = NewProfesional(name=name, phone_e164=f"+{phone}", code=code, trade=trade)
        found[code] = operator.create_profesional(system.sessions, system_actor(), new, now=system.now())
        actor = system_actor(found[code])
        catalogue.set_horarios(system.sessions, actor, weekly, now=system.now(), key=f"shared:{code}")
        spec = ServicioSpec(service, 50, price_minor=1_000_000)
        catalogue.define_servicio(
            system.sessions, actor, spec, now=system.now(), key=f"shared:{code}:{service}"
        )
    return found


def on_shared_line(system: System, name: str = "Persona Prueba") -> Phone:
    phone = system.client(name)
    return Phone(system, phone.wa_id, name, SHARED_LINE)


def booked_with(system: System, phone: Phone) -> list[str]:
    query = (
        "SELECT p.code FROM bookings b JOIN profesionales p ON p.id = b.profesional_id "
        "JOIN clientes c ON c.id = b.cliente_id WHERE c.phone_e164 = :phone AND b.state <> 'cancelado'"
    )
    return [row.code for row in system.rows(query, phone=f"+{phone.wa_id}")]


def test_a_message_that_holds_all_is_booked_in_two_bubbles(system: System) -> None:
    client = system.client()
    client.books(name="Nora Paz")
    before = len(client.received())
    client.ask("reflexología el martes de la semana que viene a las 10")
    client.ask("sí")
    assert len(client.received()) - before == 2
    assert len(system.bookings_of(client)) == 2


def test_a_message_with_service_and_day_is_booked_in_three_bubbles(system: System) -> None:
    client = system.client()
    offer = client.ask("hola! quiero un turno de reflexología para el viernes")
    client.tap(offer, titles_of(offer)[0])
    client.ask("Nora Paz")
    assert len(client.received()) == 3
    assert len(system.bookings_of(client)) == 1


def test_nonsense_in_a_form_is_asked_again_then_a_way_out_is_offered_and_the_form_still_answers(
    system: System,
) -> None:
    client = system.client()
    asked = client.ask("masaje relajante el jueves de la semana que viene a las 15:30")
    assert titles_of(asked) == ["Sí, reservar", "Otro horario"]
    again = client.ask("el que te dije")
    assert titles_of(again) == ["Sí, reservar", "Otro horario"], again.text
    out = client.ask("eso mismo de antes")
    assert titles_of(out) == ["Sí, avisale", "Dejarlo"], out.text
    assert "nombre" in client.ask("dale").text, "a yes still answers the question that was open"
    client.ask("Nora Paz")
    assert len(system.bookings_of(client)) == 1


def test_a_question_and_a_correction_in_the_middle(system: System) -> None:
    client = system.client()
    client.ask("masaje relajante el lunes que viene a las 11")
    price = client.ask("cuánto sale la reflexología?")
    assert "20.000" in price.text
    assert titles_of(price) == ["Sí, reservar", "Otro horario"], "the question that was open is asked again"
    corrected = client.ask("no, mejor reflexología")
    assert "Reflexología" in corrected.text
    assert "11:00" in corrected.text, "the time still holds"
    client.ask("dale")
    client.ask("Nora Paz")
    assert len(system.bookings_of(client)) == 1


def test_another_operation_in_the_middle_and_back(system: System) -> None:
    client = system.client()
    client.books(name="Nora Paz")
    asked = client.ask("masaje relajante el martes que viene a las 12")
    assert "Sí, reservar" in titles_of(asked), asked.text
    cancel = client.ask("ah, y quiero cancelar el turno de reflexología")
    assert "Sí, cancelar" in titles_of(cancel), cancel.text
    done = client.tap(cancel, "Sí")
    assert "Masaje relajante" in done.text, done.text
    assert titles_of(done) == ["Sí, seguimos", "No, dejalo"]
    again = client.tap(done, "Sí")
    assert titles_of(again) == ["Sí, reservar", "Otro horario"]
    client.tap(again, "Sí")
    assert sorted(row.state for row in system.bookings_of(client)) == ["cancelado", "pendiente"]


def test_dropping_it_all_at_any_moment(system: System) -> None:
    client = system.client()
    client.ask("quiero un turno")
    assert titles_of(client.ask("dejá, no importa")) == []
    client.ask("quiero un turno de reflexología")
    client.ask("olvidate")
    client.ask("masaje relajante el viernes a las 12")
    client.ask("dejalo, no quiero nada")
    assert system.bookings_of(client) == []


def test_what_is_usual_is_offered_and_taken_by_its_name(system: System) -> None:
    client = system.client()
    client.books("masaje relajante", name="Nora Paz")
    # Two sessions in the past, at the same day and hour.
    with system.sessions.begin() as session:
        session.execute(
            text("""
            UPDATE bookings SET state = 'realizado', expires_at = NULL,
                   period = tstzrange(lower(period) - interval '2 weeks',
                   upper(period) - interval '2 weeks'), busy = tstzrange(lower(busy) - interval '2 weeks',
                   upper(busy) - interval '2 weeks')
             WHERE id = :id"""),
            {"id": system.bookings_of(client)[0].id},
        )
        row = session.execute(
            text("SELECT profesional_id, cliente_id FROM bookings WHERE id = :id"),
            {"id": system.bookings_of(client)[0].id},
        ).one()
        refresh(session, row.profesional_id, row.cliente_id, now=system.now())
    asked = client.ask("quiero lo de siempre")
    assert "Masaje relajante" in asked.text


def test_a_professional_of_a_shared_line_is_found_by_name_trade_or_link(system: System, shared) -> None:
    for words in ("quiero un turno con bruno", "turno con el kinesiólogo", "Hola! [bruno] quiero un turno"):
        client = on_shared_line(system)
        offer = client.ask(words)
        assert "Rehabilitación" in offer.text, (words, offer.text)
        client.tap(offer, titles_of(offer)[0])
        client.ask("Nora Paz")
        assert booked_with(system, client) == ["bruno"]


def test_with_whom_is_asked_once_and_the_first_message_counts(system: System, shared) -> None:
    client = on_shared_line(system)
    asked = client.ask("hola, quiero un turno para el jueves a la tarde")
    assert {"Bruno Díaz", "Mirta Sosa"} <= set(titles_of(asked)), asked.text
    offer = client.tap(asked, "Mirta")
    assert all(title.startswith("jue") for title in titles_of(offer)), (offer.text, titles_of(offer))
    client.tap(offer, titles_of(offer)[0])
    client.ask("Nora Paz")
    assert booked_with(system, client) == ["mirta"]
    assert "Terapia" in client.ask("mis turnos").text, "the chosen one sticks"


def test_the_professional_is_changed_in_the_middle(system: System, shared) -> None:
    client = on_shared_line(system)
    client.ask("quiero un turno con bruno el viernes")
    offer = client.ask("mejor con Mirta, no con Bruno")
    assert "Terapia" in offer.text, offer.text
    assert all(title.startswith("vie") for title in titles_of(offer)), titles_of(offer)


def test_a_professional_is_a_client_of_another_and_comes_back(system: System, shared) -> None:
    bruno = Phone(system, OWN_BUSINESS, "Bruno Díaz", SHARED_LINE)
    bruno.catch_up()
    assert "hoy" in bruno.ask("qué tengo hoy?").text
    offer = bruno.ask("quiero un turno con Mirta el miércoles")
    assert "Terapia" in offer.text, offer.text
    bruno.tap(offer, titles_of(offer)[0])
    wait_until(lambda: booked_with(system, bruno) == ["mirta"], 5, "never booked")
    bruno.catch_up()
    assert "negocio" in bruno.ask("como profesional").text
    assert "Terapia" not in bruno.ask("qué tengo el miércoles?").text


def test_a_professional_books_for_a_client_who_is_told(system: System) -> None:
    client, laura = system.client("Rosa Lima"), system.laura()
    client.books(name="Rosa Lima")
    laura.catch_up()
    asked = laura.ask("anotá a Rosa Lima masaje relajante el jueves de la semana que viene a las 17")
    assert "Rosa Lima" in asked.text, asked.text
    assert "17:00" in asked.text
    client.catch_up()
    assert "Ya le avisé" in laura.tap(asked, "Sí").text
    assert "te anotó un turno" in client.next_bubble().text
    assert "confirmado" in [row.state for row in system.bookings_of(client)]


def test_the_professional_takes_a_conversation_over_and_gives_it_back(system: System) -> None:
    client, laura = system.client("Delia Ríos"), system.laura()
    client.ask("hola")
    laura.catch_up()
    assert "Laura" in client.ask("quiero hablar con Laura en persona").text
    notice = laura.next_bubble()
    assert "quiero hablar con Laura en persona" in notice.text
    taken = laura.tap(notice, "Me ocupo")
    assert "te escribe en persona" in client.next_bubble().text
    client.says("mirá, te cuento lo que me pasa")
    client.nothing_more(1.5)
    laura.tap(taken, "Seguí vos")
    assert client.ask("qué servicios hacés?").text
