"""Classes, seats and waiting lists as plain data, and the locks under which they are changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from vallebot.db.tables.messaging import Rol
from vallebot.domain.states import BookingKind, EnrollmentState
from vallebot.errors import InvalidError, NotAllowedError, NotFoundError
from vallebot.services.actor import Actor
from vallebot.services.booking_steps import Work, require_relation
from vallebot.services.class_errors import NotEnrolled
from vallebot.services.identity import ensure_relacion
from vallebot.services.records import BookingView, business_bookings, lock_profesional


@dataclass(frozen=True)
class EnrollmentView:
    """One client's seat in one occurrence of a class. Times are aware; money in minor units."""

    id: int
    booking: BookingView  #: the occurrence, as the professional sees it
    cliente_id: int
    cliente_name: str | None
    state: str
    seat: int
    inscripcion_id: int | None  #: the membership that it comes from
    price_minor: int
    currency: str
    expires_at: datetime | None = None  #: of a seat that is only offered
    attendance_confirmed_at: datetime | None = None

    @property
    def as_booking(self) -> BookingView:
        """The occurrence as this client sees it."""
        return replace(
            self.booking,
            cliente_id=self.cliente_id,
            cliente_name=self.cliente_name,
            enrollment_id=self.id,
            enrollment_state=self.state,
            price_minor=self.price_minor,
        )


@dataclass(frozen=True)
class SerieView:
    """A weekly class. `members` belong to it as a whole; `offered` memberships wait for an answer."""

    id: int
    profesional_id: int
    profesional_name: str
    timezone: str
    servicio_id: int
    servicio_name: str
    billing: str
    weekday: int  #: 0 = Monday
    start_minute: int  #: of the local day
    duration_minutes: int
    interval_weeks: int
    capacity: int
    starts_on: date
    ends_on: date | None
    materialised_until: date | None
    ended_at: datetime | None
    members: int
    offered: int

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


@dataclass(frozen=True)
class EsperaView:
    """Somebody who waits for a seat in an occurrence (`booking`), in a series, or for a 1:1 time inside
    `wanted_from`..`wanted_to` (and there between those minutes of the day)."""

    id: int
    state: str
    profesional_id: int
    profesional_name: str
    timezone: str
    servicio_id: int
    servicio_name: str
    cliente_id: int
    cliente_name: str | None
    position: int  #: 1: next in line; 0: not in line any more
    booking: BookingView | None = None
    serie_id: int | None = None
    wanted_from: datetime | None = None
    wanted_to: datetime | None = None
    from_minute: int | None = None
    to_minute: int | None = None
    offered: BookingView | None = None  #: the 1:1 time, or the occurrence, that is held
    offered_enrollment_id: int | None = None
    offer_expires_at: datetime | None = None

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


_NAME = "coalesce(r.name, c.name, c.profile_name, c.phone_e164) AS cliente_name"
_ENROLLMENTS = f"""
    SELECT e.id, e.booking_id, e.cliente_id, {_NAME}, e.state, e.seat, e.inscripcion_id, e.price_minor, e.currency,
           e.expires_at, e.attendance_confirmed_at
      FROM enrollments e JOIN bookings b ON b.id = e.booking_id JOIN clientes c ON c.id = e.cliente_id
      LEFT JOIN relaciones r ON r.profesional_id = e.profesional_id AND r.cliente_id = e.cliente_id
     WHERE {{where}} ORDER BY b.starts_at, b.id, e.seat, e.id
"""
_SERIES = """
    SELECT s.id, s.profesional_id, p.name AS profesional_name, p.timezone, s.servicio_id, v.name AS servicio_name,
           v.billing, s.weekday, s.start_minute, s.duration_minutes, s.interval_weeks, s.capacity, s.starts_on,
           s.ends_on, s.materialised_until, s.ended_at,
           (SELECT count(*) FROM inscripciones_serie i WHERE i.serie_id = s.id AND i.ended_at IS NULL) AS members,
           (SELECT count(*) FROM esperas w WHERE w.serie_id = s.id AND w.state = 'ofrecido') AS offered
      FROM series s JOIN profesionales p ON p.id = s.profesional_id JOIN servicios v ON v.id = s.servicio_id
     WHERE {where} ORDER BY v.name_key, s.weekday, s.start_minute, s.id
"""
_ESPERAS = f"""
    SELECT w.id, w.state, w.profesional_id, p.name AS profesional_name, p.timezone, w.servicio_id,
           v.name AS servicio_name, w.cliente_id, {_NAME}, w.booking_id, w.serie_id,
           lower(w.wanted) AS wanted_from, upper(w.wanted) AS wanted_to,
           w.wanted_from_minute AS from_minute, w.wanted_to_minute AS to_minute,
           coalesce(w.offered_booking_id, e.booking_id) AS held_id, w.offered_enrollment_id, w.offer_expires_at,
           CASE w.state WHEN 'esperando' THEN
               (SELECT count(*) FROM esperas o WHERE o.state = 'esperando' AND o.id <= w.id
                   AND o.profesional_id = w.profesional_id
                   AND (o.booking_id = w.booking_id OR o.serie_id = w.serie_id
                        OR (o.servicio_id = w.servicio_id AND o.wanted && w.wanted)))
           ELSE 0 END AS position
      FROM esperas w JOIN profesionales p ON p.id = w.profesional_id JOIN servicios v ON v.id = w.servicio_id
      JOIN clientes c ON c.id = w.cliente_id
      LEFT JOIN relaciones r ON r.profesional_id = w.profesional_id AND r.cliente_id = w.cliente_id
      LEFT JOIN enrollments e ON e.id = w.offered_enrollment_id
     WHERE {{where}} ORDER BY w.id
"""


