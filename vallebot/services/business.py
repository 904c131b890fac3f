"""A professional's own business: registering by chat, and the settings they change themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from vallebot.db.constraints import constraint_errors
from vallebot.db.tables import Cliente, Conversacion, Profesional, Relacion
from vallebot.db.tables.messaging import Rol
from vallebot.domain.states import PlaceMode, ProfesionalState
from vallebot.domain.text import squash
from vallebot.errors import InvalidError, NotAllowedError
from vallebot.services.actor import Actor
from vallebot.services.audit import Change, record
from vallebot.services.clientele import E164, checked_reminders
from vallebot.services.identity import tidy_name
from vallebot.services.operations import Operation
from vallebot.services.records import locked_profesional
from vallebot.services.relationship import refresh

CODE_MAX_CHARS = 24


class AlreadyRegistered(InvalidError):
    """This person (or phone) has a business already."""

    code = "already_registered"


@dataclass(frozen=True)
class NewBusiness:
    """What somebody tells who wants Vallebot for their business. `phone_e164`: only where WhatsApp hides it."""

    name: str
    trade: str | None = None
    phone_e164: str | None = None
    address: str | None = None
    place_mode: str = PlaceMode.CONSULTORIO.value


@dataclass(frozen=True)
class RegisteredBusiness:
    """`state`: activo, or pendiente until the operator approves; `code` goes into links."""

    profesional_id: int
    code: str
    state: str


def register_profesional(
    sessions: sessionmaker, actor: Actor, new: NewBusiness, *, approval: bool, now: datetime, key: str
) -> RegisteredBusiness:
    """Whoever writes becomes a professional behind the shared line; with `approval` the operator has to agree
    first. Raises InvalidError (name, phone, place_mode), AlreadyRegistered."""
    if actor.cliente_id is None or actor.rol is not Rol.CLIENTE:
        raise NotAllowedError()
    name = tidy_name(new.name)
    if new.place_mode not in set(PlaceMode):
        raise InvalidError(field="place_mode")
    taken = {
        "uq_profesionales_cliente_id": AlreadyRegistered,
        "uq_profesionales_phone_e164": AlreadyRegistered,
    }
    with constraint_errors(taken), sessions.begin() as session:
        operation = Operation.open(session, "register_profesional", key, RegisteredBusiness, now=now)
        if operation.done:
            return operation.result
        person = session.get(Cliente, actor.cliente_id, with_for_update=True)
        phone = person.phone_e164 or new.phone_e164
        if phone is None or not E164.fullmatch(phone):
            raise InvalidError(field="phone")
        row = Profesional(
            cliente_id=person.id,
            name=name,
            trade=new.trade,
            phone_e164=phone,
            address=new.address,
            place_mode=new.place_mode,
            code=_free_code(session, name, person.id),
            state=ProfesionalState.PENDIENTE if approval else ProfesionalState.ACTIVO,
        )
        session.add(row)
        person.name = person.name or name
        session.flush()
        _act_as_professional(session, actor)
        change = Change("profesionales", row.id, "register", after=str(row.state))
        record(session, actor, change, now=now, key=operation.key)
        return operation.close(RegisteredBusiness(row.id, row.code, str(row.state)))


def own_business(sessions: sessionmaker, actor: Actor) -> RegisteredBusiness | None:
    """The business of whoever writes, in whatever state; None for who has none."""
    with sessions() as session:
        found = session.execute(
            select(Profesional).filter_by(cliente_id=actor.cliente_id)
        ).scalar_one_or_none()
        return RegisteredBusiness(found.id, found.code, str(found.state)) if found is not None else None


def _free_code(session: Session, name: str, person_id: int) -> str:
    """'laura-paz', or 'laura-paz-12' where that is taken: the person's own number makes it unique."""
    letters = "".join(char if char.isascii() and char.isalnum() else "-" for char in squash(name))
    base = "-".join(filter(None, letters[:CODE_MAX_CHARS].split("-"))) or "pro"
    taken = session.execute(select(Profesional.id).filter_by(code=base)).first() is not None
    return f"{base}-{person_id}" if taken or len(base) < 2 else base


def _act_as_professional(session: Session, actor: Actor) -> None:
    """From now on in this conversation (once approved, where approval is needed)."""
    if actor.conversacion_id is not None:
        session.get(Conversacion, actor.conversacion_id).rol = Rol.PROFESIONAL


def _text(most: int) -> Callable[[Any], bool]:
    return lambda value: value is None or (isinstance(value, str) and 0 < len(value.strip()) <= most)


def _between(least: int, most: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_zone(value: Any) -> bool:
    try:
        return bool(ZoneInfo(value))
    except (ZoneInfoNotFoundError, ValueError, TypeError):
        return False


#: What a professional may change of their own settings, and what is a good value.
SETTINGS: dict[str, Callable[[Any], bool]] = {
    "name": lambda value: isinstance(value, str) and bool(value.strip()),
    "trade": _text(80),
    "address": _text(200),
    "home_visit_zone": _text(200),
    "latitude": lambda value: value is None or -90 <= value <= 90,
    "longitude": lambda value: value is None or -180 <= value <= 180,
    "place_mode": lambda value: value in set(PlaceMode),
    "timezone": _is_zone,
    "travel_buffer_minutes": _between(0, 480),
    "minimum_notice_minutes": _between(0, 43200),
    "horizon_days": _between(1, 730),
    "cancellation_hours": _between(0, 720),
    "pending_expiry_hours": _between(1, 168),
    "offer_hold_minutes": _between(5, 1440),
    "auto_confirm": lambda value: isinstance(value, bool),
    "agenda_time": lambda value: isinstance(value, time),
    "reminder_minutes": lambda value: isinstance(value, (list, tuple)),
    "payment_alias": _text(40),
    "payment_cbu": lambda value: (
        value is None or (isinstance(value, str) and len(value) == 22 and value.isdigit())
    ),
}


def change_profesional(
    sessions: sessionmaker, actor: Actor, changes: dict[str, Any], *, now: datetime, key: str
) -> tuple[str, ...]:
    """Change own settings; returns the names of those that are different now. What is booked stays as it is.

    Raises InvalidError (fact: field)."""
    profesional_id = actor.require_profesional()
    values = _checked(changes)
    with sessions.begin() as session:
        operation = Operation.open(session, "change_profesional", key, tuple[str, ...], now=now)
        if operation.done:
            return operation.result
        row = locked_profesional(session, profesional_id)
        different = tuple(sorted(name for name, value in values.items() if getattr(row, name) != value))
        for name in different:
            setattr(row, name, values[name])
        if (row.latitude is None) != (row.longitude is None):
            raise InvalidError(field="latitude")
        change = Change("profesionales", row.id, "change", facts={"fields": list(different)})
        record(session, actor, change, now=now, key=operation.key)
        if "timezone" in different:  # snapshots say times of the day
            clients = select(Relacion.cliente_id).filter_by(profesional_id=profesional_id)
            refresh(session, profesional_id, session.execute(clients).scalars().all(), now=now)
        return operation.close(different)


def _checked(changes: dict[str, Any]) -> dict[str, Any]:
    values = dict(changes)
    for name, value in changes.items():
        if name not in SETTINGS or not SETTINGS[name](value):
            raise InvalidError(field=name)
    if "name" in values:
        values["name"] = tidy_name(values["name"])
    if "reminder_minutes" in values:
        values["reminder_minutes"] = checked_reminders(values["reminder_minutes"])
    return values
