"""`relationship_state`: what is going on between a professional and a client, ready to be answered from one row.

The snapshot is computed by one query from the tables that are the truth, in the transaction that changes them.
Its keys:
  name       how the professional calls the client, else how they call themselves; or null
  next       up to 5 sessions and classes that are not over: booking_id, enrollment_id, servicio_id, servicio,
             starts_at, ends_at, state
  last       up to 3 that are over, the latest first, same keys
  usual      what they usually book (of the last 10): servicio_id, servicio, weekday (0 = Monday), start_minute; or null
  visits, absences   how many were attended or missed
  owed, informed, credit   {currency: minor units}: pending charges minus what is applied; announced payments;
             confirmed money not applied nor given back
  classes    series the client belongs to: serie_id, servicio_id, servicio, weekday, start_minute
  waiting    esperas that are live: espera_id, servicio_id, servicio, state
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from vallebot.db.prepared import Prepared
from vallebot.db.tables.messaging import Rol
from vallebot.errors import InvalidError, NotAllowedError
from vallebot.services.actor import Actor
from vallebot.services.texts.relationship import summary_of

#: Planning it takes ten times as long as running it.
_COMPUTE = Prepared(
    "relationship_snapshot",
    "profesional bigint, cliente bigint, now timestamptz, tz text",
    """
WITH visits AS (
    SELECT b.id AS booking_id, NULL::bigint AS enrollment_id, b.servicio_id, s.name AS servicio,
           b.starts_at, b.ends_at, b.state
      FROM bookings b JOIN servicios s ON s.id = b.servicio_id
     WHERE b.cliente_id = :cliente AND b.profesional_id = :profesional AND b.state <> 'cancelado'
    UNION ALL
    SELECT b.id, e.id, b.servicio_id, s.name, b.starts_at, b.ends_at, e.state
      FROM enrollments e JOIN bookings b ON b.id = e.booking_id JOIN servicios s ON s.id = b.servicio_id
     WHERE e.cliente_id = :cliente AND e.profesional_id = :profesional
       AND e.state <> 'cancelado' AND b.state <> 'cancelado'
), recent AS (
    SELECT v.*, (v.starts_at AT TIME ZONE :tz) AS local
      FROM visits v WHERE enrollment_id IS NULL ORDER BY starts_at DESC LIMIT 10
), usual AS (
    SELECT servicio_id, min(servicio) AS servicio, extract(isodow FROM local)::int - 1 AS weekday,
           (extract(hour FROM local) * 60 + extract(minute FROM local))::int AS start_minute,
           count(*) AS times
      FROM recent GROUP BY 1, 3, 4 HAVING count(*) > 1 ORDER BY times DESC, max(starts_at) DESC LIMIT 1
)
SELECT json_build_object(
    'name', (SELECT coalesce(r.name, c.name)
               FROM clientes c LEFT JOIN relaciones r ON r.cliente_id = c.id AND r.profesional_id = :profesional
              WHERE c.id = :cliente),
    'next', (SELECT coalesce(json_agg(n ORDER BY n.starts_at, n.booking_id), '[]')
               FROM (SELECT * FROM visits WHERE ends_at > :now AND state IN
                     ('pendiente', 'ofrecido', 'confirmado', 'inscripto')
                     ORDER BY starts_at, booking_id LIMIT 5) n),
    'last', (SELECT coalesce(json_agg(l ORDER BY l.starts_at DESC, l.booking_id DESC), '[]')
               FROM (SELECT * FROM visits WHERE ends_at <= :now AND state IN
                     ('confirmado', 'realizado', 'ausente', 'inscripto', 'asistio')
                     ORDER BY starts_at DESC, booking_id DESC LIMIT 3) l),
    'usual', (SELECT json_build_object('servicio_id', servicio_id, 'servicio', servicio, 'weekday', weekday,
                                       'start_minute', start_minute) FROM usual),
    'visits', (SELECT count(*) FROM visits WHERE state IN ('realizado', 'asistio')),
    'absences', (SELECT count(*) FROM visits WHERE state = 'ausente'),
    'owed', (SELECT coalesce(json_object_agg(currency, minor), '{}')
               FROM (SELECT currency, sum(amount_minor - applied_minor) AS minor FROM cargos
                      WHERE profesional_id = :profesional AND cliente_id = :cliente AND state = 'pendiente'
                      GROUP BY currency) owed),
    'informed', (SELECT coalesce(json_object_agg(currency, minor), '{}')
                   FROM (SELECT currency, sum(amount_minor) AS minor FROM payments
                          WHERE profesional_id = :profesional AND cliente_id = :cliente AND state = 'informado'
                          GROUP BY currency) informed),
    'credit', (SELECT coalesce(json_object_agg(currency, minor), '{}')
                 FROM (SELECT currency, sum(amount_minor - applied_minor - refunded_minor) AS minor FROM payments
                        WHERE profesional_id = :profesional AND cliente_id = :cliente AND state = 'confirmado'
                        GROUP BY currency
                       HAVING sum(amount_minor - applied_minor - refunded_minor) > 0) credit),
    'classes', (SELECT coalesce(json_agg(json_build_object(
                           'serie_id', se.id, 'servicio_id', se.servicio_id, 'servicio', s.name,
                           'weekday', se.weekday, 'start_minute', se.start_minute) ORDER BY i.id), '[]')
                  FROM inscripciones_serie i JOIN series se ON se.id = i.serie_id
                  JOIN servicios s ON s.id = se.servicio_id
                 WHERE i.cliente_id = :cliente AND i.profesional_id = :profesional AND i.ended_at IS NULL),
    'waiting', (SELECT coalesce(json_agg(json_build_object(
                           'espera_id', w.id, 'servicio_id', w.servicio_id, 'servicio', s.name,
                           'state', w.state) ORDER BY w.id), '[]')
                  FROM esperas w JOIN servicios s ON s.id = w.servicio_id
                 WHERE w.cliente_id = :cliente AND w.profesional_id = :profesional
                   AND w.state IN ('esperando', 'ofrecido'))
) AS snapshot
""",
)
#: Makes the pair's row where it is missing.
_STORE = Prepared(
    "store_relationship",
    "profesional bigint, cliente bigint, now timestamptz, snapshot jsonb, summary text",
    """
    WITH pair AS (
        INSERT INTO relaciones (profesional_id, cliente_id, last_contact_at) VALUES (:profesional, :cliente, :now)
        ON CONFLICT (profesional_id, cliente_id) DO NOTHING
    )
    INSERT INTO relationship_state AS known (profesional_id, cliente_id, snapshot, summary, refreshed_at)
    VALUES (:profesional, :cliente, :snapshot, :summary, :now)
    ON CONFLICT (profesional_id, cliente_id) DO UPDATE
       SET snapshot = excluded.snapshot, summary = excluded.summary, refreshed_at = excluded.refreshed_at,
           embedding_stale = known.embedding_stale OR known.summary <> excluded.summary
