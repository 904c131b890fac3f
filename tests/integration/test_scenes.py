"""The starting situations of the simulator: what they promise is what the database holds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from vallebot import demo, scenes
from vallebot.clock import read_offset, set_offset
from vallebot.services import operator, waiting
from vallebot.services.actor import system_actor

SCENES = {scene.code: scene for scene in scenes.SCENES}


@pytest.fixture
def place(sessions, now):
    def put(code: str) -> None:
        scenes.put_in_place(sessions.kw["bind"], SCENES[code], now=now)

    return put


def rows(sessions, query: str, **values):
    with sessions() as session:
        return session.execute(text(query), values).all()


def tenant(sessions, now, code: str) -> int:
    return next(
        row.id for row in operator.list_profesionales(sessions, system_actor(), now=now) if row.code == code
    )


def test_a_full_agenda_has_many_sessions_some_room_and_two_requests(place, sessions, now):
    place("agenda-llena")
    states = [row.state for row in rows(sessions, "SELECT state FROM bookings WHERE kind = 'individual'")]
    assert states.count("confirmado") > 25
    assert states.count("pendiente") == 2
    told = rows(sessions, "SELECT payload FROM messages WHERE direction = 'out'")
    assert len(told) == 2, "only the two requests are told, to Laura"


def test_the_next_class_is_full_and_two_stand_in_line(place, sessions, now):
    place("lista-de-espera")
    waits = waiting.waits_of(sessions, system_actor(tenant(sessions, now, "ana")))
    assert [wait.position for wait in waits] == [1, 2]
    (seats,) = rows(
        sessions,
        "SELECT count(*) AS taken, max(b.capacity) AS capacity FROM enrollments e "
        "JOIN bookings b ON b.id = e.booking_id WHERE e.state = 'inscripto'",
    )
    assert seats.taken == seats.capacity


def test_on_the_first_day_nobody_knows_the_new_professional(place, sessions, now):
    place("primer-dia")
    assert not rows(sessions, "SELECT 1 FROM profesionales WHERE phone_e164 = :phone", phone=f"+{demo.CARLA}")


def test_a_scene_replaces_what_there_was_and_keeps_the_clock(place, sessions, now):
    set_offset(sessions, timedelta(days=2))
    place("agenda-llena")
    place("lista-de-espera")
    assert not rows(sessions, "SELECT 1 FROM bookings WHERE kind = 'individual'")
    assert read_offset(sessions) == timedelta(days=2)


def test_a_scene_that_cannot_be_put_in_place_changes_nothing(place, sessions, now, monkeypatch):
    place("agenda-llena")

    def broken(stage):
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        scenes.put_in_place(sessions.kw["bind"], scenes.Scene("x", "", "", broken), now=now)
    assert len(rows(sessions, "SELECT 1 FROM bookings WHERE kind = 'individual'")) > 25
