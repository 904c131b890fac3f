"""A professional's words to their clients, and delays: who gets them, once, and who may send them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from vallebot.errors import InvalidError, NotAllowedError, NotFoundError
from vallebot.services import broadcasts, clientele
from vallebot.services.broadcasts import Audience


@pytest.fixture
def beto(make_cliente, make_relacion, laura):
    person = make_cliente(name="Beto Ruiz")
    make_relacion(laura, person)
    return person


@pytest.fixture
def mine(make_relacion, laura, ana, beto):
    """Ana and Beto are Laura's clients."""
    make_relacion(laura, ana)
    return [ana.id, beto.id]


def test_a_message_is_sent_once_however_often_it_is_asked_for(
    sessions, as_profesional, laura, ana, mine, now, said
) -> None:
    actor = as_profesional(laura)
    for _ in range(2):
        sent = broadcasts.send_message(sessions, actor, mine, "hoy no hay luz", now=now, key="wamid.1")
        assert [one.name for one in sent.told] == ["Ana Gómez", "Beto Ruiz"]
    assert said(ana) == ["Mensaje de Laura Paz: hoy no hay luz"]


def test_who_wants_no_notices_gets_none(
    sessions, as_profesional, write_to, laura, ana, mine, now, said
) -> None:
    clientele.set_notices(sessions, write_to(laura, ana), False, now=now, key="no")
    sent = broadcasts.send_message(sessions, as_profesional(laura), mine, "hola", now=now, key="wamid.1")
    assert [one.name for one in sent.refused] == ["Ana Gómez"]
    assert said(ana) == []


def test_a_client_without_a_phone_is_named(sessions, as_profesional, laura, mine, now) -> None:
    actor = as_profesional(laura)
    added = clientele.register_cliente(sessions, actor, "Rocío Vega", None, now=now, key="add")
    sent = broadcasts.send_message(sessions, actor, [added.cliente.id], "hola", now=now, key="wamid.1")
    assert ([one.name for one in sent.unreachable], sent.told) == (["Rocío Vega"], ())


def test_nobody_else_s_clients_are_reached(
    sessions, as_profesional, make_profesional, laura, mine, now, said, ana
) -> None:
    other = make_profesional(name="Olga Sosa")
    with pytest.raises(NotFoundError):
        broadcasts.send_message(sessions, as_profesional(other), mine, "hola", now=now, key="wamid.1")
    assert broadcasts.recipients(sessions, as_profesional(other), Audience(), now=now) == ()
    assert said(ana) == []


def test_a_client_may_not_write_to_clients(sessions, write_to, laura, ana, mine, now) -> None:
    actor = write_to(laura, ana)
    with pytest.raises(NotAllowedError):
        broadcasts.recipients(sessions, actor, Audience(), now=now)
    with pytest.raises(NotAllowedError):
        broadcasts.send_message(sessions, actor, mine, "hola", now=now, key="wamid.1")
    with pytest.raises(NotAllowedError):
        broadcasts.tell_delay(sessions, actor, [1], 10, now=now, key="wamid.2")


def test_without_words_nothing_is_sent(sessions, as_profesional, laura, mine, now) -> None:
    with pytest.raises(InvalidError):
        broadcasts.send_message(sessions, as_profesional(laura), mine, "  ", now=now, key="wamid.1")


def test_those_of_a_day_are_those_with_something_in_it(
    sessions, as_profesional, laura, masaje, make_booking, ana, beto, mine, now
) -> None:
    make_booking(masaje, now + timedelta(days=1), ana)
    make_booking(masaje, now + timedelta(days=2), beto)
    midnight = now.replace(hour=0)
    tomorrow = Audience(starts_at=midnight + timedelta(days=1), ends_at=midnight + timedelta(days=2))
    found = broadcasts.recipients(sessions, as_profesional(laura), tomorrow, now=now)
    assert [one.name for one in found] == ["Ana Gómez"]


def test_a_delay_is_told_to_those_who_wait_once(
    sessions, as_profesional, laura, masaje, make_booking, ana, beto, mine, now, said
) -> None:
    actor = as_profesional(laura)
    first = make_booking(masaje, now + timedelta(hours=1), ana)
    make_booking(masaje, now + timedelta(hours=3), beto)
    waiting = broadcasts.affected_by_delay(sessions, actor, now + timedelta(hours=12), now=now)
    assert [one.cliente_name for one in waiting] == ["Ana Gómez", "Beto Ruiz"]
    for _ in range(2):
        told = broadcasts.tell_delay(sessions, actor, [first.id], 15, now=now, key="wamid.1")
        assert told.told == (ana.id,)
    assert len(said(ana)) == 1
    assert "15 minutos" in said(ana)[0]
    assert said(beto) == []


def test_a_client_announces_their_own_delay_only(
    sessions, write_to, laura, masaje, make_booking, ana, beto, now, said
) -> None:
    booking = make_booking(masaje, now + timedelta(hours=1), ana)
    broadcasts.announce_delay(sessions, write_to(laura, ana), booking.id, 10, now=now, key="wamid.1")
    assert said(laura) == ["Ana Gómez avisa que llega 10 minutos tarde: Masaje, hoy a las 10:00."]
    with pytest.raises(NotFoundError):
        broadcasts.announce_delay(sessions, write_to(laura, beto), booking.id, 10, now=now, key="wamid.2")


def test_a_record_is_its_professional_s_alone(
    sessions, as_profesional, make_profesional, laura, ana, mine, now
) -> None:
    record = clientele.record_of(sessions, as_profesional(laura), ana.id, now=now)
    assert (record.cliente.name, record.notes) == ("Ana Gómez", None)
    with pytest.raises(NotFoundError):
        clientele.record_of(sessions, as_profesional(make_profesional()), ana.id, now=now)
