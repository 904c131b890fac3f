"""A professional's own words to clients: one, those of a class, of a service, of a day, or all. And being late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from vallebot.db.tables import Profesional
from vallebot.domain.states import LIVE_BOOKING, BookingState
from vallebot.errors import InvalidError, NotFoundError
from vallebot.services.actor import Actor
from vallebot.services.agenda_errors import WrongState
from vallebot.services.audit import Change, record
from vallebot.services.notices import tell_cliente, tell_profesional
from vallebot.services.operations import Operation
from vallebot.services.records import BookingView, cliente_bookings
from vallebot.services.texts import clients as texts

#: A WhatsApp text has room for more; a notice that people read has not.
MESSAGE_MAX_CHARS = 1000
#: Whoever is later than this does not come late, they do not come.
DELAY_MAX_MINUTES = 240
_JUST_BEGUN = timedelta(minutes=15)  #: somebody who waits at the door; later on the session is going on
_HORIZON = timedelta(days=2)  #: nobody is told today of a delay of the day after tomorrow


@dataclass(frozen=True)
class Audience:
    """Whom a message is for. All that is given must hold; nothing given: every client."""

    cliente_ids: tuple[int, ...] = ()
    servicio_id: int | None = None  #: in a class of it ahead, or booked for it
    booking_id: int | None = None  #: in this class (or whose session it is)
    starts_at: datetime | None = None  #: with something in this stretch
    ends_at: datetime | None = None

    @property
    def everybody(self) -> bool:
        return not (self.cliente_ids or self.servicio_id or self.booking_id or self.starts_at)


@dataclass(frozen=True)
class Recipient:
    """A client whom a message may go to; `accepts`: they want notices."""

    cliente_id: int
    name: str
    accepts: bool


@dataclass(frozen=True)
class Sent:
    """To how many a message is on its way; `unreachable`: without a phone, `refused`: who want no notices."""

    told: tuple[Recipient, ...]
    refused: tuple[Recipient, ...]
    unreachable: tuple[Recipient, ...]


@dataclass(frozen=True)
class DelayTold:
    """Who was told that the professional is late."""

    told: tuple[int, ...]


_PEOPLE = """
    SELECT c.id, coalesce(r.name, c.name, c.profile_name, c.phone_e164, 'Sin nombre') AS name, r.notices_accepted
      FROM relaciones r JOIN clientes c ON c.id = r.cliente_id
     WHERE r.profesional_id = :profesional AND {where} ORDER BY 2, 1
"""
_VISITS = """
    r.cliente_id IN (
        SELECT coalesce(e.cliente_id, b.cliente_id) FROM bookings b
          LEFT JOIN enrollments e ON e.booking_id = b.id AND e.state IN ('inscripto', 'asistio', 'ausente')
         WHERE b.profesional_id = :profesional AND b.state IN ('pendiente', 'confirmado', 'realizado')
           AND (cast(:servicio AS bigint) IS NULL OR b.servicio_id = :servicio)
           AND (cast(:booking AS bigint) IS NULL OR b.id = :booking)
           AND b.starts_at >= coalesce(cast(:start AS timestamptz),
               CASE WHEN cast(:booking AS bigint) IS NULL THEN cast(:now AS timestamptz) ELSE b.starts_at END)
           AND (cast(:end AS timestamptz) IS NULL OR b.starts_at < :end))
