"""Cancelling: the only booking is taken at once, whatever the words; the professional names a client."""

from __future__ import annotations

from datetime import timedelta

import pytest

from actions.cancel_form import ValidateCancelarTurnoForm


@pytest.fixture
def booked(make_booking, relajante, ana, now):
    """Ana's one session, tomorrow at ten."""
    return make_booking(relajante, now + timedelta(days=1, hours=1), ana)


def test_the_only_booking_is_asked_about_at_once(client, booked) -> None:
    heard = client.run(ValidateCancelarTurnoForm(), "no voy a poder ir, cancelalo", "cancelar_turno")
    assert heard.slots["booking_id"] == booked.id
    assert heard.slots["requested_slot"] == "confirmacion"


def test_without_bookings_nothing_is_asked(client) -> None:
    heard = client.run(ValidateCancelarTurnoForm(), "cancelá mi turno", "cancelar_turno")
    assert heard.slots["requested_slot"] is None
