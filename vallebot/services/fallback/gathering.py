"""The context of a message, read from the database: one professional's business, and in it one conversation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from vallebot.db.tables.messaging import Rol
from vallebot.domain.spanish import say_duration
from vallebot.services import catalogue
from vallebot.services.actor import Actor
from vallebot.services.embeddings import Encoder
from vallebot.services.fallback.asking import Context, Example
from vallebot.services.fallback.privacy import minimised
from vallebot.services.fallback.similar import similar_readings, similar_relationships

#: Of the conversation before: how many messages, how old at most, how long each.
TURNS = 6
TURNS_MAX_AGE = timedelta(hours=6)
TURN_MAX_CHARS = 200
SERVICES_MAX = 20

_TURNS = text("""
    SELECT direction, text FROM messages
     WHERE conversacion_id = :conversation AND id < :message AND text <> ''
       AND coalesce(occurred_at, due_at) > :since
     ORDER BY id DESC LIMIT :limit
""")
_SUMMARY = text("""
    SELECT summary FROM relationship_state WHERE profesional_id = :profesional AND cliente_id = :cliente
""")
#: Full names of the business's people that occur in what is going to be told.
_NAMES = text("""
    SELECT DISTINCT n.name FROM relaciones r JOIN clientes c ON c.id = r.cliente_id
     CROSS JOIN LATERAL (VALUES (r.name), (c.name), (c.profile_name)) n(name)
     WHERE r.profesional_id = :profesional AND n.name LIKE '% %'
       AND strpos(lower(unaccent(:said)), lower(unaccent(n.name))) > 0
    UNION SELECT name FROM profesionales WHERE id = :profesional
    UNION SELECT name FROM clientes WHERE id = :cliente AND name IS NOT NULL
""")


@dataclass(frozen=True)
class Asked:
    """What is to be read: a message, and what the dialogue knows of it (see `Context` for the fields)."""

    message_id: int
    text: str
    pending: str | None = None
    guesses: tuple[tuple[str, float], ...] = ()
    rejected: str | None = None


@dataclass(frozen=True)
class Question:
    """What is put to the model: `message` and `context` hold nothing that must not leave the house."""

    message: str
    context: Context


def gather(
    sessions: sessionmaker,
    actor: Actor,
    asked: Asked,
    *,
    encoder: Encoder | None = None,
    now: datetime,
) -> Question:
    """Everything that the model is told. `encoder`: finds what is near in meaning, None where that is off. Raises
    NotAllowedError where no professional is chosen."""
    card = catalogue.profesional_card(sessions, actor)
    services = catalogue.list_servicios(sessions, actor)[:SERVICES_MAX]
    vector = encoder.encode([asked.text])[0] if encoder is not None else None
    with sessions() as session:
        examples = similar_readings(session, actor, vector) if vector is not None else []
        people = similar_relationships(session, actor, vector) if vector is not None else []
        turns = _turns(session, actor, asked.message_id, now)
        relationship = _summary(session, actor) if actor.rol is Rol.CLIENTE else ""
        told = [asked.text, relationship, *people, *(one.text for one in examples)]
        said = "\n".join([*told, *(words for _, words in turns)])
        names = _names(session, actor, said)
    context = Context(
        rol=str(actor.rol),
        now=now.astimezone(ZoneInfo(card.timezone)),
        zone=card.timezone,
        business=", ".join(filter(None, [card.name.split()[0], card.trade])),
        services=tuple(_service_line(service) for service in services),
        relationship=minimised(relationship, names),
        people=tuple(minimised(summary, names) for summary in people),
        turns=tuple((who, minimised(words, names)) for who, words in turns),
        pending=asked.pending,
        guesses=asked.guesses,
        examples=tuple(Example(minimised(one.text, names), one.operation) for one in examples),
        rejected=asked.rejected,
    )
    return Question(minimised(asked.text, names), context)


def _service_line(service: catalogue.ServicioCard) -> str:
    kind = "class, enrol in it" if service.kind == "grupal" else say_duration(service.duration_minutes)
    return f"{service.name} ({kind})"


def _turns(session: Session, actor: Actor, message_id: int, now: datetime) -> list[tuple[str, str]]:
    values = {"conversation": actor.conversacion_id, "message": message_id, "limit": TURNS}
    rows = session.execute(_TURNS, {**values, "since": now - TURNS_MAX_AGE}).all()
    who = {"in": "writer", "out": "secretary"}
    return [(who[row.direction], row.text[:TURN_MAX_CHARS]) for row in reversed(rows)]


def _summary(session: Session, actor: Actor) -> str:
    values = {"profesional": actor.require_tenant(), "cliente": actor.require_cliente()}
    return session.execute(_SUMMARY, values).scalar() or ""


def _names(session: Session, actor: Actor, said: str) -> list[str]:
    values = {"profesional": actor.require_tenant(), "cliente": actor.cliente_id, "said": said}
    return list(session.execute(_NAMES, values).scalars())
