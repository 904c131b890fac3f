"""Freed seats and times go to whoever waits, in order, as a timed hold. All run inside the caller's transaction,
with the professional locked; none commits.

A seat freed in one occurrence is for those who wait for that occurrence, a place freed in a series for those who
wait for the series, a freed 1:1 time for those whose window it lies in. What is held is held in the database: a
seat is an enrolment, a time is a booking, both in state *ofrecido*.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import chain

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from vallebot.db.tables import Booking, Espera, Profesional
from vallebot.domain.availability import Asked, Calendar, Needs, Stretch, free_starts, free_stretches
from vallebot.domain.enrollment import offer_until
from vallebot.domain.states import BookingState, EnrollmentState, EsperaState
from vallebot.services.audit import Change, record
from vallebot.services.booking_steps import Work, cancel_row, time_columns
from vallebot.services.calendar import Rules, read_calendar, read_rules
from vallebot.services.class_records import (
    EnrollmentView,
    EsperaView,
    SerieView,
    espera_view,
    is_class,
    live_occurrences,
    read_enrollments,
    read_esperas,
    serie_view,
)
from vallebot.services.class_steps import (
    change_seat,
    free_seat,
    give_seat_back,
    is_open,
    seat_of,
    set_espera,
    take_seat,
)
from vallebot.services.notices import tell_cliente
from vallebot.services.records import BookingView, booking_view
from vallebot.services.relationship import refresh
from vallebot.services.scheduling import Due, schedule
from vallebot.services.texts import classes as texts

#: A freed session may make room for one that begins this much before it or after it (longest buffer or travel).
_REACH = timedelta(hours=8)
_HOLDER = text("SELECT id FROM esperas WHERE offered_booking_id = :id AND state = 'ofrecido'")
_LIVE_FOR = text("""
    SELECT id FROM esperas WHERE cliente_id = :cliente AND state IN ('esperando', 'ofrecido')
       AND (booking_id = :booking OR serie_id = :serie) ORDER BY id
