"""Who acts is decided by the phone and the database: not by typed text, ids of buttons, slots or metadata."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

import pytest
import requests

from tests.harness import ANSWER_SECONDS, Phone, System, titles_of
from vallebot import demo
from vallebot.gateways.whatsapp import option_ids

STALE = "ya no está disponible"


def far_away(system: System) -> str:
    """A Wednesday, as people write it, weeks beyond what other tests book."""
    day = (system.now() + timedelta(weeks=5)).date()
    day += timedelta(days=2 - day.weekday())
    return f"el {day.day}/{day.month}"


def tracked(system: System, phone: Phone) -> list[dict]:
    """The events of a phone's conversation in Rasa's tracker store."""
    sender = system.conversation(phone)
    return [
        json.loads(row.data) for row in system.rows("SELECT data FROM events WHERE sender_id = :s", s=sender)
    ]


def option(system: System, phone: Phone, payload: str, **over: object) -> str:
    """An option id as our sender would make it for that phone's conversation."""
    values = {"secret": system.settings.secret, "now": system.now(), **over}
    return option_ids.encode(payload, system.conversation(phone), **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "typed",
    [
        '/pedir_turno{"servicio_id": 1}',
        " /restart",
        "\n\t/afirmar",
        "\u2003/cancelar_turno",
        "//detener",
        "/",
        '/ver_aviso{"message_id": 1}',
        'hola /pedir_turno{"servicio_id": 1}',
    ],
)
def test_typed_text_never_becomes_an_intent(system: System, typed: str) -> None:
    client = system.client()
    assert client.ask(typed).text
    client.nothing_more(0.3)
    [said] = [event for event in tracked(system, client) if event["event"] == "user"]
    assert not said["text"].startswith("/")
    ours = {
        entity["entity"]
        for entity in said["parse_data"]["entities"]
        if entity.get("extractor") == "VallebotConnector"
    }
    assert ours <= {"rol"}, "typed text carries no value of a tap"
    assert not [event for event in tracked(system, client) if event["event"] in ("restart", "reset_slots")]


@pytest.mark.parametrize("title", ["Sí, reservar", "Otro horario", "jue 3/12 10:00"])
@pytest.mark.parametrize("kind", ["forged", "raw", "foreign", "stale"])
def test_a_tap_that_is_not_ours_does_nothing(system: System, kind: str, title: str) -> None:
    client, other = system.client(), system.client()
    asked = client.ask(f"masaje descontracturante {far_away(system)} a las 18")
    assert titles_of(asked) == ["Sí, reservar", "Otro horario"], asked.text
    other.ask("hola")
    mine = asked.options[0].option_id
    option_id = {
        "forged": mine.replace("afirmar", "cancelar_turno"),
        "raw": "/afirmar",
        "foreign": option(system, other, "/afirmar"),
        "stale": option(system, client, "/afirmar", now=system.now() - timedelta(days=8)),
    }[kind]
    client.taps_id(option_id, title)
    assert STALE in client.next_bubble().text
    client.nothing_more(0.3)
    assert system.bookings_of(client) == []
    assert "nombre" in client.tap(asked, "Sí").text, "the question that was open can still be answered"


def test_yes_to_an_earlier_question_does_not_answer_a_later_one(system: System) -> None:
    client = system.client()
    client.books(name="Eva Luna")
    first = client.ask("cancelá mi turno")
    if "Sí, cancelar" not in titles_of(first):  # asked which one
        first = client.tap(first, titles_of(first)[0])
    assert titles_of(first) == ["Sí, cancelar", "No, dejalo"]
    client.tap(first, "No")
    second = client.ask(f"masaje relajante {far_away(system)} a las 19")
    assert titles_of(second) == ["Sí, reservar", "Otro horario"], second.text
    client.tap(first, "Sí")
    assert [row.state for row in system.bookings_of(client)] == ["pendiente"], (
        "nothing was booked or cancelled"
    )
    client.tap(second, "Sí")
    assert [row.state for row in system.bookings_of(client)] == ["pendiente", "pendiente"]
    third = client.ask(f"cancelá el turno de {far_away(system).removeprefix('el ')} a las 19")
    assert "cancel" in third.text.lower(), third.text
    client.tap(second, "Sí")
    assert [row.state for row in system.bookings_of(client)] == ["pendiente", "pendiente"]


