"""Whose business it is about on a shared line, and in which part its writer speaks."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from actions.agenda import ActionVerTurnos
from actions.booking_form import FORM, ValidatePedirTurnoForm
from actions.business import ActionConsultarServicios
from actions.talk import ActionSaludar, ActionSinContexto
from vallebot.db.tables.messaging import Rol
from vallebot.services.identity import Sender, load_actor, receive_sender

SHARED = "shared-line"


@pytest.fixture
def line(make_profesional, make_servicio, make_horario):
    """Three professionals behind one number."""
    found = {}
    for name, trade, service in (
        ("Laura Paz", "masajista", "Masaje relajante"),
        ("Bruno Díaz", "kinesiólogo", "Rehabilitación"),
        ("Carla Sosa", "psicóloga", "Terapia"),
    ):
        profesional = make_profesional(
            name=name, trade=trade, phone_number_id=None, code=name.split()[0].lower()
        )
        make_servicio(profesional, name=service)
        make_servicio(profesional, name=f"Consulta de {name.split()[0]}")
        for weekday in range(5):
            make_horario(profesional, weekday)
        found[profesional.code] = profesional
    return found


@pytest.fixture
def stranger(sessions, now, line, make_cliente):
    return chat_on_line(sessions, now, make_cliente(name="Nora Gil"))


def chat_on_line(sessions, now, person):
    from tests.integration.actions.conftest import Chat

    with sessions.begin() as session:
        conversation = receive_sender(session, Sender(SHARED, wa_id=person.phone_e164[1:]), now=now)
    return Chat(str(conversation), load_actor(sessions, conversation), now)


def chosen(chat, sessions) -> int | None:
    return load_actor(sessions, chat.actor.conversacion_id).profesional_id


def opens(chat, said: str, **named: str):
    return chat.run(ValidatePedirTurnoForm(), said, "pedir_turno", named=named)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("Hola! Quiero un turno [bruno]", "bruno"),
        ("hola quiero un turno con laura", "laura"),
        ("quiero un turno con la psicóloga", "carla"),
        ("turno para masaje relajante", "laura"),
        ("hola soy Laura, quiero un turno con bruno", "bruno"),
    ],
)
def test_a_name_a_code_a_trade_or_a_service_chooses_without_a_question(
    stranger, sessions, line, said: str, code: str
) -> None:
    heard = opens(stranger, said)
    assert chosen(stranger, sessions) == line[code].id
    assert "utter_con_quien" not in heard.names


def test_with_whom_is_asked_and_the_first_message_is_not_lost(stranger, sessions, line, now) -> None:
    heard = stranger.run(
        ValidatePedirTurnoForm(),
        "hola! quiero un turno el jueves a las 16",
        "pedir_turno",
        wamid="wamid.first",
    )
    assert heard.names == ["utter_con_quien"]
    assert sorted(heard.titles) == ["Bruno Díaz", "Carla Sosa", "Laura Paz"]
    assert heard.slots["requested_slot"] is None
    tapped = json.loads(heard.responses[0]["buttons"][0]["payload"].removeprefix("/informar"))
    answer = stranger.run(ActionSinContexto(), "Bruno Díaz", "informar", tapped=tapped, wamid="wamid.tap")
    assert answer.follow_up == FORM
    assert chosen(stranger, sessions) == tapped["profesional_id"]
    going_on = stranger.run(
        ValidatePedirTurnoForm(), "Bruno Díaz", "informar", tapped=tapped, wamid="wamid.tap"
    )
    assert going_on.slots["cuando"]["text"] == "hola! quiero un turno el jueves a las 16"


@pytest.mark.parametrize("said", ["con laura", "Laura", "la masajista"])
def test_with_whom_is_answered_in_words_too(stranger, sessions, line, said: str) -> None:
    stranger.run(ActionConsultarServicios(), "qué servicios hay?", "consultar_servicios")
    answer = stranger.run(ActionSinContexto(), said, "informar")
    assert answer.follow_up == "action_consultar_servicios"
    assert chosen(stranger, sessions) == line["laura"].id


def test_the_only_recent_professional_is_taken(sessions, now, line, make_cliente, make_relacion) -> None:
    person = make_cliente(name="Nora Gil")
    make_relacion(line["laura"], person, last_contact_at=now - timedelta(days=200))
    make_relacion(line["carla"], person, last_contact_at=now - timedelta(days=3))
    chat = chat_on_line(sessions, now, person)
    opens(chat, "quiero un turno")
    assert chosen(chat, sessions) == line["carla"].id


def test_a_greeting_of_a_stranger_asks_whom_they_look_for(stranger) -> None:
    heard = stranger.run(ActionSaludar(), "hola", "saludar")
    assert heard.names == ["utter_saludo_sin_profesional"]
    assert len(heard.titles) == 3


def test_the_chosen_one_sticks_and_is_changed_by_word_in_the_middle_of_a_form(
    stranger, sessions, line
) -> None:
    opens(stranger, "quiero un turno con laura el jueves a las 16")
    stranger.form = FORM
    heard = stranger.run(ValidatePedirTurnoForm(), "mejor con Carla, no con Laura", "informar")
    assert chosen(stranger, sessions) == line["carla"].id
    assert heard.names == ["utter_con_profesional_seguimos"]
    assert heard.slots["cuando"], "the day that was said still holds"
    assert heard.slots["requested_slot"] == "servicio_id"


def test_more_than_ten_are_shown_in_pages(stranger, make_profesional, sessions) -> None:
    for number in range(9):
        make_profesional(name=f"Zulma {chr(65 + number)}uez", phone_number_id=None)
    heard = stranger.run(ActionVerTurnos(), "mis turnos", "ver_turnos")
    assert len(heard.titles) == 10
    assert heard.titles[-1] == "Ver más"
    more = stranger.run(ActionSinContexto(), "Ver más", "informar", tapped={"pagina": 1})
    assert len(more.titles) == 4
    assert not set(more.titles[:-1]) & set(heard.titles[:-1])


@pytest.fixture
def bruno(sessions, now, line):
    with sessions() as session:
        from vallebot.db.tables import Cliente

        person = session.get(Cliente, line["bruno"].cliente_id)
    return chat_on_line(sessions, now, person)


def test_a_professional_speaks_as_a_client_and_back(bruno, sessions, line) -> None:
    assert bruno.actor.rol is Rol.PROFESIONAL
    heard = bruno.run(ActionSinContexto(), "como cliente", "informar")
    assert heard.names == ["utter_saludo_sin_profesional"]
    assert heard.slots["rol"] == "cliente"
    assert "Bruno Díaz" not in heard.titles
    back = bruno.run(ActionSinContexto(), "como profesional", "informar")
    assert back.names == ["utter_rol_profesional"]
    assert load_actor(sessions, bruno.actor.conversacion_id).rol is Rol.PROFESIONAL


def test_a_professional_who_wants_a_session_with_a_colleague_is_a_client(bruno, sessions, line) -> None:
    from actions.book_for_form import ActionTurnoCliente, ValidateTurnoClienteForm

    said = "quiero un turno con Carla el jueves a las 16"
    heard = bruno.run(ValidateTurnoClienteForm(), said, "pedir_turno", wamid="wamid.switch")
    assert heard.slots["rol"] == "cliente"
    assert chosen(bruno, sessions) == line["carla"].id
    assert bruno.run(ActionTurnoCliente(), said, "pedir_turno", wamid="wamid.switch").follow_up == FORM


def test_nobody_becomes_a_professional_by_saying_so(stranger, sessions, line) -> None:
    stranger.run(ActionSinContexto(), "como profesional", "informar")
    assert load_actor(sessions, stranger.actor.conversacion_id).rol is Rol.CLIENTE