""",
)
_ZONE = text("SELECT timezone FROM profesionales WHERE id = :profesional")
_READ = text("""
    SELECT snapshot, summary, refreshed_at FROM relationship_state
     WHERE profesional_id = :profesional AND cliente_id = :cliente
""")


@dataclass(frozen=True)
class Relationship:
    """The stored row; `snapshot` as described above, {} for a pair that has nothing yet."""

    snapshot: dict
    summary: str
    refreshed_at: datetime | None


def compute(session: Session, profesional_id: int, cliente_id: int, *, now: datetime, timezone: str) -> dict:
    """The snapshot from the tables that are the truth."""
    values = {"profesional": profesional_id, "cliente": cliente_id, "now": now, "tz": timezone}
    return _COMPUTE.run(session, values).scalar_one()


def refresh(
    session: Session,
    profesional_id: int,
    cliente_ids: int | Iterable[int],
    *,
    now: datetime,
    timezone: str | None = None,
) -> None:
    """Store the snapshot anew, in the transaction that changed what it tells. Call it last: after the facts."""
    session.flush()
    timezone = timezone or session.execute(_ZONE, {"profesional": profesional_id}).scalar_one()
    tz = ZoneInfo(timezone)
    for cliente_id in sorted({cliente_ids} if isinstance(cliente_ids, int) else set(cliente_ids)):
        snapshot = compute(session, profesional_id, cliente_id, now=now, timezone=timezone)
        values = {
            "profesional": profesional_id,
            "cliente": cliente_id,
            "snapshot": json.dumps(snapshot),
            "summary": summary_of(snapshot, tz, now),
            "now": now,
        }
        _STORE.run(session, values)


def relationship_of(sessions: sessionmaker, actor: Actor, cliente_id: int | None = None) -> Relationship:
    """The state of the actor's tenant with a client: their own for a client, anyone's for the professional.
    One query. Raises NotAllowedError, InvalidError (the professional names no client)."""
    profesional_id = actor.require_tenant()
    if actor.rol is Rol.CLIENTE:
        who = actor.require_cliente()
        if cliente_id not in (None, who):
            raise NotAllowedError()
    elif cliente_id is None:
        raise InvalidError(field="cliente_id")
    else:
        who = cliente_id
    with sessions() as session:
        row = session.execute(_READ, {"profesional": profesional_id, "cliente": who}).first()
    return Relationship(*row) if row is not None else Relationship({}, "", None)
