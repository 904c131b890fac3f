"""Free times, the agenda, and the stretches that a professional closes or opens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from itertools import islice
from zoneinfo import ZoneInfo

from psycopg2.extras import DateTimeTZRange
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from vallebot.db.tables import Bloqueo, Profesional
from vallebot.domain.availability import (
    Asked,
    Needs,
    Stretch,
    WeeklyHours,
    day_stretch,
    fits,
    free_starts,
    subtract,
)
from vallebot.domain.states import BloqueoKind, ServicioKind
from vallebot.errors import InvalidError
from vallebot.services.actor import Actor
from vallebot.services.agenda_errors import ServicioIsClass
from vallebot.services.audit import Change, record
from vallebot.services.booking_steps import Work
from vallebot.services.calendar import Rules, read_calendar, read_rules
from vallebot.services.operations import Operation
from vallebot.services.records import BookingView, business_bookings, lock_profesional
from vallebot.services.waiting_offers import offer_stretch

DEFAULT_STEP_MINUTES = 30
MAX_SEARCH = timedelta(days=400)


@dataclass(frozen=True)
class SlotQuery:
    """Which free times are wanted.

    windows            stretches (aware) in which the session may start; none: from now to the horizon
    minute_of_day      local minutes of the day between which it may start, end exclusive
    limit              how many at most; None: all
    place_mode         where, if not at the service's usual place
    except_booking_id  a booking about to be moved: its time counts as free
    """

    servicio_id: int
    windows: tuple[tuple[datetime, datetime], ...] = ()
    minute_of_day: tuple[int, int] | None = None
    limit: int | None = None
    step_minutes: int = DEFAULT_STEP_MINUTES
    place_mode: str | None = None
    except_booking_id: int = 0


@dataclass(frozen=True)
class Slot:
    """A concrete free time. Aware, in the professional's zone."""

    starts_at: datetime
    ends_at: datetime
    servicio_id: int


#: What the agenda shows is a booking; classes carry `capacity` and `taken_seats`.
AgendaEntry = BookingView


@dataclass(frozen=True)
class Block:
    """A stretch that is (or would be) closed, and the live bookings inside it."""

    starts_at: datetime
    ends_at: datetime | None
    inside: tuple[BookingView, ...]
    bloqueo_id: int | None = None  #: None: only looked at


@dataclass(frozen=True)
class Reopened:
    """Closures that were lifted in a stretch; `opened` where time outside the weekly hours was added."""

    lifted: int
    opened: bool


def free_slots(sessions: sessionmaker, actor: Actor, query: SlotQuery, *, now: datetime) -> list[Slot]:
    """Free times in order. Two queries, whatever the range. Clients are held to notice and horizon.

    Raises NotFoundError (service), ServicioIsClass; a paused service has no free times."""
    profesional_id = actor.require_tenant()
    with sessions() as session:
        rules = read_rules(session, profesional_id, query.servicio_id)
        if rules.kind == ServicioKind.GRUPAL:
            raise ServicioIsClass()
        asked = _asked(rules, query, now)
        if not rules.open_for_new or not asked.windows:
            return []
        within = (min(start for start, _ in asked.windows), max(end for _, end in asked.windows))
        calendar = read_calendar(
            session, profesional_id, rules, within, except_booking_id=query.except_booking_id
        )
    starts = free_starts(calendar, rules.needs(query.place_mode), asked)
    return [
        Slot(start.astimezone(rules.tz), (start + rules.duration).astimezone(rules.tz), query.servicio_id)
        for start in islice(starts, query.limit)
    ]


def _asked(rules: Rules, query: SlotQuery, now: datetime) -> Asked:
    """The query within notice and horizon; windows that lie outside are dropped."""
    # What starts at this very moment is not to be had any more.
    earliest = now + max(rules.minimum_notice, timedelta(minutes=1))
    latest = rules.latest_start(now)
    windows = query.windows or ((earliest, latest),)
    if query.step_minutes < 1 or any(start.tzinfo is None or end.tzinfo is None for start, end in windows):
        raise InvalidError(field="windows")
    kept = tuple((start, end) for start, end in windows if start < latest and end > earliest)
    clipped = tuple((max(start, earliest), min(end, latest)) for start, end in kept)
    return Asked(clipped, earliest, latest, timedelta(minutes=query.step_minutes), query.minute_of_day)


def next_free(
    sessions: sessionmaker, actor: Actor, servicio_id: int, count: int, *, now: datetime
) -> list[Slot]:
    """The next `count` free times."""
    return free_slots(sessions, actor, SlotQuery(servicio_id, limit=count), now=now)


