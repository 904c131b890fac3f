from __future__ import annotations

from datetime import timedelta

import pytest

from vallebot.errors import InvalidError, NotAllowedError, NotFoundError
from vallebot.services import agenda, bookings
from vallebot.services.actor import system_actor
from vallebot.services.agenda_errors import (
    NotYetOver,
    OutsideHours,
    ServicioIsClass,
    ServicioPaused,
    SlotInPast,
    SlotTaken,
    TooFar,
    TooSoon,
    WrongState,
)
from vallebot.services.bookings import BookRequest


@pytest.fixture
def tuesday(now):
    """Tuesday 3 March, 10:00."""
    return now + timedelta(days=1, hours=1)


@pytest.fixture
def book(sessions, masaje, now, new_key):
    def make(actor, starts_at, *, key=None, **over):
        request = BookRequest(**{"servicio_id": masaje.id, "starts_at": starts_at, **over})
        return bookings.book(sessions, actor, request, now=now, key=key or new_key())

    return make


def test_client_books_and_the_professional_is_told(book, write_to, laura, ana, tuesday, said, rows):
    booking = book(write_to(laura, ana), tuesday)
    assert (booking.state, booking.starts_at, booking.cliente_name) == ("confirmado", tuesday, "Ana Gómez")
    assert said(laura) == ["Nuevo turno: Ana Gómez, Masaje, martes 3 a las 10:00."]
    assert said(ana) == []
    assert rows("SELECT amount_minor, state FROM cargos") == [(1_250_000, "pendiente")]
    assert rows("SELECT kind, due_at FROM tareas ORDER BY due_at") == [
        ("reminder", tuesday - timedelta(hours=24)),
        ("reminder", tuesday - timedelta(hours=2)),
    ]
    assert rows("SELECT action, state_after, rol FROM audit WHERE entity = 'bookings'") == [
        ("book", "confirmado", "cliente")
    ]
    assert rows("SELECT summary FROM relationship_state") == [
        ("Ana Gómez. Próximos: Masaje el martes 3 a las 10:00 (confirmado). Debe $ 12.500.",)
    ]


def test_booking_takes_few_statements(book, write_to, as_profesional, laura, ana, tuesday, count_queries):
    """One more costs every booking some percent: think twice."""
    as_profesional(laura)  # there is a conversation in which she can be told
    actor = write_to(laura, ana)
    with count_queries() as statements:
        book(actor, tuesday)
    assert len(statements) <= 11


def test_the_same_message_books_once(book, write_to, laura, ana, tuesday, said, rows):
    actor = write_to(laura, ana)
    first, again = book(actor, tuesday, key="wamid.A"), book(actor, tuesday, key="wamid.A")
    assert first == again
    assert len(said(laura)) == 1
    assert rows("SELECT count(*) FROM bookings") == [(1,)]


def test_professional_who_accepts_each_booking_is_asked(
    book,
    write_to,
    as_profesional,
    sessions,
    make_profesional,
    make_servicio,
    make_horario,
    ana,
    tuesday,
    said,
    rows,
    now,
    new_key,
):
    marta = make_profesional(name="Marta", auto_confirm=False)
    make_horario(marta, 1)
    servicio = make_servicio(marta)
    booking = book(write_to(marta, ana), tuesday, servicio_id=servicio.id)
    assert booking.state == "pendiente"
    assert booking.expires_at == now + timedelta(hours=24)
    assert said(marta) == [
        "Ana Gómez pide turno: Masaje, martes 3 a las 10:00. ¿Lo aceptás? "
        "Si no respondés antes del martes 3 a las 09:00, el pedido se cae."
    ]
    assert rows("SELECT payload->'choices' FROM messages") == [
        (
            [
                {"title": "Aceptar", "payload": '/confirmar_turno{"booking_id": 1}', "description": ""},
                {"title": "Rechazar", "payload": '/cancelar_turno{"booking_id": 1}', "description": ""},
            ],
        )
    ]
    assert rows("SELECT count(*) FROM cargos") == [(0,)]
    accepted = bookings.accept(sessions, as_profesional(marta), booking.id, now=now, key=new_key())
    assert (accepted.state, accepted.expires_at) == ("confirmado", None)
    assert said(ana) == [
        "¡Listo! Marta confirmó tu turno: Masaje, martes 3 a las 10:00 en Av. Rivadavia 1234."
    ]
    assert rows("SELECT count(*) FROM cargos") == [(1,)]
    with pytest.raises(WrongState):
        bookings.accept(sessions, as_profesional(marta), booking.id, now=now, key=new_key())


