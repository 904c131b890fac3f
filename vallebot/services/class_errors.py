"""What can be wrong with classes and waiting lists, each with the code that picks its Spanish answer."""

from __future__ import annotations

from vallebot.errors import VallebotError
from vallebot.services.agenda_errors import BookingRefusedError


class ClassFull(BookingRefusedError):
    """No seat is left; facts: capacity, booking_id or serie_id. Joining the waiting list is possible."""

    code = "class_full"


class AlreadyEnrolled(BookingRefusedError):
    """The client has a seat there (or belongs to the series) already; facts: booking_id or serie_id."""

    code = "already_enrolled"


class NotEnrolled(VallebotError):
    """There is no live enrolment (or membership) to act on; facts: enrollment_id, or serie_id."""

    code = "not_enrolled"


class ServicioNotClass(BookingRefusedError):
    """A 1:1 service is booked, it has no classes."""

    code = "servicio_not_class"


class SerieExists(VallebotError):
    """The service has a class at that weekday and hour already."""

    code = "serie_exists"


class SerieEnded(BookingRefusedError):
    """The series takes place no more; facts: serie_id."""

    code = "serie_ended"


class SeatsFree(VallebotError):
    """Nobody has to wait: there are seats; facts: booking_id or serie_id, free."""

    code = "seats_free"


class TimeFree(VallebotError):
    """Nobody has to wait: there is a free time inside the window; facts: starts_at."""

    code = "time_free"


class OfferGone(VallebotError):
    """The offer lapsed, was answered, or what it offered is gone; facts: espera_id, state."""

    code = "offer_gone"


class SeatsTaken(VallebotError):
    """A class cannot be made that small: more people are in it; facts: taken, starts_at."""

    code = "seats_taken"
