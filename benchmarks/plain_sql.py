"""The rows of one booking, written by hand: what `vallebot.services.bookings.book` is compared to.

Same rows, same constraints, one transaction; nothing is read or checked first, and nothing is composed.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from sqlalchemy.engine import Engine

from vallebot.services.actor import Actor
from vallebot.services.bookings import BookRequest

RESULT = json.dumps({"id": 0, "kind": "individual", "state": "confirmado", "filler": "x" * 500})
SNAPSHOT = json.dumps({"name": "Ana", "next": [{"filler": "x" * 200}], "last": [], "owed": {"ARS": 1000000}})

STATEMENTS = """
    INSERT INTO operations (key, use_case, at) VALUES (%(key)s, 'book', %(now)s) ON CONFLICT DO NOTHING;
    SELECT 1 FROM profesionales WHERE id = %(pro)s FOR NO KEY UPDATE;
    INSERT INTO bookings (profesional_id, servicio_id, cliente_id, period, busy, state, place_mode, price_minor,
                          currency, booked_by, operation_key)
    VALUES (%(pro)s, %(service)s, %(client)s, tstzrange(%(start)s, %(end)s), tstzrange(%(start)s, %(end)s),
            'confirmado', 'consultorio', 1000000, 'ARS', 'cliente', %(key)s)
    RETURNING id
"""
MORE = """
    INSERT INTO cargos (profesional_id, cliente_id, servicio_id, booking_id, concept, amount_minor, currency, due_at)
    VALUES (%(pro)s, %(client)s, %(service)s, %(booking)s, 'Masaje', 1000000, 'ARS', %(start)s);
    INSERT INTO audit (profesional_id, entity, entity_id, action, state_after, rol, actor_cliente_id, operation_key, at)
    VALUES (%(pro)s, 'bookings', %(booking)s, 'book', 'confirmado', 'cliente', %(client)s, %(key)s, %(now)s),
           (%(pro)s, 'cargos', %(booking)s, 'charge', 'pendiente', 'cliente', %(client)s, %(key)s, %(now)s);
    INSERT INTO tareas (kind, profesional_id, subject, due_at, dedupe_key)
    VALUES ('reminder', %(pro)s, '{"booking_id": 1, "filler": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}', %(start)s,
            'plain:' || %(booking)s || ':1440'),
           ('reminder', %(pro)s, '{"booking_id": 1, "filler": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}', %(start)s,
            'plain:' || %(booking)s || ':120');
    INSERT INTO messages (conversacion_id, direction, kind, state, dedupe_key, text, payload, due_at)
    SELECT id, 'out', 'text', 'pendiente', %(key)s, 'Nuevo turno: Ana, Masaje, martes 3 a las 10:00.',
           '{"text": "Nuevo turno: Ana, Masaje, martes 3 a las 10:00."}', %(now)s
      FROM conversaciones WHERE profesional_id = %(pro)s AND rol = 'profesional' LIMIT 1;
    SELECT pg_notify('vallebot_outbox', '');
    INSERT INTO relaciones (profesional_id, cliente_id, last_contact_at) VALUES (%(pro)s, %(client)s, %(now)s)
    ON CONFLICT (profesional_id, cliente_id) DO NOTHING;
    INSERT INTO relationship_state (profesional_id, cliente_id, snapshot, summary, refreshed_at)
    VALUES (%(pro)s, %(client)s, %(snapshot)s, 'Ana. Próximos: Masaje el martes 3 a las 10:00.', %(now)s)
    ON CONFLICT (profesional_id, cliente_id) DO UPDATE
       SET snapshot = excluded.snapshot, summary = excluded.summary, refreshed_at = excluded.refreshed_at;
    UPDATE operations SET result = %(result)s WHERE key = %(key)s
"""


def book_with_plain_sql(
    engine: Engine, actor: Actor, request: BookRequest, *, now: datetime, key: str
) -> None:
    """Write the rows of a booking, one statement after the other, as a careful person would by hand."""
    connection = engine.raw_connection()
    try:
        values = {
            "key": key,
            "now": now,
            "pro": actor.profesional_id,
            "client": actor.cliente_id,
            "service": request.servicio_id,
            "start": request.starts_at,
            "end": request.starts_at + timedelta(minutes=15),
            "snapshot": SNAPSHOT,
            "result": RESULT,
        }
        with connection.cursor() as cursor:
            for statement in STATEMENTS.split(";"):
                cursor.execute(statement, values)
            values["booking"] = cursor.fetchone()[0]
            for statement in MORE.split(";"):
                cursor.execute(statement, values)
        connection.commit()
    finally:
        connection.close()
