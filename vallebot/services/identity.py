"""Who writes and about whose business: persons, their conversations, and the Actor rebuilt from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session, sessionmaker

from vallebot.db.prepared import Prepared
from vallebot.db.tables import Cliente, Conversacion, Identidad, Profesional, Relacion
from vallebot.db.tables.messaging import IdentityKind, Rol
from vallebot.domain.states import ProfesionalState
from vallebot.domain.values import parse_email
from vallebot.errors import InvalidError, NotAllowedError, NotFoundError
from vallebot.services.actor import Actor
from vallebot.services.audit import Change, record
from vallebot.services.merging import Name, change_names, merge_people
from vallebot.services.records import ensure_relacion as ensure_relacion
from vallebot.services.records import lock_profesional
from vallebot.services.relationship import refresh

#: The line of a conversation that was opened by us before any message came in on a shared line; the sender uses
#: the installation's first line, and the person's first message gives the conversation its real one.
UNKNOWN_LINE = ""
NAME_MAX_CHARS = 80
EMAIL_MAX_CHARS = 254  # RFC 5321, forward-path
#: States in which a professional may act as one; who waits for approval is a person like any other.
ACTING = (ProfesionalState.ACTIVO, ProfesionalState.PAUSADO)


@dataclass(frozen=True)
class Sender:
    """How a webhook names the person and the line. At least one of `wa_id` (phone digits) and `bsuid` is there."""

    phone_number_id: str
    wa_id: str | None = None
    bsuid: str | None = None
    business_account_id: str = ""
    profile_name: str | None = None

    def names(self) -> list[Name]:
        """(kind, business account, value), phone first: it wins where both are known."""
        found = []
        if self.wa_id:
            found.append((IdentityKind.WA_ID, "", self.wa_id))
        if self.bsuid:
            found.append((IdentityKind.BSUID, self.business_account_id, self.bsuid))
        if not found or (self.bsuid and not self.business_account_id):
            raise InvalidError(field="sender")
        return found


@dataclass(frozen=True)
class ProfesionalOption:
    """A professional whom a person on a shared line may mean."""

    id: int
    name: str
    trade: str | None
    code: str
    related: bool  #: the person is already their client
    last_contact_at: datetime | None


def receive_sender(session: Session, sender: Sender, *, now: datetime) -> UUID:
    """The conversation of whoever writes, in the caller's transaction; person and conversation are made where
    missing. Messages of one person that arrive at the same moment wait for each other here."""
    names = sender.names()
    lock_names(session, names)
    known = _known_conversation(session, sender, names)
    if known is not None:
        if known.profesional_id is not None:
            _touch_relation(session, known.profesional_id, known.cliente_id, now)
        return known.id
    identidad = _identidad(session, sender, names, now)
    conversation = session.execute(
        select(Conversacion).filter_by(
            phone_number_id=sender.phone_number_id, cliente_id=identidad.cliente_id
        )
    ).scalar_one_or_none() or _adopt_unknown_line(session, sender.phone_number_id, identidad.cliente_id)
    if conversation is None:
        conversation = _open_conversation(session, sender.phone_number_id, identidad)
    conversation.identidad_id = identidad.id
    session.flush()
    if conversation.profesional_id is not None:
        _touch_relation(session, conversation.profesional_id, identidad.cliente_id, now)
    return conversation.id


#: Somebody of whom nothing is new: the names are theirs, answers go to the first of them, the phone and the name
#: shown are as we know them.
_KNOWN = Prepared(
    "known_conversation",
    "line text, kind text, account text, value text, shown text, phone text, bsuid text, bsuid_account text",
    """
    SELECT c.id, c.cliente_id, c.profesional_id
      FROM identidades i JOIN clientes p ON p.id = i.cliente_id
      JOIN conversaciones c ON c.cliente_id = i.cliente_id AND c.phone_number_id = :line AND c.identidad_id = i.id
     WHERE i.kind = :kind AND i.business_account_id = :account AND i.value = :value
       AND (:shown IS NULL OR p.profile_name = :shown)
       AND (:phone IS NULL OR p.phone_e164 = :phone)
       AND (:bsuid IS NULL OR EXISTS (
            SELECT FROM identidades b WHERE b.kind = 'bsuid' AND b.business_account_id = :bsuid_account
               AND b.value = :bsuid AND b.cliente_id = i.cliente_id))
