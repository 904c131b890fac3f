"""What people are called."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import sessionmaker

from vallebot.db.tables import Cliente, Relacion
from vallebot.services.actor import Actor


def name_of(sessions: sessionmaker, actor: Actor) -> str | None:
    """The name by which the actor is known here: the professional's for them, else their own; None if never told.

    WhatsApp's profile name is not it: people put anything there.
    """
    with sessions() as session:
        query = (
            select(Relacion.name, Cliente.name)
            .select_from(Cliente)
            .outerjoin(
                Relacion,
                (Relacion.cliente_id == Cliente.id) & (Relacion.profesional_id == actor.profesional_id),
            )
            .where(Cliente.id == actor.cliente_id)
        )
        row = session.execute(query).first()
    return (row[0] or row[1]) if row else None


def phone_of(sessions: sessionmaker, actor: Actor) -> str | None:
    """The actor's phone ('+5491161110001'); None where WhatsApp hides it."""
    with sessions() as session:
        return session.execute(select(Cliente.phone_e164).filter_by(id=actor.cliente_id)).scalar()