def read_enrollments(session: Session, where: str, **values: Any) -> list[EnrollmentView]:
    """Seats in order of time, then seat; `where` is SQL about `e` (enrollments) and `b` (its occurrence)."""
    rows = [dict(row) for row in session.execute(text(_ENROLLMENTS.format(where=where)), values).mappings()]
    occurrences = _bookings(session, [row["booking_id"] for row in rows])
    return [EnrollmentView(booking=occurrences[row.pop("booking_id")], **row) for row in rows]


def read_series(session: Session, where: str, **values: Any) -> list[SerieView]:
    """Weekly classes by service, weekday and hour; `where` is SQL about `s`."""
    rows = session.execute(text(_SERIES.format(where=where)), values).mappings()
    return [SerieView(**row) for row in rows]


def read_esperas(session: Session, where: str, **values: Any) -> list[EsperaView]:
    """Who waits, in order of arrival; `where` is SQL about `w`."""
    rows = [dict(row) for row in session.execute(text(_ESPERAS.format(where=where)), values).mappings()]
    found = _bookings(session, [row[name] for row in rows for name in ("booking_id", "held_id")])
    return [
        EsperaView(booking=found.get(row.pop("booking_id")), offered=found.get(row.pop("held_id")), **row)
        for row in rows
    ]


def _bookings(session: Session, ids: list[int | None]) -> dict[int | None, BookingView]:
    wanted = sorted({number for number in ids if number is not None})
    if not wanted:
        return {}
    return {found.id: found for found in business_bookings(session, "b.id = ANY(:ids)", ids=wanted)}


def enrollment_view(session: Session, enrollment_id: int) -> EnrollmentView:
    """One seat; it exists."""
    return read_enrollments(session, "e.id = :id", id=enrollment_id)[0]


def serie_view(session: Session, serie_id: int) -> SerieView:
    """One series; it exists."""
    return read_series(session, "s.id = :id", id=serie_id)[0]


def espera_view(session: Session, espera_id: int) -> EsperaView:
    """One place in a waiting list; it exists."""
    return read_esperas(session, "w.id = :id", id=espera_id)[0]


def acts_for(actor: Actor, profesional_id: int) -> bool:
    """Whether the actor is in the business that the thing belongs to: its clients may see its classes."""
    if actor.is_system:
        return actor.profesional_id in (None, profesional_id)
    if actor.rol is Rol.CLIENTE:
        actor.require_cliente()
    return actor.require_tenant() == profesional_id


def owns(actor: Actor, profesional_id: int, cliente_id: int) -> bool:
    """Whether a seat or a place in line is the actor's: the client's own (behind whichever line), any of their
    clients' for the professional, any for the system."""
    if actor.rol is Rol.CLIENTE:
        return actor.require_cliente() == cliente_id
    return acts_for(actor, profesional_id)


def visible_occurrence(session: Session, actor: Actor, booking_id: int) -> BookingView:
    """An occurrence of a class of the actor's tenant. Raises NotFoundError, also for a 1:1 session."""
    found = business_bookings(session, "b.id = :id AND b.kind = 'clase'", id=booking_id)
    if not found or not acts_for(actor, found[0].profesional_id):
        raise NotFoundError(what="clase")
    return found[0]


