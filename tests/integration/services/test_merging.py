from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from vallebot.db.tables import Cargo, Payment, PaymentApplication
from vallebot.db.tables.messaging import IdentityKind
from vallebot.services import bookings, identity
from vallebot.services.bookings import BookRequest
from vallebot.services.identity import Sender, receive_sender
from vallebot.services.merging import change_names, merge_people

HIDDEN = {"bsuid": "AR.1", "business_account_id": "waba"}


def phone(wa_id):
    return (IdentityKind.WA_ID, "", wa_id)


@pytest.fixture
def receive(sessions, laura, now):
    def make(**sender):
        with sessions.begin() as session:
            conversation = receive_sender(session, Sender(laura.phone_number_id, **sender), now=now)
        return identity.load_actor(sessions, conversation)

    return make


def test_hidden_phone_that_becomes_known_is_kept(receive, rows):
    hidden = receive(**HIDDEN)
    known = receive(wa_id="5491199000001", **HIDDEN)
    assert known.cliente_id == hidden.cliente_id
    assert rows("SELECT phone_e164 FROM clientes WHERE id = :id", id=known.cliente_id) == [
        ("+5491199000001",)
    ]


def test_person_noted_down_by_phone_and_person_who_hid_it_become_one(
    receive, sessions, ana, laura, masaje, rows, now
):
    hidden = receive(**HIDDEN)
    booking = bookings.book(
        sessions, hidden, BookRequest(masaje.id, now + timedelta(days=1)), now=now, key="wamid.A"
    )
    shown = receive(wa_id=ana.phone_e164[1:], **HIDDEN)
    assert shown.cliente_id == ana.id
    assert shown.conversacion_id == hidden.conversacion_id
    assert [b.id for b in bookings.bookings_of(sessions, shown)] == [booking.id]
    assert rows("SELECT count(*) FROM clientes WHERE id = :id", id=hidden.cliente_id) == [(0,)]
    assert rows("SELECT cliente_id, snapshot->'next'->0->>'booking_id' FROM relationship_state") == [
        (ana.id, str(booking.id))
    ]
    assert rows("SELECT DISTINCT actor_cliente_id FROM audit WHERE entity = 'bookings'") == [(ana.id,)]


@pytest.fixture
def two(receive, sessions, masaje, now):
    """Two persons with a booking each, who turn out to be one."""
    actors = [receive(wa_id=f"549119900000{number}") for number in (1, 2)]
    for days, actor in enumerate(actors, start=1):
        request = BookRequest(masaje.id, now + timedelta(days=days))
        bookings.book(sessions, actor, request, now=now, key=f"wamid.{days}")
    return actors


def test_changed_number_brings_two_conversations_together(two, sessions, receive, rows, now):
    first, second = two
    with sessions.begin() as session:
        change_names(session, [phone("5491199000001")], [phone("5491199000002")], now=now)
    assert receive(wa_id="5491199000002") == first
    assert len(bookings.bookings_of(sessions, first)) == 2
    assert rows("SELECT phone_e164 FROM clientes WHERE id = :id", id=first.cliente_id) == [
        ("+5491199000002",)
    ]
    assert rows("SELECT count(*) FROM clientes WHERE id = :id", id=second.cliente_id) == [(0,)]
    assert rows("SELECT jsonb_array_length(snapshot->'next') FROM relationship_state") == [(2,)]


def test_a_number_that_was_left_is_somebody_else_s(two, sessions, receive, now):
    first, _ = two
    with sessions.begin() as session:
        change_names(session, [phone("5491199000001")], [phone("5491199000003")], now=now)
    stranger = receive(wa_id="5491199000001")
    assert stranger.cliente_id != first.cliente_id
    assert bookings.bookings_of(sessions, stranger) == []


