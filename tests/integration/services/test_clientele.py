from __future__ import annotations

import pytest

from vallebot.errors import InvalidError, NotFoundError
from vallebot.services import clientele, identity


@pytest.fixture
def register(sessions, now, new_key):
    def make(actor, name, phone=None, key=None):
        return clientele.register_cliente(sessions, actor, name, phone, now=now, key=key or new_key())

    return make


def test_client_is_noted_down_once(register, sessions, as_profesional, laura):
    actor = as_profesional(laura)
    first = register(actor, " Bea  Ruiz ", "+5491161110001")
    assert (first.cliente.name, first.cliente.phone_e164, first.known) == (
        "Bea Ruiz",
        "+5491161110001",
        False,
    )
    again = register(actor, "Beatriz", "+5491161110001")
    assert (again.cliente.id, again.cliente.name, again.known) == (first.cliente.id, "Beatriz", True)
    assert [card.id for card in clientele.list_clientes(sessions, actor)] == [first.cliente.id]


def test_each_professional_has_a_name_of_their_own_for_a_client(
    register, sessions, as_profesional, laura, ana, make_profesional, now, new_key, rows
):
    register(as_profesional(laura), "Anita", ana.phone_e164)
    marta = as_profesional(make_profesional())
    register(marta, "Ana de los lunes", ana.phone_e164)
    clientele.rename_cliente(sessions, marta, ana.id, "Ana (lunes)", now=now, key=new_key())
    assert rows("SELECT name FROM clientes WHERE id = :id", id=ana.id) == [("Ana Gómez",)]
    assert clientele.get_cliente(sessions, as_profesional(laura), ana.id).name == "Anita"
    assert rows("SELECT snapshot->>'name' FROM relationship_state ORDER BY profesional_id") == [
        ("Anita",),
        ("Ana (lunes)",),
    ]


def test_client_without_a_phone_can_be_noted_down(register, as_profesional, laura, rows):
    register(as_profesional(laura), "Tía Rosa")
    assert rows("SELECT phone_e164 FROM clientes WHERE name = 'Tía Rosa'") == [(None,)]


@pytest.mark.parametrize(("name", "phone"), [("?", None), ("Bea", "11 6111"), ("Bea", "+0123456789")])
def test_nonsense_is_refused(register, as_profesional, laura, name, phone):
    with pytest.raises(InvalidError):
        register(as_profesional(laura), name, phone)


def test_clients_of_others_do_not_exist(
    register, sessions, as_profesional, laura, make_profesional, now, new_key
):
    known = register(as_profesional(laura), "Bea", "+5491161110001")
    stranger = as_profesional(make_profesional())
    assert clientele.list_clientes(sessions, stranger) == []
    with pytest.raises(NotFoundError):
        clientele.get_cliente(sessions, stranger, known.cliente.id)
    with pytest.raises(NotFoundError):
        clientele.rename_cliente(sessions, stranger, known.cliente.id, "Mía", now=now, key=new_key())


def test_client_opts_out_and_in_again(sessions, write_to, laura, ana, rows, now, new_key):
    actor = write_to(laura, ana)
    clientele.set_notices(sessions, actor, False, now=now, key=new_key())
    assert rows("SELECT notices_accepted FROM relaciones") == [(False,)]
    clientele.set_notices(sessions, actor, True, now=now, key=new_key())
    assert rows("SELECT notices_accepted FROM relaciones") == [(True,)]


def test_client_chooses_when_to_be_reminded(sessions, write_to, laura, ana, now, new_key):
    actor = write_to(laura, ana)
    assert clientele.set_reminders(sessions, actor, (60, 600, 60), now=now, key=new_key()) == [600, 60]
    assert clientele.set_reminders(sessions, actor, None, now=now, key=new_key()) == [1440, 120]
    with pytest.raises(InvalidError):
        clientele.set_reminders(sessions, actor, (0,), now=now, key=new_key())


def test_name_of_a_person_reaches_every_snapshot(
    register, sessions, write_to, as_profesional, laura, make_cliente, rows, now
):
    nameless = make_cliente(name=None)
    actor = write_to(laura, nameless)
    clientele.set_notices(sessions, actor, True, now=now, key="k")
    identity.set_name(sessions, actor, "Cata", now=now)
    assert rows("SELECT snapshot->>'name' FROM relationship_state") == [("Cata",)]