@pytest.fixture
def pending(book, write_to, sessions, laura, ana, tuesday):
    with sessions.begin() as session:
        session.merge(laura).auto_confirm = False
    return book(write_to(laura, ana), tuesday)


def test_rejected_request_frees_the_time(
    book, pending, sessions, as_profesional, write_to, laura, ana, tuesday, said, now, new_key
):
    rejected = bookings.reject(
        sessions, as_profesional(laura), pending.id, reason="viajo", now=now, key=new_key()
    )
    assert rejected.state == "cancelado"
    assert said(ana) == [
        "Laura Paz no puede darte el turno de Masaje del martes 3 a las 10:00. Motivo: viajo. "
        "Si querés, te busco otro horario."
    ]
    book(write_to(laura, ana), tuesday)


def test_request_that_nobody_answers_expires_and_both_are_told(
    pending, sessions, laura, ana, said, now, rows
):
    later = now + timedelta(hours=24)
    with sessions.begin() as session:
        early = bookings.expire(
            session, system_actor(), pending.id, now=later - timedelta(minutes=1), key="t1"
        )
        assert early is None
        expired = bookings.expire(session, system_actor(), pending.id, now=later, key="t2")
    assert expired.state == "cancelado"
    assert rows("SELECT cancel_reason, cancelled_by FROM bookings") == [("vencido", "sistema")]
    assert said(laura)[-1].startswith("Se venció sin respuesta el pedido de Ana Gómez: Masaje")
    assert said(ana)[-1].startswith("Laura Paz no llegó a confirmar tu turno de Masaje del martes 3")


def test_professional_books_for_a_client_outside_the_hours(
    book, as_profesional, make_relacion, laura, ana, tuesday, said
):
    make_relacion(laura, ana, name="Anita")
    evening = tuesday + timedelta(hours=10)
    with pytest.raises(OutsideHours):
        book(as_profesional(laura), evening, cliente_id=ana.id)
    booking = book(as_profesional(laura), evening, cliente_id=ana.id, override=True)
    assert (booking.state, booking.cliente_name) == ("confirmado", "Anita")
    assert said(ana) == ["Laura Paz te anotó un turno: Masaje, martes 3 a las 20:00 en Av. Rivadavia 1234."]


def test_professional_books_only_for_clients_of_their_own(book, as_profesional, laura, ana, tuesday):
    with pytest.raises(NotFoundError):
        book(as_profesional(laura), tuesday, cliente_id=ana.id)
    with pytest.raises(InvalidError):
        book(as_profesional(laura), tuesday)


def test_client_books_only_for_themselves(book, write_to, laura, ana, make_cliente, tuesday):
    with pytest.raises(NotAllowedError):
        book(write_to(laura, ana), tuesday, cliente_id=make_cliente().id)


def test_taken_time_is_refused_and_nothing_is_half_written(
    book, write_to, laura, ana, make_cliente, tuesday, rows
):
    book(write_to(laura, ana), tuesday)
    written = """SELECT (SELECT count(*) FROM audit), (SELECT count(*) FROM tareas),
                        (SELECT count(*) FROM operations)"""
    before = rows(written)
    with pytest.raises(SlotTaken) as caught:
        book(write_to(laura, make_cliente()), tuesday + timedelta(minutes=30))
    assert caught.value.facts["starts_at"] == "2026-03-03T13:30:00+00:00"
    assert rows(written) == before


@pytest.mark.parametrize(
    ("shift", "error"),
    [
        (timedelta(days=-2), SlotInPast),
        (timedelta(hours=-24, minutes=-60), SlotInPast),
        (timedelta(hours=9), OutsideHours),
        (timedelta(days=4), OutsideHours),
        (timedelta(days=70), TooFar),
    ],
)
def test_times_that_cannot_be_had(book, write_to, laura, ana, tuesday, shift, error):
    with pytest.raises(error):
        book(write_to(laura, ana), tuesday + shift)


