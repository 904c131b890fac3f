"""Fees of services that are paid by month: one per client, service and month, whatever runs twice.

A month's fee is owed by everybody who has a place in a class of the service (class_charges.charge_fees) or a 1:1
session of it in that month. Credit that a client has pays it at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from vallebot.domain.enrollment import month_of
from vallebot.errors import InvalidError
from vallebot.services.actor import Actor, system_actor
from vallebot.services.booking_steps import Work
from vallebot.services.class_charges import charge_fees, charge_month, month_stretch, zone_of
from vallebot.services.due_work import Handler, Job
from vallebot.services.operations import Operation
from vallebot.services.records import lock_profesional
from vallebot.services.relationship import refresh
from vallebot.services.scheduling import Due, schedule
from vallebot.services.settling import use_credit

#: How often sessions that were booked meanwhile, and months that began, are looked for.
PLAN_EVERY = timedelta(minutes=30)


@dataclass(frozen=True)
class Fees:
    """What a run charged: clients, each once, in order. Nobody twice, so a second run charges nobody."""

    month: date
    charged: tuple[int, ...]


_MONTHLY = text("""
    SELECT id FROM servicios WHERE profesional_id = :profesional AND billing = 'mensual' AND price_minor > 0 ORDER BY id
""")
#: A request that nobody accepted yet owes nothing; a session that was missed does.
_SESSIONS = text("""
    SELECT DISTINCT cliente_id FROM bookings
     WHERE servicio_id = :servicio AND cliente_id IS NOT NULL AND state IN ('confirmado', 'realizado', 'ausente')
       AND starts_at >= :start AND starts_at < :end
     ORDER BY 1
""")
#: Professionals with a session of this month whose fee is missing (a voided fee is not missing: it was forgiven).
_MISSING = text("""
    SELECT DISTINCT b.profesional_id, m.month
      FROM servicios s JOIN profesionales p ON p.id = s.profesional_id
      CROSS JOIN LATERAL (
          SELECT date_trunc('month', cast(:now AS timestamptz) AT TIME ZONE p.timezone)::date AS month) m
      JOIN bookings b ON b.servicio_id = s.id AND b.cliente_id IS NOT NULL
       AND b.state IN ('confirmado', 'realizado', 'ausente')
       AND b.starts_at >= m.month::timestamp AT TIME ZONE p.timezone
       AND b.starts_at < (m.month + interval '1 month')::timestamp AT TIME ZONE p.timezone
     WHERE s.billing = 'mensual' AND s.price_minor > 0
       AND NOT EXISTS (SELECT FROM cargos g WHERE g.cliente_id = b.cliente_id AND g.servicio_id = s.id
                          AND g.month = m.month)
     ORDER BY 1
""")


def generate_fees(
    sessions: sessionmaker, actor: Actor, month: date | None = None, *, now: datetime, key: str
) -> Fees:
    """Charge the fees of a month (any day of it; the current one where none is said) of all monthly services of the
    professional. A month that has not begun is charged when it begins: InvalidError."""
    profesional_id = actor.require_profesional()
    with sessions.begin() as session:
        operation = Operation.open(session, "generate_fees", key, Fees, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        lock_profesional(session, profesional_id)
        this = month_of(now.astimezone(zone_of(session, profesional_id)).date())
        wanted = month_of(month) if month is not None else this
        if wanted > this:
            raise InvalidError(field="month")
        return operation.close(Fees(wanted, tuple(charge_everybody(work, profesional_id, wanted))))


def charge_everybody(work: Work, profesional_id: int, month: date) -> list[int]:
    """Charge a month in the caller's transaction (professional locked); returns the clients who owe something new."""
    tz = zone_of(work.session, profesional_id)
    charged: set[int] = set()
    for servicio_id in work.session.execute(_MONTHLY, {"profesional": profesional_id}).scalars().all():
        charged.update(charge_fees(work, profesional_id, servicio_id, month))
        charged.update(_charge_sessions(work, servicio_id, month, tz))
    settle_credit(work, profesional_id, charged)
    return sorted(charged)


def _charge_sessions(work: Work, servicio_id: int, month: date, tz: ZoneInfo) -> list[int]:
    start, end = month_stretch(month, tz)
    values = {"servicio": servicio_id, "start": start, "end": end}
    clientes = list(work.session.execute(_SESSIONS, values).scalars())
    return [cliente_id for cliente_id in clientes if charge_month(work, servicio_id, cliente_id, month)]


def settle_credit(work: Work, profesional_id: int, clientes: set[int]) -> None:
    """Let the credit of these clients pay what they owe now, and refresh what is known of them."""
    for cliente_id in sorted(clientes):
        use_credit(work.session, work.actor, profesional_id, cliente_id, now=work.now, key=work.key)
    refresh(work.session, profesional_id, clientes, now=work.now)


def plan_session_fees(job: Job) -> datetime:
    """Schedule the charging of every professional who has sessions of this month that nobody charged yet."""
    for profesional_id, month in _missing(job.session, job.now):
        subject = {"month": month.isoformat()}
        key = f"session_fees:{profesional_id}:{month}:{job.now:%Y%m%dT%H%M%S}"
        schedule(job.session, Due("session_fees", subject, job.now, key, profesional_id))
    return job.now + PLAN_EVERY


def _missing(session: Session, now: datetime) -> list[tuple[int, date]]:
    return [tuple(row) for row in session.execute(_MISSING, {"now": now})]


def session_fees(job: Job) -> None:
    """Charge one professional's month."""
    assert job.profesional_id is not None
    lock_profesional(job.session, job.profesional_id)
    work = Work(job.session, system_actor(job.profesional_id), job.now, job.key)
    charge_everybody(work, job.profesional_id, date.fromisoformat(job.subject["month"]))


#: kind of a row of `tareas` -> what does it; those of RECURRING return when they are due again.
HANDLERS: dict[str, Handler] = {"plan_session_fees": plan_session_fees, "session_fees": session_fees}
RECURRING = ("plan_session_fees",)
