"""A professional's clients: noting them down, what they are called, whether they want notices."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session, sessionmaker

from vallebot.db.tables import Cliente, Profesional, Relacion
from vallebot.errors import InvalidError, NotFoundError
from vallebot.services.actor import Actor
from vallebot.services.audit import Change, record
from vallebot.services.booking_steps import require_relation
from vallebot.services.identity import person_with_phone, tidy_name
from vallebot.services.operations import Operation
from vallebot.services.records import ensure_relacion, lock_profesional
from vallebot.services.relationship import compute, refresh

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
REMINDERS_MAX = 5
REMINDER_MAX_MINUTES = 7 * 24 * 60


@dataclass(frozen=True)
class ClienteCard:
    """A client as their professional sees them. `name`: the professional's for them, else the person's own."""

    id: int
    name: str | None
    phone_e164: str | None
    notices_accepted: bool
    last_contact_at: datetime | None


@dataclass(frozen=True)
class Registered:
    """A client who was noted down; `known`: they were this professional's client already."""

    cliente: ClienteCard
    known: bool


@dataclass(frozen=True)
class ClienteRecord:
    """What a professional knows of a client. `snapshot`: as in relationship.py, computed now; `notes`: their own."""

    cliente: ClienteCard
    snapshot: dict
    notes: str | None


def record_of(sessions: sessionmaker, actor: Actor, cliente_id: int, *, now: datetime) -> ClienteRecord:
    """A client's record, for their professional only. Raises NotFoundError."""
    profesional_id = actor.require_profesional()
    with sessions() as session:
        card = _card(session, profesional_id, cliente_id)
        zone, notes = session.execute(
            select(Profesional.timezone, Relacion.notes)
            .join(Relacion, Relacion.profesional_id == Profesional.id)
            .where(Profesional.id == profesional_id, Relacion.cliente_id == cliente_id)
        ).one()
        snapshot = compute(session, profesional_id, cliente_id, now=now, timezone=zone)
        return ClienteRecord(card, snapshot, notes)


def list_clientes(sessions: sessionmaker, actor: Actor) -> list[ClienteCard]:
    """All clients of the professional, the most recent contact first."""
    profesional_id = actor.require_profesional()
    with sessions() as session:
        return _cards(session, profesional_id)


def get_cliente(sessions: sessionmaker, actor: Actor, cliente_id: int) -> ClienteCard:
    """One client of the professional. Raises NotFoundError."""
    profesional_id = actor.require_profesional()
    with sessions() as session:
        return _card(session, profesional_id, cliente_id)


def _cards(session: Session, profesional_id: int, cliente_id: int | None = None) -> list[ClienteCard]:
    query = (
        select(Relacion, Cliente)
        .join(Cliente, Cliente.id == Relacion.cliente_id)
        .where(Relacion.profesional_id == profesional_id)
        .order_by(Relacion.last_contact_at.desc().nulls_last(), Relacion.id)
    )
    if cliente_id is not None:
        query = query.where(Relacion.cliente_id == cliente_id)
    return [
        ClienteCard(
            person.id,
            relation.name or person.name or person.profile_name,
            person.phone_e164,
            relation.notices_accepted,
            relation.last_contact_at,
        )
        for relation, person in session.execute(query)
    ]


def _card(session: Session, profesional_id: int, cliente_id: int) -> ClienteCard:
    found = _cards(session, profesional_id, cliente_id)
    if not found:
        raise NotFoundError(what="cliente")
    return found[0]


def register_cliente(
    sessions: sessionmaker, actor: Actor, name: str, phone_e164: str | None, *, now: datetime, key: str
) -> Registered:
    """Note a client down, by name and phone ('+5491161110001'). Somebody whom Vallebot knows by that phone keeps
    their own name; this professional's name for them is kept apart. Without a phone the client can be booked for
    but not be reached. Raises InvalidError (name, phone)."""
    profesional_id = actor.require_profesional()
    called = tidy_name(name)
    if phone_e164 is not None and not E164.fullmatch(phone_e164):
        raise InvalidError(field="phone")
    with sessions.begin() as session:
        operation = Operation.open(session, "register_cliente", key, Registered, now=now)
        if operation.done:
            return operation.result
        lock_profesional(session, profesional_id)
        cliente_id = _person(session, called, phone_e164)
        known = bool(_cards(session, profesional_id, cliente_id))
        ensure_relacion(session, profesional_id, cliente_id, now)
        session.execute(
            update(Relacion)
            .filter_by(profesional_id=profesional_id, cliente_id=cliente_id)
            .values(name=called)
        )
        change = Change("clientes", cliente_id, "register", facts={"known": known})
        record(session, actor, change, now=now, key=operation.key)
        refresh(session, profesional_id, cliente_id, now=now)
        return operation.close(Registered(_card(session, profesional_id, cliente_id), known))