""")


def offer_freed(work: Work, freed: BookingView) -> None:
    """The time of a 1:1 session is free from this transaction on (cancelled, expired, moved away): offer it to the
    first in line whose window it fits. Not to the client who has just given it up."""
    holder = work.session.execute(_HOLDER, {"id": freed.id}).scalar()
    if holder is not None:  # an offered time that was cancelled like a booking: that is a no
        set_espera(work, holder, EsperaState.RECHAZADO, "decline")
        if freed.cliente_id is not None:
            refresh(
                work.session, freed.profesional_id, freed.cliente_id, now=work.now, timezone=freed.timezone
            )
    offer_time(work, freed, not_to=freed.cliente_id)


def offer_time(work: Work, freed: BookingView, *, not_to: int | None) -> None:
    """Offer what is free around a freed session, to as many as there is room for."""
    stretch = (freed.starts_at, freed.ends_at)
    offer_stretch(work, freed.profesional_id, stretch, prefer=freed.starts_at, not_to=not_to)


def offer_stretch(
    work: Work,
    profesional_id: int,
    stretch: Stretch,
    *,
    prefer: datetime | None = None,
    not_to: int | None = None,
) -> None:
    """Offer what is free in a stretch of the agenda and just around it, in order of arrival; `prefer` is tried
    before the grid of free times. For whatever makes time free: a session that ends, hours that are reopened."""
    around = (stretch[0] - _REACH, stretch[1] + _REACH)
    where = """w.profesional_id = :profesional AND w.state = 'esperando'
        AND w.wanted && tstzrange(:start, :end) AND w.cliente_id IS DISTINCT FROM :not_to"""
    values = {"profesional": profesional_id, "start": around[0], "end": around[1], "not_to": not_to}
    for espera in read_esperas(work.session, where, **values):
        rules = read_rules(work.session, espera.profesional_id, espera.servicio_id)
        found = time_for(work, espera, rules, around, prefer=prefer)
        until = offer_until(work.now, found, rules.offer_hold) if found is not None else None
        if found is not None and until is not None:
            _hold_time(work, espera, rules, found, until)


def time_for(
    work: Work, espera: EsperaView, rules: Rules, within: Stretch, *, prefer: datetime | None = None
) -> datetime | None:
    """A free start inside the espera's window and `within`, `prefer` before the first of the grid; None: there is
    none (or the service takes nothing new)."""
    assert espera.wanted_from is not None
    assert espera.wanted_to is not None
    window = (max(espera.wanted_from, within[0]), min(espera.wanted_to, within[1]))
    if not rules.open_for_new or window[0] >= window[1]:
        return None
    hours = None
    if espera.from_minute is not None and espera.to_minute is not None:
        hours = (espera.from_minute, espera.to_minute)
    earliest = max(work.now + rules.minimum_notice, work.now + timedelta(minutes=1))
    asked = Asked((window,), earliest, rules.latest_start(work.now), hours_of_day=hours)
    calendar = read_calendar(work.session, espera.profesional_id, rules, window)
    preferred = [prefer] if prefer is not None and _is_free(calendar, rules.needs(), asked, prefer) else []
    return next(chain(preferred, free_starts(calendar, rules.needs(), asked)), None)


def _is_free(calendar: Calendar, needs: Needs, asked: Asked, start: datetime) -> bool:
    """Whether a session may start at a moment that need not be a point of the grid."""
    (first, last), local = asked.windows[0], start.astimezone(calendar.tz)
    hours = asked.hours_of_day or (0, 1440)
    if not (max(first, asked.earliest) <= start < min(last, asked.latest)):
        return False
    if not hours[0] <= local.hour * 60 + local.minute < hours[1]:
        return False
    around = (start - timedelta(days=1), start + needs.duration + timedelta(days=1))
    return any(a <= start and start + needs.duration <= b for a, b in free_stretches(calendar, needs, around))


def _hold_time(work: Work, espera: EsperaView, rules: Rules, starts_at: datetime, until: datetime) -> None:
    values = {
        "profesional_id": espera.profesional_id,
        "servicio_id": espera.servicio_id,
        "cliente_id": espera.cliente_id,
        "state": BookingState.OFRECIDO.value,
        "expires_at": until,
        "place_mode": rules.place_mode,
        "price_minor": rules.price_minor,
        "currency": rules.currency,
        **time_columns(rules.needs(), starts_at),
    }
    booking_id = work.session.execute(insert(Booking).values(values).returning(Booking.id)).scalar_one()
    facts = {"starts_at": starts_at.isoformat(), "cliente_id": espera.cliente_id}
    change = Change("bookings", booking_id, "offer", after=BookingState.OFRECIDO, facts=facts)
    record(work.session, work.actor, change, now=work.now, key=work.key)
    _offer(work, espera, until, offered_booking_id=booking_id)


def offer_seats(work: Work, occurrence: BookingView, *, not_to: int | None = None) -> None:
    """Offer the free seats of an occurrence to those who wait for it, in order; nothing so late that nobody could
    answer and come."""
    until = offer_until(work.now, occurrence.starts_at, _hold(work, occurrence.profesional_id))
    if until is None or not is_open(occurrence, work.now):
        return
    where = "w.booking_id = :id AND w.state = 'esperando' AND w.cliente_id IS DISTINCT FROM :not_to"
    for espera in read_esperas(work.session, where, id=occurrence.id, not_to=not_to):
        if free_seat(work.session, occurrence) is None:
            return
        if seat_of(work.session, occurrence.id, espera.cliente_id) is None:
            held = take_seat(work, occurrence, espera.cliente_id, until=until)
            _offer(work, espera, until, offered_enrollment_id=held.id)


def offer_memberships(work: Work, serie_id: int) -> None:
    """Offer the free places of a series to those who wait for it, with a seat held in each class ahead that has
    one."""
    serie = serie_view(work.session, serie_id)
    free = serie.capacity - serie.members - serie.offered
    waiting = read_esperas(work.session, "w.serie_id = :id AND w.state = 'esperando'", id=serie_id)
    if serie.ended_at is None:
        for espera in waiting[: max(free, 0)]:
            _offer_membership(work, serie, espera)


def _offer_membership(work: Work, serie: SerieView, espera: EsperaView) -> None:
    hold = _hold(work, serie.profesional_id)
    ahead = [
        occurrence
        for occurrence in live_occurrences(work.session, serie.id, after=work.now)
        if offer_until(work.now, occurrence.starts_at, hold) is not None
    ]
    until = offer_until(work.now, ahead[0].starts_at, hold) if ahead else work.now + hold
    assert until is not None
    held = [
        take_seat(work, occurrence, espera.cliente_id, until=until)
        for occurrence in ahead
        if free_seat(work.session, occurrence) is not None
        and seat_of(work.session, occurrence.id, espera.cliente_id) is None
    ]
    _offer(work, espera, until, offered_enrollment_id=held[0].id if held else None)


def _hold(work: Work, profesional_id: int) -> timedelta:
    """How long this professional's offers hold."""
    query = select(Profesional.offer_hold_minutes).filter_by(id=profesional_id)
    return timedelta(minutes=work.session.execute(query).scalar_one())


def _offer(work: Work, espera: EsperaView, until: datetime, **held: int | None) -> None:
    """The place in line becomes an offer: the client is told, and it lapses by itself."""
    set_espera(work, espera.id, EsperaState.OFRECIDO, "offer", offer_expires_at=until, **held)
    schedule_lapse(work.session, espera, until)
    offered = espera_view(work.session, espera.id)
    notice = texts.seat_offered(offered, work.now)
    tell_cliente(
        work.session,
        espera.profesional_id,
        espera.cliente_id,
        notice,
        key=f"offer:{espera.id}",
        now=work.now,
    )
    refresh(work.session, espera.profesional_id, espera.cliente_id, now=work.now, timezone=espera.timezone)


