"""The end of a weekly class. Steps inside the caller's transaction, with the professional locked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from vallebot.db.tables import InscripcionSerie, Serie
from vallebot.domain.spanish import say_date
from vallebot.domain.states import Billing, EsperaState
from vallebot.services.audit import Change, record
from vallebot.services.booking_steps import Work
from vallebot.services.class_charges import local_month, void_month_without_classes
from vallebot.services.class_records import EnrollmentView, SerieView, live_occurrences, serie_view
from vallebot.services.class_steps import Left, settle_left
from vallebot.services.memberships import end
from vallebot.services.notices import tell_cliente
from vallebot.services.records import BookingView
from vallebot.services.relationship import refresh
from vallebot.services.series_steps import CancelledClass, cancel_class, waiting_for_serie
from vallebot.services.texts import classes as texts
from vallebot.services.waiting_offers import end_offer


@dataclass(frozen=True)
class SerieEnding:
    """A series that ends; `last`: the classes that still take place; `cancelled`: those that do not; `told`: how
    many clients were concerned."""

    serie: SerieView
    last: tuple[BookingView, ...]
    cancelled: tuple[BookingView, ...]
    told: int


def end_serie(work: Work, serie: SerieView, last_day: date | None) -> SerieEnding:
    """End it after `last_day`; None: no class takes place any more."""
    ahead = live_occurrences(work.session, serie.id, after=work.now)
    kept = tuple(one for one in ahead if last_day is not None and one.local_start.date() <= last_day)
    dropped = ahead[len(kept) :]
    gone = [cancel_class(work, occurrence, "series ended", tell=False) for occurrence in dropped]
    concerned = {who for one in gone for who in (*one.credits, *one.waiting)}
    concerned |= _limit(work, serie, last_day) if kept and last_day is not None else close_serie(work, serie)
    credits = _credits(work, gone)
    _tell(work, serie, kept, sorted(concerned), credits)
    refresh(work.session, serie.profesional_id, concerned, now=work.now, timezone=serie.timezone)
    cancelled = tuple(one.booking for one in gone)
    return SerieEnding(serie_view(work.session, serie.id), kept, cancelled, len(concerned))


def _credits(work: Work, gone: list[CancelledClass]) -> dict[int, int]:
    """{client: what is left of what they paid for classes that do not take place}; months of which nothing is left
    are void too."""
    credits: dict[int, int] = {}
    last_seats: dict[int, EnrollmentView] = {}
    for one in gone:
        for seat in one.seats:
            credit = one.credits[seat.cliente_id]
            if seat.booking.billing == Billing.MENSUAL:
                month = local_month(seat.booking.starts_at, seat.booking.tz)
                voided = void_month_without_classes(work, seat.booking, seat.cliente_id, month)
                credit += voided.credit_minor if voided is not None else 0
            credits[seat.cliente_id] = credits.get(seat.cliente_id, 0) + credit
            last_seats[seat.cliente_id] = seat
    return {
        cliente_id: settle_left(work, last_seats[cliente_id], Left(credit_minor=freed)).credit_minor
        for cliente_id, freed in sorted(credits.items())
    }


def close_serie(work: Work, serie: SerieView) -> set[int]:
    """Nothing of it is ahead: memberships and the waiting list end. Returns the clients concerned."""
    row = work.session.get(Serie, serie.id, populate_existing=True)
    assert row is not None
    row.ended_at = work.now
    work.session.flush()
    change = Change("series", serie.id, "end", "activa", "terminada")
    record(work.session, work.actor, change, now=work.now, key=work.key)
    members = work.session.execute(
        select(InscripcionSerie.id, InscripcionSerie.cliente_id)
        .where(InscripcionSerie.serie_id == serie.id, InscripcionSerie.ended_at.is_(None))
        .order_by(InscripcionSerie.id)
    ).all()
    for inscripcion_id, cliente_id in members:
        end(work, inscripcion_id, serie.id, cliente_id)
    waiting = waiting_for_serie(work.session, serie.id)
    for espera in waiting:
        end_offer(work, espera, EsperaState.CANCELADO, "series_ended")
    return {cliente_id for _, cliente_id in members} | {espera.cliente_id for espera in waiting}


def _limit(work: Work, serie: SerieView, last_day: date) -> set[int]:
    """It goes on until that day. Returns the members; who waits for a place goes on waiting."""
    row = work.session.get(Serie, serie.id, populate_existing=True)
    assert row is not None
    row.ends_on = max(last_day, row.starts_on)
    work.session.flush()
    facts = {"ends_on": row.ends_on.isoformat()}
    change = Change("series", serie.id, "limit", "activa", "activa", facts)
    record(work.session, work.actor, change, now=work.now, key=work.key)
    query = select(InscripcionSerie.cliente_id).filter_by(serie_id=serie.id, ended_at=None)
    return set(work.session.execute(query).scalars())


def _tell(
    work: Work, serie: SerieView, kept: tuple[BookingView, ...], everybody: list[int], credits: dict[int, int]
) -> None:
    today = work.now.astimezone(serie.tz).date()
    last = say_date(kept[-1].local_start.date(), today) if kept else ""
    for cliente_id in everybody:
        currency = kept[0].currency if kept else "ARS"
        notice = texts.series_ended(serie, last, credit_minor=credits.get(cliente_id, 0), currency=currency)
        key = f"series_ended:{serie.id}:{last}"
        tell_cliente(work.session, serie.profesional_id, cliente_id, notice, key=key, now=work.now)
