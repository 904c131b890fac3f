"""Giving a class more or fewer places."""

from __future__ import annotations

from datetime import date

import pytest

from vallebot.services import service_changes
from vallebot.services.class_errors import ClassFull, SeatsTaken

FIRST = date(2026, 3, 2)


@pytest.fixture
def resize(sessions, as_profesional, laura, yoga, now, new_key):
    def change(capacity: int) -> None:
        actor = as_profesional(laura)
        wanted = {"capacity": capacity}
        service_changes.change_servicio(sessions, actor, yoga.id, wanted, now=now, key=new_key())

    return change


def test_more_places_go_to_who_waits_first(
    define, yoga, class_on, enrol, wait, resize, ana, beto, caro, rows
) -> None:
    define(yoga)
    first = class_on(FIRST)
    enrol(ana, first)
    enrol(beto, first)
    with pytest.raises(ClassFull):
        enrol(caro, first)
    wait(caro, first)
    resize(5)
    assert {row[0] for row in rows("SELECT capacity FROM bookings WHERE kind = 'clase'")} == {5}
    assert rows("SELECT capacity FROM series") == [(5,)]
    assert rows("SELECT state FROM esperas") == [("ofrecido",)]


def test_fewer_places_keep_everybody_who_is_in(
    define, yoga, class_on, enrol, leave, resize, ana, beto, rows
) -> None:
    define(yoga)
    later = class_on(date(2026, 3, 9))
    seat = enrol(ana, later)
    enrol(beto, later)
    leave(ana, seat.enrollment.id)
    resize(1)
    live = "SELECT seat, capacity FROM enrollments WHERE state = 'inscripto'"
    assert rows(live) == [(1, 1)], "the second seat became the first"


def test_a_class_is_never_smaller_than_those_who_are_in_it(
    define, yoga, class_on, enrol, resize, ana, beto, rows
) -> None:
    define(yoga)
    enrol(ana, class_on(FIRST))
    enrol(beto, class_on(FIRST))
    with pytest.raises(SeatsTaken) as refused:
        resize(1)
    assert refused.value.facts["taken"] == 2
    assert {row[0] for row in rows("SELECT capacity FROM bookings WHERE kind = 'clase'")} == {2}
    assert rows("SELECT capacity FROM servicios") == [(2,)]
