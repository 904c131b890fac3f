"""Reads what the slot search and the booking check need: two queries, however long the range."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from vallebot.db.prepared import Prepared
from vallebot.domain.availability import (
    MINUTES_PER_DAY,
    Calendar,
    Needs,
    Stretch,
    WeeklyHours,
    local_moment,
)
from vallebot.domain.states import BloqueoKind, PlaceMode, ProfesionalState
from vallebot.errors import NotFoundError

_RULES = """
    SELECT p.timezone, p.travel_buffer_minutes, p.minimum_notice_minutes, p.horizon_days,
           p.state AS profesional_state,
           s.kind, s.active, s.duration_minutes, s.buffer_minutes,
           s.price_minor, s.currency, p.auto_confirm, p.pending_expiry_hours, p.offer_hold_minutes,
           coalesce(s.place_mode, p.place_mode) AS place_mode,
           (SELECT coalesce(json_agg(json_build_array(weekday, start_minute, end_minute)), '[]')
              FROM horarios h
             WHERE h.profesional_id = p.id
               AND CASE WHEN EXISTS (SELECT FROM horarios own
                                      WHERE own.profesional_id = p.id AND own.servicio_id = s.id)
                        THEN h.servicio_id = s.id ELSE h.servicio_id IS NULL END) AS weekly {more}
      FROM profesionales p JOIN servicios s ON s.profesional_id = p.id
     WHERE p.id = :profesional AND s.id = :servicio
"""
_EXCEPTIONS = """,
           (SELECT coalesce(json_agg(json_build_array(
                       b.kind, extract(epoch FROM lower(b.period)),
                       extract(epoch FROM coalesce(upper(b.period), :until)))), '[]')
              FROM bloqueos b
             WHERE b.profesional_id = p.id AND b.cancelled_at IS NULL AND b.period && tstzrange(:since, :until)
           ) AS exceptions
"""
_READ_RULES = Prepared("rules", "profesional bigint, servicio bigint", _RULES.format(more=""))
_READ_RULES_AT = Prepared(
    "rules_at",
    "profesional bigint, servicio bigint, since timestamptz, until timestamptz",
    _RULES.format(more=_EXCEPTIONS),
)
_TAKEN = Prepared(
    "taken",
    "profesional bigint, start timestamptz, end timestamptz, moving bigint",
    """
    SELECT 'busy' AS what, lower(busy) AS starts_at, upper(busy) AS ends_at
      FROM bookings
     WHERE profesional_id = :profesional AND state IN ('pendiente', 'ofrecido', 'confirmado')
       AND busy && tstzrange(:start, :end) AND id <> :moving
    UNION ALL
    SELECT kind, lower(period), coalesce(upper(period), :end) FROM bloqueos
     WHERE profesional_id = :profesional AND cancelled_at IS NULL AND period && tstzrange(:start, :end)
""",
)
#: A session lasts a day at most, and may lie in hours that began the day before.
_SURROUNDINGS = timedelta(days=3)
#: Longest reach of a booking's surroundings into the asked range (buffer or travel, at most 8 hours, twice).
_REACH = timedelta(hours=16)


@dataclass(frozen=True)
class Rules:
    """What a service needs, and how its professional takes bookings."""

    tz: ZoneInfo
    weekly: tuple[WeeklyHours, ...]
    duration: timedelta
    buffer: timedelta
    travel: timedelta
    place_mode: str
    minimum_notice: timedelta
    horizon_days: int
    kind: str
    open_for_new: bool  #: professional and service are active
    price_minor: int
    currency: str
    auto_confirm: bool
    pending_expiry: timedelta
    offer_hold: timedelta  #: how long a freed time is held for the first who waits

    def needs(self, place_mode: str | None = None) -> Needs:
        """Room for a session at that place (None: the usual one): travel around a home visit."""
        travel = self.travel if (place_mode or self.place_mode) == PlaceMode.DOMICILIO else timedelta()
        return Needs(self.duration, before=travel, after=max(self.buffer, travel))

    def latest_start(self, now: datetime) -> datetime:
        """The horizon: nothing starts from here on (midnight after the last day)."""
        last = now.astimezone(self.tz).date() + timedelta(days=self.horizon_days)
        return local_moment(last, MINUTES_PER_DAY, self.tz)


def read_rules(session: Session, profesional_id: int, servicio_id: int) -> Rules:
    """Raises NotFoundError where the service is not that professional's."""
    row = (
        _READ_RULES.run(session, {"profesional": profesional_id, "servicio": servicio_id}).mappings().first()
    )
    return _rules(row)


def read_rules_at(
    session: Session, profesional_id: int, servicio_id: int, starts_at: datetime
) -> tuple[Rules, Calendar]:
    """The rules, and when the professional works around `starts_at`: all that is to be known about that time but
    whether it is taken (`busy` is empty). One query. Raises NotFoundError."""
    values = {
        "profesional": profesional_id,
        "servicio": servicio_id,
        "since": starts_at - _SURROUNDINGS,
        "until": starts_at + _SURROUNDINGS,
    }
    row = _READ_RULES_AT.run(session, values).mappings().first()
    rules = _rules(row)
    exceptions: dict[str, list[Stretch]] = {kind.value: [] for kind in BloqueoKind}
    for kind, start, end in row["exceptions"]:
        exceptions[kind].append(
            (datetime.fromtimestamp(start, timezone.utc), datetime.fromtimestamp(end, timezone.utc))
        )
    openings, closures = exceptions[BloqueoKind.APERTURA], exceptions[BloqueoKind.CIERRE]
    return rules, Calendar(rules.tz, rules.weekly, tuple(openings), tuple(closures), ())


def _rules(row: Any) -> Rules:
    if row is None:
        raise NotFoundError(what="servicio")
    return Rules(
        tz=ZoneInfo(row["timezone"]),
        weekly=tuple(WeeklyHours(*hours) for hours in row["weekly"]),
        duration=timedelta(minutes=row["duration_minutes"]),
        buffer=timedelta(minutes=row["buffer_minutes"]),
        travel=timedelta(minutes=row["travel_buffer_minutes"]),
        place_mode=row["place_mode"],
        minimum_notice=timedelta(minutes=row["minimum_notice_minutes"]),
        horizon_days=row["horizon_days"],
        kind=row["kind"],
        open_for_new=row["active"] and row["profesional_state"] == ProfesionalState.ACTIVO,
        price_minor=row["price_minor"],
        currency=row["currency"],
        auto_confirm=row["auto_confirm"],
        pending_expiry=timedelta(hours=row["pending_expiry_hours"]),
        offer_hold=timedelta(minutes=row["offer_hold_minutes"]),
    )


def read_calendar(
    session: Session, profesional_id: int, rules: Rules, within: Stretch, *, except_booking_id: int = 0
) -> Calendar:
    """What is taken in a stretch of time; `except_booking_id` is about to be moved and does not count."""
    values = {
        "profesional": profesional_id,
        "start": within[0] - _REACH,
        "end": within[1] + _REACH,
        "moving": except_booking_id,
    }
    groups: dict[str, list[Stretch]] = {"busy": [], "apertura": [], "cierre": []}
    for what, starts_at, ends_at in _TAKEN.run(session, values).all():
        groups[what].append((starts_at, ends_at))  # in UTC, as sessions speak (db/session.py)
    return Calendar(
        rules.tz, rules.weekly, tuple(groups["apertura"]), tuple(groups["cierre"]), tuple(groups["busy"])
    )
