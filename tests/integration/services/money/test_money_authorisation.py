"""Every use case of money and personal data, tried by everybody: only the right persons get anywhere.

A use case that is missing from the table fails `test_every_use_case_is_in_the_table`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text

from vallebot.db.tables.messaging import Rol
from vallebot.domain.proof_reading import ProofReading
from vallebot.errors import NotAllowedError, NotFoundError
from vallebot.gateways.media_store import MediaStore
from vallebot.services import accounts, monthly_fees, payment_corrections, payments, personal_data, proofs
from vallebot.services.actor import Actor, system_actor
from vallebot.services.identity import Sender, actor_of, receive_sender
from vallebot.services.payments import News, Received
from vallebot.services.proofs import KeptFile, ProofTools

MODULES = (accounts, monthly_fees, payment_corrections, payments, personal_data, proofs)
PERSONS = ("cliente", "profesional", "other_cliente", "other_profesional", "unknown")
REFUSED = (NotAllowedError, NotFoundError)
#: Not to be changed, caused or said by a wrong Actor.
TABLES = ("payments", "cargos", "payment_applications", "messages", "audit", "clientes", "relaciones")
OTHER_FILE = KeptFile("0" * 64, f"00/{'0' * 64}.jpg", "image/jpeg", 4)
MARCH = (date(2026, 3, 1), date(2026, 3, 31))


@dataclass(frozen=True)
class Case:
    """A use case; `allowed`: who may do it to the world's rows; `own`: who does it to their own things instead."""

    function: Callable
    allowed: frozenset[str]
    own: frozenset[str]
    args: tuple[Callable[[Any], Any], ...]
    kwargs: dict

    @property
    def name(self) -> str:
        return f"{self.function.__module__.rpartition('.')[2]}.{self.function.__name__}"

    def call(self, world: Any, actor: Actor) -> Any:
        wanted = inspect.signature(self.function).parameters
        given = {name: getattr(world, name) for name in ("now", "key") if name in wanted}
        kwargs = {name: value(world) for name, value in self.kwargs.items()}
        return self.function(world.sessions, actor, *(arg(world) for arg in self.args), **given, **kwargs)


def case(function: Callable, allowed: str, *args: Callable[[Any], Any], own: str = "", **kwargs: Any) -> Case:
    return Case(function, frozenset(allowed.split()), frozenset(own.split()), args, kwargs)


CASES = [
    case(payments.inform, "cliente", lambda w: News(500, cargo_ids=(w.cargo,))),
    case(payments.confirm, "profesional", lambda w: w.announced),
    case(payments.reject, "profesional", lambda w: w.announced),
    case(payments.record_received, "profesional", lambda w: Received(w.cliente, 300)),
    case(payment_corrections.apply_to, "profesional", lambda w: w.confirmed, lambda w: (w.cargo,)),
    case(payment_corrections.refund, "profesional", lambda w: w.confirmed, amount_minor=lambda w: 10),
    case(payment_corrections.void, "cliente profesional", lambda w: w.announced),
    case(payment_corrections.void, "profesional", lambda w: w.confirmed),
    case(payment_corrections.waive, "profesional", lambda w: w.cargo),
    case(payments.get_payment, "cliente profesional", lambda w: w.announced),
    case(
        proofs.inform_with_proof,
        "cliente",
        lambda w: w.tools,
        lambda w: b"\xff\xd8\xff\xe0",
        lambda w: News(500, cargo_ids=(w.cargo,)),
    ),
    case(
        proofs.inform_kept,
        "cliente",
        lambda w: OTHER_FILE,
        lambda w: ProofReading(),
        lambda w: News(500, cargo_ids=(w.cargo,)),
    ),
    case(proofs.prove, "cliente", lambda w: w.announced, lambda w: OTHER_FILE, lambda w: ProofReading()),
    case(proofs.check_new, "cliente", lambda w: OTHER_FILE, own="other_cliente"),
    case(accounts.debts, "cliente profesional", cliente_id=lambda w: w.cliente),
    case(accounts.balances, "profesional", own="other_profesional"),
    case(accounts.account, "cliente profesional", lambda w: w.cliente),
    case(accounts.payments_of, "cliente profesional", cliente_id=lambda w: w.cliente),
    case(accounts.income, "profesional", lambda w: MARCH[0], lambda w: MARCH[1], own="other_profesional"),
    case(monthly_fees.generate_fees, "profesional", own="other_profesional"),
    case(personal_data.export, "cliente", lambda w: w.cliente),
    case(personal_data.erase, "cliente", lambda w: w.tools.media, lambda w: w.cliente),
]
#: Another professional who asks about somebody else's client gets an empty answer about their own business.
EMPTY_FOR_OTHERS = {"accounts.debts", "accounts.payments_of"}


