"""Moving a booking's row: one UPDATE, so that the old time is given up only if the new one is got."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from vallebot.domain.states import BookingState
from vallebot.services.audit import Change, record
from vallebot.services.booking_steps import Wanted, Work, check_time, settle_in, time_columns, update_booking
from vallebot.services.calendar import read_rules, read_rules_at
from vallebot.services.records import BookingView, booking_view


def check_new_time(
    work: Work, booking: BookingView, starts_at: datetime, *, override: bool = False
) -> Wanted:
    """The new time as it may be asked for. Raises SlotInPast, TooSoon, TooFar, OutsideHours."""
    wanted = Wanted(starts_at, booking.place_mode, None, override, booking.id).checked()
    rules, hours = read_rules_at(work.session, booking.profesional_id, booking.servicio_id, wanted.starts_at)
    check_time(work, rules, hours, wanted)
    return wanted


def move_row(work: Work, booking: BookingView, starts_at: datetime) -> BookingView:
    """Give the booking its new time, with all that hangs on it (charge, reminders, expiry). The constraint decides
    whether the time is free."""
    rules = read_rules(work.session, booking.profesional_id, booking.servicio_id)
    pending = booking.state == BookingState.PENDIENTE
    values = {
        **time_columns(rules.needs(booking.place_mode), starts_at),
        "expires_at": min(work.now + rules.pending_expiry, starts_at) if pending else None,
        "change_requested_at": None,
        "change_requested_to": None,
        "attendance_confirmed_at": None,
    }
    update_booking(work, booking.id, values)
    owed_from = text("UPDATE cargos SET due_at = :at WHERE booking_id = :id AND state <> 'anulado'")
    work.session.execute(owed_from, {"at": starts_at, "id": booking.id})
    moved = booking_view(work.session, booking.id)
    facts = {"from": booking.starts_at.isoformat(), "to": moved.starts_at.isoformat()}
    change = Change("bookings", booking.id, "reschedule", booking.state, moved.state, facts)
    record(work.session, work.actor, change, now=work.now, key=work.key)
    settle_in(work, moved)
    return moved
