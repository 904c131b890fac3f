"""Belonging to a weekly class as a whole: a seat in each of its occurrences, the later ones included. Steps inside
the caller's transaction, with the professional locked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from vallebot.db.tables import InscripcionSerie
from vallebot.domain.states import EnrollmentState, EsperaState
from vallebot.services.audit import Change, record
from vallebot.services.booking_steps import Work
from vallebot.services.class_errors import AlreadyEnrolled, ClassFull, SerieEnded
from vallebot.services.class_records import EnrollmentView, SerieView, live_occurrences, read_esperas
from vallebot.services.class_steps import (
    change_seat,
    end_membership,
    free_seat,
    keep_seat,
    seat_of,
    settle_seat,
    take_seat,
)
from vallebot.services.records import BookingView
from vallebot.services.waiting_offers import end_offer, stand_in_line, waits_done

#: The rule of the database behind "you belong to it already".
MEMBERSHIPS = {"uq_inscripciones_serie_live": AlreadyEnrolled}

_MEMBERSHIP = text(
    "SELECT id FROM inscripciones_serie WHERE serie_id = :serie AND cliente_id = :cliente AND ended_at IS NULL"
)
_OFFERED = text(
    "SELECT 1 FROM esperas WHERE serie_id = :serie AND cliente_id = :cliente AND state = 'ofrecido'"
)
_MEMBERS = text("""
    SELECT id, cliente_id FROM inscripciones_serie
     WHERE serie_id = :serie AND ended_at IS NULL AND starts_on <= :day AND (ends_on IS NULL OR ends_on >= :day)
     ORDER BY id
""")


@dataclass(frozen=True)
class Membership:
    """A client's place in a series: the seats in the classes ahead, and the classes that were full, for which the
    client is in the waiting list. `owed_minor`: what is newly owed."""

    inscripcion_id: int
    serie: SerieView
    seats: tuple[EnrollmentView, ...]
    full: tuple[BookingView, ...]
    owed_minor: int


def membership_of(session: Session, serie_id: int, cliente_id: int) -> int | None:
    """The client's live membership of a series."""
    return session.execute(_MEMBERSHIP, {"serie": serie_id, "cliente": cliente_id}).scalar()


def check_room(work: Work, serie: SerieView, cliente_id: int) -> None:
    """Raises SerieEnded, AlreadyEnrolled, ClassFull (a place that is offered to somebody counts as taken)."""
    if serie.ended_at is not None:
        raise SerieEnded(serie_id=serie.id)
    if membership_of(work.session, serie.id, cliente_id) is not None:
        raise AlreadyEnrolled(serie_id=serie.id)
    own_offer = work.session.execute(_OFFERED, {"serie": serie.id, "cliente": cliente_id}).first() is not None
    if serie.members + serie.offered - own_offer >= serie.capacity:
        raise ClassFull(serie_id=serie.id, capacity=serie.capacity)


def join(work: Work, serie: SerieView, cliente_id: int, starts_on: date) -> Membership:
    """Make the client a member and seat them in the classes ahead from `starts_on` on."""
    values = {
        "profesional_id": serie.profesional_id,
        "serie_id": serie.id,
        "cliente_id": cliente_id,
        "starts_on": starts_on,
    }
    statement = insert(InscripcionSerie).values(values).returning(InscripcionSerie.id)
    inscripcion_id = work.session.execute(statement).scalar_one()
    facts = {"serie_id": serie.id, "cliente_id": cliente_id}
    change = Change("inscripciones_serie", inscripcion_id, "join", after="activa", facts=facts)
    record(work.session, work.actor, change, now=work.now, key=work.key)
    seats, full, owed = [], [], 0
    for occurrence in live_occurrences(work.session, serie.id, after=work.now):
        if occurrence.local_start.date() < starts_on:
            continue
        seat, newly = _seat_in(work, occurrence, cliente_id, inscripcion_id)
        if seat is None:
            full.append(occurrence)
        else:
            seats.append(seat)
        owed += newly
    waits_done(work, cliente_id, serie_id=serie.id)
    return Membership(inscripcion_id, serie, tuple(seats), tuple(full), owed)


def _seat_in(
    work: Work, occurrence: BookingView, cliente_id: int, inscripcion_id: int
) -> tuple[EnrollmentView | None, int]:
    """A seat under the membership: a new one, the one that is held for the client, or the one they have."""
    mine = seat_of(work.session, occurrence.id, cliente_id)
    if mine is None:
        if free_seat(work.session, occurrence) is None:
            target = {"booking_id": occurrence.id}
            stand_in_line(work, target, cliente_id, occurrence.profesional_id, occurrence.servicio_id)
            return None, 0
        seat = take_seat(work, occurrence, cliente_id, inscripcion_id=inscripcion_id)
        return seat, settle_seat(work, seat)
    if mine.state == EnrollmentState.OFRECIDO:
        waits_done(work, cliente_id, booking_id=occurrence.id)
        return keep_seat(work, mine, inscripcion_id=inscripcion_id)
    return change_seat(work, mine, EnrollmentState.INSCRIPTO, "join", inscripcion_id=inscripcion_id), 0


def seat_members(work: Work, serie_id: int, occurrence: BookingView) -> list[int]:
    """Seat the members of a series in a new occurrence, in the order in which they joined; returns them."""
    seated = []
    values = {"serie": serie_id, "day": occurrence.local_start.date()}
    for inscripcion_id, cliente_id in work.session.execute(_MEMBERS, values).all():
        _seat_in(work, occurrence, cliente_id, inscripcion_id)
        seated.append(cliente_id)
    return seated


def end(work: Work, inscripcion_id: int, serie_id: int, cliente_id: int) -> None:
    """End a membership, with the places in line that came with it. Its seats are the caller's to give back."""
    end_membership(work, inscripcion_id, "leave")
    where = """w.cliente_id = :cliente AND w.state IN ('esperando', 'ofrecido') AND w.booking_id IN
        (SELECT id FROM bookings WHERE serie_id = :serie)"""
    for espera in read_esperas(work.session, where, cliente=cliente_id, serie=serie_id):
        end_offer(work, espera, EsperaState.CANCELADO, "leave_list")
