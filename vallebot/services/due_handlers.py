"""What each kind of due work does, and which kinds come again by themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import sessionmaker

from vallebot.db.tables import Profesional
from vallebot.domain.availability import local_moment
from vallebot.domain.states import LIVE_BOOKING, BookingState, EnrollmentState, ProfesionalState
from vallebot.services import class_work, monthly_fees, outcomes
from vallebot.services.actor import system_actor
from vallebot.services.agenda import agenda_of
from vallebot.services.bookings import expire
from vallebot.services.due_work import Handler, Job, ensure_recurring, run_next
from vallebot.services.notices import tell_cliente, tell_profesional
from vallebot.services.records import BookingView, cliente_bookings
from vallebot.services.scheduling import Due, schedule
from vallebot.services.texts import bookings as texts

#: A morning's agenda that is later than this is not sent any more.
AGENDA_LATE_AT_MOST = timedelta(hours=3)
PLAN_EVERY = timedelta(minutes=30)
TIDY_EVERY = timedelta(days=1)
ABANDON_EVERY = timedelta(hours=1)
#: WhatsApp repeats a webhook for up to 7 days: keys of what was done are kept well beyond that.
KEPT_FOR = timedelta(days=60)


def expire_booking(job: Job) -> None:
    """A pending booking that nobody accepted."""
    expire(job.session, system_actor(), job.subject["booking_id"], now=job.now, key=job.key)


def remind(job: Job) -> None:
    """Remind a client of a session or class: if it still stands at that time, is still ahead, the client wants
    reminders, and the next reminder is not due as well (after an outage, one is enough)."""
    booking = _still_standing(job)
    if booking is None or booking.cliente_id is None or not _wants_notices(job, booking):
        return
    following = job.subject.get("next_minutes")
    if following is not None and job.now >= booking.starts_at - timedelta(minutes=following):
        return
    notice = texts.reminder(booking, job.now)
    tell_cliente(job.session, booking.profesional_id, booking.cliente_id, notice, key=job.key, now=job.now)


def _still_standing(job: Job) -> BookingView | None:
    """The client's booking that the row is about, if it is confirmed, ahead, and at the time it was."""
    subject = job.subject
    found = cliente_bookings(
        job.session, "b.id = :booking", cliente=subject["cliente_id"], booking=subject["booking_id"]
    )
    for booking in found:
        standing = booking.state == BookingState.CONFIRMADO and booking.enrollment_state in (
            None,
            EnrollmentState.INSCRIPTO,
        )
        on_time = booking.starts_at == datetime.fromisoformat(subject["starts_at"]) > job.now
        if standing and on_time and booking.enrollment_id == subject["enrollment_id"]:
            return booking
    return None


def _wants_notices(job: Job, booking: BookingView) -> bool:
    query = text("SELECT notices_accepted FROM relaciones WHERE profesional_id = :p AND cliente_id = :c")
    accepted = job.session.execute(query, {"p": booking.profesional_id, "c": booking.cliente_id}).scalar()
    return accepted is not False


def send_agenda(job: Job) -> None:
    """The professional's agenda of the day, if the day is not over and has something in it."""
    profesional = job.session.get(Profesional, job.profesional_id)
    local_now = job.now.astimezone(ZoneInfo(profesional.timezone))
    day = date.fromisoformat(job.subject["day"])
    if local_now.date() != day or profesional.state != ProfesionalState.ACTIVO:
        return
    entries = [
        entry for entry in agenda_of(job.session, profesional.id, day, day) if entry.state in LIVE_BOOKING
    ]
    if entries:
        notice = texts.agenda_of_the_day(entries, profesional.name, local_now)
        tell_profesional(job.session, profesional.id, notice, key=job.key, now=job.now)


def plan_agendas(job: Job) -> datetime:
    """Schedule the morning's agenda of every active professional whose hour comes before the next planning."""
    query = text("SELECT id, timezone, agenda_time FROM profesionales WHERE state = 'activo'")
    for profesional_id, timezone, at in job.session.execute(query).all():
        for day, due_at in _mornings(ZoneInfo(timezone), at, job.now):
            subject = {"day": day.isoformat()}
            due = Due("agenda_of_day", subject, due_at, f"agenda:{profesional_id}:{day}", profesional_id)
            schedule(job.session, due)
    return job.now + PLAN_EVERY


def _mornings(tz: ZoneInfo, at: time, now: datetime) -> list[tuple[date, datetime]]:
    """(local day, moment) of the agendas that are due about now."""
    today = now.astimezone(tz).date()
    moments = [
        (day, local_moment(day, at.hour * 60 + at.minute, tz)) for day in (today, today + timedelta(days=1))
    ]
    return [found for found in moments if now - AGENDA_LATE_AT_MOST < found[1] <= now + PLAN_EVERY]


def tidy(job: Job) -> datetime:
    """Forget what was done long ago: rows of `tareas` and keys of operations."""
    values = {"before": job.now - KEPT_FOR}
    job.session.execute(text("DELETE FROM tareas WHERE state = 'hecha' AND done_at < :before"), values)
    job.session.execute(text("DELETE FROM operations WHERE at < :before"), values)
    return job.now + TIDY_EVERY


def abandon_readings(job: Job) -> datetime:
    """What was understood and never came to anything."""
    outcomes.abandon_old(job.session, now=job.now)
    return job.now + ABANDON_EVERY


#: kind of a row -> what does it. Handlers of RECURRING kinds return when they are due again.
HANDLERS: dict[str, Handler] = {
    "expire_booking": expire_booking,
    "reminder": remind,
    "agenda_of_day": send_agenda,
    "plan_agendas": plan_agendas,
    "tidy": tidy,
    "abandon_readings": abandon_readings,
    **class_work.HANDLERS,
    **monthly_fees.HANDLERS,
}
RECURRING = ("plan_agendas", "tidy", "abandon_readings", *class_work.RECURRING, *monthly_fees.RECURRING)


def due_work(sessions: sessionmaker, now: Callable[[], datetime]) -> Callable[[], bool]:
    """What a worker calls again and again: does the next due thing, returns whether there was one."""
    ensured = False

    def step() -> bool:
        nonlocal ensured
        if not ensured:
            ensure_recurring(sessions, RECURRING, now=now())
            ensured = True
        return run_next(sessions, HANDLERS, now=now())

    return step
