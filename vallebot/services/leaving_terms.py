"""What leaving weekly classes for good would mean, told before the yes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import sessionmaker

from vallebot.errors import InvalidError
from vallebot.services.actor import Actor
from vallebot.services.booking_steps import Work
from vallebot.services.class_charges import local_month
from vallebot.services.class_records import SerieView, for_whom, locked_serie
from vallebot.services.leaving import end_memberships, give_all_back, terms_of

_MONTH = text("""
    SELECT amount_minor - applied_minor FROM cargos
     WHERE cliente_id = :cliente AND servicio_id = :servicio AND month = :month AND state = 'pendiente'
""")


@dataclass(frozen=True)
class SeriesTerms:
    """Leaving frees `seats` classes ahead. `cost_minor`: classes given up too late that stay owed; `month_minor`: of
    the month that has begun, what stays owed; `credit_minor`: what was paid and comes back as credit."""

    series: tuple[SerieView, ...]
    seats: int
    cost_minor: int
    month_minor: int
    credit_minor: int
    currency: str


def series_leaving_terms(
    sessions: sessionmaker,
    actor: Actor,
    serie_ids: Sequence[int],
    *,
    cliente_id: int | None = None,
    now: datetime,
) -> SeriesTerms:
    """Look before leaving: the leaving itself, undone. Raises NotFoundError, NotEnrolled, InvalidError."""
    who = for_whom(actor, cliente_id)
    if not serie_ids:
        raise InvalidError(field="serie_ids")
    with sessions() as session:  # never committed
        work = Work(session, actor, now, "leaving_terms")
        series = tuple(locked_serie(work, serie_id) for serie_id in sorted(set(serie_ids)))
        seats = end_memberships(work, series, who)
        left = give_all_back(work, [terms_of(session, actor, seat, now=now) for seat in seats], None)
        month = local_month(now, series[0].tz)
        values = {"cliente": who, "servicio": series[0].servicio_id, "month": month}
        kept = session.execute(_MONTH, values).scalar() or 0
        session.rollback()
    currency = seats[0].currency if seats else "ARS"
    return SeriesTerms(series, len(seats), left.cost_minor, kept, left.credit_minor, currency)