def test_a_new_scoped_id_takes_the_place_of_the_old_one(receive, sessions, rows, now):
    hidden = receive(**HIDDEN)
    old, new = ((IdentityKind.BSUID, "waba", value) for value in ("AR.1", "AR.2"))
    with sessions.begin() as session:
        assert change_names(session, [old], [new], now=now) == hidden.cliente_id
    assert receive(bsuid="AR.2", business_account_id="waba") == hidden
    assert rows("SELECT value FROM identidades") == [("AR.2",)]


def test_number_that_nobody_knows_changes_nothing(two, sessions, rows, now):
    before = rows("SELECT * FROM identidades")
    with sessions.begin() as session:
        assert change_names(session, [phone("111")], [phone("222")], now=now) is None
        same = [phone("5491199000001")]
        assert change_names(session, same, same, now=now) is None
    assert rows("SELECT * FROM identidades") == before


def test_professional_keeps_the_business_with_a_new_number(receive, sessions, laura, now):
    own = receive(wa_id=laura.phone_e164[1:])
    with sessions.begin() as session:
        change_names(session, [phone(laura.phone_e164[1:])], [phone("5491199000009")], now=now)
    assert receive(wa_id="5491199000009") == own


def test_two_businesses_are_not_made_one(sessions, laura, make_profesional, now, rows):
    marta = make_profesional()
    with sessions.begin() as session:
        assert not merge_people(session, laura.cliente_id, marta.cliente_id, now=now)
    assert rows("SELECT count(*) FROM profesionales") == [(2,)]


@pytest.fixture
def yoga(laura, make_servicio):
    return make_servicio(laura, name="Yoga", kind="grupal", capacity=5)


def test_what_one_has_only_once_is_kept_once(two, sessions, save, laura, yoga, make_booking, rows, now):
    first, second = (actor.cliente_id for actor in two)
    clase = make_booking(yoga, now + timedelta(days=5))
    owner = {"profesional_id": laura.id, "currency": "ARS"}
    with sessions.begin() as session:
        for seat, cliente_id in enumerate((first, second), start=1):
            session.execute(
                text(
                    "INSERT INTO enrollments (profesional_id, booking_id, cliente_id, state, seat, capacity, "
                    "price_minor, currency) VALUES (:p, :b, :c, 'inscripto', :seat, 5, 0, 'ARS')"
                ),
                {"p": laura.id, "b": clase.id, "c": cliente_id, "seat": seat},
            )
    fees = [
        save(
            Cargo(
                **owner,
                cliente_id=cliente_id,
                servicio_id=yoga.id,
                month=now.date().replace(day=1),
                concept="Marzo",
                amount_minor=1000,
                due_at=now,
            )
        )
        for cliente_id in (first, second)
    ]
    session_charge = rows("SELECT id FROM cargos WHERE cliente_id = :id AND month IS NULL", id=second)[0][0]
    payment = save(
        Payment(
            **owner,
            cliente_id=second,
            amount_minor=5000,
            means="efectivo",
            state="confirmado",
            informed_at=now,
        )
    )
    for cargo_id, minor in ((fees[1].id, 400), (session_charge, 3000)):
        save(
            PaymentApplication(
                **owner, cliente_id=second, payment_id=payment.id, cargo_id=cargo_id, amount_minor=minor
            )
        )
    with sessions.begin() as session:
        assert merge_people(session, first, second, now=now)
    assert rows("SELECT state, count(*) FROM enrollments GROUP BY 1 ORDER BY 1") == [
        ("cancelado", 1),
        ("inscripto", 1),
    ]
    assert rows("SELECT state, applied_minor FROM cargos WHERE month IS NOT NULL ORDER BY id") == [
        ("pendiente", 0),
        ("anulado", 0),
    ]
    assert rows("SELECT cliente_id, applied_minor FROM payments") == [(first, 3000)]
    assert rows("SELECT cliente_id, amount_minor FROM payment_applications") == [(first, 3000)]
    assert rows("SELECT snapshot->'credit' FROM relationship_state") == [({"ARS": 2000},)]