""",
)


def _known_conversation(session: Session, sender: Sender, names: Sequence[Name]) -> Row | None:
    """The conversation of somebody of whom nothing is new, found with one query: what most messages are."""
    kind, account, value = names[0]
    values = {
        "line": sender.phone_number_id,
        "kind": kind.value,
        "account": account,
        "value": value,
        "shown": _shown_name(sender),
        "phone": f"+{sender.wa_id}" if sender.wa_id else None,
        "bsuid": sender.bsuid if len(names) > 1 else None,
        "bsuid_account": sender.business_account_id,
    }
    return _KNOWN.run(session, values).first()


def _shown_name(sender: Sender) -> str | None:
    """The name that the person shows, as it is kept. Postgres keeps no NUL."""
    return sender.profile_name.replace("\x00", "")[:NAME_MAX_CHARS] if sender.profile_name else None


def lock_names(session: Session, names: Sequence[Name]) -> None:
    """Whoever else works on one of these names waits until this transaction ends."""
    for _, account, value in sorted(names):
        session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
            {"name": f"sender {account} {value}"},
        )


def follow_change(session: Session, before: Sender, after: Sender, *, now: datetime) -> UUID | None:
    """The conversation of somebody whom WhatsApp calls otherwise from now on, in the caller's transaction; None
    where nobody was called so, and nothing is changed."""
    old, new = before.names(), after.names()
    lock_names(session, [*old, *new])
    return receive_sender(session, after, now=now) if change_names(session, old, new, now=now) else None


def _identidad(session: Session, sender: Sender, names: list, now: datetime) -> Identidad:
    """The identity to answer to (the phone's, where there is one); all names end up with the same person."""
    known = {
        row.kind: row
        for kind, account, value in names
        for row in session.execute(
            select(Identidad).filter_by(kind=kind, business_account_id=account, value=value)
        ).scalars()
    }
    if not known:
        cliente_id = _person(session, sender)
    else:
        cliente_id = _one_person(session, sender, [known[kind] for kind, _, _ in names if kind in known], now)
    if sender.profile_name:
        session.get(Cliente, cliente_id).profile_name = _shown_name(sender)
    for kind, account, value in names:
        if kind not in known:
            row = Identidad(kind=kind, business_account_id=account, value=value, cliente_id=cliente_id)
            session.add(row)
            known[kind] = row
    session.flush()
    return known[names[0][0]]


def _one_person(session: Session, sender: Sender, known: list[Identidad], now: datetime) -> int:
    """Whose names these are. A phone that comes to be known beside a scoped id may show that two were one."""
    first = known[0].cliente_id
    others = {identidad.cliente_id for identidad in known}
    if sender.wa_id:
        by_phone = session.execute(select(Cliente.id).filter_by(phone_e164=f"+{sender.wa_id}")).scalar()
        if by_phone is None:
            person = session.get(Cliente, first)
            person.phone_e164 = person.phone_e164 or f"+{sender.wa_id}"
        elif first != by_phone and known[0].kind != IdentityKind.WA_ID:
            first = by_phone  # noted down by a professional: the phone wins
    for other in sorted(others - {first}):
        merge_people(session, first, other, now=now)
    return first


def _person(session: Session, sender: Sender) -> int:
    """The client with this phone (a professional may have noted it down before), or a new one."""
    if not sender.wa_id:
        person = Cliente()
        session.add(person)
        session.flush()
        return person.id
    return person_with_phone(session, f"+{sender.wa_id}")


def person_with_phone(session: Session, phone_e164: str, name: str | None = None) -> int:
    """Id of the person with that phone, made where missing. Safe to race."""
    statement = (
        insert(Cliente)
        .values(phone_e164=phone_e164, name=name)
        .on_conflict_do_nothing(index_elements=["phone_e164"])
        .returning(Cliente.id)
    )
    made = session.execute(statement).scalar()
    return made or session.execute(select(Cliente.id).filter_by(phone_e164=phone_e164)).scalar_one()


def _adopt_unknown_line(session: Session, phone_number_id: str, cliente_id: int) -> Conversacion | None:
    conversation = session.execute(
        select(Conversacion).filter_by(phone_number_id=UNKNOWN_LINE, cliente_id=cliente_id)
    ).scalar_one_or_none()
    if conversation is None or line_owner(session, phone_number_id) is not None:
        return None
    conversation.phone_number_id = phone_number_id
    return conversation


def _open_conversation(session: Session, phone_number_id: str, identidad: Identidad) -> Conversacion:
    """A new conversation, or the one that somebody else opened at this very moment."""
    rol, profesional_id = _first_part(session, phone_number_id, identidad.cliente_id)
    values = {
        "id": uuid4(),
        "phone_number_id": phone_number_id,
        "cliente_id": identidad.cliente_id,
        "identidad_id": identidad.id,
        "rol": rol.value,
        "profesional_id": profesional_id,
    }
    session.execute(
        insert(Conversacion)
        .values(values)
        .on_conflict_do_nothing(index_elements=["phone_number_id", "cliente_id"])
    )
    return session.execute(
        select(Conversacion).filter_by(phone_number_id=phone_number_id, cliente_id=identidad.cliente_id)
    ).scalar_one()


def _first_part(session: Session, phone_number_id: str, cliente_id: int) -> tuple[Rol, int | None]:
    """Part and tenant of somebody's first message on a line."""
    owner = line_owner(session, phone_number_id)
    if owner is not None:
        return (Rol.PROFESIONAL if owner.cliente_id == cliente_id else Rol.CLIENTE), owner.id
    own = _own_business(session, cliente_id)
    if own is not None:
        return Rol.PROFESIONAL, own.id
    return Rol.CLIENTE, _only_related(session, cliente_id)


def line_owner(session: Session, phone_number_id: str) -> Profesional | None:
    """The professional whose own number it is; None for a shared line."""
    if phone_number_id == UNKNOWN_LINE:
        return None
    return session.execute(
        select(Profesional).filter_by(phone_number_id=phone_number_id).where(Profesional.state.in_(ACTING))
    ).scalar_one_or_none()


def dedicated_line(sessions: sessionmaker, actor: Actor) -> bool:
    """Whether the actor writes on the own number of one professional."""
    with sessions() as session:
        conversation = session.get(Conversacion, actor.conversacion_id)
        return conversation is not None and line_owner(session, conversation.phone_number_id) is not None


def _own_business(session: Session, cliente_id: int) -> Profesional | None:
    return session.execute(
        select(Profesional).filter_by(cliente_id=cliente_id).where(Profesional.state.in_(ACTING))
    ).scalar_one_or_none()


def _only_related(session: Session, cliente_id: int) -> int | None:
    """The professional behind a shared line whose client the person is, where there is exactly one."""
    related = (
        session.execute(
            select(Profesional.id)
            .join(Relacion, Relacion.profesional_id == Profesional.id)
            .where(Relacion.cliente_id == cliente_id, Profesional.phone_number_id.is_(None))
            .limit(2)
        )
        .scalars()
        .all()
    )
    return related[0] if len(related) == 1 else None


def _touch_relation(session: Session, profesional_id: int, cliente_id: int, now: datetime) -> None:
    session.execute(
        text(
            "UPDATE relaciones SET last_contact_at = :now WHERE profesional_id = :profesional AND cliente_id = :cliente"
        ),
        {"now": now, "profesional": profesional_id, "cliente": cliente_id},
    )


_ACTIVE = ", ".join(f"'{state.value}'" for state in ACTING)
_ACTING = Prepared(
    "acting",
    "conversation uuid",
    f"""
    SELECT c.cliente_id, c.profesional_id, c.rol, o.id AS owner_id, o.cliente_id AS owner, p.id AS own_id
      FROM conversaciones c
      LEFT JOIN profesionales o ON o.phone_number_id = c.phone_number_id AND c.phone_number_id <> '{UNKNOWN_LINE}'
       AND o.state IN ({_ACTIVE})
      LEFT JOIN profesionales p ON p.cliente_id = c.cliente_id AND p.state IN ({_ACTIVE})
     WHERE c.id = :conversation
""",
)


def actor_of(session: Session, conversacion_id: UUID) -> Actor:
    """Who acts in a conversation, from the database alone. Raises NotFoundError for an unknown conversation.

    On a dedicated line the tenant is its owner and only they act as professional; on a shared line a
    professional acts for their own business, anybody else as client of the professional they chose.
    """
    row = _ACTING.run(session, {"conversation": conversacion_id}).first()
    if row is None:
        raise NotFoundError(what="conversacion")
    as_cliente = Actor(Rol.CLIENTE, row.profesional_id, row.cliente_id, conversacion_id)
    dedicated = row.owner_id is not None
    business, person = (row.owner_id, row.owner) if dedicated else (row.own_id, row.cliente_id)
    if business is not None and person == row.cliente_id and row.rol == Rol.PROFESIONAL:
        return replace(as_cliente, rol=Rol.PROFESIONAL, profesional_id=business)
    return replace(as_cliente, profesional_id=row.owner_id) if dedicated else as_cliente


def load_actor(sessions: sessionmaker, conversacion_id: UUID) -> Actor:
    """`actor_of` in a transaction of its own."""
    with sessions() as session:
        return actor_of(session, conversacion_id)


def switch_rol(sessions: sessionmaker, actor: Actor, rol: Rol, *, now: datetime) -> Actor:
    """Act in the other part ("como cliente", "como profesional"). Raises NotAllowedError for who has no business
    of their own, or not on this line."""
    with sessions.begin() as session:
        conversation = _own_conversation(session, actor)
        conversation.rol = rol
        owner = line_owner(session, conversation.phone_number_id)
        if rol is Rol.CLIENTE and owner is None and actor.rol is not Rol.CLIENTE:
            conversation.profesional_id = _only_related(session, conversation.cliente_id)
        session.flush()
        changed = actor_of(session, conversation.id)
        if changed.rol is not rol:
            raise NotAllowedError()
        if rol is Rol.PROFESIONAL:
            conversation.profesional_id = changed.profesional_id
        return changed


def may_act_as_profesional(sessions: sessionmaker, actor: Actor) -> bool:
    """Whether the person has a business of their own on this line."""
    with sessions() as session:
        conversation = _own_conversation(session, actor)
        owner = line_owner(session, conversation.phone_number_id)
        business = owner if owner is not None else _own_business(session, conversation.cliente_id)
        return business is not None and business.cliente_id == conversation.cliente_id


def choose_profesional(sessions: sessionmaker, actor: Actor, profesional_id: int, *, now: datetime) -> Actor:
    """Talk with this professional from now on, as client. Raises NotFoundError for one who cannot be chosen,
    NotAllowedError on a line that belongs to another."""
    with sessions.begin() as session:
        conversation = _own_conversation(session, actor)
        owner = line_owner(session, conversation.phone_number_id)
        if owner is not None and owner.id != profesional_id:
            raise NotAllowedError()
        chosen = session.get(Profesional, profesional_id)
        if chosen is None or chosen.state not in ACTING:
            raise NotFoundError(what="profesional")
        conversation.profesional_id = chosen.id
        conversation.rol = Rol.CLIENTE
        session.flush()
        _touch_relation(session, chosen.id, conversation.cliente_id, now)
        return actor_of(session, conversation.id)


def _own_conversation(session: Session, actor: Actor) -> Conversacion:
    if actor.conversacion_id is None:
        raise NotAllowedError()
    conversation = session.get(Conversacion, actor.conversacion_id, with_for_update=True)
    if conversation is None or conversation.cliente_id != actor.cliente_id:
        raise NotAllowedError()
    return conversation


def profesionales_for(sessions: sessionmaker, actor: Actor) -> list[ProfesionalOption]:
    """Whom the person may mean on a shared line: those they know first, the most recent on top, then the others
    by name. On a dedicated line only its owner."""
    if actor.conversacion_id is None:
        raise NotAllowedError()
    with sessions() as session:
        conversation = session.get(Conversacion, actor.conversacion_id)
        owner = line_owner(session, conversation.phone_number_id)
        query = (
            select(Profesional, Relacion.id, Relacion.last_contact_at)
            .outerjoin(
                Relacion,
                (Relacion.profesional_id == Profesional.id)
                & (Relacion.cliente_id == conversation.cliente_id),
            )
            .where(Profesional.cliente_id != conversation.cliente_id)
            .order_by(Relacion.last_contact_at.desc().nulls_last(), Profesional.name, Profesional.id)
        )
        if owner is not None:
            query = query.where(Profesional.id == owner.id)
        else:
            query = query.where(
                Profesional.phone_number_id.is_(None),
                or_(Profesional.state == ProfesionalState.ACTIVO, Relacion.id.isnot(None)),
            )
        return [
            ProfesionalOption(found.id, found.name, found.trade, found.code, relation is not None, contact)
            for found, relation, contact in session.execute(query)
        ]


def set_name(sessions: sessionmaker, actor: Actor, name: str, *, now: datetime) -> str:
    """Keep how the person wants to be called; returns it as kept. Raises InvalidError for what is no name."""
    kept = tidy_name(name)
    if actor.cliente_id is None:
        raise NotAllowedError()
    with sessions.begin() as session:
        related = select(Relacion.profesional_id).filter_by(cliente_id=actor.cliente_id)
        knowing = sorted(session.execute(related).scalars())
        for profesional_id in knowing:
            lock_profesional(session, profesional_id)
        session.get(Cliente, actor.cliente_id, with_for_update=True).name = kept
        record(session, actor, Change("clientes", actor.cliente_id, "set_name"), now=now, key=None)
        for profesional_id in knowing:
            refresh(session, profesional_id, actor.cliente_id, now=now)
        return kept


def set_email(sessions: sessionmaker, actor: Actor, email: str | None, *, now: datetime) -> str | None:
    """Keep the person's e-mail address (None: none any more). Raises InvalidError for what is none."""
    if actor.cliente_id is None:
        raise NotAllowedError()
    if email is not None and (len(email) > EMAIL_MAX_CHARS or parse_email(email) != email.lower()):
        raise InvalidError(field="email")
    with sessions.begin() as session:
        session.get(Cliente, actor.cliente_id, with_for_update=True).email = email
        record(session, actor, Change("clientes", actor.cliente_id, "set_email"), now=now, key=None)
        return email


def tidy_name(name: str) -> str:
    """A name with single spaces. Raises InvalidError for what is none."""
    kept = " ".join(name.replace("\x00", "").split())
    if not 1 < len(kept) <= NAME_MAX_CHARS or not any(char.isalpha() for char in kept):
        raise InvalidError(field="name")
    return kept


_IS_SHARED = "NOT EXISTS (SELECT FROM profesionales o WHERE o.phone_number_id = c.phone_number_id)"
_LATEST = "ORDER BY coalesce(c.last_inbound_at, c.created_at) DESC LIMIT 1"
_REACHED = Prepared(
    "conversation_with",
    "profesional bigint, cliente bigint",
    f"""
    SELECT c.id
      FROM profesionales p JOIN conversaciones c ON c.cliente_id = coalesce(:cliente, p.cliente_id)
       AND CASE WHEN p.phone_number_id IS NULL THEN {_IS_SHARED} ELSE c.phone_number_id = p.phone_number_id END
      JOIN clientes person ON person.id = c.cliente_id AND person.erased_at IS NULL
     WHERE p.id = :profesional {_LATEST}
""",
)
_SHARED_LINE = text(f"SELECT c.phone_number_id FROM conversaciones c WHERE {_IS_SHARED} {_LATEST}")


def conversation_with(session: Session, profesional_id: int, cliente_id: int | None) -> UUID | None:
    """The conversation in which this professional's business reaches a client, or (cliente_id None) in which it
    reaches the professional; opened where missing. None for somebody whom WhatsApp cannot reach, and for who was
    erased: they are never told anything again."""
    found = _REACHED.run(session, {"profesional": profesional_id, "cliente": cliente_id}).scalar()
    if found is not None:
        return found
    business = session.get(Profesional, profesional_id)
    identidad = _reachable_identity(session, business.cliente_id if cliente_id is None else cliente_id)
    if identidad is None:
        return None
    line = business.phone_number_id or session.execute(_SHARED_LINE).scalar() or UNKNOWN_LINE
    conversation = _open_conversation(session, line, identidad)
    if cliente_id is not None and conversation.profesional_id is None:
        conversation.profesional_id = profesional_id
    session.flush()
    return conversation.id


def _reachable_identity(session: Session, cliente_id: int) -> Identidad | None:
    """A name under which WhatsApp knows the person: one it used before, else the phone's digits."""
    person = session.get(Cliente, cliente_id)
    if person is None or person.erased_at is not None:
        return None
    known = session.execute(
        select(Identidad)
        .filter_by(cliente_id=cliente_id)
        .order_by(Identidad.kind.desc(), Identidad.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    if known is not None:
        return known
    phone = person.phone_e164
    if phone is None:
        return None
    values = {
        "kind": IdentityKind.WA_ID.value,
        "business_account_id": "",
        "value": phone[1:],
        "cliente_id": cliente_id,
    }
    session.execute(insert(Identidad).values(values).on_conflict_do_nothing())
    return session.execute(select(Identidad).filter_by(kind=IdentityKind.WA_ID, value=phone[1:])).scalar_one()
