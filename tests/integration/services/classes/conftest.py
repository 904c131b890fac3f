"""A yoga teacher, her classes, and shorthand for what people do with them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from vallebot.db.tables import Servicio
from vallebot.services import enrollments, leaving, series, waiting
from vallebot.services.class_work import HANDLERS, RECURRING
from vallebot.services.due_work import ensure_recurring, run_next
from vallebot.services.series import SerieSpec

MONDAY_SEVEN_PM = 19 * 60


@pytest.fixture
def yoga(laura, make_servicio) -> Servicio:
    """A class for two, paid by session."""
    return make_servicio(laura, name="Yoga", kind="grupal", capacity=2, price_minor=500_000)


@pytest.fixture
def pilates(laura, make_servicio) -> Servicio:
    """A class for two, paid by month."""
    return make_servicio(
        laura, name="Pilates", kind="grupal", capacity=2, price_minor=4_000_000, billing="mensual"
    )


@pytest.fixture
def beto(make_cliente):
    return make_cliente(name="Beto Ruiz")


@pytest.fixture
def caro(make_cliente):
    return make_cliente(name="Caro Díaz")


@pytest.fixture
def define(sessions, as_profesional, laura, now, new_key):
    """`define(servicio, 0, 3)`: weekly classes on those weekdays at 19:00."""

    def make(servicio, *weekdays, at=MONDAY_SEVEN_PM, when=None, **over):
        specs = [SerieSpec(weekday, at, **over) for weekday in weekdays or (0,)]
        return series.define_series(
            sessions, as_profesional(laura), servicio.id, specs, now=when or now, key=new_key()
        )

    return make


@pytest.fixture
def class_on(rows):
    """`class_on(date(2026, 3, 9))`: id of the class that the series meant for that local day."""

    def find(day: date, serie_id: int = 1) -> int:
        query = """SELECT id FROM bookings WHERE serie_id = :serie
            AND (series_starts_at AT TIME ZONE 'America/Argentina/Buenos_Aires')::date = :day"""
        return rows(query, serie=serie_id, day=day)[0][0]

    return find


@pytest.fixture
def enrol(sessions, write_to, laura, now, new_key):
    def take(cliente, booking_id, *, when=None, key=None):
        actor = write_to(laura, cliente)
        return enrollments.enrol_once(sessions, actor, booking_id, now=when or now, key=key or new_key())

    return take


@pytest.fixture
def join(sessions, write_to, laura, now, new_key):
    def become(cliente, *serie_ids, when=None, **over):
        actor = write_to(laura, cliente)
        return enrollments.enrol_in_series(
            sessions, actor, serie_ids or (1,), now=when or now, key=new_key(), **over
        )

    return become


@pytest.fixture
def leave(sessions, write_to, laura, now, new_key):
    def give_back(cliente, enrollment_id, *, when=None, **over):
        actor = write_to(laura, cliente)
        return leaving.leave(sessions, actor, enrollment_id, now=when or now, key=new_key(), **over)

    return give_back


@pytest.fixture
def leave_series(sessions, write_to, laura, now, new_key):
    def give_back(cliente, *serie_ids, when=None, **over):
        actor = write_to(laura, cliente)
        return leaving.leave_series(
            sessions, actor, serie_ids or (1,), now=when or now, key=new_key(), **over
        )

    return give_back


@pytest.fixture
def wait(sessions, write_to, laura, now, new_key):
    def stand(cliente, booking_id, *, when=None):
        actor = write_to(laura, cliente)
        return waiting.wait_for_class(sessions, actor, booking_id, now=when or now, key=new_key())

    return stand


@pytest.fixture
def accept(sessions, write_to, laura, now, new_key):
    def say_yes(cliente, espera_id, *, when=None):
        actor = write_to(laura, cliente)
        return waiting.accept_offer(sessions, actor, espera_id, now=when or now, key=new_key())

    return say_yes


@pytest.fixture
def work_until(sessions, now):
    """`work_until(moment)`: a worker that starts then and does all that is due of classes; how much it was."""

    def work(at: datetime) -> int:
        ensure_recurring(sessions, RECURRING, now=now)
        handlers = {**HANDLERS, "reminder": lambda job: None}
        return sum(1 for _ in iter(lambda: run_next(sessions, handlers, now=at), False))

    return work


@pytest.fixture
def monday(now) -> datetime:
    """Monday 2 March, 19:00: the first class."""
    return now.replace(hour=19)


@pytest.fixture
def next_monday(monday) -> datetime:
    return monday + timedelta(days=7)
