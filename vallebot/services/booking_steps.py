"""The steps that the use cases of bookings are made of. All run inside the caller's transaction, with the
professional locked; none commits."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from psycopg2.extras import DateTimeTZRange
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from vallebot.db.prepared import Prepared
from vallebot.db.tables import Booking
from vallebot.db.tables.messaging import Rol
from vallebot.domain.availability import Calendar, Needs, fits
from vallebot.domain.states import BookingState, PlaceMode, may_become
from vallebot.errors import InvalidError, NotFoundError
from vallebot.services import audit
from vallebot.services.actor import Actor
from vallebot.services.agenda_errors import OutsideHours, SlotInPast, SlotTaken, TooFar, TooSoon, WrongState
from vallebot.services.audit import Change, record
from vallebot.services.calendar import Rules
from vallebot.services.charges import charge_session
from vallebot.services.records import BookingView, booking_view, lock_profesional, view_sql, visible_booking
from vallebot.services.scheduling import Due, schedule

#: The rule of the database behind every "that time is taken".
OVERLAP = {"ex_bookings_live_overlap": SlotTaken}
PLACE_MAX_CHARS = 200


#: One row per interval; `next_minutes` is the interval of the reminder after it, null in the last one.
_REMINDERS = Prepared(
    "schedule_reminders",
    "profesional bigint, cliente bigint, starts_at timestamptz, subject jsonb, key text, now timestamptz",
    """
    INSERT INTO tareas (kind, profesional_id, subject, due_at, dedupe_key)
    SELECT 'reminder', :profesional,
           :subject || jsonb_build_object('next_minutes', lag(minutes) OVER (ORDER BY minutes)),
           :starts_at - minutes * interval '1 minute', :key || minutes
      FROM (SELECT DISTINCT unnest(coalesce(r.reminder_minutes, p.reminder_minutes)) AS minutes
              FROM profesionales p
              LEFT JOIN relaciones r ON r.profesional_id = p.id AND r.cliente_id = :cliente
             WHERE p.id = :profesional) AS chosen
     WHERE :starts_at - minutes * interval '1 minute' > :now
    ON CONFLICT (dedupe_key) DO NOTHING