def schedule_lapse(session: Session, espera: EsperaView, until: datetime) -> None:
    """A row that lets the offer lapse; it looks at the facts again, so an earlier or later one does no harm."""
    key = f"lapse_offer:{espera.id}:{until:%Y%m%dT%H%M%S}"
    schedule(session, Due("lapse_offer", {"espera_id": espera.id}, until, key, espera.profesional_id))


def held_seats(session: Session, espera: EsperaView) -> list[EnrollmentView]:
    """The seats that an offer holds: one, or for a series one in each class ahead."""
    if espera.serie_id is None:
        return read_enrollments(
            session, "e.id = :id AND e.state = 'ofrecido'", id=espera.offered_enrollment_id
        )
    where = """b.serie_id = :serie AND e.cliente_id = :cliente AND e.state = 'ofrecido' AND NOT EXISTS
        (SELECT FROM esperas o WHERE o.offered_enrollment_id = e.id AND o.booking_id IS NOT NULL)"""
    return read_enrollments(session, where, serie=espera.serie_id, cliente=espera.cliente_id)


def end_offer(work: Work, espera: EsperaView, target: EsperaState, action: str) -> None:
    """Give up what an offer holds (or just a place in line), and offer it to the next."""
    freed = held_seats(work.session, espera)
    for enrollment in freed:
        give_seat_back(work, enrollment, action, reason=target.value)
    held = espera.offered
    if held is not None and not is_class(held) and held.state == BookingState.OFRECIDO:
        cancel_row(work, held, action, target.value)
    set_espera(work, espera.id, target, action)
    refresh(work.session, espera.profesional_id, espera.cliente_id, now=work.now, timezone=espera.timezone)
    if espera.state != EsperaState.OFRECIDO:
        return
    if espera.serie_id is not None:
        offer_memberships(work, espera.serie_id)
    for enrollment in freed:
        offer_seats(work, booking_view(work.session, enrollment.booking.id))
    if held is not None and not is_class(held):
        offer_time(work, held, not_to=espera.cliente_id)


def tighten_offers(work: Work, moved: BookingView) -> None:
    """A class was moved: what is offered in it still has to lapse before it begins."""
    where = "w.state = 'ofrecido' AND (w.booking_id = :id OR w.serie_id = :serie)"
    latest = offer_until(work.now, moved.starts_at, _hold(work, moved.profesional_id))
    for espera in read_esperas(work.session, where, id=moved.id, serie=moved.serie_id):
        if latest is None:
            end_offer(work, espera, EsperaState.VENCIDO, "lapse")
        elif espera.offer_expires_at is not None and latest < espera.offer_expires_at:
            set_espera(work, espera.id, EsperaState.OFRECIDO, "tighten", offer_expires_at=latest)
            for seat in held_seats(work.session, espera):
                change_seat(work, seat, EnrollmentState.OFRECIDO, "tighten", expires_at=latest)
            schedule_lapse(work.session, espera, latest)


def waits_done(
    work: Work, cliente_id: int, *, booking_id: int | None = None, serie_id: int | None = None
) -> None:
    """The client got what they waited for: their live places in that line are over."""
    values = {"cliente": cliente_id, "booking": booking_id, "serie": serie_id}
    for espera_id in work.session.execute(_LIVE_FOR, values).scalars().all():
        set_espera(work, espera_id, EsperaState.ACEPTADO, "accept_offer")


def stand_in_line(work: Work, target: dict, cliente_id: int, profesional_id: int, servicio_id: int) -> int:
    """A place at the end of the line (`target`: booking_id, serie_id, or wanted with its minutes); the one that the
    client has there already, if any. Returns esperas.id."""
    values = {
        "profesional_id": profesional_id,
        "servicio_id": servicio_id,
        "cliente_id": cliente_id,
        "state": EsperaState.ESPERANDO.value,
        **target,
    }
    statement = insert(Espera).values(values).on_conflict_do_nothing().returning(Espera.id)
    made = work.session.execute(statement).scalar()
    if made is None:
        return _already(work.session, values)
    change = Change("esperas", made, "wait", after=EsperaState.ESPERANDO, facts={"cliente_id": cliente_id})
    record(work.session, work.actor, change, now=work.now, key=work.key)
    return made


def _already(session: Session, values: dict) -> int:
    where = """w.cliente_id = :cliente AND w.state IN ('esperando', 'ofrecido') AND w.servicio_id = :servicio
        AND (w.booking_id = :booking OR w.serie_id = :serie OR w.wanted = :wanted)"""
    found = read_esperas(
        session,
        where,
        cliente=values["cliente_id"],
        servicio=values["servicio_id"],
        booking=values.get("booking_id"),
        serie=values.get("serie_id"),
        wanted=values.get("wanted"),
    )
    return found[0].id
