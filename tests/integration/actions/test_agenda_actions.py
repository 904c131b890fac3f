"""Seeing, accepting and cancelling bookings, as client and as professional."""

from __future__ import annotations

from datetime import timedelta

import pytest

from actions.agenda import ActionConfirmarTurno, ActionVerTurnos
from actions.cancel_form import FORM, ActionCancelarTurno, AskConfirmacion, ValidateCancelarTurnoForm


@pytest.fixture
def booked(services, make_booking, make_relacion, laura, ana, now):
    """`booked(hour, cliente)`: a session of reflexología today; Ana's by default."""

    def make(hour: int, cliente=None, state: str = "confirmado", day: int = 2):
        at = now.replace(day=day, hour=hour, minute=0)
        expires_at = now + timedelta(hours=2) if state == "pendiente" else None
        return make_booking(services["Reflexología"], at, cliente or ana, state=state, expires_at=expires_at)

    return make


@pytest.fixture
def rita(make_cliente):
    return make_cliente(name="Rita Vega")


def test_a_client_without_bookings_is_offered_one(client) -> None:
    heard = client.run(ActionVerTurnos(), "mis turnos", "ver_turnos")
    assert heard.names == ["utter_sin_turnos_cliente"]
    assert heard.titles == ["Pedir un turno"]


def test_a_client_sees_their_own_bookings_and_nobody_else_s(client, booked, rita) -> None:
    booked(10)
    booked(12, rita)
    heard = client.run(ActionVerTurnos(), "mis turnos", "ver_turnos")
    assert heard.names == ["utter_turnos_cliente"]
    assert "10:00" in heard.responses[0]["turnos"]
    assert "12:00" not in heard.responses[0]["turnos"]


@pytest.mark.parametrize(
    ("said", "seen"), [("qué tengo hoy", True), ("agenda de la semana", True), ("qué tengo mañana", False)]
)
def test_a_professional_sees_the_agenda_of_the_days_asked_for(
    profesional, booked, rita, said: str, seen: bool
) -> None:
    booked(12, rita)
    heard = profesional.run(ActionVerTurnos(), said, "ver_turnos")
    assert heard.names == ["utter_agenda"]
    assert ("Rita Vega" in heard.responses[0]["agenda"]) is seen


def test_the_role_is_taken_from_the_database_not_from_slots(client, booked, rita) -> None:
    booked(12, rita)
    client.slots = {"rol": "profesional"}
    heard = client.run(ActionVerTurnos(), "agenda", "ver_turnos", named={"rol": "profesional"})
    assert heard.names == ["utter_sin_turnos_cliente"]


def test_the_only_request_is_accepted_and_said(profesional, booked, states) -> None:
    booked(12, state="pendiente")
    heard = profesional.run(ActionConfirmarTurno(), "dale, confirmado", "confirmar_turno")
    assert heard.names == ["utter_turno_aceptado"]
    assert "Ana Gómez" in heard.responses[0]["turno"]
    assert states() == ["confirmado"]


def test_among_several_requests_the_professional_is_asked_and_taps(profesional, booked, rita, states) -> None:
    booked(12, state="pendiente")
    second = booked(15, rita, state="pendiente")
    heard = profesional.run(ActionConfirmarTurno(), "acepto", "confirmar_turno")
    assert heard.names == ["utter_cual_aceptar"]
    assert len(heard.titles) == 2
    profesional.run(ActionConfirmarTurno(), "", "confirmar_turno", tapped={"booking_id": second.id})
    assert states() == ["pendiente", "confirmado"]


def test_nothing_to_accept_is_said(profesional) -> None:
    assert profesional.run(ActionConfirmarTurno(), "acepto", "confirmar_turno").names == [
        "utter_nada_para_aceptar"
    ]


def test_a_client_who_says_they_come_does_not_accept_anything(client, booked, rita, states) -> None:
    booked(10)
    other = booked(12, rita, state="pendiente")
    heard = client.run(ActionConfirmarTurno(), "voy", "confirmar_turno", tapped={"booking_id": other.id})
    assert heard.names == ["utter_asistencia_confirmada"]
    assert "10:00" in heard.responses[0]["turno"]
    assert states() == ["confirmado", "pendiente"]


def test_the_only_booking_is_asked_about_and_cancelled(client, booked, states) -> None:
    booking = booked(17, day=9)
    asked = client.run(ValidateCancelarTurnoForm(), "no voy a poder ir", "cancelar_turno")
    assert asked.slots["requested_slot"] == "confirmacion"
    client.form = FORM
    question = client.run(AskConfirmacion())
    assert question.names[0].startswith("utter_confirmar_cancelacion_")
    tapped = {"booking_id": booking.id}
    assert client.run(ValidateCancelarTurnoForm(), "", "afirmar", tapped=tapped).slots["confirmacion"] is True
    assert client.run(ActionCancelarTurno()).names[0].startswith("utter_turno_cancelado_")
    assert states() == ["cancelado"]


def test_yes_about_another_booking_cancels_nothing(client, booked) -> None:
    booked(17)
    client.run(ValidateCancelarTurnoForm(), "cancelalo", "cancelar_turno")
    client.form = FORM
    for tapped in ({"booking_id": 99}, {"servicio_id": 1, "starts_at": "2026-03-05T16:00:00-03:00"}):
        heard = client.run(ValidateCancelarTurnoForm(), "", "afirmar", tapped=tapped)
        assert (heard.slots["confirmacion"], heard.slots["requested_slot"]) == (None, "confirmacion")


def test_a_no_leaves_the_booking(client, booked, states) -> None:
    client.slots = {"booking_id": booked(17).id, "confirmacion": False}
    assert client.run(ActionCancelarTurno(), "no", "negar").names == ["utter_turno_no_cancelado"]
    assert states() == ["confirmado"]


def test_without_bookings_there_is_nothing_to_cancel(client, profesional) -> None:
    assert client.run(ActionCancelarTurno()).names == ["utter_nada_para_cancelar"]
    assert profesional.run(ActionCancelarTurno()).names == ["utter_nada_para_cancelar_profesional"]


def test_somebody_else_s_booking_cannot_be_cancelled(client, booked, rita, states) -> None:
    other = booked(12, rita)
    client.slots = {"booking_id": other.id, "confirmacion": True}
    [refusal] = client.run(ActionCancelarTurno(), "si", "afirmar").names
    assert refusal in ("utter_error_not_found", "utter_error_not_allowed")
    assert states() == ["confirmado"]


def test_a_professional_rejects_a_request_with_one_tap(profesional, booked, states) -> None:
    request = booked(12, state="pendiente")
    heard = profesional.run(
        ValidateCancelarTurnoForm(), "", "cancelar_turno", tapped={"booking_id": request.id}
    )
    assert heard.slots["requested_slot"] is None
    assert profesional.run(ActionCancelarTurno()).names == ["utter_turno_rechazado"]
    assert states() == ["cancelado"]


def test_a_repeated_cancellation_says_the_same(client, booked, states) -> None:
    before = {"booking_id": booked(17, day=9).id, "confirmacion": True}
    client.slots = dict(before)
    first = client.run(ActionCancelarTurno(), "si", "afirmar", wamid="wamid.twice")
    client.slots = before
    again = client.run(ActionCancelarTurno(), "si", "afirmar", wamid="wamid.twice")
    assert first.responses == again.responses
    assert states() == ["cancelado"]
