"""Every use case, tried by everybody: only the right persons get anywhere.

Classes and money have tables of their own; a use case that is in none fails
test_authorisation_tables.py.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text

from vallebot.db.tables.messaging import Direction, Message, Rol
from vallebot.domain.availability import WeeklyHours
from vallebot.domain.proof_reading import ProofReading
from vallebot.domain.states import ProfesionalState
from vallebot.errors import NotAllowedError, NotFoundError
from vallebot.services import (
    agenda,
    attachments,
    bookings,
    broadcasts,
    business,
    cancellations,
    catalogue,
    class_definition,
    clientele,
    closing,
    handover,
    identity,
    operator,
    people,
    queues,
    relationship,
    rescheduling,
    rosters,
    service_changes,
    tenancy,
)
from vallebot.services.actor import Actor
from vallebot.services.agenda import SlotQuery
from vallebot.services.bookings import BookRequest
from vallebot.services.broadcasts import Audience
from vallebot.services.business import NewBusiness
from vallebot.services.catalogue import ServicioSpec
from vallebot.services.fallback import gathering
from vallebot.services.fallback.gathering import Asked
from vallebot.services.identity import Sender, receive_sender
from vallebot.services.operator import NewProfesional
from vallebot.services.rescheduling import RescheduleRequest
from vallebot.services.series import SerieSpec
from vallebot.services.tenancy import Words

#: Who tries: the client of the booking, its professional; another client and another professional (of the same
#: shared installation), and somebody whom nobody knows and who has chosen nobody.
PERSONS = ("cliente", "profesional", "other_cliente", "other_profesional", "unknown")
REFUSED = (NotAllowedError, NotFoundError)


@dataclass(frozen=True)
class Case:
    """A use case and who may do it to the world's rows; `call(world, actor)` uses the professional's rows."""

    name: str
    call: Callable[[Any, Actor], Any]
    allowed: frozenset[str]


def case(function: Callable, allowed: str, *args: Callable[[Any], Any], **kwargs: Any) -> Case:
    """`args` are made from the world; `now` and `key` are given where the use case takes them."""
    wanted = inspect.signature(function).parameters

    def call(world: Any, actor: Actor) -> Any:
        extra = {name: getattr(world, name) for name in ("now", "key") if name in wanted}
        return function(world.sessions, actor, *(arg(world) for arg in args), **{**extra, **kwargs})

    return Case(
        f"{function.__module__.rpartition('.')[2]}.{function.__name__}", call, frozenset(allowed.split())
    )


EVERYBODY = " ".join(PERSONS)
#: Those who talk about this professional's business, or do so as the professional.
OF_TENANT = "cliente profesional other_cliente"
YOGA = ServicioSpec("Yoga", 60, kind="grupal", capacity=5)

CASES = [
    case(agenda.free_slots, OF_TENANT, lambda w: SlotQuery(w.servicio)),
    case(agenda.next_free, OF_TENANT, lambda w: w.servicio, lambda w: 1),
    case(agenda.nearest_free, OF_TENANT, lambda w: w.servicio, lambda w: w.later),
    case(agenda.agenda, "profesional", lambda w: w.now.date(), lambda w: w.now.date()),
    case(agenda.preview_block, "profesional", lambda w: w.now, lambda w: w.later),
    case(agenda.closed_within, "profesional", lambda w: w.now, lambda w: w.later),
    case(closing.close_stretches, "profesional", lambda w: [(w.now, w.later)], cancel=[1]),
    case(agenda.outside_hours, "profesional", lambda w: [WeeklyHours(0, 0, 60)]),
    case(agenda.block, "profesional", lambda w: w.now, lambda w: w.later),
    case(agenda.reopen, "profesional", lambda w: w.now, lambda w: w.later),
    case(bookings.book, "cliente profesional", lambda w: BookRequest(w.servicio, w.free, w.cliente)),
    case(bookings.accept, "profesional", lambda w: w.pending),
    case(bookings.reject, "profesional", lambda w: w.pending),
    case(bookings.confirm_attendance, "cliente", lambda w: w.booking),
    case(bookings.mark_done, "profesional", lambda w: w.past),
    case(bookings.mark_absent, "profesional", lambda w: w.past),
    case(bookings.get_booking, "cliente profesional", lambda w: w.booking),
    case(bookings.bookings_of, "cliente profesional", cliente_id=None),
    case(cancellations.cancellation_terms, "cliente profesional", lambda w: w.booking),
    case(cancellations.cancel, "cliente profesional", lambda w: w.booking),
    case(cancellations.decide_change, "profesional", lambda w: w.asked, lambda w: "rechazar"),
    case(rescheduling.reschedule, "cliente profesional", lambda w: RescheduleRequest(w.booking, w.free)),
    case(catalogue.list_servicios, OF_TENANT),
    case(catalogue.define_servicio, "profesional", lambda w: ServicioSpec("Nuevo", 30)),
    case(service_changes.change_servicio, "profesional", lambda w: w.servicio, lambda w: {"price_minor": 1}),
    case(service_changes.change_servicios, "profesional", lambda w: {w.servicio: {"price_minor": 1}}),
    case(catalogue.pause_servicio, "profesional", lambda w: w.servicio),
    case(catalogue.set_horarios, "profesional", lambda w: [WeeklyHours(0, 0, 60)]),
    case(catalogue.profesional_card, OF_TENANT),
    case(clientele.list_clientes, "profesional"),
    case(clientele.get_cliente, "profesional", lambda w: w.cliente),
    case(clientele.register_cliente, "profesional", lambda w: "Bea", lambda w: "+5491161110001"),
    case(clientele.rename_cliente, "profesional", lambda w: w.cliente, lambda w: "Bea"),
    case(clientele.set_notices, "cliente other_cliente unknown", lambda w: False),
    case(clientele.set_reminders, "cliente other_cliente", lambda w: None),
    case(
        business.register_profesional,
        "cliente other_cliente unknown",
        lambda w: NewBusiness("Bea"),
        approval=True,
    ),
    case(business.own_business, EVERYBODY),
    case(business.change_profesional, "profesional", lambda w: {"trade": "masajista"}),
    case(relationship.relationship_of, "cliente profesional", lambda w: w.cliente),
    case(identity.set_email, EVERYBODY, lambda w: "bea@example.com"),
    case(identity.set_name, EVERYBODY, lambda w: "Bea"),
    case(identity.switch_rol, EVERYBODY, lambda w: Rol.CLIENTE),
    case(identity.switch_rol, "profesional other_profesional", lambda w: Rol.PROFESIONAL),
    case(identity.choose_profesional, EVERYBODY, lambda w: w.profesional),
    case(identity.profesionales_for, EVERYBODY),
    case(identity.dedicated_line, EVERYBODY),
    case(people.name_of, EVERYBODY),
    case(people.phone_of, EVERYBODY),
    case(handover.ask_for_person, "cliente other_cliente", said="quiero hablar con Laura"),
    case(handover.take_over, "profesional", lambda w: w.cliente, during=timedelta(hours=1)),
    case(handover.give_back, "profesional", lambda w: w.cliente),
    case(identity.may_act_as_profesional, EVERYBODY),
    case(tenancy.whom, EVERYBODY, lambda w: Words("quiero un turno")),
    case(tenancy.named_instead, EVERYBODY, lambda w: "con Laura"),
    case(rosters.upcoming_classes, OF_TENANT),
    case(rosters.list_series, OF_TENANT),
    case(class_definition.define_class, "profesional", lambda w: YOGA, lambda w: [SerieSpec(0, 600)]),
    case(attachments.attachment, "cliente", lambda w: None, lambda w: None, lambda w: w.message),
    case(gathering.gather, OF_TENANT, lambda w: Asked(w.message, "hola")),
    case(clientele.record_of, "profesional", lambda w: w.cliente),
    case(broadcasts.recipients, "profesional", lambda w: Audience()),
    case(broadcasts.send_message, "profesional", lambda w: [w.cliente], lambda w: "Feliz año"),
    case(broadcasts.announce_delay, "cliente", lambda w: w.booking, lambda w: 10),
    case(broadcasts.affected_by_delay, "profesional", lambda w: w.later),
    case(broadcasts.tell_delay, "profesional", lambda w: [w.booking], lambda w: 10),
    # The operator's: no person in WhatsApp may, whoever they are.
    case(operator.create_profesional, "", lambda w: NewProfesional("Bea", "+5491161110009", "bea")),
    case(operator.set_state, "", lambda w: w.profesional, lambda w: ProfesionalState.PAUSADO),
    case(operator.find_profesional, "", lambda w: "Laura"),
    case(operator.list_profesionales, ""),
    case(queues.queued, "", lambda w: Direction.IN),
    case(queues.retry_inbound, "", lambda w: w.message),
    case(queues.retry_outbound, "", lambda w: w.message),
    case(queues.late_work, ""),
    case(queues.retry_work, "", lambda w: 1),
    case(queues.bills, ""),
]

#: These act on the actor's own business where they name no row of this one: another professional does it to theirs.
OWN_BUSINESS = frozenset(
    {
        "agenda.agenda",
        "agenda.preview_block",
        "agenda.outside_hours",
        "agenda.closed_within",
        "closing.close_stretches",
        "agenda.block",
        "agenda.reopen",
        "bookings.bookings_of",
        "broadcasts.affected_by_delay",
        "broadcasts.recipients",
        "broadcasts.tell_delay",
        "business.change_profesional",
        "catalogue.define_servicio",
        "catalogue.list_servicios",
        "catalogue.profesional_card",
        "catalogue.set_horarios",
        "class_definition.define_class",
        "gathering.gather",
        "rosters.list_series",
        "rosters.upcoming_classes",
        "clientele.list_clientes",
        "clientele.register_cliente",
        "relationship.relationship_of",
    }
)
#: Likewise, what a client asks without naming anybody's row is about their own things.
OWN_THINGS = frozenset({"bookings.bookings_of"})


@pytest.fixture
def world(
    sessions,
    make_profesional,
    make_servicio,
    make_horario,
    make_relacion,
    make_cliente,
    make_booking,
    save,
    now,
):
    """Two professionals behind one line, each with a client and hours."""
    laura, marta = (make_profesional(name=name, phone_number_id=None) for name in ("Laura", "Marta"))
    ana, bea = make_cliente(name="Ana"), make_cliente(name="Bea")
    day = now + timedelta(days=3)
    make_horario(laura, day.weekday(), "00:00", "24:00")
    make_horario(laura, (day.weekday() + 1) % 7, "00:00", "24:00")
    servicio = make_servicio(laura)
    make_servicio(marta)
    make_relacion(laura, ana)
    make_relacion(laura, bea)

    def booked(hours: int, **over: Any) -> int:
        return make_booking(servicio, day + timedelta(hours=hours), ana, **over).id

    found = SimpleNamespace(
        sessions=sessions,
        now=now,
        key="wamid.X",
        profesional=laura.id,
        servicio=servicio.id,
        cliente=ana.id,
        later=day,
        free=day + timedelta(hours=20),
        booking=booked(0),
        pending=booked(2, state="pendiente", expires_at=day),
        asked=booked(4, change_requested_at=now),
        past=make_booking(servicio, now - timedelta(hours=3), ana).id,
    )
    found.actors = {
        "cliente": writes(sessions, ana, now, laura),
        "profesional": writes(sessions, laura, now),
        "other_cliente": writes(sessions, bea, now, laura),
        "other_profesional": writes(sessions, marta, now),
        "unknown": writes(sessions, make_cliente(name=None), now),
    }
    found.message = save(
        Message(
            conversacion_id=found.actors["cliente"].conversacion_id,
            direction="in",
            kind="image",
            state="procesado",
            wamid="wamid.photo",
            payload={
                "kept": {"sha256": "0" * 64, "path": "x", "media_type": "image/png", "size_bytes": 1},
                "reading": asdict(ProofReading()),
            },
            due_at=now,
        )
    ).id
    return found


def writes(sessions, person, now: datetime, chosen=None) -> Actor:
    with sessions.begin() as session:
        sender = Sender("shared-line", wa_id=person.phone_e164[1:])
        conversation = receive_sender(session, sender, now=now)
    actor = identity.load_actor(sessions, conversation)
    return identity.choose_profesional(sessions, actor, chosen.id, now=now) if chosen else actor


def content(sessions) -> list:
    """All that a wrong Actor must not have changed or caused."""
    tables = (
        "bookings",
        "servicios",
        "horarios",
        "bloqueos",
        "cargos",
        "tareas",
        "relaciones",
        "messages",
        "audit",
    )
    with sessions() as session:
        return [session.execute(text(f"SELECT * FROM {table} ORDER BY id")).all() for table in tables]


@pytest.mark.parametrize(
    ("tried", "person"),
    [
        pytest.param(tried, person, id=f"{tried.name}-{person}")
        for tried in CASES
        for person in sorted(tried.allowed)
    ],
)
def test_the_right_person_may(world, tried, person):
    tried.call(world, world.actors[person])


@pytest.mark.parametrize("person", PERSONS)
def test_nobody_else_may(world, person):
    before = content(world.sessions)
    for tried in CASES:
        if person in tried.allowed or is_about_own(tried, person):
            continue
        with pytest.raises(REFUSED):
            tried.call(world, world.actors[person])
    assert content(world.sessions) == before


@pytest.mark.parametrize(
    "tried", [tried for tried in CASES if tried.name in OWN_BUSINESS], ids=lambda tried: tried.name
)
def test_what_one_does_to_ones_own_leaves_others_alone(world, tried):
    others = others_rows(world)
    for person in PERSONS:
        if person not in tried.allowed and is_about_own(tried, person):
            assert mentions(tried.call(world, world.actors[person]), world) == []
    assert others_rows(world) == others


def is_about_own(tried: Case, person: str) -> bool:
    own_business = person == "other_profesional" and tried.name in OWN_BUSINESS
    return own_business or (person in ("other_cliente", "unknown") and tried.name in OWN_THINGS)


def others_rows(world) -> list:
    """The rows of the world's professional."""
    tables = ("bookings", "servicios", "horarios", "bloqueos", "cargos", "relaciones")
    with world.sessions() as session:
        return [
            session.execute(
                text(f"SELECT * FROM {table} WHERE profesional_id = :id ORDER BY id"),
                {"id": world.profesional},
            ).all()
            for table in tables
        ]


def mentions(result: Any, world: Any) -> list:
    """Things of this professional in somebody else's answer."""
    items = result if isinstance(result, (list, tuple)) else [result]
    return [item for item in items if getattr(item, "profesional_id", None) == world.profesional]


@pytest.mark.parametrize(
    "forged", [Actor(Rol.CLIENTE, 1), Actor(Rol.PROFESIONAL, None), Actor(Rol.CLIENTE, None, None)]
)
def test_half_an_actor_is_nobody(world, forged):
    for call in (
        lambda: bookings.book(
            world.sessions, forged, BookRequest(world.servicio, world.free), now=world.now, key="k"
        ),
        lambda: bookings.get_booking(world.sessions, forged, world.booking),
        lambda: bookings.bookings_of(world.sessions, forged),
    ):
        with pytest.raises(REFUSED):
            call()
