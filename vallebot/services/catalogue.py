"""What a professional offers, when they work, and what clients are told about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, sessionmaker

from vallebot.db.constraints import constraint_errors
from vallebot.db.tables import Horario, Profesional, Servicio
from vallebot.domain.availability import MINUTES_PER_DAY, WeeklyHours
from vallebot.domain.states import Billing, LateCancellation, PlaceMode, ServicioKind
from vallebot.domain.text import squash
from vallebot.errors import InvalidError
from vallebot.services.actor import Actor
from vallebot.services.agenda_errors import NameTaken
from vallebot.services.audit import Change, record
from vallebot.services.booking_steps import Work
from vallebot.services.operations import Operation
from vallebot.services.records import lock_profesional, locked_profesional, own_servicio

NAME_MAX_CHARS = 60
#: The rule of the database behind "you have a service of that name".
CONSTRAINTS = {"uq_servicios_active_name": NameTaken}


@dataclass(frozen=True)
class ServicioSpec:
    """A service as the professional defines it. Money in minor units; None: the professional's own rule."""

    name: str
    duration_minutes: int
    kind: str = ServicioKind.INDIVIDUAL.value
    capacity: int | None = None
    price_minor: int = 0
    currency: str = "ARS"
    billing: str = Billing.SESION.value
    buffer_minutes: int = 0
    place_mode: str | None = None
    cancellation_hours: int | None = None
    late_cancellation: str = LateCancellation.CONSULTAR.value
    synonyms: tuple[str, ...] = ()

    def checked(self) -> ServicioSpec:
        """Itself, tidied. Raises InvalidError naming the first field that breaks a rule."""
        name = " ".join(self.name.split())
        grupal = self.kind == ServicioKind.GRUPAL
        rules = {
            "name": 0 < len(name) <= NAME_MAX_CHARS and bool(squash(name)),
            "kind": self.kind in set(ServicioKind),
            "duration_minutes": 5 <= self.duration_minutes <= 1440,
            "capacity": (self.capacity is not None and 1 <= self.capacity <= 1000)
            if grupal
            else self.capacity is None,
            "price_minor": self.price_minor >= 0,
            "currency": len(self.currency) == 3 and self.currency.isascii() and self.currency.isupper(),
            "billing": self.billing in set(Billing),
            "buffer_minutes": 0 <= self.buffer_minutes <= 480,
            "place_mode": self.place_mode is None or self.place_mode in set(PlaceMode),
            "cancellation_hours": self.cancellation_hours is None or 0 <= self.cancellation_hours <= 720,
            "late_cancellation": self.late_cancellation in set(LateCancellation),
        }
        for field, kept in rules.items():
            if not kept:
                raise InvalidError(field=field)
        return replace(
            self, name=name, synonyms=tuple(" ".join(word.split()) for word in self.synonyms if word.strip())
        )

    def as_columns(self) -> dict:
        return {**asdict(self), "synonyms": list(self.synonyms), "name_key": squash(self.name)}


#: What may be changed in a service; its kind is what it is (enrolments and bookings hang on it).
CHANGEABLE = frozenset(field.name for field in fields(ServicioSpec)) - {"kind"}


@dataclass(frozen=True)
class ServicioCard:
    """A service as everybody may see it; place and cancellation rule are the ones in force."""

    id: int
    profesional_id: int
    name: str
    synonyms: tuple[str, ...]
    kind: str
    duration_minutes: int
    buffer_minutes: int
    capacity: int | None
    price_minor: int
    currency: str
    billing: str
    place_mode: str
    cancellation_hours: int
    late_cancellation: str
    active: bool


@dataclass(frozen=True)
class Horarios:
    """Weekly hours that were set, in order."""

    weekly: tuple[WeeklyHours, ...]
    servicio_id: int | None = None


@dataclass(frozen=True)
class ProfesionalCard:
    """What clients may know of a professional, and what the professional sees of their own settings."""

    id: int
    name: str
    trade: str | None
    timezone: str
    place_mode: str
    address: str | None
    latitude: float | None
    longitude: float | None
    home_visit_zone: str | None
    code: str
    state: str
    auto_confirm: bool
    minimum_notice_minutes: int
    horizon_days: int
    cancellation_hours: int
    payment_alias: str | None
    payment_cbu: str | None
    weekly: tuple[WeeklyHours, ...]  #: the general hours


def list_servicios(sessions: sessionmaker, actor: Actor, *, paused: bool = False) -> list[ServicioCard]:
    """The services of the actor's tenant by name; the professional may also see the paused ones."""
    profesional_id = actor.require_tenant()
    if paused:
        actor.require_profesional()
    with sessions() as session:
        query = (
            select(Servicio, Profesional).join(Profesional).where(Servicio.profesional_id == profesional_id)
        )
        if not paused:
            query = query.where(Servicio.active)
        rows = session.execute(query.order_by(Servicio.name_key, Servicio.id))
        return [card(servicio, profesional) for servicio, profesional in rows]


def card(servicio: Servicio, profesional: Profesional) -> ServicioCard:
    """The service with the professional's rules filled in where it has none of its own."""
    values = {field.name: getattr(servicio, field.name) for field in fields(ServicioCard)}
    hours = servicio.cancellation_hours
    values["synonyms"] = tuple(servicio.synonyms)
    values["place_mode"] = servicio.place_mode or profesional.place_mode
    values["cancellation_hours"] = profesional.cancellation_hours if hours is None else hours
    return ServicioCard(**values)


