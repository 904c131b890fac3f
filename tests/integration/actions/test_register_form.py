"""Registering a business by chat."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from actions.register_form import FORM, ActionRegistrarseProfesional, AskPropuesta, ValidateRegistrarseForm
from tests.integration.actions.conftest import Chat
from vallebot.config import Settings
from vallebot.domain.states import ProfesionalState
from vallebot.services import operator
from vallebot.services.actor import system_actor
from vallebot.services.identity import Sender, load_actor, receive_sender

VALIDATE = ValidateRegistrarseForm()
REGISTER = ActionRegistrarseProfesional()
INTENT = "registrarse_profesional"


@pytest.fixture
def stranger(sessions, now) -> Chat:
    """Somebody who never wrote before, on a line that several professionals share."""
    with sessions.begin() as session:
        conversation = receive_sender(session, Sender("shared-line", wa_id="5491177770001"), now=now)
    return Chat(str(conversation), load_actor(sessions, conversation), now)


@pytest.fixture
def businesses(sessions):
    def read() -> list[tuple]:
        with sessions() as session:
            return [
                tuple(row) for row in session.execute(text("SELECT name, trade, state FROM profesionales"))
            ]

    return read


def test_everything_said_at_once_leaves_nothing_to_ask(stranger, businesses, sessions) -> None:
    heard = stranger.run(
        VALIDATE, "quiero usar vallebot, soy Laura Paz, masajista", INTENT, named={"persona": "Laura Paz"}
    )
    assert heard.slots["requested_slot"] is None
    done = stranger.run(REGISTER)
    assert done.names == ["utter_registrado"]
    assert done.titles == ["Cargar un servicio", "Cargar mis horarios", "Decir dónde atiendo"]
    assert done.responses[0]["codigo"] == "laura-paz"
    assert businesses() == [("Laura Paz", "masajista", "activo")]
    assert str(load_actor(sessions, stranger.actor.conversacion_id).rol) == "profesional"


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("quiero usar vallebot, soy Berta Solano, masajista", {"name": "Berta Solano", "trade": "masajista"}),
        ("soy kinesiólogo y quiero registrarme", {"trade": "kinesiólogo"}),
        ("quiero usar vallebot", {}),
    ],
)
def test_a_name_in_passing_is_read_also_where_it_was_not_tagged(stranger, said, known) -> None:
    assert stranger.run(VALIDATE, said, INTENT).slots["propuesta"] == known


def test_what_is_missing_is_asked_one_after_the_other(stranger, businesses) -> None:
    stranger.run(VALIDATE, "quiero usar vallebot", INTENT)
    assert stranger.run(AskPropuesta()).names == ["utter_registro_nombre_y_oficio"]
    stranger.form = FORM
    heard = stranger.run(VALIDATE, "Estudio Zen")
    assert heard.slots["falta"] == "trade"
    asked = stranger.run(AskPropuesta())
    assert asked.names == ["utter_registro_oficio"]
    assert asked.responses[0]["nombre"] == "Estudio Zen"
    assert stranger.run(VALIDATE, "masajes").slots["requested_slot"] is None
    stranger.run(REGISTER)
    assert businesses() == [("Estudio Zen", "masajes", "activo")]


def test_name_and_trade_may_be_one_answer(stranger) -> None:
    stranger.run(VALIDATE, "quiero usar vallebot", INTENT)
    stranger.form = FORM
    heard = stranger.run(VALIDATE, "Laura Paz, profesora de yoga", named={"persona": "Laura Paz"})
    assert heard.slots["propuesta"] == {"name": "Laura Paz", "trade": "profesora de yoga"}
    assert heard.slots["requested_slot"] is None


def test_a_question_in_the_middle_is_not_an_answer(stranger) -> None:
    stranger.run(VALIDATE, "quiero usar vallebot", INTENT)
    stranger.form = FORM
    assert stranger.run(VALIDATE, "qué podés hacer?", "ayuda").events == []


def test_the_operator_may_want_to_approve(stranger, businesses, runtime) -> None:
    runtime.settings = Settings.from_env({"DATABASE_URL": "unused", "VALLEBOT_REGISTRATION": "approval"})
    stranger.run(
        VALIDATE, "soy Laura Paz, masajista, quiero usar vallebot", INTENT, named={"persona": "Laura Paz"}
    )
    assert stranger.run(REGISTER).names == ["utter_registro_pedido"]
    assert [row[2] for row in businesses()] == ["pendiente"]
    again = stranger.run(VALIDATE, "quiero usar vallebot", INTENT)
    assert again.slots["requested_slot"] is None
    assert stranger.run(REGISTER).names == ["utter_registro_en_espera"]


def test_who_waited_for_approval_is_told_once(stranger, runtime, sessions, now) -> None:
    runtime.settings = Settings.from_env({"DATABASE_URL": "unused", "VALLEBOT_REGISTRATION": "approval"})
    stranger.run(
        VALIDATE, "soy Laura Paz, masajista, quiero usar vallebot", INTENT, named={"persona": "Laura Paz"}
    )
    stranger.run(REGISTER)
    with sessions() as session:
        profesional_id = session.execute(text("SELECT id FROM profesionales")).scalar()
    for state in (ProfesionalState.ACTIVO, ProfesionalState.PAUSADO, ProfesionalState.ACTIVO):
        operator.set_state(sessions, system_actor(), profesional_id, state, now=now)
    with sessions() as session:
        said = session.execute(text("SELECT text FROM messages WHERE direction = 'out'")).scalars().all()
    assert len(said) == 1
    assert "ya está activa" in said[0]
    assert str(load_actor(sessions, stranger.actor.conversacion_id).rol) == "profesional"


def test_the_line_of_another_professional_is_explained(client, businesses) -> None:
    heard = client.run(VALIDATE, "quiero usar vallebot", INTENT)
    assert heard.slots["requested_slot"] is None
    said = client.run(REGISTER)
    assert said.names == ["utter_registro_en_linea_ajena"]
    assert said.responses[0]["profesional"] == "Laura Paz"
    assert len(businesses()) == 1


def test_who_is_registered_is_told_what_is_missing(profesional) -> None:
    said = profesional.run(REGISTER, "quiero usar vallebot", INTENT)
    assert said.names == ["utter_ya_registrado"]
