"""The booking form: what is read from a message, what is asked next, what is booked."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from actions.booking_form import (
    FORM,
    ActionPedirTurno,
    AskConfirmacion,
    AskServicio,
    AskStartsAt,
    ValidatePedirTurnoForm,
)
from actions.cancel_form import ActionCancelarTurno, ValidateCancelarTurnoForm
from actions.forms import AskWayOut
from actions.talk import ActionSinContexto
from vallebot.domain.values import parse_yes_no
from vallebot.services.relationship import refresh

VALIDATE = ValidatePedirTurnoForm()


def at(now: datetime, day: int, hour: int) -> str:
    """A moment of March 2026 in the professional's zone, as slots hold it."""
    return now.replace(day=day, hour=hour, minute=0).isoformat()


def open_form(chat, said: str, service: str | None = None, **how):
    """The message that opens the form."""
    named = {"servicio": service} if service else {}
    heard = chat.run(VALIDATE, said, "pedir_turno", named=named, **how)
    chat.form = FORM
    return heard


def moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def test_everything_said_at_once_leaves_one_question(client, services, now) -> None:
    heard = open_form(client, "masaje relajante el jueves a las 16", "masaje relajante")
    assert heard.slots["servicio_id"] == services["Masaje relajante"].id
    assert moment(heard.slots["starts_at"]) == moment(at(now, 5, 16))
    assert heard.slots["requested_slot"] == "confirmacion"


@pytest.mark.parametrize(
    ("said", "service", "asked", "motivo"),
    [
        ("quiero un turno", None, "servicio_id", None),
        ("quiero un masaje", "masaje", "servicio_id", None),
        ("me hacés un corte de pelo?", "corte de pelo", "servicio_id", "servicio_desconocido"),
        ("reflexología", "reflexologia", "starts_at", None),
        ("reflexologia el jueves a la tarde", "reflexologia", "starts_at", None),
        ("reflexologia el domingo a las 16", "reflexologia", "starts_at", "sin_lugar"),
        ("reflexologia el 31/2", "reflexologia", "starts_at", "fecha_imposible"),
        ("reflexologia ayer a las 16", "reflexologia", "starts_at", "fecha_pasado"),
    ],
)
def test_what_is_missing_is_asked(
    client, said: str, service: str | None, asked: str, motivo: str | None
) -> None:
    heard = open_form(client, said, service)
    assert (heard.slots["requested_slot"], heard.slots["motivo"]) == (asked, motivo)
    assert heard.slots["starts_at"] is None


def test_an_ambiguous_service_is_asked_among_those_that_may_be_meant(client) -> None:
    open_form(client, "quiero un masaje el jueves a las 16", "masaje")
    question = client.run(AskServicio())
    assert question.titles == ["Masaje descontracturante", "Masaje relajante"]
    heard = client.run(VALIDATE, "el relajante")
    assert heard.slots["requested_slot"] == "confirmacion", "the time that was said before is not asked again"


def test_a_time_that_is_taken_is_not_confirmed_but_others_are_offered(
    client, services, make_booking, ana, now
) -> None:
    make_booking(services["Masaje relajante"], moment(at(now, 5, 16)), ana)
    heard = open_form(client, "reflexologia el jueves a las 16", "reflexologia")
    assert (heard.slots["starts_at"], heard.slots["motivo"]) == (None, "sin_lugar")
    offers = client.run(AskStartsAt())
    assert offers.names == ["utter_motivo_sin_lugar", "utter_ofrecer_horarios"]
    assert offers.titles
    assert "jue 5/3 16:00" not in offers.titles


@pytest.mark.parametrize(
    ("said", "day", "hour"),
    [("no, mejor el viernes a las 11", 6, 11), ("uy perdón, el miercoles a las 10", 4, 10)],
)
def test_a_time_is_corrected_where_it_is_to_be_confirmed(client, now, said: str, day: int, hour: int) -> None:
    open_form(client, "reflexologia el jueves a las 16", "reflexologia")
    heard = client.run(VALIDATE, said)
    assert moment(heard.slots["starts_at"]) == moment(at(now, day, hour))
    assert heard.slots["requested_slot"] == "confirmacion"