def define_servicio(
    sessions: sessionmaker, actor: Actor, spec: ServicioSpec, *, now: datetime, key: str
) -> ServicioCard:
    """Add a service. Raises InvalidError (fact: field), NameTaken."""
    profesional_id = actor.require_profesional()
    checked = spec.checked()
    with constraint_errors(CONSTRAINTS, name=checked.name), sessions.begin() as session:
        operation = Operation.open(session, "define_servicio", key, ServicioCard, now=now)
        if operation.done:
            return operation.result
        profesional = locked_profesional(session, profesional_id)
        servicio = add_servicio(Work(session, actor, now, operation.key), profesional_id, checked)
        return operation.close(card(servicio, profesional))


def add_servicio(work: Work, profesional_id: int, checked: ServicioSpec) -> Servicio:
    """The step of `define_servicio`, in the caller's transaction with the professional locked."""
    servicio = Servicio(profesional_id=profesional_id, active=True, **checked.as_columns())
    work.session.add(servicio)
    work.session.flush()
    audit_servicio(work.session, work.actor, servicio, "define", now=work.now, key=work.key)
    return servicio


def pause_servicio(
    sessions: sessionmaker, actor: Actor, servicio_id: int, *, active: bool = False, now: datetime, key: str
) -> ServicioCard:
    """Take no new bookings for a service (or, `active`, take them again). What is booked stays.

    Raises NotFoundError, NameTaken (another active service has its name by now)."""
    profesional_id = actor.require_profesional()
    with constraint_errors(CONSTRAINTS), sessions.begin() as session:
        operation = Operation.open(session, "pause_servicio", key, ServicioCard, now=now)
        if operation.done:
            return operation.result
        profesional = locked_profesional(session, profesional_id)
        servicio = own_servicio(session, profesional_id, servicio_id)
        servicio.active = active
        session.flush()
        audit_servicio(session, actor, servicio, "resume" if active else "pause", now=now, key=operation.key)
        return operation.close(card(servicio, profesional))


def audit_servicio(
    session: Session, actor: Actor, servicio: Servicio, action: str, *, now: datetime, key: str, **facts: list
) -> None:
    after = "activo" if servicio.active else "pausado"
    record(
        session, actor, Change("servicios", servicio.id, action, after=after, facts=facts), now=now, key=key
    )


def set_horarios(
    sessions: sessionmaker,
    actor: Actor,
    weekly: Sequence[WeeklyHours],
    *,
    servicio_id: int | None = None,
    now: datetime,
    key: str,
) -> Horarios:
    """Replace the weekly hours: the general ones, or those of one service (none: it follows the general ones).

    Stretches that overlap or touch become one. What is booked stays. Raises InvalidError, NotFoundError."""
    profesional_id = actor.require_profesional()
    merged = merge_weekly(weekly)
    with sessions.begin() as session:
        operation = Operation.open(session, "set_horarios", key, Horarios, now=now)
        if operation.done:
            return operation.result
        lock_profesional(session, profesional_id)
        if servicio_id is not None:
            own_servicio(session, profesional_id, servicio_id)
        same = Horario.servicio_id.is_(None) if servicio_id is None else Horario.servicio_id == servicio_id
        session.execute(delete(Horario).where(Horario.profesional_id == profesional_id, same))
        session.add_all(
            Horario(profesional_id=profesional_id, servicio_id=servicio_id, **asdict(hours))
            for hours in merged
        )
        facts = {"servicio_id": servicio_id, "stretches": len(merged)}
        record(
            session, actor, Change("horarios", profesional_id, "set", facts=facts), now=now, key=operation.key
        )
        return operation.close(Horarios(merged, servicio_id))


def merge_weekly(weekly: Sequence[WeeklyHours]) -> tuple[WeeklyHours, ...]:
    """In order, without overlaps. Raises InvalidError for a stretch outside its day."""
    merged: list[WeeklyHours] = []
    for hours in sorted(weekly, key=lambda hours: (hours.weekday, hours.start_minute)):
        if not (0 <= hours.weekday <= 6 and 0 <= hours.start_minute < hours.end_minute <= MINUTES_PER_DAY):
            raise InvalidError(field="weekly")
        last = merged[-1] if merged else None
        if last is not None and last.weekday == hours.weekday and hours.start_minute <= last.end_minute:
            merged[-1] = replace(last, end_minute=max(last.end_minute, hours.end_minute))
        else:
            merged.append(hours)
    return tuple(merged)


def profesional_card(sessions: sessionmaker, actor: Actor) -> ProfesionalCard:
    """The actor's tenant, with their general weekly hours."""
    profesional_id = actor.require_tenant()
    with sessions() as session:
        profesional = session.get(Profesional, profesional_id)
        rows = session.execute(
            select(Horario.weekday, Horario.start_minute, Horario.end_minute)
            .where(Horario.profesional_id == profesional_id, Horario.servicio_id.is_(None))
            .order_by(Horario.weekday, Horario.start_minute)
        )
        weekly = tuple(WeeklyHours(*row) for row in rows)
        columns = [field.name for field in fields(ProfesionalCard) if field.name != "weekly"]
        return ProfesionalCard(**{name: getattr(profesional, name) for name in columns}, weekly=weekly)