def _person(session: Session, name: str, phone_e164: str | None) -> int:
    if phone_e164 is not None:
        return person_with_phone(session, phone_e164, name)
    person = Cliente(name=name)
    session.add(person)
    session.flush()
    return person.id


def rename_cliente(
    sessions: sessionmaker, actor: Actor, cliente_id: int, name: str, *, now: datetime, key: str
) -> ClienteCard:
    """What this professional calls a client. Raises NotFoundError, InvalidError."""
    profesional_id = actor.require_profesional()
    called = tidy_name(name)
    with sessions.begin() as session:
        operation = Operation.open(session, "rename_cliente", key, ClienteCard, now=now)
        if operation.done:
            return operation.result
        lock_profesional(session, profesional_id)
        require_relation(session, profesional_id, cliente_id)
        session.execute(
            update(Relacion)
            .filter_by(profesional_id=profesional_id, cliente_id=cliente_id)
            .values(name=called)
        )
        record(session, actor, Change("clientes", cliente_id, "rename"), now=now, key=operation.key)
        refresh(session, profesional_id, cliente_id, now=now)
        return operation.close(_card(session, profesional_id, cliente_id))


def set_notices(sessions: sessionmaker, actor: Actor, accepted: bool, *, now: datetime, key: str) -> bool:
    """The client wants reminders and broadcasts, or none: of the chosen professional, or of all while none is
    chosen. Answers and changes to their own bookings are told in any case."""
    cliente_id = actor.require_cliente()
    with sessions.begin() as session:
        operation = Operation.open(session, "set_notices", key, bool, now=now)
        if operation.done:
            return operation.result
        if actor.profesional_id is not None:
            ensure_relacion(session, actor.profesional_id, cliente_id, now)
        changed = session.execute(
            text("""
                UPDATE relaciones SET notices_accepted = :accepted
                 WHERE cliente_id = :cliente AND profesional_id = coalesce(:profesional, profesional_id)
             RETURNING profesional_id
            """),
            {"accepted": accepted, "cliente": cliente_id, "profesional": actor.profesional_id},
        ).scalars()
        action = "accept_notices" if accepted else "refuse_notices"
        for profesional_id in sorted(changed):
            change = Change("relaciones", cliente_id, action, facts={"profesional_id": profesional_id})
            record(session, actor, change, now=now, key=operation.key)
        return operation.close(accepted)


def set_reminders(
    sessions: sessionmaker, actor: Actor, minutes: tuple[int, ...] | None, *, now: datetime, key: str
) -> list[int]:
    """How long before a session the client is reminded (None: as the professional usually does). Holds for what is
    booked from now on; returns what is in force. Raises InvalidError."""
    cliente_id, profesional_id = actor.require_cliente(), actor.require_tenant()
    chosen = None if minutes is None else checked_reminders(minutes)
    with sessions.begin() as session:
        operation = Operation.open(session, "set_reminders", key, list, now=now)
        if operation.done:
            return operation.result
        ensure_relacion(session, profesional_id, cliente_id, now)
        session.execute(
            update(Relacion)
            .filter_by(profesional_id=profesional_id, cliente_id=cliente_id)
            .values(reminder_minutes=chosen)
        )
        change = Change("relaciones", cliente_id, "set_reminders", facts={"minutes": chosen})
        record(session, actor, change, now=now, key=operation.key)
        usual = session.execute(
            select(Profesional.reminder_minutes).filter_by(id=profesional_id)
        ).scalar_one()
        return operation.close(usual if chosen is None else chosen)


def checked_reminders(minutes: tuple[int, ...] | list[int]) -> list[int]:
    """Longest first, each once. Raises InvalidError."""
    kept = sorted(set(minutes), reverse=True)
    if len(kept) > REMINDERS_MAX or any(not 0 < minute <= REMINDER_MAX_MINUTES for minute in kept):
        raise InvalidError(field="reminder_minutes")
    return kept