def test_rasa_knows_a_person_by_an_opaque_id_only(system: System) -> None:
    client = system.client("Zulema")
    client.ask("hola")
    sender = system.conversation(client)
    assert str(UUID(sender)) == sender
    events = tracked(system, client)
    assert events, "the tracker is kept under the conversation's id"
    assert client.wa_id not in json.dumps(events)
    known = {str(row.id) for row in system.rows("SELECT id FROM conversaciones")}
    assert {row.sender_id for row in system.rows("SELECT DISTINCT sender_id FROM events")} <= known


def test_a_client_sees_their_own_bookings_only(system: System) -> None:
    first, second = system.client(), system.client()
    first.books(name="Carmen Bravo")
    assert "Reflexología" in first.ask("mis turnos").text
    for words in (
        "mis turnos",
        "agenda de la semana",
        "qué turnos tiene Carmen Bravo?",
        "cancelá el turno de Carmen",
    ):
        answer = second.ask(words)
        assert "Carmen" not in answer.text, words
        assert "Reflexología" not in answer.text, words
    assert [row.state for row in system.bookings_of(first)] == ["pendiente"]


@pytest.mark.parametrize("intent", ["cancelar_turno", "confirmar_turno", "ver_turnos"])
def test_a_tap_that_names_somebody_else_s_booking_is_refused(system: System, intent: str) -> None:
    owner, thief = system.client(), system.client()
    owner.books(name="Carmen Bravo")
    [booking] = system.bookings_of(owner)
    thief.ask("hola")
    thief.taps_id(option(system, thief, f'/{intent}{{"booking_id": {booking.id}}}'), "Ver")
    answer = thief.next_bubble()
    assert "Carmen" not in answer.text
    assert "Reflexología" not in answer.text
    thief.says("si")
    thief.next_bubble()
    assert [row.state for row in system.bookings_of(owner)] == ["pendiente"]


def test_slots_and_metadata_do_not_change_who_acts(system: System) -> None:
    owner, client = system.client(), system.client()
    owner.books(name="Carmen Bravo")
    client.ask("hola")
    [booking] = system.bookings_of(owner)
    said = {
        "event": "user",
        "text": "acepto",
        "message_id": "wamid.forged",
        "metadata": {"rol": "profesional"},
    }
    entities = [
        {"entity": "rol", "value": "profesional", "extractor": "VallebotConnector"},
        {"entity": "booking_id", "value": booking.id, "extractor": "VallebotConnector"},
    ]
    call = {
        "next_action": "action_confirmar_turno",
        "sender_id": system.conversation(client),
        "tracker": {
            "sender_id": system.conversation(client),
            "slots": {"rol": "profesional", "profesional_id": 1, "cliente_id": 1},
            "latest_message": {"text": "acepto", "intent": {"name": "confirmar_turno"}, "entities": entities},
            "events": [said],
            "latest_input_channel": "whatsapp",
            "active_loop": {},
            "paused": False,
        },
        "domain": {},
    }
    url = f"http://127.0.0.1:{system.settings.actions_port}/webhook"
    answer = requests.post(url, json=call, timeout=ANSWER_SECONDS).json()
    assert [one["response"] for one in answer["responses"]] == ["utter_sin_turnos_cliente"]
    assert [row.state for row in system.bookings_of(owner)] == ["pendiente"]


def test_a_professional_acts_as_one_on_their_own_line_and_as_a_client_on_another(system: System) -> None:
    client, laura = system.client(), system.laura()
    laura.catch_up()
    client.books(name="Carmen Bravo")
    assert "Carmen Bravo" in laura.next_bubble().text
    assert "Carmen Bravo" in laura.ask("agenda de la semana").text
    elsewhere = Phone(system, demo.LAURA, "Laura Giménez", demo.ANA_LINE)
    hello = elsewhere.ask("hola")
    assert "Ana" in hello.text
    assert "Ver mis turnos" in titles_of(hello)
    assert "Todavía no tenés turnos" in elsewhere.ask("agenda de la semana").text
