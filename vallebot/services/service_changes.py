"""Changing what a professional offers: one service or many at once, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from vallebot.db.constraints import constraint_errors
from vallebot.db.tables import Servicio
from vallebot.domain.enrollment import lowest_free_seat
from vallebot.errors import InvalidError
from vallebot.services.actor import Actor
from vallebot.services.booking_steps import Work
from vallebot.services.catalogue import (
    CHANGEABLE,
    CONSTRAINTS,
    ServicioCard,
    ServicioSpec,
    audit_servicio,
    card,
)
from vallebot.services.class_errors import SeatsTaken
from vallebot.services.operations import Operation
from vallebot.services.records import (
    BookingView,
    booking_view,
    business_bookings,
    locked_profesional,
    own_servicio,
)
from vallebot.services.waiting_offers import offer_memberships, offer_seats

_SEATS = text(
    "SELECT id, seat FROM enrollments WHERE booking_id = :id AND state <> 'cancelado' ORDER BY seat"
)
_MOVE_SEAT = text("UPDATE enrollments SET seat = :seat WHERE id = :id")
_CAPACITY = text("UPDATE bookings SET capacity = :capacity WHERE id = :id")
_SERIES = text("""
    UPDATE series SET capacity = :capacity WHERE servicio_id = :servicio AND ended_at IS NULL RETURNING id
""")


def change_servicio(
    sessions: sessionmaker, actor: Actor, servicio_id: int, changes: dict, *, now: datetime, key: str
) -> ServicioCard:
    """`change_servicios` for a single one."""
    return change_servicios(sessions, actor, {servicio_id: changes}, now=now, key=key)[0]


def change_servicios(
    sessions: sessionmaker, actor: Actor, changes: Mapping[int, dict], *, now: datetime, key: str
) -> tuple[ServicioCard, ...]:
    """Change fields of `ServicioSpec` (not its kind), or `active`, of one or more services. What is booked keeps its
    time and price. Another number of places holds for the weekly classes too, their dates ahead included.

    Raises InvalidError (fact: field), NameTaken, NotFoundError, SeatsTaken (more people are in than would fit)."""
    profesional_id = actor.require_profesional()
    unknown = {field for wanted in changes.values() for field in wanted} - CHANGEABLE - {"active"}
    if unknown or not changes:
        raise InvalidError(field=min(unknown, default="changes"))
    with constraint_errors(CONSTRAINTS), sessions.begin() as session:
        operation = Operation.open(session, "change_servicios", key, tuple[ServicioCard, ...], now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        profesional = locked_profesional(session, profesional_id)
        changed = [_change(work, profesional_id, number, changes[number]) for number in sorted(changes)]
        return operation.close(tuple(card(servicio, profesional) for servicio in changed))


def _change(work: Work, profesional_id: int, servicio_id: int, changes: dict) -> Servicio:
    servicio = own_servicio(work.session, profesional_id, servicio_id)
    current = ServicioSpec(**{field.name: getattr(servicio, field.name) for field in fields(ServicioSpec)})
    wanted = {name: value for name, value in changes.items() if name != "active"}
    for column, value in replace(current, **wanted).checked().as_columns().items():
        setattr(servicio, column, value)
    servicio.active = changes.get("active", servicio.active)
    work.session.flush()
    audit_servicio(
        work.session, work.actor, servicio, "change", now=work.now, key=work.key, fields=sorted(changes)
    )
    if servicio.capacity != current.capacity:
        _resize(work, servicio)
    return servicio


def _resize(work: Work, servicio: Servicio) -> None:
    """The classes ahead get that many places; who waits for one that is new is offered it."""
    values = {"servicio": servicio.id, "capacity": servicio.capacity}
    series = work.session.execute(_SERIES, values).scalars().all()
    for occurrence in _ahead(work.session, servicio.id, work.now):
        _fit(work.session, occurrence, servicio.capacity)
        work.session.execute(_CAPACITY, {"capacity": servicio.capacity, "id": occurrence.id})
    for serie_id in sorted(series):
        offer_memberships(work, serie_id)
    for occurrence in _ahead(work.session, servicio.id, work.now):
        offer_seats(work, booking_view(work.session, occurrence.id))


def _ahead(session: Session, servicio_id: int, now: datetime) -> list[BookingView]:
    where = "b.servicio_id = :servicio AND b.kind = 'clase' AND b.state = 'confirmado' AND b.starts_at > :now"
    return business_bookings(session, where, servicio=servicio_id, now=now)


def _fit(session: Session, occurrence: BookingView, capacity: int) -> None:
    """Seats beyond the new end move to free ones before it. Raises SeatsTaken."""
    seats = session.execute(_SEATS, {"id": occurrence.id}).all()
    if len(seats) > capacity:
        raise SeatsTaken(taken=len(seats), starts_at=occurrence.starts_at.isoformat())
    taken = {row.seat for row in seats if row.seat <= capacity}
    for row in seats:
        if row.seat > capacity:
            free = lowest_free_seat(taken, capacity)
            assert free is not None
            taken.add(free)
            session.execute(_MOVE_SEAT, {"seat": free, "id": row.id})
