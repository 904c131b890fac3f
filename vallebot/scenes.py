"""Starting situations for the simulator, built on the demo with the same use cases that a chat runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import sessionmaker

from vallebot import demo
from vallebot.db.base import metadata
from vallebot.db.session import make_sessions
from vallebot.services import agenda, bookings, catalogue, clientele, enrollments, identity, rosters, waiting
from vallebot.services.actor import Actor, system_actor
from vallebot.services.bookings import BookRequest
from vallebot.services.identity import Sender

#: Clients whom the demo does not have: they fill agendas and classes, nobody holds their phones.
_OTHERS = (
    "Belén Torres",
    "Caro Iglesias",
    "Dani Rossi",
    "Elena Paz",
    "Fede Luna",
    "Gabi Nuñez",
    "Hernán Sosa",
)

#: Of Laura's free hours of the week, each so-manieth stays free: a full agenda still has something to offer.
_LEFT_FREE = 6


@dataclass(frozen=True)
class Scene:
    """A situation to start from; `prepare` adds to the demo what makes it."""

    code: str
    title: str
    description: str
    prepare: Callable[[Stage], None]


@dataclass(frozen=True)
class Stage:
    """The demo's people, inside the one transaction that puts a scene in place."""

    sessions: sessionmaker
    now: datetime

    def actor(self, wa_id: str, line: str) -> Actor:
        """Somebody who has just written to a line."""
        with self.sessions.begin() as session:
            conversation = identity.receive_sender(session, Sender(line, wa_id=wa_id), now=self.now)
            return identity.actor_of(session, conversation)

    def others(self, profesional_id: int) -> list[int]:
        """Ids of clients that are only names."""
        actor = system_actor(profesional_id)
        return [
            clientele.register_cliente(
                self.sessions, actor, name, None, now=self.now, key=f"scene:{profesional_id}:{name}"
            ).cliente.id
            for name in _OTHERS
        ]

    def hush(self) -> None:
        """Forget what would be told about all that was arranged so far."""
        with self.sessions.begin() as session:
            session.execute(text("DELETE FROM messages WHERE direction = 'out'"))


def put_in_place(engine: Engine, scene: Scene, *, now: datetime) -> None:
    """Empty the database and put a scene there instead, all or nothing, while everything goes on running.

    For demo installations only: the caller sees to that."""
    with engine.begin() as connection:
        empty(connection)
        stage = Stage(make_sessions(connection), now)
        demo.load(stage.sessions, now=now)
        scene.prepare(stage)


def empty(connection: Connection) -> None:
    """Remove everything but the shared clock, Rasa's trackers included (it makes its table when it first starts)."""
    names = [name for name in metadata.tables if name != "system_clock"]
    if connection.execute(text("SELECT to_regclass('events') IS NOT NULL")).scalar():
        names = sorted({*names, "events"})
    connection.execute(text("TRUNCATE " + ", ".join(f'"{name}"' for name in names) + " CASCADE"))


def _full_agenda(stage: Stage) -> None:
    laura = stage.actor(demo.LAURA, demo.LAURA_LINE)
    system = system_actor(laura.require_tenant())
    people = stage.others(laura.require_tenant())
    services = [one.id for one in catalogue.list_servicios(stage.sessions, system)]
    for number, starts_at in enumerate(_hours_of_a_week(stage, system, services[0])):
        if number % _LEFT_FREE == _LEFT_FREE - 1:
            continue
        request = BookRequest(services[0], starts_at, cliente_id=people[number % len(people)])
        bookings.book(stage.sessions, system, request, now=stage.now, key=f"scene:{number}")
    stage.hush()
    for wa_id, servicio_id in ((demo.JUAN, services[0]), (demo.SOFIA, services[-1])):
        client = stage.actor(wa_id, demo.LAURA_LINE)
        (free,) = agenda.next_free(stage.sessions, client, servicio_id, 1, now=stage.now)
        request = BookRequest(servicio_id, free.starts_at)
        bookings.book(stage.sessions, client, request, now=stage.now, key=f"scene:{wa_id}")


def _hours_of_a_week(stage: Stage, system: Actor, servicio_id: int) -> list[datetime]:
    """Free times that do not touch each other."""
    week = ((stage.now, stage.now + timedelta(days=7)),)
    found: list[datetime] = []
    over = stage.now
    for slot in agenda.free_slots(stage.sessions, system, agenda.SlotQuery(servicio_id, week), now=stage.now):
        if slot.starts_at >= over:
            found.append(slot.starts_at)
            over = slot.ends_at
    return found


def _waiting_list(stage: Stage) -> None:
    ana = stage.actor(demo.ANA, demo.ANA_LINE)
    system = system_actor(ana.require_tenant())
    tomorrow = (stage.now.astimezone(ZoneInfo("UTC")) + timedelta(days=1), stage.now + timedelta(days=30))
    (next_class,) = rosters.upcoming_classes(
        stage.sessions, system, windows=(tomorrow,), limit=1, now=stage.now
    )
    for cliente_id in stage.others(ana.require_tenant()):
        enrollments.enrol_once(
            stage.sessions,
            system,
            next_class.id,
            cliente_id=cliente_id,
            now=stage.now,
            key=f"scene:{cliente_id}",
        )
    sofia = stage.actor(demo.SOFIA, demo.ANA_LINE)
    enrollments.enrol_once(stage.sessions, sofia, next_class.id, now=stage.now, key="scene:sofia")
    for wa_id in (demo.MARTA, demo.JUAN):
        client = stage.actor(wa_id, demo.ANA_LINE)
        waiting.wait_for_class(stage.sessions, client, next_class.id, now=stage.now, key=f"scene:{wa_id}")
    stage.hush()


def _first_day(stage: Stage) -> None:
    """Nothing to add: Carla has a phone, and nobody knows her yet."""


SCENES = (
    Scene(
        "agenda-llena",
        "Masajista con agenda llena",
        "Laura tiene la semana casi completa y dos pedidos por confirmar. Probá, como ella, «qué tengo mañana» "
        "o «el viernes a la tarde no atiendo»; como Marta, «quiero un masaje lo antes posible».",
        _full_agenda,
    ),
    Scene(
        "lista-de-espera",
        "Profe de yoga con lista de espera",
        "La próxima clase de Ana está completa; Marta y Juan esperan. Probá, como Sofía, «no voy a poder ir a "
        "la clase»: el lugar se le ofrece a Marta.",
        _waiting_list,
    ),
    Scene(
        "primer-dia",
        "Primer día de un profesional",
        "Carla todavía no tiene nada cargado. Probá, como ella, «quiero usar Vallebot para mis clientes».",
        _first_day,
    ),
)
