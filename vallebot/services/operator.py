"""The professionals of an installation, as its operator sees them: register, approve, pause, find, list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import sessionmaker

from vallebot.db.constraints import constraint_errors
from vallebot.db.tables import Profesional
from vallebot.domain.states import PlaceMode, ProfesionalState
from vallebot.domain.text import fold
from vallebot.errors import InvalidError, NotFoundError, OperatorError
from vallebot.services.actor import Actor, system_actor
from vallebot.services.audit import Change, record
from vallebot.services.identity import person_with_phone
from vallebot.services.notices import tell_profesional
from vallebot.services.texts import registration


class PhoneTaken(OperatorError):
    """There is a professional with this phone already."""

    code = "phone_taken"


class LineTaken(OperatorError):
    """This WhatsApp line belongs to another professional."""

    code = "line_taken"


class CodeTaken(OperatorError):
    """There is a professional with this code already."""

    code = "code_taken"


class Ambiguous(OperatorError):
    """Several professionals have a name like this: use the code."""

    code = "ambiguous"


_TAKEN = {
    "uq_profesionales_phone_e164": PhoneTaken,
    "uq_profesionales_cliente_id": PhoneTaken,
    "uq_profesionales_phone_number_id": LineTaken,
    "uq_profesionales_code": CodeTaken,
}


@dataclass(frozen=True)
class NewProfesional:
    """A professional as the operator enters them. `phone_number_id`: own WhatsApp line; None: the shared one."""

    name: str
    phone_e164: str
    code: str
    trade: str | None = None
    phone_number_id: str | None = None
    place_mode: str = PlaceMode.CONSULTORIO.value
    address: str | None = None
    auto_confirm: bool = True


@dataclass(frozen=True)
class ProfesionalRow:
    """A professional in the operator's list."""

    id: int
    code: str
    name: str
    trade: str | None
    phone_e164: str
    phone_number_id: str | None
    state: str
    servicios: int  #: active ones
    upcoming: int  #: live bookings and class occurrences from now on


def create_profesional(sessions: sessionmaker, actor: Actor, new: NewProfesional, *, now: datetime) -> int:
    """Register a professional, active at once; returns the id.

    Raises InvalidError, PhoneTaken, LineTaken, CodeTaken.
    """
    actor.require_system()
    if not new.name.strip():
        raise InvalidError(field="name")
    with constraint_errors(_TAKEN), sessions.begin() as session:
        person = person_with_phone(session, new.phone_e164, new.name)
        row = Profesional(cliente_id=person, state=ProfesionalState.ACTIVO.value, **vars(new))
        session.add(row)
        session.flush()
        change = Change("profesionales", row.id, "create", after=row.state)
        record(session, system_actor(row.id), change, now=now, key=None)
        return int(row.id)


def set_state(
    sessions: sessionmaker, actor: Actor, profesional_id: int, state: ProfesionalState, *, now: datetime
) -> None:
    """Approve (activo) or pause a professional: a paused one takes nothing new, what is booked stays. Who was waiting
    for approval is told. Raises NotFoundError."""
    actor.require_system()
    with sessions.begin() as session:
        row = session.get(Profesional, profesional_id, with_for_update=True)
        if row is None:
            raise NotFoundError(what="profesional")
        change = Change("profesionales", row.id, "set_state", before=row.state, after=state.value)
        approved = row.state == ProfesionalState.PENDIENTE and state is ProfesionalState.ACTIVO
        row.state = state.value
        record(session, system_actor(row.id), change, now=now, key=None)
        if approved:
            session.flush()
            key = f"approved:{row.id}"
            tell_profesional(session, row.id, registration.approved(row.name), key=key, now=now)


def find_profesional(sessions: sessionmaker, actor: Actor, who: str) -> int:
    """The id of the professional meant by a code, a phone, or a piece of the name (accents and case do not matter).

    Raises NotFoundError, Ambiguous (fact: the codes).
    """
    actor.require_system()
    with sessions() as session:
        rows = session.execute(
            select(Profesional.id, Profesional.code, Profesional.name, Profesional.phone_e164)
        )
        everybody = rows.all()
    exact = [row.id for row in everybody if who in (row.code, row.phone_e164, str(row.id))]
    if exact:
        return int(exact[0])
    similar = [row for row in everybody if fold(who) in fold(row.name)]
    if not similar:
        raise NotFoundError(profesional=who)
    if len(similar) > 1:
        raise Ambiguous(codes=", ".join(sorted(row.code for row in similar)))
    return int(similar[0].id)


def list_profesionales(sessions: sessionmaker, actor: Actor, *, now: datetime) -> list[ProfesionalRow]:
    """All of them, by name."""
    actor.require_system()
    query = text(
        """
        SELECT p.id, p.code, p.name, p.trade, p.phone_e164, p.phone_number_id, p.state,
               (SELECT count(*) FROM servicios s WHERE s.profesional_id = p.id AND s.active) AS servicios,
               (SELECT count(*) FROM bookings b WHERE b.profesional_id = p.id AND b.starts_at >= :now
                AND b.state IN ('pendiente', 'ofrecido', 'confirmado')) AS upcoming
        FROM profesionales p ORDER BY p.name, p.id
        """
    )
    with sessions() as session:
        return [ProfesionalRow(**row) for row in session.execute(query, {"now": now}).mappings()]