""",
)


@dataclass(frozen=True)
class Work:
    """One use case at work: its transaction, who asks, when, and under which key."""

    session: Session
    actor: Actor
    now: datetime
    key: str

    @property
    def by(self) -> str:
        """cliente, profesional or sistema."""
        return self.actor.rol.value if self.actor.rol is not None else "sistema"


@dataclass(frozen=True)
class Wanted:
    """When and where a session is to be."""

    starts_at: datetime
    place_mode: str | None = None  #: None: the service's usual place
    place: str | None = None  #: address or link
    override: bool = False  #: the professional books outside their hours on purpose
    except_booking_id: int = 0  #: the booking that is being moved

    def checked(self) -> Wanted:
        """Itself, to the minute. Raises InvalidError."""
        if self.starts_at.tzinfo is None:
            raise InvalidError(field="starts_at")
        if self.place_mode is not None and self.place_mode not in set(PlaceMode):
            raise InvalidError(field="place_mode")
        if self.place is not None and not 0 < len(self.place.strip()) <= PLACE_MAX_CHARS:
            raise InvalidError(field="place")
        starts_at = self.starts_at.astimezone(timezone.utc).replace(second=0, microsecond=0)
        return Wanted(starts_at, self.place_mode, self.place, self.override, self.except_booking_id)


def locked_booking(session: Session, actor: Actor, booking_id: int) -> BookingView:
    """A booking that the actor may see, its professional locked: what is read here stays true until commit."""
    profesional_id = session.execute(select(Booking.profesional_id).filter_by(id=booking_id)).scalar()
    if profesional_id is None:
        raise NotFoundError(what="booking")
    visible_booking(session, actor, booking_id)  # before the lock: a stranger holds up nobody
    lock_profesional(session, profesional_id)
    return visible_booking(session, actor, booking_id)


def check_time(work: Work, rules: Rules, hours: Calendar, wanted: Wanted) -> None:
    """Raises SlotInPast, TooSoon, TooFar, OutsideHours. Notice and horizon bind clients only; the professional
    may override their own hours. Whether the time is taken is decided by the database."""
    starts_at, now = wanted.starts_at, work.now
    at = starts_at.isoformat()
    if starts_at <= now:
        raise SlotInPast(starts_at=at)
    if work.actor.rol is Rol.CLIENTE:
        if starts_at < now + rules.minimum_notice:
            raise TooSoon(
                starts_at=at, minimum_notice_minutes=int(rules.minimum_notice.total_seconds() // 60)
            )
        if starts_at >= rules.latest_start(now):
            raise TooFar(starts_at=at, horizon_days=rules.horizon_days)
    if wanted.override and work.actor.rol is not Rol.CLIENTE:
        return
    if not fits(hours, rules.needs(wanted.place_mode), starts_at):
        raise OutsideHours(starts_at=at)


def time_columns(needs: Needs, starts_at: datetime) -> dict[str, DateTimeTZRange]:
    """`period` and `busy` of a session."""
    ends_at = starts_at + needs.duration
    return {
        "period": DateTimeTZRange(starts_at, ends_at, "[)"),
        "busy": DateTimeTZRange(starts_at - needs.before, ends_at + needs.after, "[)"),
    }


#: Books, audits, and reads what is needed to speak about it.
_INSERT = Prepared(
    "insert_session",
    "profesional bigint, servicio bigint, cliente bigint, state text, expires_at timestamptz, place_mode text, "
    "place text, price bigint, currency text, booked_by text, key text, period tstzrange, busy tstzrange, "
    f"{audit.SIGNATURE}",
    f"""
    WITH made AS (
        INSERT INTO bookings (profesional_id, servicio_id, cliente_id, state, expires_at, place_mode, place,
                              price_minor, currency, booked_by, operation_key, period, busy)
        VALUES (:profesional, :servicio, :cliente, :state, :expires_at, :place_mode, :place,
                :price, :currency, :booked_by, :key, :period, :busy)
        RETURNING *),
    audited AS ({audit.insert_sql("made.id", "FROM made")})
    {view_sql("made")}
    """,
)


def insert_session(
    work: Work, profesional_id: int, servicio_id: int, cliente_id: int, rules: Rules, wanted: Wanted
) -> BookingView:
    """A new 1:1 session, confirmed or waiting for the professional. The exclusion constraint decides races."""
    needs_word = work.actor.rol is Rol.CLIENTE and not rules.auto_confirm
    state = BookingState.PENDIENTE if needs_word else BookingState.CONFIRMADO
    facts = {"starts_at": wanted.starts_at.isoformat(), "cliente_id": cliente_id}
    change = Change("bookings", None, "book", after=state, facts=facts)
    values = {
        "profesional": profesional_id,
        "servicio": servicio_id,
        "cliente": cliente_id,
        "state": state.value,
        "expires_at": min(work.now + rules.pending_expiry, wanted.starts_at) if needs_word else None,
        "place_mode": wanted.place_mode or rules.place_mode,
        "place": wanted.place,
        "price": rules.price_minor,
        "currency": rules.currency,
        "booked_by": work.actor.rol.value if work.actor.rol is not None else None,
        "key": work.key,
        **time_columns(rules.needs(wanted.place_mode), wanted.starts_at),
        **audit.values_of(work.actor, change, now=work.now, key=work.key),
    }
    booking = BookingView(**_INSERT.run(work.session, values).mappings().one())
    settle_in(work, booking)
    return booking


def settle_in(work: Work, booking: BookingView) -> None:
    """What follows from a booking having its state and time: the charge, reminders, expiry."""
    if booking.state == BookingState.PENDIENTE:
        schedule(
            work.session,
            Due(
                "expire_booking",
                {"booking_id": booking.id},
                booking.expires_at or booking.starts_at,
                f"expire_booking:{booking.id}:{booking.expires_at}",
                booking.profesional_id,
            ),
        )
    elif booking.state == BookingState.CONFIRMADO:
        charge_session(work.session, work.actor, booking, now=work.now, key=work.key)
        schedule_reminders(work.session, booking, now=work.now)


def schedule_reminders(session: Session, booking: BookingView, *, now: datetime) -> None:
    """Rows for the reminders of a session or of one client's class occurrence, at the client's own intervals or
    the professional's. Times that are over already are left out; a moved booking gets new rows, the old ones
    find that the time is not theirs any more."""
    values = {
        "profesional": booking.profesional_id,
        "cliente": booking.cliente_id,
        "starts_at": booking.starts_at,
        "subject": json.dumps(
            {
                "booking_id": booking.id,
                "enrollment_id": booking.enrollment_id,
                "cliente_id": booking.cliente_id,
                "starts_at": booking.starts_at.isoformat(),
            }
        ),
        "key": f"reminder:{booking.id}:{booking.enrollment_id or 0}:{booking.starts_at:%Y%m%dT%H%M}:",
        "now": now,
    }
    _REMINDERS.run(session, values)


def change_state(
    work: Work, booking: BookingView, target: BookingState, action: str, **columns: Any
) -> BookingView:
    """Take the step and audit it; expiry and open requests end with it. Raises WrongState."""
    if not may_become(booking.state, target):
        raise WrongState(booking_id=booking.id, state=booking.state)
    values = {
        "state": target.value,
        "expires_at": None,
        "change_requested_at": None,
        "change_requested_to": None,
        **columns,
    }
    update_booking(work, booking.id, values)
    facts = {name: value for name, value in columns.items() if name == "cancelled_by"}
    record(
        work.session,
        work.actor,
        Change("bookings", booking.id, action, booking.state, target.value, facts),
        now=work.now,
        key=work.key,
    )
    return booking_view(work.session, booking.id)


def update_booking(work: Work, booking_id: int, values: dict) -> None:
    """Write columns of a booking."""
    work.session.execute(
        update(Booking)
        .where(Booking.id == booking_id)
        .values(values)
        .execution_options(synchronize_session=False)
    )


def cancel_row(work: Work, booking: BookingView, action: str, reason: str | None) -> BookingView:
    """The booking becomes *cancelado*; its time is free from the commit on."""
    return change_state(
        work,
        booking,
        BookingState.CANCELADO,
        action,
        cancelled_at=work.now,
        cancelled_by=work.by,
        cancel_reason=reason,
    )


def require_relation(session: Session, profesional_id: int, cliente_id: int) -> None:
    """The client is one of this professional's. Raises NotFoundError, also for other people's clients."""
    known = text("SELECT 1 FROM relaciones WHERE profesional_id = :profesional AND cliente_id = :cliente")
    if session.execute(known, {"profesional": profesional_id, "cliente": cliente_id}).first() is None:
        raise NotFoundError(what="cliente")