def test_the_service_is_corrected_too(client, services) -> None:
    open_form(client, "reflexologia el jueves a las 16", "reflexologia")
    heard = client.run(VALIDATE, "perdón, masaje relajante", named={"servicio": "masaje relajante"})
    assert heard.slots["servicio_id"] == services["Masaje relajante"].id
    assert heard.slots["starts_at"], "what was said about the time still holds"


@pytest.mark.parametrize(("said", "intent"), [("sí", "afirmar"), ("dale", "nlu_fallback")])
def test_yes_confirms(client, said: str, intent: str) -> None:
    assert parse_yes_no(said)
    open_form(client, "reflexologia el jueves a las 16", "reflexologia")
    heard = client.run(VALIDATE, said, intent)
    assert heard.slots["confirmacion"] is True
    assert heard.slots["requested_slot"] is None, "Ana's name is known"


def test_no_asks_for_another_time(client) -> None:
    open_form(client, "reflexologia el jueves a las 16", "reflexologia")
    heard = client.run(VALIDATE, "no", "negar")
    assert (heard.slots["requested_slot"], heard.slots["motivo"]) == ("starts_at", "otro")


def test_an_offer_is_picked_by_tapping_or_by_words(client, services) -> None:
    open_form(client, "reflexologia", "reflexologia")
    first, second = client.run(AskStartsAt()).responses[-1]["buttons"][:2]
    heard = client.run(VALIDATE, "la segunda", "elegir_opcion")
    assert heard.slots["starts_at"] in second["payload"]
    assert heard.slots["requested_slot"] is None, "picking a concrete time confirms it"
    picked = {"servicio_id": services["Reflexología"].id, "starts_at": "2026-03-05T10:00:00-03:00"}
    assert str(picked["servicio_id"]) in first["payload"]
    heard = client.run(VALIDATE, "jue 5/3 10:00", "pedir_turno", tapped=picked)
    assert moment(heard.slots["starts_at"]) == moment(picked["starts_at"])


def test_the_name_is_asked_of_strangers_only_and_kept(chat_of, make_cliente, laura, services) -> None:
    stranger = make_cliente(name=None)
    chat = chat_of(stranger, laura)
    open_form(chat, "reflexologia el jueves a las 16", "reflexologia")
    assert chat.run(VALIDATE, "si", "afirmar").slots["requested_slot"] == "nombre"
    assert chat.run(VALIDATE, "me llamo rita vega").slots["nombre"] == "Rita Vega"
    assert chat.run(ActionPedirTurno()).responses[0]["nombre"] == ", Rita"


def test_a_question_in_the_middle_is_left_to_its_own_rule(client) -> None:
    open_form(client, "reflexologia el jueves a las 16", "reflexologia")
    assert client.run(VALIDATE, "cuánto sale?", "consultar_precio").events == []
    assert client.run(VALIDATE, "gracias", "agradecer").events == []


def test_the_buttons_of_an_older_question_answer_nothing(client, now) -> None:
    open_form(client, "reflexologia el jueves a las 16", "reflexologia")
    older = json.loads(
        client.run(AskConfirmacion()).responses[0]["buttons"][0]["payload"].removeprefix("/afirmar")
    )
    client.run(VALIDATE, "mejor el viernes a las 11")
    for intent in ("afirmar", "negar"):
        heard = client.run(VALIDATE, "", intent, tapped=older)
        assert moment(heard.slots["starts_at"]) == moment(at(now, 6, 11))
        assert (heard.slots["requested_slot"], heard.slots["confirmacion"]) == ("confirmacion", None)
    newer = {**older, "starts_at": client.slots["starts_at"]}
    assert client.run(VALIDATE, "", "afirmar", tapped=newer).slots["requested_slot"] is None


@pytest.mark.parametrize("values", [{}, {"booking_id": 3}])
def test_a_tap_that_belongs_elsewhere_confirms_nothing(client, values: dict) -> None:
    open_form(client, "reflexologia el jueves a las 16", "reflexologia")
    intent = "afirmar" if values else "opcion_vencida"
    heard = client.run(VALIDATE, "Sí, cancelar", intent, tapped=values)
    assert not heard.slots.get("confirmacion")


