from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from vallebot.db.tables.messaging import Rol
from vallebot.errors import InvalidError, NotAllowedError, NotFoundError
from vallebot.services import identity
from vallebot.services.identity import Sender, actor_of, receive_sender

SHARED = "shared-line"


@pytest.fixture
def receive(sessions, now):
    def make(**sender):
        with sessions.begin() as session:
            return receive_sender(session, Sender(**{"phone_number_id": SHARED, **sender}), now=now)

    return make


@pytest.fixture
def actor(sessions):
    def make(conversacion_id):
        return identity.load_actor(sessions, conversacion_id)

    return make


@pytest.fixture
def shared(make_profesional):
    """A professional behind the shared number."""

    def make(**over):
        return make_profesional(**{"phone_number_id": None, **over})

    return make


def test_unknown_person_is_a_client_from_the_first_message(receive, actor, rows, laura):
    conversation = receive(
        phone_number_id=laura.phone_number_id, wa_id="5491199000001", profile_name="Ani 🌸"
    )
    found = actor(conversation)
    assert (found.rol, found.profesional_id, found.conversacion_id) == (Rol.CLIENTE, laura.id, conversation)
    assert rows(
        "SELECT name, profile_name, phone_e164 FROM clientes WHERE id = :id", id=found.cliente_id
    ) == [(None, "Ani 🌸", "+5491199000001")]


def test_the_same_person_keeps_person_and_conversation(receive, laura):
    first = receive(phone_number_id=laura.phone_number_id, wa_id="5491199000001")
    assert first == receive(phone_number_id=laura.phone_number_id, wa_id="5491199000001")
    assert first != receive(wa_id="5491199000001")


def test_client_noted_down_by_phone_is_recognised(receive, actor, ana):
    assert actor(receive(wa_id=ana.phone_e164[1:])).cliente_id == ana.id


def test_person_without_a_phone_is_known_by_the_scoped_id(receive, actor):
    hidden = {"bsuid": "AR.1", "business_account_id": "waba-1"}
    first = actor(receive(**hidden))
    assert actor(receive(**hidden)).cliente_id == first.cliente_id
    assert actor(receive(bsuid="AR.1", business_account_id="waba-2")).cliente_id != first.cliente_id


def test_phone_and_scoped_id_that_come_together_are_one_person(receive, actor, rows):
    hidden = {"bsuid": "AR.1", "business_account_id": "waba-1"}
    known = actor(receive(wa_id="5491199000001", **hidden)).cliente_id
    assert actor(receive(**hidden)).cliente_id == known
    assert actor(receive(wa_id="5491199000001")).cliente_id == known
    assert rows("SELECT count(*) FROM identidades") == [(2,)]


@pytest.mark.parametrize("sender", [{}, {"bsuid": "AR.1"}])
def test_sender_without_a_name_is_refused(receive, sender):
    with pytest.raises(InvalidError):
        receive(**sender)


def test_professional_acts_as_such_on_their_own_line_only(receive, actor, laura, make_profesional):
    marta = make_profesional(name="Marta")
    phone = laura.phone_e164[1:]
    own = actor(receive(phone_number_id=laura.phone_number_id, wa_id=phone))
    assert (own.rol, own.profesional_id, own.cliente_id) == (Rol.PROFESIONAL, laura.id, laura.cliente_id)
    elsewhere = actor(receive(phone_number_id=marta.phone_number_id, wa_id=phone))
    assert (elsewhere.rol, elsewhere.profesional_id, elsewhere.cliente_id) == (
        Rol.CLIENTE,
        marta.id,
        laura.cliente_id,
    )


def test_professional_on_the_shared_line_acts_for_their_own_business(receive, actor, shared):
    marta = shared()
    found = actor(receive(wa_id=marta.phone_e164[1:]))
    assert (found.rol, found.profesional_id) == (Rol.PROFESIONAL, marta.id)


def test_professional_who_waits_for_approval_is_a_client_like_any_other(receive, actor, shared):
    marta = shared(state="pendiente")
    assert actor(receive(wa_id=marta.phone_e164[1:])).rol is Rol.CLIENTE


def test_only_relation_is_taken_on_the_shared_line(receive, actor, shared, make_relacion, ana):
    marta = shared()
    make_relacion(marta, ana)
    assert actor(receive(wa_id=ana.phone_e164[1:])).profesional_id == marta.id


def test_two_relations_have_to_be_chosen_from(receive, actor, shared, make_relacion, ana, sessions, now):
    marta, julia = shared(name="Marta"), shared(name="Julia")
    make_relacion(marta, ana, last_contact_at=now - timedelta(days=3))
    make_relacion(julia, ana, last_contact_at=now - timedelta(days=1))
    paused = shared(name="Pausada", state="pausado")
    unknown = actor(receive(wa_id=ana.phone_e164[1:]))
    assert unknown.profesional_id is None
    options = identity.profesionales_for(sessions, unknown)
    assert [(option.name, option.related) for option in options] == [("Julia", True), ("Marta", True)]
    chosen = identity.choose_profesional(sessions, unknown, marta.id, now=now)
    assert chosen.profesional_id == marta.id
    assert actor(unknown.conversacion_id) == chosen
    again = identity.profesionales_for(sessions, chosen)
    assert [option.name for option in again] == ["Marta", "Julia"]
    assert paused.name not in {option.name for option in again}


