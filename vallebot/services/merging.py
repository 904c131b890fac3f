"""One person who was known as two: numbers change, and phones that were hidden become known.

Everything of the dropped person becomes the kept one's. Where both have what one person can have only once (a
relation, a conversation on a line, a live seat, a monthly fee), the kept one's stays and the other's ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Column, select, text
from sqlalchemy.orm import Session

from vallebot.db.base import metadata
from vallebot.db.tables import Cliente, Conversacion, Identidad, Profesional
from vallebot.db.tables.messaging import IdentityKind
from vallebot.services.actor import system_actor
from vallebot.services.audit import Change, record
from vallebot.services.records import lock_profesional
from vallebot.services.relationship import refresh

_RELATED = text(
    "SELECT DISTINCT profesional_id FROM relaciones WHERE cliente_id IN (:keep, :drop) ORDER BY 1"
)

#: What one person has only once, before the rest is handed over. In this order: later ones rest on earlier ones.
_RESOLVE = """
    SET LOCAL vallebot.erasing = 'on';

    DELETE FROM relationship_state WHERE cliente_id = :drop;
    UPDATE relaciones k
       SET name = coalesce(k.name, d.name), notes = concat_ws(E'\\n', k.notes, d.notes),
           notices_accepted = k.notices_accepted AND d.notices_accepted,
           reminder_minutes = coalesce(k.reminder_minutes, d.reminder_minutes),
           last_contact_at = greatest(k.last_contact_at, d.last_contact_at)
      FROM relaciones d
     WHERE k.cliente_id = :keep AND d.cliente_id = :drop AND d.profesional_id = k.profesional_id;
    DELETE FROM relaciones d USING relaciones k
     WHERE d.cliente_id = :drop AND k.cliente_id = :keep AND k.profesional_id = d.profesional_id;

    UPDATE inscripciones_serie d SET ended_at = :now FROM inscripciones_serie k
     WHERE d.cliente_id = :drop AND d.ended_at IS NULL AND k.cliente_id = :keep AND k.ended_at IS NULL
       AND k.serie_id = d.serie_id;
    UPDATE enrollments d
       SET state = 'cancelado', expires_at = NULL, cancelled_at = :now, cancelled_by = 'sistema',
           cancel_reason = 'merged'
      FROM enrollments k
     WHERE d.cliente_id = :drop AND d.state <> 'cancelado' AND k.cliente_id = :keep AND k.state <> 'cancelado'
       AND k.booking_id = d.booking_id;
    UPDATE esperas d SET state = 'cancelado', offer_expires_at = NULL FROM esperas k
     WHERE d.cliente_id = :drop AND d.state IN ('esperando', 'ofrecido') AND k.cliente_id = :keep
       AND k.state IN ('esperando', 'ofrecido') AND k.servicio_id = d.servicio_id
       AND (k.booking_id, k.serie_id, k.wanted) IS NOT DISTINCT FROM (d.booking_id, d.serie_id, d.wanted);

    CREATE TEMP TABLE handed_over ON COMMIT DROP AS
    SELECT a.payment_id, a.cargo_id, a.profesional_id, a.currency, a.amount_minor FROM payment_applications a
     WHERE a.cliente_id = :drop;
    DELETE FROM payment_applications WHERE cliente_id = :drop;
    UPDATE cargos d SET state = 'anulado', voided_at = :now, void_reason = 'merged'
     WHERE d.cliente_id = :drop AND d.state <> 'anulado'
       AND (EXISTS (SELECT FROM enrollments e WHERE e.id = d.enrollment_id AND e.cancel_reason = 'merged')
            OR EXISTS (SELECT FROM cargos k WHERE k.cliente_id = :keep AND k.state <> 'anulado'
                          AND k.servicio_id = d.servicio_id AND k.month = d.month));
    UPDATE cargos SET cliente_id = :keep WHERE cliente_id = :drop;
    UPDATE payments SET cliente_id = :keep WHERE cliente_id = :drop;
    INSERT INTO payment_applications (payment_id, cargo_id, profesional_id, cliente_id, currency, amount_minor)
    SELECT h.payment_id, h.cargo_id, h.profesional_id, :keep, h.currency, h.amount_minor
      FROM handed_over h JOIN cargos c ON c.id = h.cargo_id WHERE c.state <> 'anulado';
    DROP TABLE handed_over;
"""
_SAME_LINES = text("""
    SELECT k.id AS keep, d.id AS drop FROM conversaciones d
      JOIN conversaciones k ON k.phone_number_id = d.phone_number_id AND k.cliente_id = :keep
     WHERE d.cliente_id = :drop