def test_offers_lie_inside_the_wish_and_are_really_free(client, services, make_booking, ana, now) -> None:
    make_booking(services["Masaje relajante"], moment(at(now, 5, 15)), ana)
    open_form(client, "reflexologia el jueves a la tarde", "reflexologia")
    heard = client.run(AskStartsAt())
    assert heard.names == ["utter_ofrecer_horarios"]
    starts = [moment(offer["starts_at"]) for offer in heard.slots["ofertas"]]
    assert 3 <= len(starts) <= 5
    taken = moment(at(now, 5, 15))
    for start in starts:
        assert (start.day, start.month) == (5, 3)
        assert 12 <= start.hour < 18
        assert not taken - timedelta(minutes=60) < start < taken + timedelta(minutes=60)


def test_booking_says_what_was_booked_and_forgets_the_form(client, states) -> None:
    open_form(client, "reflexologia el jueves a las 16", "reflexologia")
    client.run(VALIDATE, "si", "afirmar")
    heard = client.run(ActionPedirTurno(), "si", "afirmar")
    assert heard.names[0].startswith("utter_turno_")
    assert heard.responses[0]["servicio"] == "Reflexología"
    assert set(heard.slots.values()) == {None}
    assert len(states()) == 1


def test_the_same_message_books_once_however_often_it_is_repeated(client, states) -> None:
    open_form(client, "reflexologia el jueves a las 16", "reflexologia")
    client.run(VALIDATE, "si", "afirmar")
    before = dict(client.slots)
    first = client.run(ActionPedirTurno(), "si", "afirmar", wamid="wamid.same")
    client.slots = before
    again = client.run(ActionPedirTurno(), "si", "afirmar", wamid="wamid.same")
    assert first.responses == again.responses
    assert len(states()) == 1


def test_a_time_taken_meanwhile_opens_the_form_again_with_others(
    client, services, make_booking, ana, now, states
) -> None:
    open_form(client, "reflexologia el jueves a las 16", "reflexologia")
    client.run(VALIDATE, "si", "afirmar")
    make_booking(services["Masaje relajante"], moment(at(now, 5, 16)), ana)
    lost = client.run(ActionPedirTurno(), "si", "afirmar", wamid="wamid.late")
    assert lost.follow_up == FORM
    assert lost.responses == []
    client.form = None
    again = client.run(VALIDATE, "si", "afirmar", wamid="wamid.late")
    assert (again.slots["requested_slot"], again.slots["motivo"]) == ("starts_at", "slot_taken")
    offers = client.run(AskStartsAt())
    assert offers.names[0] == "utter_motivo_slot_taken"
    assert offers.titles
    assert len(states()) == 1, "only the other's"


def test_an_answer_that_is_not_understood_is_asked_again_then_a_way_out_is_offered(client) -> None:
    open_form(client, "reflexologia el jueves a las 16", "reflexologia")
    first = client.run(VALIDATE, "bsdf", "nlu_fallback")
    assert first.names == ["utter_respuesta_no_entendida"]
    assert first.slots["requested_slot"] == "confirmacion"
    assert first.slots["starts_at"], "nothing is forgotten"
    second = client.run(VALIDATE, "qwrt", "informar")
    assert second.slots["requested_slot"] == "salida"
    assert client.run(AskWayOut()).titles == ["Sí, avisale", "Dejarlo"]
    heard = client.run(VALIDATE, "dale", "afirmar")
    assert (heard.slots["confirmacion"], heard.slots["requested_slot"]) == (True, None)


def test_a_doubtful_message_is_read_by_the_form_first(client, now) -> None:
    open_form(client, "reflexologia el jueves a las 16", "reflexologia")
    heard = client.run(VALIDATE, "mm el viernes a las 11 seria", "nlu_fallback")
    assert moment(heard.slots["starts_at"]) == moment(at(now, 6, 11))


@pytest.mark.parametrize("intent", ["cancelar_turno", "consultar_precio", "ver_turnos"])
def test_another_operation_is_not_swallowed_because_it_names_a_day_or_a_service(client, intent: str) -> None:
    open_form(client, "reflexologia el jueves a las 16", "reflexologia")
    named = {"servicio": "masaje relajante"}
    assert client.run(VALIDATE, "el del viernes, masaje relajante", intent, named=named).events == []


def test_none_of_the_offered_times_asks_for_another_day(client) -> None:
    open_form(client, "reflexologia", "reflexologia")
    client.run(AskStartsAt())
    heard = client.run(VALIDATE, "no, ninguno", "negar")
    assert heard.slots["requested_slot"] == "starts_at"
    assert client.run(AskStartsAt()).names == ["utter_que_dia"]