class NoText:
    def text_of(self, data: bytes, media_type: str) -> None:
        return None


@pytest.fixture
def world(sessions, make_profesional, make_servicio, make_relacion, make_cliente, save, now, tmp_path):
    """Two professionals behind one line; a client of the first, with a debt, an announced and a confirmed payment."""
    from vallebot.db.tables import Cargo, Payment

    laura, marta = (make_profesional(name=name, phone_number_id=None) for name in ("Laura", "Marta"))
    ana, bea = make_cliente(name="Ana"), make_cliente(name="Bea")
    for profesional in (laura, marta):
        make_relacion(profesional, bea)
    make_relacion(laura, ana)
    pair = {"profesional_id": laura.id, "cliente_id": ana.id}
    month = {"month": MARCH[0], "concept": "Marzo", "currency": "ARS", "due_at": now}
    paid = {"means": "efectivo", "informed_at": now, "amount_minor": 400}
    found = SimpleNamespace(
        sessions=sessions,
        now=now,
        key="wamid.X",
        profesional=laura.id,
        cliente=ana.id,
        cargo=save(Cargo(servicio_id=make_servicio(laura).id, amount_minor=1000, **month, **pair)).id,
        announced=save(Payment(state="informado", **paid, **pair)).id,
        confirmed=save(Payment(state="confirmado", decided_at=now, **paid, **pair)).id,
        tools=ProofTools(MediaStore(tmp_path / "media"), NoText()),
    )
    found.actors = {
        "cliente": writes(sessions, ana, now, laura),
        "profesional": writes(sessions, laura, now),
        "other_cliente": writes(sessions, bea, now, laura),
        "other_profesional": writes(sessions, marta, now),
        "unknown": writes(sessions, make_cliente(name=None), now),
    }
    return found


def writes(sessions, person, now, chosen=None) -> Actor:
    from vallebot.services.identity import choose_profesional

    with sessions.begin() as session:
        actor = actor_of(
            session, receive_sender(session, Sender("shared-line", wa_id=person.phone_e164[1:]), now=now)
        )
    return choose_profesional(sessions, actor, chosen.id, now=now) if chosen else actor


def content(sessions) -> list:
    with sessions() as session:
        return [session.execute(text(f"SELECT * FROM {table} ORDER BY id")).all() for table in TABLES]


@pytest.mark.parametrize(
    ("tried", "person"),
    [
        pytest.param(tried, person, id=f"{number}-{tried.name}-{person}")
        for number, tried in enumerate(CASES)
        for person in sorted(tried.allowed)
    ],
)
def test_the_right_person_may(world, tried, person):
    tried.call(world, world.actors[person])


@pytest.mark.parametrize("person", PERSONS)
def test_nobody_else_may(world, person):
    before = content(world.sessions)
    for tried in CASES:
        if person in tried.allowed | tried.own:
            continue
        if person == "other_profesional" and tried.name in EMPTY_FOR_OTHERS:
            assert tried.call(world, world.actors[person]) == []
            continue
        with pytest.raises(REFUSED):
            tried.call(world, world.actors[person])
    assert content(world.sessions) == before


@pytest.mark.parametrize("tried", [tried for tried in CASES if tried.own], ids=lambda tried: tried.name)
def test_what_one_does_with_ones_own_leaves_others_alone(world, tried):
    before = content(world.sessions)[:3]
    for person in tried.own:
        tried.call(world, world.actors[person])
    assert content(world.sessions)[:3] == before


@pytest.mark.parametrize(
    "forged",
    [
        Actor(Rol.CLIENTE, 1),
        Actor(Rol.PROFESIONAL, None),
        Actor(Rol.CLIENTE, None, None),
        system_actor(2),
    ],
)
def test_half_an_actor_is_nobody(world, forged):
    before = content(world.sessions)
    for tried in CASES:
        about_person = tried.name.startswith("personal_data.") and forged.is_system
        if about_person or (forged == system_actor(2) and (tried.own or tried.name in EMPTY_FOR_OTHERS)):
            continue
        with pytest.raises(REFUSED):
            tried.call(world, forged)
    assert content(world.sessions) == before


def test_every_use_case_is_in_the_table():
    known = {tried.name for tried in CASES}
    public = {
        f"{module.__name__.rpartition('.')[2]}.{name}"
        for module in MODULES
        for name, function in vars(module).items()
        if inspect.isfunction(function)
        and function.__module__ == module.__name__
        and list(inspect.signature(function).parameters)[:2] == ["sessions", "actor"]
    }
    assert public == known
