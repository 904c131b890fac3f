"""People's own data, and whether they want notices."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from actions.data_form import ActionCambiarDatos, AskPropuesta, ValidateCambiarDatosForm
from actions.notices import ActionDejarAvisos

VALIDATE = ValidateCambiarDatosForm()
KEEP = ActionCambiarDatos()


@pytest.fixture
def row(sessions):
    def read(query: str, **values):
        with sessions() as session:
            return session.execute(text(query), values).one()

    return read


def change(chat, said: str, **named):
    heard = chat.run(VALIDATE, said, "cambiar_datos", named=named)
    assert heard.slots["requested_slot"] is None
    return chat.run(KEEP, said, "cambiar_datos").responses[0]


def test_a_client_changes_name_and_mail_in_one_message(client, ana, row) -> None:
    said = change(client, "me llamo Ana María Gómez y mi mail es ANA@gmail.com", persona="Ana María Gómez")
    assert said["datos"] == "te llamo *Ana María Gómez* y tu mail es *ana@gmail.com*"
    query = "SELECT name, email FROM clientes WHERE id = :id"
    assert tuple(row(query, id=ana.id)) == ("Ana María Gómez", "ana@gmail.com")


def test_opting_out_and_in_again(client, ana, row) -> None:
    assert client.run(ActionDejarAvisos(), "no me mandes más recordatorios", "dejar_avisos").names == [
        "utter_avisos_dejados"
    ]
    accepted = "SELECT notices_accepted FROM relaciones WHERE cliente_id = :id"
    assert row(accepted, id=ana.id) == (False,)
    assert "recordatorios" in change(client, "quiero volver a recibir los recordatorios")["datos"]
    assert row(accepted, id=ana.id) == (True,)


def test_a_client_says_when_to_be_reminded(client, ana, row) -> None:
    assert change(client, "recordame los turnos un día antes nomás")["datos"].endswith("un día antes")
    assert row("SELECT reminder_minutes FROM relaciones WHERE cliente_id = :id", id=ana.id) == ([1440],)


@pytest.mark.parametrize(
    ("said", "column", "value", "answer"),
    [
        ("mi alias es laura.mp", "payment_alias", "laura.mp", "tu alias es *laura.mp*"),
        ("quiero confirmar yo cada turno", "auto_confirm", False, "cada turno lo confirmás vos"),
        ("confirmá los turnos automáticamente", "auto_confirm", True, "los turnos se confirman solos"),
        ("que reserven con al menos 3 horas de anticipación", "minimum_notice_minutes", 180, "3 horas"),
        (
            "mi cbu es 2850590940090418135201",
            "payment_cbu",
            "2850590940090418135201",
            "2850590940090418135201",
        ),
    ],
)
def test_a_professional_changes_settings(profesional, laura, row, said, column, value, answer) -> None:
    assert answer in change(profesional, said)["datos"]
    assert row(f"SELECT {column} FROM profesionales WHERE id = :id", id=laura.id) == (value,)


def test_the_hour_of_the_agenda(profesional, laura, row) -> None:
    assert (
        change(profesional, "mandame la agenda a las 8")["datos"] == "la agenda del día te llega a las 08:00"
    )
    assert str(row("SELECT agenda_time FROM profesionales WHERE id = :id", id=laura.id)[0]) == "08:00:00"


def test_what_can_be_changed_is_said_by_role(client, profesional) -> None:
    for chat, rol in ((client, "cliente"), (profesional, "profesional")):
        assert chat.run(VALIDATE, "quiero cambiar mis datos", "cambiar_datos").slots["falta"] == "dato"
        assert chat.run(AskPropuesta()).names == [f"utter_cambiar_datos_{rol}"]


def test_what_cannot_be_done_by_chat_is_said(client) -> None:
    client.run(VALIDATE, "cambié de número", "cambiar_datos")
    assert client.run(KEEP).names == ["utter_otro_telefono"]
    client.run(VALIDATE, "quiero que borren mis datos", "cambiar_datos")
    assert client.run(KEEP).names == ["utter_borrar_datos"]


def test_a_professional_keeps_the_notices_of_the_business(profesional) -> None:
    assert profesional.run(ActionDejarAvisos(), "no me avises más", "dejar_avisos").names == [
        "utter_avisos_profesional"
    ]


def test_saying_who_one_is_changes_no_name(profesional, laura, row) -> None:
    heard = profesional.run(VALIDATE, f"soy {laura.name.split()[0]}, la dueña", "cambiar_datos", named={})
    assert heard.slots["requested_slot"] == "propuesta"