"""


def recipients(
    sessions: sessionmaker, actor: Actor, audience: Audience, *, now: datetime
) -> tuple[Recipient, ...]:
    """Who is meant, by name: the preview of a message."""
    profesional_id = actor.require_profesional()
    with sessions() as session:
        return _recipients(session, profesional_id, audience, now)


def _recipients(
    session: Session, profesional_id: int, audience: Audience, now: datetime
) -> tuple[Recipient, ...]:
    conditions = ["true"]
    if audience.cliente_ids:
        conditions.append("r.cliente_id = ANY(:ids)")
    if audience.servicio_id or audience.booking_id or audience.starts_at:
        conditions.append(_VISITS)
    values = {
        "profesional": profesional_id,
        "ids": list(audience.cliente_ids),
        "servicio": audience.servicio_id,
        "booking": audience.booking_id,
        "start": audience.starts_at,
        "end": audience.ends_at,
        "now": now,
    }
    rows = session.execute(text(_PEOPLE.format(where=" AND ".join(conditions))), values)
    return tuple(Recipient(*row) for row in rows)


def send_message(
    sessions: sessionmaker,
    actor: Actor,
    cliente_ids: Sequence[int],
    said: str,
    *,
    now: datetime,
    key: str,
) -> Sent:
    """Send the professional's words to the clients who were previewed, once each; not to those who want no notices.

    Raises InvalidError (no words, too many, nobody), NotFoundError (somebody else's client)."""
    profesional_id = actor.require_profesional()
    words = " ".join(said.split())
    if not 0 < len(words) <= MESSAGE_MAX_CHARS or not cliente_ids:
        raise InvalidError(field="message")
    with sessions.begin() as session:
        operation = Operation.open(session, "send_message", key, Sent, now=now)
        if operation.done:
            return operation.result
        people = _recipients(session, profesional_id, Audience(tuple(cliente_ids)), now)
        if len(people) < len(set(cliente_ids)):
            raise NotFoundError(what="cliente")
        name = session.get(Profesional, profesional_id).name
        told: list[Recipient] = []
        unreachable: list[Recipient] = []
        for one in people:
            if one.accepts:
                notice = texts.message_of(name, words)
                reached = tell_cliente(
                    session, profesional_id, one.cliente_id, notice, key=operation.key, now=now
                )
                (told if reached else unreachable).append(one)
        facts = {"told": len(told), "asked": len(people)}
        change = Change("profesionales", profesional_id, "send_message", facts=facts)
        record(session, actor, change, now=now, key=operation.key)
        refused = tuple(one for one in people if not one.accepts)
        return operation.close(Sent(tuple(told), refused, tuple(unreachable)))


def announce_delay(
    sessions: sessionmaker,
    actor: Actor,
    booking_id: int,
    minutes: int | None,
    *,
    now: datetime,
    key: str,
) -> BookingView:
    """A client is late for a session or class of theirs; the professional is told. `minutes` None: a little.

    Raises NotFoundError (not theirs), WrongState (cancelled or over), InvalidError (minutes)."""
    cliente_id = actor.require_cliente()
    _check_minutes(minutes)
    with sessions.begin() as session:
        operation = Operation.open(session, "announce_delay", key, BookingView, now=now)
        if operation.done:
            return operation.result
        found = cliente_bookings(session, "b.id = :booking", cliente=cliente_id, booking=booking_id)
        if not found:
            raise NotFoundError(what="booking")
        booking = found[0]
        if booking.state not in LIVE_BOOKING or booking.ends_at <= now:
            raise WrongState(booking_id=booking_id, state=booking.state)
        notice = texts.cliente_late(booking, now, minutes)
        tell_profesional(session, booking.profesional_id, notice, key=operation.key, now=now)
        return operation.close(booking)


def _check_minutes(minutes: int | None) -> None:
    if minutes is not None and not 0 < minutes <= DELAY_MAX_MINUTES:
        raise InvalidError(field="minutes")


def affected_by_delay(
    sessions: sessionmaker, actor: Actor, until: datetime, *, now: datetime
) -> list[BookingView]:
    """Whose sessions and classes begin from now to `until`, or have just begun; in order of time."""
    profesional_id = actor.require_profesional()
    with sessions() as session:
        return _affected(session, profesional_id, until, now)


_LATE = text("""
    SELECT coalesce(e.cliente_id, b.cliente_id), b.id FROM bookings b
      LEFT JOIN enrollments e ON e.booking_id = b.id AND e.state = 'inscripto'
     WHERE b.profesional_id = :profesional AND b.state = :state AND b.starts_at > :since AND b.starts_at < :until
       AND coalesce(e.cliente_id, b.cliente_id) IS NOT NULL
     ORDER BY b.starts_at, b.id, 1
""")


def _affected(session: Session, profesional_id: int, until: datetime, now: datetime) -> list[BookingView]:
    values = {
        "profesional": profesional_id,
        "state": BookingState.CONFIRMADO.value,
        "since": now - _JUST_BEGUN,
        "until": until,
    }
    return [
        cliente_bookings(session, "b.id = :booking", cliente=who, booking=booking_id)[0]
        for who, booking_id in session.execute(_LATE, values).all()
    ]


def tell_delay(
    sessions: sessionmaker,
    actor: Actor,
    booking_ids: Sequence[int],
    minutes: int,
    *,
    now: datetime,
    key: str,
) -> DelayTold:
    """The professional is late: everybody in those sessions and classes is told, once each.

    Raises InvalidError (minutes, nobody)."""
    profesional_id = actor.require_profesional()
    _check_minutes(minutes)
    if not booking_ids:
        raise InvalidError(field="booking_ids")
    with sessions.begin() as session:
        operation = Operation.open(session, "tell_delay", key, DelayTold, now=now)
        if operation.done:
            return operation.result
        told: list[int] = []
        for booking in _affected(session, profesional_id, now + _HORIZON, now):
            if booking.id not in booking_ids or booking.cliente_id in told or booking.cliente_id is None:
                continue
            notice = texts.profesional_late(booking, now, minutes)
            who = booking.cliente_id
            if tell_cliente(session, profesional_id, who, notice, key=operation.key, now=now):
                told.append(who)
        return operation.close(DelayTold(tuple(told)))