def test_stretch_closed_at_any_moment_is_closed_from_then_on(
    book, write_to, as_profesional, sessions, laura, ana, tuesday, now, new_key
):
    """Also for ever, and to the microsecond."""
    closed_from = tuesday + timedelta(minutes=30, microseconds=120_300)
    agenda.block(sessions, as_profesional(laura), closed_from, None, now=now, key=new_key())
    with pytest.raises(OutsideHours):
        book(write_to(laura, ana), tuesday)
    with pytest.raises(OutsideHours):
        book(write_to(laura, ana), tuesday + timedelta(days=7))
    assert book(write_to(laura, ana), tuesday - timedelta(minutes=30)).state == "confirmado"


def test_minimum_notice_binds_clients_only(
    sessions, book, write_to, as_profesional, make_relacion, laura, ana, now
):
    with sessions.begin() as session:
        session.merge(laura).minimum_notice_minutes = 120
    with pytest.raises(TooSoon) as caught:
        book(write_to(laura, ana), now + timedelta(minutes=119))
    assert caught.value.facts["minimum_notice_minutes"] == 120
    make_relacion(laura, ana)
    book(as_profesional(laura), now + timedelta(minutes=30), cliente_id=ana.id)


def test_paused_service_and_class_cannot_be_booked(book, write_to, make_servicio, laura, ana, tuesday):
    paused = make_servicio(laura, name="Piedras", active=False)
    yoga = make_servicio(laura, name="Yoga", kind="grupal", capacity=5)
    with pytest.raises(ServicioPaused):
        book(write_to(laura, ana), tuesday, servicio_id=paused.id)
    with pytest.raises(ServicioIsClass):
        book(write_to(laura, ana), tuesday, servicio_id=yoga.id)


def test_home_visit_needs_an_address_and_keeps_the_way_free(
    book, write_to, make_servicio, laura, ana, make_cliente, tuesday
):
    visit = make_servicio(laura, name="Masaje a domicilio", place_mode="domicilio", buffer_minutes=10)
    noon = tuesday + timedelta(hours=2)
    with pytest.raises(InvalidError):
        book(write_to(laura, ana), tuesday, servicio_id=visit.id)
    booking = book(write_to(laura, ana), noon, servicio_id=visit.id, place="Salta 100")
    assert booking.place == "Salta 100"
    for minutes in (-89, 89):
        with pytest.raises(SlotTaken):
            book(write_to(laura, make_cliente()), noon + timedelta(minutes=minutes))
    book(write_to(laura, make_cliente()), noon + timedelta(minutes=90))


def test_attendance_is_recorded_after_the_start_and_may_be_put_right(
    book, sessions, write_to, as_profesional, laura, ana, tuesday, now, new_key, rows
):
    booking = book(write_to(laura, ana), tuesday)
    actor = as_profesional(laura)
    with pytest.raises(NotYetOver):
        bookings.mark_absent(sessions, actor, booking.id, now=now, key=new_key())
    assert bookings.mark_absent(sessions, actor, booking.id, now=tuesday, key=new_key()).state == "ausente"
    assert bookings.mark_done(sessions, actor, booking.id, now=tuesday, key=new_key()).state == "realizado"
    assert rows("SELECT snapshot->>'visits', snapshot->>'absences' FROM relationship_state") == [("1", "0")]


def test_client_says_that_they_will_come(book, sessions, write_to, laura, ana, tuesday, now, new_key, rows):
    actor = write_to(laura, ana)
    booking = book(actor, tuesday)
    bookings.confirm_attendance(sessions, actor, booking.id, now=now, key=new_key())
    assert rows("SELECT attendance_confirmed_at FROM bookings") == [(now,)]


def test_bookings_are_listed_for_who_may_see_them(
    book, sessions, write_to, as_profesional, laura, ana, make_cliente, tuesday
):
    bea = make_cliente(name="Bea")
    first = book(write_to(laura, ana), tuesday)
    second = book(write_to(laura, bea), tuesday + timedelta(hours=2))
    assert [b.id for b in bookings.bookings_of(sessions, write_to(laura, ana))] == [first.id]
    assert [b.id for b in bookings.bookings_of(sessions, as_profesional(laura))] == [first.id, second.id]
    assert [b.id for b in bookings.bookings_of(sessions, as_profesional(laura), cliente_id=bea.id)] == [
        second.id
    ]
    with pytest.raises(NotAllowedError):
        bookings.bookings_of(sessions, write_to(laura, ana), cliente_id=bea.id)
    with pytest.raises(NotFoundError):
        bookings.get_booking(sessions, write_to(laura, ana), second.id)