def test_the_line_of_a_professional_talks_about_no_other(receive, actor, sessions, laura, shared, now):
    marta = shared()
    found = actor(receive(phone_number_id=laura.phone_number_id, wa_id="5491199000001"))
    assert [option.id for option in identity.profesionales_for(sessions, found)] == [laura.id]
    with pytest.raises(NotAllowedError):
        identity.choose_profesional(sessions, found, marta.id, now=now)


def test_who_cannot_be_chosen_is_not_found(receive, actor, sessions, shared, now):
    found = actor(receive(wa_id="5491199000001"))
    for profesional_id in (shared(state="pendiente").id, 999):
        with pytest.raises(NotFoundError):
            identity.choose_profesional(sessions, found, profesional_id, now=now)


def test_professional_switches_to_client_and_back(receive, actor, sessions, shared, now):
    marta, julia = shared(name="Marta"), shared(name="Julia")
    own = actor(receive(wa_id=marta.phone_e164[1:]))
    as_cliente = identity.switch_rol(sessions, own, Rol.CLIENTE, now=now)
    assert (as_cliente.rol, as_cliente.profesional_id) == (Rol.CLIENTE, None)
    chosen = identity.choose_profesional(sessions, as_cliente, julia.id, now=now)
    assert (chosen.rol, chosen.profesional_id) == (Rol.CLIENTE, julia.id)
    assert identity.switch_rol(sessions, chosen, Rol.PROFESIONAL, now=now) == own


def test_client_cannot_become_professional(receive, actor, sessions, laura, now):
    found = actor(receive(phone_number_id=laura.phone_number_id, wa_id="5491199000001"))
    with pytest.raises(NotAllowedError):
        identity.switch_rol(sessions, found, Rol.PROFESIONAL, now=now)
    assert actor(found.conversacion_id).rol is Rol.CLIENTE


def test_stored_role_is_not_believed_without_the_business_behind_it(receive, actor, sessions, laura, rows):
    from sqlalchemy import text

    conversation = receive(phone_number_id=laura.phone_number_id, wa_id="5491199000001")
    with sessions.begin() as session:
        session.execute(text("UPDATE conversaciones SET rol = 'profesional'"))
    assert actor(conversation).rol is Rol.CLIENTE


def test_unknown_conversation_has_no_actor(sessions):
    with sessions() as session, pytest.raises(NotFoundError):
        actor_of(session, uuid4())


@pytest.mark.parametrize(
    ("name", "kept"), [("  ana   gómez ", "ana gómez"), ("x", None), ("12345", None), ("a" * 81, None)]
)
def test_name_is_kept_as_given(receive, actor, sessions, laura, rows, now, name, kept):
    found = actor(receive(phone_number_id=laura.phone_number_id, wa_id="5491199000001"))
    if kept is None:
        with pytest.raises(InvalidError):
            identity.set_name(sessions, found, name, now=now)
        return
    assert identity.set_name(sessions, found, name, now=now) == kept
    assert rows("SELECT name FROM clientes WHERE id = :id", id=found.cliente_id) == [(kept,)]


@pytest.fixture
def reach(sessions):
    def make(profesional, cliente=None):
        with sessions.begin() as session:
            return identity.conversation_with(session, profesional.id, cliente.id if cliente else None)

    return make


def test_both_sides_are_reached_where_they_write(receive, reach, laura, ana):
    client_side = receive(phone_number_id=laura.phone_number_id, wa_id=ana.phone_e164[1:])
    own_side = receive(phone_number_id=laura.phone_number_id, wa_id=laura.phone_e164[1:])
    receive(wa_id=ana.phone_e164[1:])
    assert (reach(laura, ana), reach(laura)) == (client_side, own_side)


def test_somebody_who_never_wrote_is_reached_by_phone(reach, actor, laura, ana, rows):
    conversation = reach(laura, ana)
    assert conversation == reach(laura, ana)
    assert actor(conversation).cliente_id == ana.id
    assert rows(
        "SELECT c.phone_number_id, i.value FROM conversaciones c JOIN identidades i ON i.id = c.identidad_id"
    ) == [(laura.phone_number_id, ana.phone_e164[1:])]


def test_somebody_without_phone_and_identity_cannot_be_reached(reach, laura, make_cliente):
    assert reach(laura, make_cliente(phone_e164=None)) is None


def test_conversation_opened_before_the_shared_line_was_known_is_continued_there(
    reach, receive, shared, ana, rows
):
    marta = shared()
    opened = reach(marta, ana)
    assert rows("SELECT phone_number_id FROM conversaciones") == [("",)]
    assert receive(wa_id=ana.phone_e164[1:]) == opened
    assert rows("SELECT phone_number_id FROM conversaciones") == [(SHARED,)]


def test_shared_line_is_the_one_in_use(reach, receive, shared, ana, make_cliente, rows):
    marta = shared()
    receive(wa_id=make_cliente().phone_e164[1:])
    opened = reach(marta, ana)
    assert rows("SELECT phone_number_id, profesional_id FROM conversaciones WHERE id = :id", id=opened) == [
        (SHARED, marta.id)
    ]
