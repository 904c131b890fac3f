"""A person's rights under Ley 25.326: everything about them as JSON (art. 14), and erasure (art. 16).

Erasing keeps accounting rows without a name: bookings, charges, payments and the audit stay as numbers, states and
times. What names the person, what they wrote, and what was said or understood about them goes, everywhere: their
messages and trackers wholly, their name and phone out of what their professionals wrote and were told. The rows of
the append-only tables are redacted through their sanctioned path (SET LOCAL vallebot.erasing).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from vallebot.errors import InvalidError, NotAllowedError, NotFoundError, VallebotError
from vallebot.services.actor import Actor
from vallebot.services.audit import Change, record
from vallebot.services.erasing import Person, erase_everywhere, find_person
from vallebot.services.proofs import Media
from vallebot.services.records import lock_profesional
from vallebot.services.relationship import refresh


class LiveBookings(VallebotError):
    """The person still has bookings or classes ahead: cancel them first. Facts: count."""

    code = "live_bookings"


class OwnsBusiness(VallebotError):
    """The person has a business that is not paused: the operator pauses it first. Facts: profesional_id."""

    code = "owns_business"


@dataclass(frozen=True)
class Erased:
    """What was erased; all zero where it had been done before. `files` were proofs."""

    cliente_id: int
    messages: int
    events: int
    files: int


#: What is known about a person: key of the export -> rows. :id is the person, :own their conversations.
_EXPORT: dict[str, str] = {
    "person": "SELECT * FROM clientes WHERE id = :id",
    "identities": "SELECT * FROM identidades WHERE cliente_id = :id ORDER BY id",
    "conversations": "SELECT * FROM conversaciones WHERE cliente_id = :id ORDER BY created_at",
    "professionals": "SELECT r.*, p.name AS profesional FROM relaciones r JOIN profesionales p "
    "ON p.id = r.profesional_id WHERE r.cliente_id = :id ORDER BY r.id",
    "bookings": "SELECT * FROM bookings WHERE cliente_id = :id ORDER BY id",
    "enrollments": "SELECT e.*, b.starts_at FROM enrollments e JOIN bookings b ON b.id = e.booking_id "
    "WHERE e.cliente_id = :id ORDER BY e.id",
    "memberships": "SELECT * FROM inscripciones_serie WHERE cliente_id = :id ORDER BY id",
    "waiting": "SELECT * FROM esperas WHERE cliente_id = :id ORDER BY id",
    "charges": "SELECT * FROM cargos WHERE cliente_id = :id ORDER BY id",
    "payments": "SELECT * FROM payments WHERE cliente_id = :id ORDER BY id",
    "payment_applications": "SELECT * FROM payment_applications WHERE cliente_id = :id ORDER BY id",
    "messages": "SELECT * FROM messages WHERE conversacion_id = ANY(cast(:own AS uuid[])) ORDER BY id",
    "interpretations": "SELECT * FROM interpreted_actions WHERE cliente_id = :id "
    "OR conversacion_id = ANY(cast(:own AS uuid[])) ORDER BY id",
    "interpretation_outcomes": "SELECT o.* FROM interpretation_outcomes o JOIN interpreted_actions i "
    "ON i.id = o.interpreted_action_id WHERE i.cliente_id = :id "
    "OR i.conversacion_id = ANY(cast(:own AS uuid[])) ORDER BY o.id",
    "relationship_state": "SELECT * FROM relationship_state WHERE cliente_id = :id ORDER BY profesional_id",
    "changes": "SELECT * FROM audit WHERE actor_cliente_id = :id ORDER BY id",
    "business": "SELECT * FROM profesionales WHERE cliente_id = :id",
}
_EVENTS = "SELECT * FROM events WHERE sender_id = ANY(:own) ORDER BY id"


def export(
    sessions: sessionmaker, actor: Actor, cliente_id: int | None = None, *, now: datetime
) -> dict[str, Any]:
    """Everything about a person, JSON-safe: their own for who writes, anybody's for the operator. Vectors are left
    out (they are computed from what is in it). Raises NotAllowedError, NotFoundError."""
    who = _allowed(actor, cliente_id)
    with sessions() as session:
        person = find_person(session, who)
        values = {"id": who, "own": person.conversations}
        found: dict[str, Any] = {"exported_at": now.isoformat(), "cliente_id": who}
        for name, query in _EXPORT.items():
            found[name] = _rows(session, query, values)
        if session.execute(text("SELECT to_regclass('events')")).scalar() is not None:
            found["dialogue"] = _rows(session, _EVENTS, values)
        return found


def _rows(session: Session, query: str, values: dict) -> list[dict]:
    wrapped = text(f"SELECT coalesce(jsonb_agg(to_jsonb(t) - 'embedding'), '[]') FROM ({query}) t")
    return session.execute(wrapped, values).scalar_one()


def _allowed(actor: Actor, cliente_id: int | None) -> int:
    """The person that it is about: the actor, or (the operator only) anybody."""
    if actor.is_system:
        if cliente_id is None:
            raise InvalidError(field="cliente_id")
        return cliente_id
    if actor.cliente_id is None or cliente_id not in (None, actor.cliente_id):
        raise NotAllowedError()
    return actor.cliente_id


_LIVE = text("""
    SELECT (SELECT count(*) FROM bookings WHERE (cliente_id = :id OR profesional_id = :business)
               AND state IN ('pendiente', 'ofrecido', 'confirmado') AND ends_at > :now)
         + (SELECT count(*) FROM enrollments e JOIN bookings b ON b.id = e.booking_id WHERE e.cliente_id = :id
               AND e.state IN ('inscripto', 'ofrecido') AND b.state <> 'cancelado' AND b.ends_at > :now)
         + (SELECT count(*) FROM inscripciones_serie WHERE cliente_id = :id AND ended_at IS NULL)
