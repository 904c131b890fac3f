"""The simulator beside a real database: the shared clock, and what it tells about a message."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from uuid import uuid4

import pytest

from vallebot.clock import read_offset, set_offset
from vallebot.db.session import make_engine, make_sessions
from vallebot.db.tables import Conversacion, Identidad, Message
from web.fake_graph.clock import TravelClock
from web.simulator.system import InstalledSystem

WAMID = "wamid.HBgN_100%"


@pytest.fixture
def system(sessions) -> InstalledSystem:
    return InstalledSystem(SimpleNamespace(sessions=sessions))  # type: ignore[arg-type]


@pytest.fixture
def conversation(save, make_cliente) -> Conversacion:
    cliente = make_cliente()
    identidad = save(Identidad(kind="wa_id", value="5491161110001", cliente_id=cliente.id))
    return save(
        Conversacion(id=uuid4(), phone_number_id="line", cliente_id=cliente.id, identidad_id=identidad.id)
    )


def message_of(conversation: Conversacion, now: datetime, **over) -> Message:
    defaults = {
        "conversacion_id": conversation.id,
        "direction": "in",
        "kind": "text",
        "state": "procesado",
        "wamid": WAMID,
        "payload": {},
        "due_at": now,
    }
    return Message(**{**defaults, **over})


def test_travelling_on_the_page_moves_the_whole_installation(system, sessions) -> None:
    clock = TravelClock(system.now, system.set_clock_offset)
    clock.advance(86400)
    assert read_offset(sessions) == timedelta(days=1)
    assert abs(clock.offset_s - 86400) <= 1
    assert clock.now() - datetime.now(timezone.utc) > timedelta(hours=23)
    clock.travel_to(0)
    assert read_offset(sessions) == timedelta()


def test_travelling_elsewhere_is_seen_on_the_page(sessions) -> None:
    set_offset(sessions, timedelta(hours=5))
    system = InstalledSystem(SimpleNamespace(sessions=sessions))  # type: ignore[arg-type]
    assert system.now() - datetime.now(timezone.utc) > timedelta(hours=4)


def test_a_message_is_explained_in_sections(system, save, conversation, now) -> None:
    heard = save(message_of(conversation, now))
    assert system.explain(WAMID) == {
        "En el sistema": {"Fila": f"messages #{heard.id}", "Estado": "procesado", "Intentos": "0"},
    }


def test_a_message_that_the_system_does_not_know_has_no_story(system) -> None:
    assert system.explain("wamid.unknown") == {}


def test_the_page_goes_on_while_the_database_is_away() -> None:
    nowhere = make_sessions(make_engine("postgresql://nobody@127.0.0.1:9/nothing"))
    system = InstalledSystem(SimpleNamespace(sessions=nowhere))  # type: ignore[arg-type]
    assert abs(system.now() - datetime.now(timezone.utc)) < timedelta(seconds=5)
    assert system.explain(WAMID) == {}
