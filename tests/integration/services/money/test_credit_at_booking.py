"""Money that was paid too much pays the next session the moment it is booked."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from vallebot.db.tables.messaging import Rol
from vallebot.services import bookings, payments
from vallebot.services.actor import Actor, system_actor
from vallebot.services.bookings import BookRequest
from vallebot.services.identity import ensure_relacion


def test_credit_pays_the_next_session(
    sessions, now, make_profesional, make_servicio, make_cliente, make_horario
):
    laura, ana = make_profesional(), make_cliente()
    make_horario(laura, 0)
    servicio = make_servicio(laura, price_minor=1_000_000)
    with sessions.begin() as session:
        ensure_relacion(session, laura.id, ana.id, now)
    received = payments.Received(cliente_id=ana.id, amount_minor=1_000_000, means="efectivo")
    payments.record_received(sessions, system_actor(laura.id), received, now=now, key="paid")
    client = Actor(Rol.CLIENTE, laura.id, ana.id)
    request = BookRequest(servicio.id, now + timedelta(hours=3))
    booking = bookings.book(sessions, client, request, now=now, key="book")
    with sessions() as session:
        charge = session.execute(
            text("SELECT state, applied_minor FROM cargos WHERE booking_id = :id"), {"id": booking.id}
        ).one()
    assert tuple(charge) == ("saldado", 1_000_000)
