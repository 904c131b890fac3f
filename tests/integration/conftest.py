"""A real Postgres for every integration test, and factories for what the tests speak about.

One server and one migrated database per session; each test that asks for `sessions` starts with empty tables.
Factories return detached rows, already committed; keyword arguments override any column.
"""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from psycopg2.extras import DateTimeTZRange

from vallebot.db.session import make_engine, make_sessions
from vallebot.db.tables import Booking, Cliente, Horario, Profesional, Relacion, Servicio
from vallebot.domain.text import squash
from vallebot.testing import counted_queries, databases, empty_tables

BUENOS_AIRES = ZoneInfo("America/Argentina/Buenos_Aires")
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def database_server():
    with databases() as found:
        yield found


@pytest.fixture(scope="session")
def database_url(database_server) -> str:
    return database_server.migrated()


@pytest.fixture(scope="session")
def shared_engine(database_url):
    engine = make_engine(database_url, pool_size=20)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(shared_engine):
    empty_tables(shared_engine)
    return shared_engine


@pytest.fixture
def sessions(engine):
    return make_sessions(engine)


@pytest.fixture
def count_queries(engine):
    """`with count_queries() as statements:` collects the SQL sent inside the block."""
    return partial(counted_queries, engine)


@pytest.fixture
def now() -> datetime:
    """Monday, 2 March 2026, 09:00 in Buenos Aires."""
    return datetime(2026, 3, 2, 9, 0, tzinfo=BUENOS_AIRES)


@pytest.fixture
def save(sessions):
    def save_row(row):
        with sessions.begin() as session:
            session.add(row)
            session.flush()
            session.refresh(row)
        return row

    return save_row


def next_phone() -> str:
    return f"+54911{next(_numbers):08d}"


@pytest.fixture
def make_cliente(save):
    def make(**over) -> Cliente:
        return save(Cliente(**{"name": "Ana Gómez", "phone_e164": next_phone(), **over}))

    return make


@pytest.fixture
def make_profesional(save, make_cliente):
    """A professional who works Monday to Friday from 9 to 18 has to be given hours with `make_horario`."""

    def make(**over) -> Profesional:
        phone = over.pop("phone_e164", None) or next_phone()
        person = make_cliente(name=over.get("name", "Laura Paz"), phone_e164=phone)
        defaults = {
            "cliente_id": person.id,
            "name": "Laura Paz",
            "phone_e164": phone,
            "code": f"laura-{person.id}",
            "phone_number_id": f"line-{person.id}",
            "trade": "masajista",
            "address": "Av. Rivadavia 1234",
            "minimum_notice_minutes": 0,
        }
        return save(Profesional(**{**defaults, **over}))

    return make


@pytest.fixture
def make_servicio(save):
    def make(profesional: Profesional, **over) -> Servicio:
        defaults = {
            "profesional_id": profesional.id,
            "name": "Masaje",
            "duration_minutes": 60,
            "price_minor": 1_250_000,
        }
        values = {**defaults, **over}
        return save(Servicio(name_key=squash(values["name"]), **values))

    return make


@pytest.fixture
def make_horario(save):
    def make(
        profesional: Profesional, weekday: int = 0, start: str = "09:00", end: str = "18:00", **over
    ) -> Horario:
        values = {"start_minute": minute_of(start), "end_minute": minute_of(end), "weekday": weekday}
        return save(Horario(profesional_id=profesional.id, **{**values, **over}))

    return make


@pytest.fixture
def make_relacion(save):
    def make(profesional: Profesional, cliente: Cliente, **over) -> Relacion:
        return save(Relacion(profesional_id=profesional.id, cliente_id=cliente.id, **over))

    return make


@pytest.fixture
def make_booking(save):
    """A booking row as it is in the database, without what the use case does around it."""

    def make(servicio: Servicio, starts_at: datetime, cliente: Cliente | None = None, **over) -> Booking:
        ends_at = starts_at + timedelta(minutes=servicio.duration_minutes)
        defaults = {
            "profesional_id": servicio.profesional_id,
            "servicio_id": servicio.id,
            "cliente_id": cliente.id if cliente else None,
            "kind": "individual" if cliente else "clase",
            "capacity": None if cliente else servicio.capacity,
            "period": DateTimeTZRange(starts_at, ends_at, "[)"),
            "busy": DateTimeTZRange(starts_at, ends_at + timedelta(minutes=servicio.buffer_minutes), "[)"),
            "state": "confirmado",
            "place_mode": "consultorio",
            "price_minor": servicio.price_minor,
            "currency": servicio.currency,
        }
        return save(Booking(**{**defaults, **over}))

    return make


def minute_of(clock: str) -> int:
    """'18:30' -> 1110; '24:00' is the end of the day."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