def nearest_free(
    sessions: sessionmaker,
    actor: Actor,
    servicio_id: int,
    wanted: datetime,
    count: int = 3,
    *,
    now: datetime,
    except_booking_id: int = 0,
) -> list[Slot]:
    """Free times closest to a time that is not to be had: same day first, then nearer before farther. In order of
    time."""
    window = (wanted - timedelta(days=7), wanted + timedelta(days=14))
    query = SlotQuery(servicio_id, (window,), except_booking_id=except_booking_id)
    found = free_slots(sessions, actor, query, now=now)

    def distance(slot: Slot) -> tuple[bool, timedelta]:
        other_day = slot.starts_at.date() != wanted.astimezone(slot.starts_at.tzinfo).date()
        return other_day, abs(slot.starts_at - wanted)

    return sorted(sorted(found, key=distance)[:count], key=lambda slot: slot.starts_at)


def agenda(
    sessions: sessionmaker, actor: Actor, day_from: date, day_to: date, *, cancelled: bool = False
) -> list[AgendaEntry]:
    """The professional's bookings and classes that start from `day_from` to `day_to` (local days, both included)."""
    profesional_id = actor.require_profesional()
    if day_to < day_from or day_to - day_from > MAX_SEARCH:
        raise InvalidError(field="days")
    with sessions() as session:
        return agenda_of(session, profesional_id, day_from, day_to, cancelled=cancelled)


def agenda_of(
    session: Session, profesional_id: int, day_from: date, day_to: date, *, cancelled: bool = False
) -> list[AgendaEntry]:
    """`agenda` for a professional, in the caller's transaction."""
    tz = _zone(session, profesional_id)
    start, end = day_stretch(day_from, tz, (day_to - day_from).days + 1)
    where = "b.profesional_id = :profesional AND b.starts_at >= :start AND b.starts_at < :end"
    if not cancelled:
        where += " AND b.state <> 'cancelado'"
    return business_bookings(session, where, profesional=profesional_id, start=start, end=end)


def _zone(session: Session, profesional_id: int) -> ZoneInfo:
    return ZoneInfo(session.execute(select(Profesional.timezone).filter_by(id=profesional_id)).scalar_one())


def preview_block(
    sessions: sessionmaker, actor: Actor, starts_at: datetime, ends_at: datetime | None
) -> Block:
    """What closing a stretch (for ever, where `ends_at` is None) would meet: the live bookings inside it."""
    profesional_id = actor.require_profesional()
    check_stretch(starts_at, ends_at)
    with sessions() as session:
        return Block(starts_at, ends_at, tuple(live_inside(session, profesional_id, starts_at, ends_at)))


def live_inside(
    session: Session, profesional_id: int, starts_at: datetime, ends_at: datetime | None
) -> list[BookingView]:
    """Live bookings whose session touches the stretch."""
    where = """b.profesional_id = :profesional AND b.state IN ('pendiente', 'ofrecido', 'confirmado')
        AND b.busy && tstzrange(:start, :end) AND b.period && tstzrange(:start, :end)"""
    return business_bookings(session, where, profesional=profesional_id, start=starts_at, end=ends_at)


def outside_hours(
    sessions: sessionmaker,
    actor: Actor,
    weekly: Sequence[WeeklyHours],
    *,
    servicio_id: int | None = None,
    now: datetime,
) -> list[BookingView]:
    """The live sessions ahead that would lie outside these weekly hours (the general ones, which hold for services
    without their own, or those of one service), openings counted. Classes have their own times."""
    profesional_id = actor.require_profesional()
    own = "EXISTS (SELECT FROM horarios h WHERE h.servicio_id = b.servicio_id)"
    concerned = "b.servicio_id = :servicio" if servicio_id is not None else f"NOT {own}"
    where = f"""b.profesional_id = :profesional AND b.kind = 'individual' AND b.starts_at > :now AND {concerned}
        AND b.state IN ('pendiente', 'ofrecido', 'confirmado')"""
    with sessions() as session:
        ahead = business_bookings(session, where, profesional=profesional_id, now=now, servicio=servicio_id)
        if not ahead:
            return []
        rules = replace(read_rules(session, profesional_id, ahead[0].servicio_id), weekly=tuple(weekly))
        calendar = read_calendar(session, profesional_id, rules, (now, ahead[-1].ends_at))
    hours = replace(calendar, closures=())
    return [one for one in ahead if not fits(hours, Needs(one.ends_at - one.starts_at), one.starts_at)]


