"""Rows that many use cases begin with: the professional's lock, and bookings as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from vallebot.db.prepared import Prepared
from vallebot.db.tables import Profesional, Relacion, Servicio
from vallebot.db.tables.messaging import Rol
from vallebot.errors import NotAllowedError, NotFoundError
from vallebot.services.actor import Actor


@dataclass(frozen=True)
class BookingView:
    """A booking with all that is needed to speak about it. Times are aware (UTC); money in minor units.

    For a class seen by one of its clients, `enrollment_id` and `enrollment_state` are theirs.
    """

    id: int
    kind: str
    state: str
    profesional_id: int
    profesional_name: str
    timezone: str
    servicio_id: int
    servicio_name: str
    cliente_id: int | None
    cliente_name: str | None
    starts_at: datetime
    ends_at: datetime
    place_mode: str
    place: str | None  #: address or link where it happens
    price_minor: int
    currency: str
    billing: str
    expires_at: datetime | None = None
    change_requested_at: datetime | None = None
    change_requested_to: datetime | None = None
    capacity: int | None = None
    taken_seats: int | None = None
    serie_id: int | None = None
    enrollment_id: int | None = None
    enrollment_state: str | None = None

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def local_start(self) -> datetime:
        """In the professional's zone."""
        return self.starts_at.astimezone(self.tz)


_COLUMNS = """
    b.id, b.kind, b.state, b.profesional_id, p.name AS profesional_name, p.timezone, b.servicio_id,
    s.name AS servicio_name, b.starts_at, b.ends_at, b.place_mode,
    coalesce(b.place, CASE b.place_mode WHEN 'consultorio' THEN p.address END) AS place,
    b.currency, s.billing, b.expires_at, b.change_requested_at, b.change_requested_to, b.capacity, b.serie_id,
    CASE b.kind WHEN 'clase' THEN
        (SELECT count(*) FROM enrollments seats WHERE seats.booking_id = b.id AND seats.state <> 'cancelado')
    END AS taken_seats
"""
_JOINS = """
    JOIN profesionales p ON p.id = b.profesional_id
    JOIN servicios s ON s.id = b.servicio_id
"""
_NAMES = """
    LEFT JOIN clientes c ON c.id = {who}
    LEFT JOIN relaciones r ON r.profesional_id = b.profesional_id AND r.cliente_id = {who}
"""
_NAME = "coalesce(r.name, c.name, c.profile_name, c.phone_e164) AS cliente_name"

#: Bookings as the professional sees them; `{where}` speaks about b.
_OF_BUSINESS = f"""
    SELECT {_COLUMNS}, b.cliente_id, {_NAME}, b.price_minor, NULL::bigint AS enrollment_id,
           NULL::text AS enrollment_state
    FROM {{rows}} b {_JOINS} {_NAMES.format(who="b.cliente_id")}
    WHERE {{where}}
"""
#: Occurrences of classes as one of their clients sees them.
_OF_ENROLLED = f"""
    SELECT {_COLUMNS}, e.cliente_id, {_NAME}, e.price_minor, e.id AS enrollment_id, e.state AS enrollment_state
    FROM enrollments e JOIN bookings b ON b.id = e.booking_id {_JOINS} {_NAMES.format(who="e.cliente_id")}
    WHERE {{where}}
"""


def view_sql(rows: str, where: str = "true") -> str:
    """The SELECT of `BookingView`s from `bookings`, or from rows of it that the statement has just made."""
    return _OF_BUSINESS.format(rows=rows, where=where)


def business_bookings(session: Session, where: str, **values: Any) -> list[BookingView]:
    """Bookings and class occurrences, in order of time; `where` is SQL about `b`."""
    query = view_sql("bookings", where) + " ORDER BY starts_at, id"
    return [BookingView(**row) for row in session.execute(text(query), values).mappings()]


def cliente_bookings(session: Session, where: str, **values: Any) -> list[BookingView]:
    """A client's sessions and class occurrences in order of time; `where` is SQL about `b`, :cliente is given."""
    query = (
        view_sql("bookings", f"b.cliente_id = :cliente AND {where}")
        + " UNION ALL "
        + _OF_ENROLLED.format(where=f"e.cliente_id = :cliente AND e.state <> 'cancelado' AND {where}")
        + " ORDER BY starts_at, id"
    )
    return [BookingView(**row) for row in session.execute(text(query), values).mappings()]


def booking_view(session: Session, booking_id: int) -> BookingView:
    """One booking; it exists."""
    return BookingView(**_ONE.run(session, {"id": booking_id}).mappings().one())


_ONE = Prepared("booking_view", "id bigint", view_sql("bookings", "b.id = :id"))
_LOCK = Prepared(
    "lock_profesional", "id bigint", "SELECT 1 FROM profesionales WHERE id = :id FOR NO KEY UPDATE"
)


def lock_profesional(session: Session, profesional_id: int) -> None:
    """Lock the professional's row. Every use case that changes bookings, classes or money of a professional takes
    this lock first and others only after it: changes of one business follow each other, none deadlocks.
    (Readers and foreign keys are not held up by it; the constraints do not depend on it.)"""
    if _LOCK.run(session, {"id": profesional_id}).first() is None:
        raise NotFoundError(what="profesional")


def locked_profesional(session: Session, profesional_id: int) -> Profesional:
    """`lock_profesional`, and the row as it is now."""
    lock_profesional(session, profesional_id)
    return session.get(Profesional, profesional_id, populate_existing=True)


def ensure_relacion(session: Session, profesional_id: int, cliente_id: int, now: datetime) -> None:
    """The pair's row, made where missing."""
    session.execute(
        insert(Relacion)
        .values(profesional_id=profesional_id, cliente_id=cliente_id, last_contact_at=now)
        .on_conflict_do_nothing(index_elements=["profesional_id", "cliente_id"])
    )


def own_servicio(session: Session, profesional_id: int, servicio_id: int) -> Servicio:
    """A service of that professional. Raises NotFoundError, also for another's."""
    found = session.get(Servicio, servicio_id)
    if found is None or found.profesional_id != profesional_id:
        raise NotFoundError(what="servicio")
    return found


def visible_booking(session: Session, actor: Actor, booking_id: int) -> BookingView:
    """A booking that the actor may see: the professional's own, the client's own (behind whichever line), any for
    the system. Raises NotFoundError for all others, whether they exist or not."""
    row = _ONE.run(session, {"id": booking_id}).mappings().first()
    booking = BookingView(**row) if row is not None else None
    if booking is None or not _may_see(actor, booking):
        raise NotFoundError(what="booking")
    return booking


def _may_see(actor: Actor, booking: BookingView) -> bool:
    if actor.rol is Rol.CLIENTE:
        return booking.cliente_id is not None and booking.cliente_id == actor.require_cliente()
    if actor.is_system:
        return actor.profesional_id in (None, booking.profesional_id)
    return booking.profesional_id == actor.require_profesional()


def require_person(actor: Actor) -> None:
    """Raises NotAllowedError for an Actor that is neither the system nor anybody."""
    if not actor.is_system and actor.cliente_id is None:
        raise NotAllowedError()
