"""Defining services by chat."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from actions.service_form import (
    FORM,
    ActionDefinirServicio,
    AskConfirmacion,
    AskPropuesta,
    ValidateDefinirServicioForm,
)

VALIDATE = ValidateDefinirServicioForm()
DEFINE = ActionDefinirServicio()


@pytest.fixture
def chat(chat_of, laura):
    """Laura, who has hours and a place, but no service yet."""
    return chat_of(laura, laura)


@pytest.fixture
def saved(sessions):
    def read(name: str):
        with sessions() as session:
            return (
                session.execute(text("SELECT * FROM servicios WHERE name = :name"), {"name": name})
                .mappings()
                .one()
            )

    return read


def tell(chat, said: str, intent: str = "informar", **named):
    heard = chat.run(VALIDATE, said, intent, named=named)
    chat.form = FORM
    return heard


def confirm(chat):
    chat.run(VALIDATE, "si", "afirmar")
    return chat.run(DEFINE, "si", "afirmar")


def test_one_message_and_one_yes(chat, saved) -> None:
    heard = tell(
        chat, "masaje deportivo 50 minutos 15 lucas", "definir_servicio", servicio="masaje deportivo"
    )
    assert heard.slots["requested_slot"] == "confirmacion"
    asked = chat.run(AskConfirmacion())
    assert asked.responses[0]["servicio"] == "*Masaje deportivo*: individual, 50 minutos, $ 15.000 por sesión"
    done = confirm(chat)
    assert done.names == ["utter_servicio_guardado", "utter_ya_te_piden"]
    row = saved("Masaje deportivo")
    assert (row["kind"], row["duration_minutes"], row["price_minor"]) == ("individual", 50, 1_500_000)


def test_a_class_with_its_days_in_one_message(chat, saved, sessions, now) -> None:
    said = "clase de yoga martes y jueves 19hs, una hora, 12 lugares, 20 mil por mes"
    tell(chat, said, "definir_servicio", servicio="yoga")
    asked = chat.run(AskConfirmacion())
    assert asked.responses[0]["servicio"] == (
        "*Yoga*: clase grupal de 1 hora, martes y jueves a las 19:00, 12 lugares, $ 20.000 por mes"
    )
    confirm(chat)
    row = saved("Yoga")
    assert (row["kind"], row["capacity"], row["billing"]) == ("grupal", 12, "mensual")
    with sessions() as session:
        first = session.execute(text("SELECT min(starts_at) FROM bookings WHERE kind = 'clase'")).scalar()
    assert first.astimezone(now.tzinfo) == now.replace(day=3, hour=19)


def test_step_by_step(chat, saved) -> None:
    tell(chat, "quiero cargar un servicio", "definir_servicio")
    assert chat.run(AskPropuesta()).names == ["utter_servicio_falta_name"]
    tell(chat, "reiki")
    assert chat.run(AskPropuesta()).names == ["utter_servicio_falta_duration_minutes_y_precio"]
    tell(chat, "60")
    assert chat.run(AskPropuesta()).names == ["utter_servicio_falta_price_minor"]
    assert tell(chat, "20").slots["requested_slot"] == "confirmacion"
    confirm(chat)
    assert (saved("Reiki")["duration_minutes"], saved("Reiki")["price_minor"]) == (60, 2_000_000)


def test_a_class_is_asked_for_its_days_and_places(chat, saved) -> None:
    tell(chat, "clases de funcional a 5 lucas", "definir_servicio", servicio="funcional")
    asked = chat.run(AskPropuesta())
    assert asked.names == ["utter_servicio_falta_kind"]
    chat.run(VALIDATE, "Clase grupal", "informar", tapped={"valor": "grupal"})
    assert chat.slots["falta"] == "times"
    tell(chat, "lunes y miércoles de 8 a 9")
    assert chat.slots["falta"] == "capacity"
    assert tell(chat, "15").slots["requested_slot"] == "confirmacion"
    confirm(chat)
    assert (saved("Funcional")["capacity"], saved("Funcional")["duration_minutes"]) == (15, 60)


def test_a_correction_at_the_confirmation_changes_what_it_names(chat, saved) -> None:
    tell(chat, "reiki 60 minutos 20 lucas", "definir_servicio", servicio="reiki")
    heard = tell(chat, "no, el reiki sale 25 lucas", servicio="reiki")
    assert heard.slots["requested_slot"] == "confirmacion"
    assert heard.slots["propuesta"]["price_minor"] == 2_500_000
    assert heard.slots["propuesta"]["name"] == "Reiki"


def test_no_saves_nothing(chat, sessions) -> None:
    tell(chat, "reiki 60 minutos 20 lucas", "definir_servicio", servicio="reiki")
    assert chat.run(VALIDATE, "no", "negar").slots["requested_slot"] is None
    assert chat.run(DEFINE, "no", "negar").names == ["utter_servicio_no_guardado"]
    with sessions() as session:
        assert session.execute(text("SELECT count(*) FROM servicios")).scalar() == 0


def test_a_name_that_is_taken_is_said_with_what_to_do(chat, make_servicio, laura, saved) -> None:
    known = make_servicio(laura, name="Reiki")
    tell(chat, "reiki 60 minutos 20 lucas", "definir_servicio", servicio="reiki")
    asked = chat.run(AskPropuesta())
    assert asked.names == ["utter_servicio_falta_other_name"]
    assert asked.responses[0]["buttons"][0]["payload"] == f'/modificar_servicio{{"servicio_id": {known.id}}}'
    chat.run(VALIDATE, "Ponerle otro nombre", "informar", tapped={"valor": "nombre"})
    assert chat.slots["falta"] == "name"
    assert tell(chat, "reiki a distancia").slots["requested_slot"] == "confirmacion"
    confirm(chat)
    assert saved("Reiki a distancia")["price_minor"] == 2_000_000


def test_class_times_that_are_taken_are_asked_again(
    chat, laura, make_servicio, make_booking, ana, now
) -> None:
    taken = make_servicio(laura, name="Masaje")
    for week in range(9):
        make_booking(taken, now.replace(day=3, hour=19) + timedelta(weeks=week), ana)
    said = "clase de yoga los martes a las 19, una hora, 12 lugares, 20 mil por mes"
    tell(chat, said, "definir_servicio", servicio="yoga")
    chat.run(VALIDATE, "si", "afirmar", wamid="wamid.yes")
    lost = chat.run(DEFINE, "si", "afirmar", wamid="wamid.yes")
    assert lost.follow_up == FORM
    chat.form = None
    again = chat.run(VALIDATE, "si", "afirmar", wamid="wamid.yes")
    assert again.slots["falta"] == "times"
    assert chat.run(AskPropuesta()).names == ["utter_motivo_slot_taken", "utter_servicio_falta_times"]


def test_several_at_once_go_one_by_one(chat) -> None:
    said = "cargá corte 30 minutos 9 lucas y también color"
    chat.run(VALIDATE, said, "definir_servicio", named={"servicio": "corte"})
    assert chat.slots["requested_slot"] == "confirmacion"
