from __future__ import annotations

from datetime import time

import pytest

from vallebot.db.tables.messaging import Rol
from vallebot.errors import InvalidError, NotAllowedError
from vallebot.services import business, catalogue, identity
from vallebot.services.business import AlreadyRegistered, NewBusiness
from vallebot.services.identity import Sender, receive_sender


@pytest.fixture
def write(sessions, now):
    """The Actor of somebody who writes to the shared line."""

    def make(**sender):
        with sessions.begin() as session:
            conversation = receive_sender(session, Sender("shared-line", **sender), now=now)
        return identity.load_actor(sessions, conversation)

    return make


@pytest.fixture
def register(sessions, now, new_key):
    def make(actor, *, approval=False, **over):
        new = NewBusiness(**{"name": "Julia Ñandú", "trade": "kinesióloga", **over})
        return business.register_profesional(sessions, actor, new, approval=approval, now=now, key=new_key())

    return make


def test_somebody_becomes_a_professional_by_chat(register, sessions, write):
    actor = write(wa_id="5491161110001")
    found = register(actor)
    assert (found.code, found.state) == ("julia-nandu", "activo")
    after = identity.load_actor(sessions, actor.conversacion_id)
    assert (after.rol, after.profesional_id) == (Rol.PROFESIONAL, found.profesional_id)
    assert catalogue.profesional_card(sessions, after).trade == "kinesióloga"


def test_with_approval_they_stay_a_client_until_the_operator_agrees(register, sessions, write):
    actor = write(wa_id="5491161110001")
    assert register(actor, approval=True).state == "pendiente"
    assert identity.load_actor(sessions, actor.conversacion_id).rol is Rol.CLIENTE


def test_code_that_is_taken_gets_a_number(register, write):
    register(write(wa_id="5491161110001"))
    assert register(write(wa_id="5491161110002")).code.startswith("julia-nandu-")


def test_nobody_registers_twice(register, write):
    actor = write(wa_id="5491161110001")
    register(actor, approval=True)
    with pytest.raises(AlreadyRegistered):
        register(actor, approval=True)


def test_professional_does_not_register_as_another_one(register, as_profesional, laura):
    with pytest.raises(NotAllowedError):
        register(as_profesional(laura))


def test_hidden_phone_has_to_be_told(register, write):
    actor = write(bsuid="AR.1", business_account_id="waba")
    with pytest.raises(InvalidError) as caught:
        register(actor)
    assert caught.value.facts == {"field": "phone"}
    register(actor, phone_e164="+5491161110009")


@pytest.fixture
def change(sessions, as_profesional, laura, now, new_key):
    def make(**changes):
        return business.change_profesional(sessions, as_profesional(laura), changes, now=now, key=new_key())

    return make


def test_own_settings_are_changed(change, rows):
    changed = change(
        auto_confirm=False, payment_alias="laura.masajes", agenda_time=time(8), reminder_minutes=[60]
    )
    assert changed == ("agenda_time", "auto_confirm", "payment_alias", "reminder_minutes")
    assert change(auto_confirm=False) == ()
    assert rows("SELECT auto_confirm, payment_alias, agenda_time, reminder_minutes FROM profesionales") == [
        (False, "laura.masajes", time(8), [60])
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("state", "activo"),
        ("phone_number_id", "x"),
        ("name", " "),
        ("timezone", "Mars/Olympus"),
        ("horizon_days", 0),
        ("auto_confirm", 1),
        ("agenda_time", "8"),
        ("reminder_minutes", [0]),
        ("payment_cbu", "123"),
        ("latitude", 91),
    ],
)
def test_bad_or_foreign_setting_is_named(change, field, value):
    with pytest.raises(InvalidError) as caught:
        change(**{field: value})
    assert caught.value.facts == {"field": field}


def test_coordinates_come_in_pairs(change):
    with pytest.raises(InvalidError):
        change(latitude=-34.6)
    assert change(latitude=-34.6, longitude=-58.4) == ("latitude", "longitude")
