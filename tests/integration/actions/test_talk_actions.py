"""What is not understood, and conversations that do not exist."""

from __future__ import annotations

import json
import logging

import pytest
from sanic.exceptions import ServiceUnavailable
from sqlalchemy import text

from actions.agenda import ActionVerTurnos
from actions.booking_form import FORM, ValidatePedirTurnoForm
from actions.talk import ActionNoEntendi, ActionSaludar, ActionSinContexto

RANKING = [
    {"name": name} for name in ("saludar", "cancelar_turno", "ver_turnos", "confirmar_turno", "pedir_turno")
]


def not_understood(chat, said: str = "asdf", **how):
    return chat.run(ActionNoEntendi(), said, "nlu_fallback", intent_ranking=RANKING, **how)


def test_the_likeliest_operations_of_a_client_are_offered(client) -> None:
    heard = not_understood(client)
    assert heard.names == ["utter_no_entendi"]
    assert heard.titles == ["Cancelar un turno", "Ver mis turnos", "Avisar que voy"]
    assert heard.slots["no_entendidos"][0] == 1


def test_the_second_time_the_professional_is_offered(client) -> None:
    not_understood(client)
    heard = not_understood(client)
    assert heard.names == ["utter_no_entendi_otra_vez"]
    assert heard.responses[0]["profesional"] == "Laura Paz"
    assert heard.slots == {"no_entendidos": None}


def test_a_miss_long_ago_does_not_count(client) -> None:
    not_understood(client)
    client.run(ActionVerTurnos(), "mis turnos", "ver_turnos")
    assert not_understood(client).names == ["utter_no_entendi"]


def test_a_professional_is_offered_their_own_operations(profesional) -> None:
    heard = not_understood(profesional)
    assert heard.titles == ["Cancelar un turno", "Ver la agenda", "Aceptar un pedido"]
    assert not_understood(profesional).names == ["utter_no_entendi_otra_vez_profesional"]


def test_a_guess_that_is_tapped_is_done_with_the_words_that_were_written(client, services, now) -> None:
    said = "algo asi como reflexo el jueves a las 16"
    likely = [{"name": "pedir_turno"}, {"name": "ver_turnos"}]
    heard = client.run(ActionNoEntendi(), said, "nlu_fallback", intent_ranking=likely, wamid="wamid.doubt")
    [payload] = [b["payload"] for b in heard.responses[0]["buttons"] if b["title"] == "Pedir un turno"]
    about = json.loads(payload.removeprefix("/pedir_turno"))
    heard = client.run(ValidatePedirTurnoForm(), "Pedir un turno", "pedir_turno", tapped=about)
    assert heard.slots["cuando"]["text"] == said
    later = client.run(ValidatePedirTurnoForm(), "Pedir un turno", "pedir_turno", tapped={"pedido": "other"})
    assert later.slots.get("cuando") is None


def test_a_service_that_is_named_is_a_request(client, profesional) -> None:
    assert not_understood(client, "reflexologia?", named={"servicio": "reflexologia"}).follow_up == FORM
    assert not_understood(profesional, "reflexologia?", named={"servicio": "reflexologia"}).follow_up is None
    assert not_understood(client, "tenés pochoclos?", named={"servicio": "pochoclos"}).follow_up is None


@pytest.mark.parametrize(
    "sender_id", ["00000000-0000-4000-8000-000000000000", "5491161110001", "", "default"]
)
def test_a_conversation_that_does_not_exist_is_refused_kindly(client, sender_id: str) -> None:
    client.sender_id = sender_id
    for action in (ActionSaludar(), ActionVerTurnos(), ActionNoEntendi()):
        assert client.run(action, "hola", "saludar").names == ["utter_error_not_found"]


def test_an_error_of_ours_is_told_kindly_and_logged_without_words(
    client, sessions, caplog: pytest.LogCaptureFixture
) -> None:
    rename(sessions, "servicios", "servicios_away")
    try:
        with caplog.at_level(logging.INFO):
            heard = client.run(ActionNoEntendi(), "secreto", "nlu_fallback", named={"servicio": "secreto"})
    finally:
        rename(sessions, "servicios_away", "servicios")
    assert heard.names == ["utter_error_internal"]
    assert client.sender_id in caplog.text
    assert "action_no_entendi" in caplog.text
    assert "secreto" not in caplog.text


def test_an_outage_is_no_answer_but_a_reason_to_try_again(
    client, engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine.connect() as busy, busy.begin():
        busy.execute(text("LOCK TABLE conversaciones IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(ServiceUnavailable):
            client.run(ActionVerTurnos(), "mis turnos", "ver_turnos")


def rename(sessions, old: str, new: str) -> None:
    with sessions.begin() as session:
        session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


@pytest.mark.parametrize(
    ("buttons", "follow_up"),
    [
        ([{"title": "Pedir un turno", "payload": "/pedir_turno"}], FORM),
        (
            [
                {"title": "Sí, avisale", "payload": "/hablar_con_persona"},
                {"title": "No", "payload": "/detener"},
            ],
            "action_hablar_con_persona",
        ),
        ([{"title": "Ver precios", "payload": "/a"}, {"title": "Ver servicios", "payload": "/b"}], None),
    ],
)
def test_a_yes_in_words_is_as_good_as_the_tap(client, buttons: list, follow_up: str | None) -> None:
    client.run(ActionVerTurnos(), "mis turnos", "ver_turnos")
    client.events.append({"event": "bot", "text": "¿Reservamos uno?", "data": {"buttons": buttons}})
    assert client.run(ActionSinContexto(), "dale", "afirmar").follow_up == follow_up
