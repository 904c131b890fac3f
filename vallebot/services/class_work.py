"""Due work of classes and waiting lists: what the worker does when its time has come."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text

from vallebot.domain.enrollment import month_of, next_month
from vallebot.services.actor import system_actor
from vallebot.services.booking_steps import Work
from vallebot.services.class_charges import charge_fees, month_stretch
from vallebot.services.class_records import locked_serie, serie_view
from vallebot.services.due_work import Handler, Job
from vallebot.services.notices import tell_profesional
from vallebot.services.records import lock_profesional
from vallebot.services.relationship import refresh
from vallebot.services.scheduling import Due, schedule
from vallebot.services.series_ending import close_serie
from vallebot.services.series_steps import materialise
from vallebot.services.texts import classes as texts
from vallebot.services.waiting import close_wait, lapse_offer

PLAN_EVERY = timedelta(minutes=30)

#: Series whose agenda does not reach the horizon of this day yet, or that are over.
_TO_EXTEND = text("""
    SELECT s.id, s.profesional_id, day.today
      FROM series s JOIN profesionales p ON p.id = s.profesional_id
      CROSS JOIN LATERAL (SELECT (cast(:now AS timestamptz) AT TIME ZONE p.timezone)::date AS today) day
     WHERE s.ended_at IS NULL
       AND (s.materialised_until IS NULL OR s.materialised_until < day.today + p.horizon_days
            OR s.ends_on < day.today)
     ORDER BY s.id
""")
_MONTHLY = text("""
    SELECT s.id, s.profesional_id, p.timezone FROM servicios s JOIN profesionales p ON p.id = s.profesional_id
     WHERE s.billing = 'mensual' AND s.kind = 'grupal' AND s.price_minor > 0 ORDER BY s.id
""")


def _work(job: Job) -> Work:
    return Work(job.session, system_actor(job.profesional_id), job.now, job.key)


def plan_classes(job: Job) -> datetime:
    """Schedule what weekly classes and monthly fees need today, each in a row of its own: one that fails harms no
    other. Planning twice adds nothing."""
    for serie_id, profesional_id, today in job.session.execute(_TO_EXTEND, {"now": job.now}).all():
        key = f"extend_series:{serie_id}:{today}"
        schedule(job.session, Due("extend_series", {"serie_id": serie_id}, job.now, key, profesional_id))
    for servicio_id, profesional_id, zone in job.session.execute(_MONTHLY).all():
        for month, due_at in _months(ZoneInfo(zone), job.now):
            subject = {"servicio_id": servicio_id, "month": month.isoformat()}
            key = f"monthly_fees:{servicio_id}:{month:%Y-%m}"
            schedule(job.session, Due("monthly_fees", subject, due_at, key, profesional_id))
    return job.now + PLAN_EVERY


def _months(tz: ZoneInfo, now: datetime) -> list[tuple[date, datetime]]:
    """(month, its first moment) of those that have begun or begin before the next planning."""
    this = month_of(now.astimezone(tz).date())
    begun = [(month, month_stretch(month, tz)[0]) for month in (this, next_month(this))]
    return [(month, at) for month, at in begun if at <= now + PLAN_EVERY]


def extend_series(job: Job) -> None:
    """Put the dates that came into the horizon into the agenda; the professional hears of those without room. A
    series whose last day is over ends."""
    work = _work(job)
    serie = locked_serie(work, job.subject["serie_id"])
    today = job.now.astimezone(serie.tz).date()
    if serie.ended_at is not None:
        return
    if serie.ends_on is not None and serie.ends_on < today:
        concerned = close_serie(work, serie)
        refresh(job.session, serie.profesional_id, concerned, now=job.now, timezone=serie.timezone)
        return
    done = materialise(work, serie)
    if done.clashes:
        days = [clash.astimezone(serie.tz) for clash in done.clashes]
        notice = texts.clashes(serie_view(job.session, serie.id), days, job.now)
        tell_profesional(job.session, serie.profesional_id, notice, key=job.key, now=job.now)


def monthly_fees(job: Job) -> None:
    """Everybody who has a place in a monthly class owes the month that has begun, once."""
    assert job.profesional_id is not None
    work = _work(job)
    lock_profesional(job.session, job.profesional_id)
    month = date.fromisoformat(job.subject["month"])
    charged = charge_fees(work, job.profesional_id, job.subject["servicio_id"], month)
    refresh(job.session, job.profesional_id, charged, now=job.now)


def lapse(job: Job) -> None:
    """An offer that nobody answered."""
    lapse_offer(job.session, system_actor(), job.subject["espera_id"], now=job.now, key=job.key)


def end_wait(job: Job) -> None:
    """A place in line for something that is over."""
    close_wait(job.session, system_actor(), job.subject["espera_id"], now=job.now, key=job.key)


#: kind of a row -> what does it; those of RECURRING return when they are due again.
HANDLERS: dict[str, Handler] = {
    "plan_classes": plan_classes,
    "extend_series": extend_series,
    "monthly_fees": monthly_fees,
    "lapse_offer": lapse,
    "close_wait": end_wait,
}
RECURRING = ("plan_classes",)