""")


def merge_people(session: Session, keep: int, drop: int, *, now: datetime) -> bool:
    """Make two rows of `clientes` one, in the caller's transaction. False where both are professionals: which of
    two businesses is meant cannot be decided here, and nothing is changed."""
    businesses = select(Profesional.id).where(Profesional.cliente_id.in_((keep, drop)))
    if len(session.execute(businesses).all()) > 1:
        return False
    people = {"keep": keep, "drop": drop, "now": now}
    related = session.execute(_RELATED, people).scalars().all()
    for profesional_id in related:
        lock_profesional(session, profesional_id)
    session.flush()
    session.execute(text(_RESOLVE), people)
    for pair in session.execute(_SAME_LINES, people).mappings().all():
        _hand_over(session, "conversaciones", pair["keep"], pair["drop"])
        session.execute(text("DELETE FROM conversaciones WHERE id = :drop"), {"drop": pair["drop"]})
    _hand_over(session, "clientes", keep, drop)
    _one_row(session, keep, drop)
    session.expire_all()
    for profesional_id in related:
        refresh(session, profesional_id, keep, now=now)
    change = Change("clientes", keep, "merge", facts={"dropped": drop})
    record(session, system_actor(), change, now=now, key=None)
    return True


def _hand_over(session: Session, table: str, keep: object, drop: object) -> None:
    """Every row that refers to `drop` in that table refers to `keep` from now on."""
    for column in _referring(table):
        statement = text(f"UPDATE {column.table.name} SET {column.name} = :keep WHERE {column.name} = :drop")
        session.execute(statement, {"keep": keep, "drop": drop})


def _referring(table: str) -> list[Column]:
    """Columns with a foreign key of their own to the table's id."""
    return [
        column
        for other in metadata.sorted_tables
        for column in other.columns
        if any(key.target_fullname == f"{table}.id" for key in column.foreign_keys)
    ]


def _one_row(session: Session, keep: int, drop: int) -> None:
    """What is known of the dropped person fills what is not known of the kept one."""
    dropped = text("DELETE FROM clientes WHERE id = :drop RETURNING name, profile_name, phone_e164, email")
    known = session.execute(dropped, {"drop": drop}).mappings().one()
    person = session.get(Cliente, keep, populate_existing=True)
    for column, value in known.items():
        if getattr(person, column) is None:
            setattr(person, column, value)
    session.flush()


#: How WhatsApp names somebody: kind, business account ('' for a phone), value.
Name = tuple[IdentityKind, str, str]


def change_names(session: Session, old: Sequence[Name], new: Sequence[Name], *, now: datetime) -> int | None:
    """WhatsApp says that a person is called otherwise from now on; answers go to the first of the new names.

    Of the old names those go that the new ones replace: the operator gives a phone that was left to somebody else,
    who must not be taken for its former owner. Returns the person; None where nobody has the old names, or where
    two businesses would become one.
    """
    known = _identidades(session, old)
    if not known or not new or set(old) == set(new):
        return None
    owner = known[0].cliente_id
    strangers = {row.cliente_id for row in _identidades(session, new)} | {row.cliente_id for row in known}
    phone = next((value for kind, _, value in new if kind is IdentityKind.WA_ID), None)
    if phone is not None:
        strangers |= set(session.execute(select(Cliente.id).filter_by(phone_e164=f"+{phone}")).scalars())
    for stranger in sorted(strangers - {owner}):
        if not merge_people(session, owner, stranger, now=now):
            return None
    replaced = {(kind, account) for kind, account, _ in new}
    gone = [name for name in old if name[:2] in replaced and name not in new]
    _give_names(session, owner, new, gone)
    if phone is not None:
        _give_phone(session, owner, f"+{phone}")
    record(session, system_actor(), Change("clientes", owner, "change_names"), now=now, key=None)
    return owner


def _identidades(session: Session, names: Sequence[Name]) -> list[Identidad]:
    """The rows of these names, in their order; names that nobody has are left out."""
    query = select(Identidad)
    rows = [
        session.execute(query.filter_by(kind=kind.value, business_account_id=account, value=value)).scalar()
        for kind, account, value in names
    ]
    return [row for row in rows if row is not None]


def _give_names(session: Session, owner: int, new: Sequence[Name], gone: Sequence[Name]) -> None:
    """The person has the new names and no longer the gone ones; conversations are answered to the first new one."""
    taken = {(row.kind, row.business_account_id, row.value) for row in _identidades(session, new)}
    for kind, account, value in new:
        if (kind.value, account, value) not in taken:
            session.add(
                Identidad(kind=kind.value, business_account_id=account, value=value, cliente_id=owner)
            )
    session.flush()
    [first, *_] = _identidades(session, new)
    left = [row.id for row in _identidades(session, gone)]
    conversations = session.query(Conversacion).filter_by(cliente_id=owner)
    if first.kind != IdentityKind.WA_ID:  # a scoped id is of no use for the lines of another business account
        conversations = conversations.filter(Conversacion.identidad_id.in_(left))
    conversations.update({"identidad_id": first.id}, synchronize_session=False)
    if left:
        session.query(Identidad).filter(Identidad.id.in_(left)).delete(synchronize_session=False)
    session.expire_all()


def _give_phone(session: Session, owner: int, phone_e164: str) -> None:
    values = {"owner": owner, "phone": phone_e164}
    session.execute(text("UPDATE clientes SET phone_e164 = :phone WHERE id = :owner"), values)
    session.execute(text("UPDATE profesionales SET phone_e164 = :phone WHERE cliente_id = :owner"), values)