def test_a_class_is_offered_to_be_joined_where_there_are_sessions_too(client, laura, make_servicio) -> None:
    make_servicio(laura, name="Yoga", kind="grupal", capacity=8)
    heard = open_form(client, "quiero un turno de yoga", "yoga")
    assert (heard.slots["requested_slot"], heard.slots["motivo"]) == (None, "es_clase")
    assert client.run(ActionPedirTurno(), "quiero un turno de yoga").names == ["utter_sin_clases"]


@pytest.fixture
def usual(client, services, make_booking, ana, sessions, now):
    """Ana came to reflexology on the last two Thursdays at four."""
    for weeks in (1, 2):
        make_booking(services["Reflexología"], moment(at(now, 5, 16)) - timedelta(weeks=weeks), ana)
    with sessions.begin() as session:
        refresh(session, client.actor.profesional_id, ana.id, now=now)
    return services["Reflexología"]


@pytest.mark.parametrize("said", ["quiero lo de siempre", "un turno como siempre", "lo mismo q siempre"])
def test_as_usual_takes_the_usual_service_and_time_to_one_question(client, usual, now, said: str) -> None:
    heard = open_form(client, said)
    assert heard.slots["servicio_id"] == usual.id
    assert moment(heard.slots["starts_at"]) == moment(at(now, 5, 16))
    assert heard.slots["requested_slot"] == "confirmacion"


def test_as_usual_is_a_request_whatever_its_intent_looked_like(client, usual) -> None:
    assert client.run(ActionSinContexto(), "quiero lo de siempre", "informar").follow_up == FORM


def test_the_usual_service_is_offered_first_and_named_never_assumed(client, usual) -> None:
    assert open_form(client, "quiero un turno").slots["requested_slot"] == "servicio_id"
    asked = client.run(AskServicio())
    assert asked.names == ["utter_pedir_servicio_habitual"]
    assert asked.titles[0] == asked.responses[0]["servicio"] == "Reflexología"
    assert client.run(VALIDATE, "dale", "afirmar").slots["servicio_id"] == usual.id
    offers = client.run(AskStartsAt())
    assert offers.responses[-1]["buttons"][0]["description"] == "como siempre"
    assert offers.titles[0] == "jue 5/3 16:00"


def test_as_usual_on_another_day_keeps_the_day(client, usual) -> None:
    heard = open_form(client, "lo de siempre pero el viernes")
    assert heard.slots["cuando"]
    assert heard.slots["starts_at"] is None


def test_another_operation_takes_over_and_the_first_one_is_offered_again_once(
    client, services, make_booking, ana, now
) -> None:
    make_booking(services["Masaje relajante"], moment(at(now, 6, 12)), ana)
    open_form(client, "reflexologia el jueves a las 16", "reflexologia")
    cancel = ValidateCancelarTurnoForm()
    client.run(cancel, "ah y cancelá el del viernes", "cancelar_turno")
    client.form = cancel.form
    client.run(cancel, "si", "afirmar", wamid="wamid.yes")
    client.form = None
    client.events.append({"event": "active_loop", "name": None})
    heard = client.run(ActionCancelarTurno(), "si", "afirmar", wamid="wamid.yes")
    assert heard.names == ["utter_turno_cancelado_libre", "utter_seguimos"]
    assert heard.responses[1]["asunto"] == "tu turno de *Reflexología* del jueves 5 a las 16:00"
    heard = client.run(
        ActionSinContexto(), "Sí, seguimos", "afirmar", tapped={"retomar": FORM}, wamid="wamid.go"
    )
    assert heard.follow_up == FORM
    again = client.run(VALIDATE, "Sí, seguimos", "afirmar", tapped={"retomar": FORM}, wamid="wamid.go")
    assert moment(again.slots["starts_at"]) == moment(at(now, 5, 16))
    assert again.slots["requested_slot"] == "confirmacion"


def test_what_was_called_off_is_not_offered_again(client, services, make_booking, ana, now) -> None:
    make_booking(services["Masaje relajante"], moment(at(now, 6, 12)), ana)
    open_form(client, "reflexologia el jueves a las 16", "reflexologia")
    heard = client.run(ValidateCancelarTurnoForm(), "no, mejor cancelá el que tengo", "cancelar_turno")
    assert heard.slots["pendiente"] is None