""")
_ERASED_FILES = text("""
    SELECT facts -> 'files' FROM audit WHERE entity = 'clientes' AND entity_id = :id AND action = 'erase'
""")


def erase(
    sessions: sessionmaker,
    actor: Actor,
    media: Media,
    cliente_id: int | None = None,
    *,
    now: datetime,
    key: str,
) -> Erased:
    """Erase a person: themselves, or anybody by the operator. Done again it changes nothing (and removes the files
    that a crash may have left). Who writes again afterwards is a new person.

    Raises LiveBookings, OwnsBusiness, NotAllowedError, NotFoundError."""
    who = _allowed(actor, cliente_id)
    with sessions.begin() as session:
        done, files = _erase(session, actor, who, now=now, key=f"erase:{key}")
    for path in files:  # after the commit: a rolled back erasure must not cost anybody a proof
        media.remove(path)
    return done


def _erase(session: Session, actor: Actor, who: int, *, now: datetime, key: str) -> tuple[Erased, list[str]]:
    for profesional_id in sorted(find_person(session, who).related):
        lock_profesional(session, profesional_id)
    locked = text("SELECT erased_at FROM clientes WHERE id = :id FOR UPDATE")
    if session.execute(locked, {"id": who}).scalar_one() is not None:
        files = [path for row in session.execute(_ERASED_FILES, {"id": who}).scalars() for path in row or []]
        return Erased(who, 0, 0, 0), files
    person = find_person(session, who)
    _refuse_what_is_live(session, person, now)
    swept = erase_everywhere(session, person, now=now)
    change = Change("clientes", who, "erase", facts={"files": swept.files})
    nobody = Actor(actor.rol, None, actor.cliente_id, actor.conversacion_id)
    record(session, nobody, change, now=now, key=None)
    for profesional_id in person.clients_of:
        refresh(session, profesional_id, who, now=now)
    return Erased(who, swept.messages, swept.events, len(swept.files)), swept.files


def _refuse_what_is_live(session: Session, person: Person, now: datetime) -> None:
    if person.business_id is not None and person.business_state == "activo":
        raise OwnsBusiness(profesional_id=person.business_id)
    values = {"id": person.id, "business": person.business_id, "now": now}
    live = session.execute(_LIVE, values).scalar_one()
    if live:
        raise LiveBookings(count=live)


__all__ = ["Erased", "LiveBookings", "NotFoundError", "OwnsBusiness", "erase", "export"]