def visible_serie(session: Session, actor: Actor, serie_id: int) -> SerieView:
    """A series of the actor's tenant. Raises NotFoundError."""
    found = read_series(session, "s.id = :id", id=serie_id)
    if not found or not acts_for(actor, found[0].profesional_id):
        raise NotFoundError(what="serie")
    return found[0]


def visible_enrollment(session: Session, actor: Actor, enrollment_id: int) -> EnrollmentView:
    """A seat that is the actor's to see. Raises NotFoundError."""
    found = read_enrollments(session, "e.id = :id", id=enrollment_id)
    if not found or not owns(actor, found[0].booking.profesional_id, found[0].cliente_id):
        raise NotFoundError(what="inscripcion")
    return found[0]


def visible_espera(session: Session, actor: Actor, espera_id: int) -> EsperaView:
    """A place in line that is the actor's to see. Raises NotFoundError."""
    found = read_esperas(session, "w.id = :id", id=espera_id)
    if not found or not owns(actor, found[0].profesional_id, found[0].cliente_id):
        raise NotFoundError(what="espera")
    return found[0]


def locked_occurrence(work: Work, booking_id: int) -> BookingView:
    """`visible_occurrence`, its professional locked: what is read here stays true until commit."""
    seen = visible_occurrence(
        work.session, work.actor, booking_id
    )  # before the lock: a stranger holds up nobody
    lock_profesional(work.session, seen.profesional_id)
    return visible_occurrence(work.session, work.actor, booking_id)


def locked_serie(work: Work, serie_id: int) -> SerieView:
    """`visible_serie`, its professional locked."""
    seen = visible_serie(work.session, work.actor, serie_id)
    lock_profesional(work.session, seen.profesional_id)
    return visible_serie(work.session, work.actor, serie_id)


def locked_enrollment(work: Work, enrollment_id: int) -> EnrollmentView:
    """A seat that is taken (not merely offered), its professional locked. Raises NotFoundError, NotEnrolled."""
    seen = visible_enrollment(work.session, work.actor, enrollment_id)
    lock_profesional(work.session, seen.booking.profesional_id)
    found = visible_enrollment(work.session, work.actor, enrollment_id)
    if found.state in (EnrollmentState.CANCELADO, EnrollmentState.OFRECIDO):
        raise NotEnrolled(enrollment_id=enrollment_id)
    return found


def locked_espera(work: Work, espera_id: int) -> EsperaView:
    """`visible_espera`, its professional locked."""
    seen = visible_espera(work.session, work.actor, espera_id)
    lock_profesional(work.session, seen.profesional_id)
    return visible_espera(work.session, work.actor, espera_id)


def for_whom(actor: Actor, cliente_id: int | None) -> int:
    """The client that a request is about: the actor, or whom the professional named."""
    if actor.rol is Rol.CLIENTE:
        if cliente_id not in (None, actor.require_cliente()):
            raise NotAllowedError()
        return actor.require_cliente()
    actor.require_profesional()
    if cliente_id is None:
        raise InvalidError(field="cliente_id")
    return cliente_id


def require_known(work: Work, profesional_id: int, cliente_id: int) -> None:
    """A client becomes one of the professional's by asking; others have to be known. Raises NotFoundError."""
    if work.actor.rol is Rol.CLIENTE:
        ensure_relacion(work.session, profesional_id, cliente_id, work.now)
    else:
        require_relation(work.session, profesional_id, cliente_id)


def name_of_cliente(session: Session, profesional_id: int, cliente_id: int) -> str | None:
    """What the professional calls a client."""
    query = f"""SELECT {_NAME} FROM clientes c
        LEFT JOIN relaciones r ON r.cliente_id = c.id AND r.profesional_id = :profesional WHERE c.id = :cliente"""
    return session.execute(text(query), {"profesional": profesional_id, "cliente": cliente_id}).scalar()


def live_occurrences(session: Session, serie_id: int, *, after: datetime) -> list[BookingView]:
    """Occurrences of a series that are yet to begin, in order."""
    where = "b.serie_id = :serie AND b.state = 'confirmado' AND b.starts_at > :after"
    return business_bookings(session, where, serie=serie_id, after=after)


def is_class(booking: BookingView) -> bool:
    """Whether a booking is an occurrence of a class."""
    return booking.kind == BookingKind.CLASE
