"""People as they act: Actors made from the database, as every action does."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import text

from vallebot.services.actor import Actor
from vallebot.services.identity import Sender, actor_of, receive_sender

_keys = itertools.count(1)


@pytest.fixture
def new_key():
    """A fresh operation key for each call."""
    return lambda: f"wamid.{next(_keys)}"


@pytest.fixture
def write_to(sessions, now):
    """`write_to(profesional, cliente)`: the Actor of a person who writes to that professional's line."""

    def write(profesional, cliente) -> Actor:
        with sessions.begin() as session:
            sender = Sender(profesional.phone_number_id or "shared-line", wa_id=cliente.phone_e164[1:])
            return actor_of(session, receive_sender(session, sender, now=now))

    return write


@pytest.fixture
def as_profesional(sessions, now):
    """`as_profesional(profesional)`: the Actor of a professional who writes from their own phone."""

    def write(profesional) -> Actor:
        with sessions.begin() as session:
            sender = Sender(profesional.phone_number_id or "shared-line", wa_id=profesional.phone_e164[1:])
            return actor_of(session, receive_sender(session, sender, now=now))

    return write


@pytest.fixture
def said(sessions):
    """`said(person)`: texts queued for a person, in order."""

    def texts(person) -> list[str]:
        cliente_id = getattr(person, "cliente_id", None) or person.id
        query = text(
            "SELECT m.text FROM messages m JOIN conversaciones c ON c.id = m.conversacion_id "
            "WHERE m.direction = 'out' AND c.cliente_id = :id ORDER BY m.id"
        )
        with sessions() as session:
            return list(session.execute(query, {"id": cliente_id}).scalars())

    return texts


@pytest.fixture
def rows(sessions):
    """`rows("SELECT ...", **values)`: what the database holds."""

    def fetch(query: str, **values) -> list[tuple]:
        with sessions() as session:
            return [tuple(row) for row in session.execute(text(query), values)]

    return fetch


@pytest.fixture
def laura(make_profesional, make_horario):
    """A masseuse who works Monday to Friday, 9 to 18."""
    profesional = make_profesional(name="Laura Paz")
    for weekday in range(5):
        make_horario(profesional, weekday)
    return profesional


@pytest.fixture
def masaje(laura, make_servicio):
    return make_servicio(laura, name="Masaje")


@pytest.fixture
def ana(make_cliente):
    return make_cliente(name="Ana Gómez")