def block(
    sessions: sessionmaker,
    actor: Actor,
    starts_at: datetime,
    ends_at: datetime | None,
    *,
    reason: str | None = None,
    now: datetime,
    key: str,
) -> Block:
    """Close a stretch: nothing new is booked there. What is booked stays until it is cancelled (`inside` tells)."""
    profesional_id = actor.require_profesional()
    check_stretch(starts_at, ends_at)
    with sessions.begin() as session:
        operation = Operation.open(session, "block", key, Block, now=now)
        if operation.done:
            return operation.result
        lock_profesional(session, profesional_id)
        closed = add_closure(
            Work(session, actor, now, operation.key), profesional_id, (starts_at, ends_at), reason
        )
        inside = tuple(live_inside(session, profesional_id, starts_at, ends_at))
        return operation.close(Block(starts_at, ends_at, inside, closed.id))


def add_closure(
    work: Work, profesional_id: int, stretch: tuple[datetime, datetime | None], reason: str | None = None
) -> Bloqueo:
    """The step of `block`, in the caller's transaction with the professional locked."""
    closed = _add(work.session, profesional_id, BloqueoKind.CIERRE, stretch, reason)
    _audit(work.session, work.actor, closed, "block", now=work.now, key=work.key)
    return closed


def closed_within(sessions: sessionmaker, actor: Actor, starts_at: datetime, ends_at: datetime) -> int:
    """How many closures there are in a stretch."""
    profesional_id = actor.require_profesional()
    check_stretch(starts_at, ends_at)
    with sessions() as session:
        return len(_live_closures(session, profesional_id, (starts_at, ends_at)))


def reopen(
    sessions: sessionmaker, actor: Actor, starts_at: datetime, ends_at: datetime, *, now: datetime, key: str
) -> Reopened:
    """Work in a stretch after all: closures are lifted there (what they close outside it stays closed), and where
    there were none, the stretch is opened outside the weekly hours. Who waits for a time there is offered one."""
    profesional_id = actor.require_profesional()
    check_stretch(starts_at, ends_at)
    with sessions.begin() as session:
        operation = Operation.open(session, "reopen", key, Reopened, now=now)
        if operation.done:
            return operation.result
        lock_profesional(session, profesional_id)
        closures = _live_closures(session, profesional_id, (starts_at, ends_at))
        for closure in closures:
            closure.cancelled_at = now
            _audit(session, actor, closure, "lift", now=now, key=operation.key)
            for rest in _rest(closure, (starts_at, ends_at)):
                _add(session, profesional_id, BloqueoKind.CIERRE, rest, closure.reason)
        if not closures:
            opening = _add(session, profesional_id, BloqueoKind.APERTURA, (starts_at, ends_at), None)
            _audit(session, actor, opening, "open", now=now, key=operation.key)
        session.flush()
        offer_stretch(Work(session, actor, now, operation.key), profesional_id, (starts_at, ends_at))
        return operation.close(Reopened(len(closures), not closures))


def _live_closures(session: Session, profesional_id: int, stretch: Stretch) -> list[Bloqueo]:
    query = select(Bloqueo).where(
        Bloqueo.profesional_id == profesional_id,
        Bloqueo.kind == BloqueoKind.CIERRE,
        Bloqueo.cancelled_at.is_(None),
        text("period && tstzrange(:start, :end)"),
    )
    values = {"start": stretch[0], "end": stretch[1]}
    return list(session.execute(query.order_by(Bloqueo.id), values).scalars())


def _rest(closure: Bloqueo, lifted: Stretch) -> Sequence[tuple[datetime, datetime | None]]:
    """What stays closed of a closure when a stretch of it is lifted."""
    forever = datetime.max.replace(tzinfo=timezone.utc)
    start, end = closure.period.lower, closure.period.upper or forever
    left = subtract([(start, end)], [lifted])
    return [(a, None if b == forever else b) for a, b in left]


def _add(
    session: Session,
    profesional_id: int,
    kind: BloqueoKind,
    stretch: tuple[datetime, datetime | None],
    reason: str | None,
) -> Bloqueo:
    row = Bloqueo(
        profesional_id=profesional_id, kind=kind, period=DateTimeTZRange(*stretch, "[)"), reason=reason
    )
    session.add(row)
    session.flush()
    return row


def _audit(session: Session, actor: Actor, row: Bloqueo, action: str, *, now: datetime, key: str) -> None:
    facts = {"starts_at": row.period.lower.isoformat()}
    if row.period.upper is not None:
        facts["ends_at"] = row.period.upper.isoformat()
    record(session, actor, Change("bloqueos", row.id, action, facts=facts), now=now, key=key)


def check_stretch(starts_at: datetime, ends_at: datetime | None) -> None:
    """Raises InvalidError for moments without a zone, and for a stretch that ends before it begins."""
    if starts_at.tzinfo is None or (ends_at is not None and (ends_at.tzinfo is None or ends_at <= starts_at)):
        raise InvalidError(field="stretch")
