"""What can be wrong with a booking or with the catalogue, each with the code that picks its Spanish answer."""

from __future__ import annotations

from vallebot.errors import InvalidError, VallebotError


class BookingRefusedError(VallebotError):
    """Base of what stands against a booking at the asked time; `starts_at` is ISO 8601 where it is known."""

    code = "booking_refused"


class SlotTaken(BookingRefusedError):
    """Another live booking covers part of the requested time (its buffers included)."""

    code = "slot_taken"


class SlotInPast(BookingRefusedError):
    """The asked time is over."""

    code = "slot_in_past"


class TooSoon(BookingRefusedError):
    """Inside the professional's minimum notice; facts: minimum_notice_minutes."""

    code = "too_soon"


class TooFar(BookingRefusedError):
    """Beyond the professional's horizon; facts: horizon_days."""

    code = "too_far"


class OutsideHours(BookingRefusedError):
    """Outside working hours, or in a closed stretch. The professional may override it."""

    code = "outside_hours"


class ServicioPaused(BookingRefusedError):
    """The service (or the professional) takes nothing new at the moment."""

    code = "servicio_paused"


class ServicioIsClass(BookingRefusedError):
    """A class is joined, not booked."""

    code = "servicio_is_class"


class LateChange(VallebotError):
    """Past the deadline and it costs: repeat with the cost accepted. Facts: booking_id, cost_minor, currency."""

    code = "late_change"


class WrongState(VallebotError):
    """The booking's state does not allow the step; facts: booking_id, state."""

    code = "wrong_state"


class NotYetOver(VallebotError):
    """Attendance is recorded once the session has begun; facts: booking_id."""

    code = "not_yet_over"


class NameTaken(InvalidError):
    """The professional has an active service of that name (accents and case apart)."""

    code = "name_taken"
