from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from vallebot.errors import InvalidError
from vallebot.services import bookings, cancellations, series, waiting
from vallebot.services.agenda_errors import ServicioIsClass, SlotInPast, SlotTaken, WrongState
from vallebot.services.bookings import BookRequest
from vallebot.services.business import change_profesional
from vallebot.services.class_errors import AlreadyEnrolled, ClassFull, OfferGone, SeatsFree, TimeFree
from vallebot.services.rescheduling import RescheduleRequest, reschedule
from vallebot.services.waiting import TimeWanted

MARCH_2 = date(2026, 3, 2)
MARCH_9 = date(2026, 3, 9)


@pytest.fixture
def dani(make_cliente):
    return make_cliente(name="Dani Sosa")


@pytest.fixture
def full_class(define, yoga, enrol, ana, beto, class_on):
    """Ana and Beto have the two seats of Monday 9's class."""
    define(yoga, 0)
    booking_id = class_on(MARCH_9)
    return [enrol(who, booking_id).enrollment for who in (ana, beto)]


def test_line_is_in_order_of_arrival_and_asking_again_changes_nothing(
    full_class, wait, caro, dani, class_on, rows
):
    first, second, again = (wait(who, class_on(MARCH_9)) for who in (caro, dani, caro))
    assert [one.position for one in (first, second)] == [1, 2]
    assert again.id == first.id
    assert rows("SELECT count(*) FROM esperas") == [(2,)]
    assert rows(
        "SELECT snapshot->'waiting'->0->>'state' FROM relationship_state WHERE cliente_id = :id", id=caro.id
    ) == [("esperando",)]


def test_nobody_waits_where_there_is_room_or_who_is_in_or_for_what_is_over(
    full_class, wait, ana, caro, class_on, sessions, as_profesional, laura, now, monday, new_key
):
    with pytest.raises(AlreadyEnrolled):
        wait(ana, class_on(MARCH_9))
    with pytest.raises(SeatsFree) as told:
        wait(caro, class_on(MARCH_2))
    assert told.value.facts["free"] == 2
    with pytest.raises(SlotInPast):
        wait(caro, class_on(MARCH_2), when=monday)
    series.cancel_occurrence(sessions, as_profesional(laura), class_on(MARCH_2), now=now, key=new_key())
    with pytest.raises(WrongState):
        wait(caro, class_on(MARCH_2))


def test_freed_seat_is_held_for_the_first_in_line(
    full_class, wait, leave, accept, ana, caro, dani, class_on, now, said, laura, rows, enrol
):
    espera = wait(caro, class_on(MARCH_9))
    wait(dani, class_on(MARCH_9))
    leave(ana, full_class[0].id)
    assert said(caro) == [
        "¡Se liberó un lugar en Yoga del lunes 9 a las 19:00! Te lo guardo hasta el lunes 2 a las 11:00. ¿Lo querés?"
    ]
    assert said(dani) == []
    assert rows("SELECT state, seat, expires_at FROM enrollments WHERE cliente_id = :id", id=caro.id) == [
        ("ofrecido", 1, now + timedelta(hours=2))
    ]
    answered = accept(caro, espera.id)
    assert (answered.espera.state, answered.seats[0].state, answered.owed_minor) == (
        "aceptado",
        "inscripto",
        500_000,
    )
    assert said(laura)[-1] == (
        "Caro Díaz tomó el lugar que se liberó en Yoga del lunes 9 a las 19:00. Se completó la clase: 2 de 2."
    )
    with pytest.raises(OfferGone):
        accept(caro, espera.id)


def test_enrolling_takes_the_seat_that_is_held_for_oneself(
    full_class, wait, leave, enrol, ana, caro, dani, class_on, rows
):
    wait(caro, class_on(MARCH_9))
    leave(ana, full_class[0].id)
    with pytest.raises(ClassFull):
        enrol(dani, class_on(MARCH_9))
    assert enrol(caro, class_on(MARCH_9)).enrollment.seat == 1
    assert rows("SELECT state FROM esperas") == [("aceptado",)]


def test_declined_offer_goes_to_the_next(
    full_class, wait, leave, ana, caro, dani, class_on, sessions, write_to, laura, now, new_key, said, rows
):
    first = wait(caro, class_on(MARCH_9))
    wait(dani, class_on(MARCH_9))
    leave(ana, full_class[0].id)
    waiting.decline_offer(sessions, write_to(laura, caro), first.id, now=now, key=new_key())
    assert len(said(dani)) == 1
    assert rows("SELECT cliente_id, state FROM esperas ORDER BY id") == [
        (caro.id, "rechazado"),
        (dani.id, "ofrecido"),
    ]


def test_offer_lapses_to_the_next_and_then_nobody_holds_the_seat(
    full_class, wait, leave, accept, ana, caro, dani, class_on, now, work_until, said, rows
):
    first, second = wait(caro, class_on(MARCH_9)), wait(dani, class_on(MARCH_9))
    leave(ana, full_class[0].id)
    work_until(now + timedelta(minutes=119))
    assert rows("SELECT state FROM esperas ORDER BY id") == [("ofrecido",), ("esperando",)]
    with pytest.raises(OfferGone):
        accept(caro, first.id, when=now + timedelta(hours=2))
    work_until(now + timedelta(hours=2))
    assert said(caro)[-1].startswith("Como no tuve respuesta, el lugar de Yoga que te guardaba")
    assert rows("SELECT state FROM esperas ORDER BY id") == [("vencido",), ("ofrecido",)]
    work_until(now + timedelta(hours=4))
    assert rows("SELECT state FROM esperas ORDER BY id") == [("vencido",), ("vencido",)]
    assert rows("SELECT count(*) FROM enrollments WHERE state <> 'cancelado'") == [(1,)]
    with pytest.raises(OfferGone):
        accept(dani, second.id, when=now + timedelta(hours=4))


def test_offer_ends_before_the_class(
    define, yoga, enrol, wait, leave, ana, beto, caro, class_on, monday, rows, now
):
    define(yoga, 0)
    seats = [enrol(who, class_on(MARCH_2)).enrollment for who in (ana, beto)]
    wait(caro, class_on(MARCH_2))
    leave(ana, seats[0].id, accept_cost=True, when=monday - timedelta(hours=1))
    assert rows("SELECT state, offer_expires_at FROM esperas") == [
        ("ofrecido", monday - timedelta(minutes=15))
    ]


def test_seat_freed_at_the_last_minute_is_not_offered(
    define, yoga, enrol, wait, leave, ana, beto, caro, class_on, monday, work_until, rows, said
):
    define(yoga, 0)
    seats = [enrol(who, class_on(MARCH_2)).enrollment for who in (ana, beto)]
    wait(caro, class_on(MARCH_2))
    leave(ana, seats[0].id, accept_cost=True, when=monday - timedelta(minutes=18))
    assert said(caro) == []
    work_until(monday)
    assert rows("SELECT state FROM esperas") == [("vencido",)]
    assert rows("SELECT snapshot->'waiting' FROM relationship_state WHERE cliente_id = :id", id=caro.id) == [
        ([],)
    ]


def test_leaving_the_list(
    full_class, wait, leave, ana, caro, dani, class_on, sessions, write_to, laura, now, new_key, rows
):
    first, second = wait(caro, class_on(MARCH_9)), wait(dani, class_on(MARCH_9))
    quit_ = lambda who, espera: waiting.leave_list(  # noqa: E731
        sessions, write_to(laura, who), espera.id, now=now, key=new_key()
    )
    assert quit_(caro, first).state == "cancelado"
    with pytest.raises(OfferGone):
        quit_(caro, first)
    leave(ana, full_class[0].id)
    assert rows("SELECT state FROM esperas ORDER BY id") == [("cancelado",), ("ofrecido",)]
    assert quit_(dani, second).state == "rechazado"
    assert rows("SELECT count(*) FROM enrollments WHERE state <> 'cancelado'") == [(1,)]


def test_who_wants_no_notices_is_still_offered_what_they_asked_for(
    full_class, wait, leave, ana, caro, class_on, sessions, said
):
    wait(caro, class_on(MARCH_9))
    with sessions.begin() as session:
        session.execute(text("UPDATE relaciones SET notices_accepted = false"))
    leave(ana, full_class[0].id)
    assert len(said(caro)) == 1


def test_offer_of_a_class_that_is_moved_forward_lapses_before_it(
    full_class,
    wait,
    leave,
    ana,
    caro,
    class_on,
    sessions,
    as_profesional,
    laura,
    now,
    new_key,
    work_until,
    rows,
):
    wait(caro, class_on(MARCH_9))
    leave(ana, full_class[0].id)
    sooner = now + timedelta(hours=1)
    series.move_occurrence(sessions, as_profesional(laura), class_on(MARCH_9), sooner, now=now, key=new_key())
    assert rows("SELECT offer_expires_at FROM esperas") == [(sooner - timedelta(minutes=15),)]
    assert rows("SELECT expires_at FROM enrollments WHERE state = 'ofrecido'") == [
        (sooner - timedelta(minutes=15),)
    ]
    work_until(sooner)
    assert rows("SELECT state FROM esperas") == [("vencido",)]


# A place in the series


def test_place_in_a_series_is_offered_with_a_seat_in_each_class(
    define, yoga, join, leave_series, wait_series, accept, ana, beto, caro, dani, now, said, rows, laura
):
    define(yoga, 2)
    join(ana)
    join(beto)
    with pytest.raises(AlreadyEnrolled):
        wait_series(beto)
    espera = wait_series(caro)
    wait_series(dani)
    leave_series(ana)
    assert said(caro) == [
        "¡Se liberó un lugar fijo en Yoga! Te lo guardo hasta el lunes 2 a las 11:00. ¿Lo querés?"
    ]
    assert rows(
        "SELECT count(*) FROM enrollments WHERE state = 'ofrecido' AND cliente_id = :id", id=caro.id
    ) == [(9,)]
    answered = accept(caro, espera.id)
    assert (answered.espera.state, len(answered.seats)) == ("aceptado", 9)
    assert rows("SELECT count(*) FROM enrollments WHERE state = 'ofrecido'") == [(0,)]
    assert rows("SELECT cliente_id FROM inscripciones_serie WHERE ended_at IS NULL ORDER BY 1") == [
        (beto.id,),
        (caro.id,),
    ]
    assert said(laura)[-1].startswith("Caro Díaz se anotó en Yoga, los miércoles a las 19:00.")
    assert said(dani) == []


@pytest.fixture
def wait_series(sessions, write_to, laura, now, new_key):
    def stand(cliente):
        actor = write_to(laura, cliente)
        return waiting.wait_for_series(sessions, actor, 1, now=now, key=new_key())

    return stand


def test_place_in_a_series_that_nobody_takes_goes_on_and_its_seats_to_who_waits_for_a_class(
    define,
    yoga,
    join,
    leave_series,
    wait_series,
    wait,
    ana,
    beto,
    caro,
    dani,
    class_on,
    now,
    work_until,
    rows,
):
    define(yoga, 2)
    join(ana)
    join(beto)
    wait_series(caro)
    wait(dani, class_on(date(2026, 3, 11)))
    leave_series(ana)
    assert rows("SELECT state FROM esperas ORDER BY id") == [("ofrecido",), ("esperando",)]
    work_until(now + timedelta(hours=2))
    assert rows("SELECT state FROM esperas ORDER BY id") == [("vencido",), ("ofrecido",)]
    assert rows("SELECT cliente_id FROM enrollments WHERE state = 'ofrecido'") == [(dani.id,)]


def test_nobody_waits_for_a_series_with_places(define, yoga, join, wait_series, ana, beto):
    define(yoga, 0)
    join(ana)
    with pytest.raises(SeatsFree):
        wait_series(beto)


# 1:1 times


@pytest.fixture
def tuesday(now):
    """Tuesday 3 March, 00:00 to 24:00; Laura works from 9 to 18."""
    return now.replace(hour=0) + timedelta(days=1)


@pytest.fixture
def booked(sessions, write_to, laura, masaje, now, new_key):
    def book(cliente, starts_at):
        request = BookRequest(masaje.id, starts_at)
        return bookings.book(sessions, write_to(laura, cliente), request, now=now, key=new_key())

    return book


@pytest.fixture
def wait_time(sessions, write_to, laura, masaje, now, new_key):
    def stand(cliente, starts_at, ends_at, *hours, servicio=None, when=None):
        wanted = TimeWanted((servicio or masaje).id, starts_at, ends_at, *hours)
        return waiting.wait_for_time(
            sessions, write_to(laura, cliente), wanted, now=when or now, key=new_key()
        )

    return stand


@pytest.fixture
def free_up(sessions, write_to, laura, now, new_key):
    def cancel(cliente, booking_id):
        actor = write_to(laura, cliente)
        cancellations.cancel(sessions, actor, booking_id, now=now, key=new_key())

    return cancel


@pytest.fixture
def full_evening(booked, ana, beto, tuesday):
    """Wednesday 4 from 16 to 18 is taken by Ana and Beto."""
    wednesday = tuesday + timedelta(days=1)
    return [booked(who, wednesday + timedelta(hours=hour)) for who, hour in ((ana, 16), (beto, 17))]


def test_freed_time_is_held_for_whoever_waits_for_that_evening(
    full_evening, booked, wait_time, free_up, accept, ana, caro, dani, tuesday, said, laura, rows
):
    wednesday = tuesday + timedelta(days=1)
    espera = wait_time(caro, wednesday, wednesday + timedelta(days=1), 16 * 60, 18 * 60)
    wait_time(dani, wednesday, wednesday + timedelta(days=1), 16 * 60, 18 * 60)
    free_up(ana, full_evening[0].id)
    assert said(caro) == [
        "¡Se liberó un turno de Masaje con Laura Paz: miércoles 4 a las 16:00 en Av. Rivadavia 1234! "
        "Te lo guardo hasta el lunes 2 a las 11:00. ¿Lo querés?"
    ]
    assert said(dani) == []
    assert rows("SELECT state, starts_at FROM bookings WHERE cliente_id = :id", id=caro.id) == [
        ("ofrecido", wednesday + timedelta(hours=16))
    ]
    with pytest.raises(SlotTaken):
        booked(dani, wednesday + timedelta(hours=16))
    answered = accept(caro, espera.id)
    assert answered.booking.state == "confirmado"
    assert said(laura)[-1] == (
        "Caro Díaz, de la lista de espera, tomó el turno que se liberó: Masaje, miércoles 4 a las 16:00."
    )
    assert rows("SELECT state FROM cargos WHERE cliente_id = :id", id=caro.id) == [("pendiente",)]
    assert rows("SELECT count(*) FROM tareas WHERE kind = 'reminder' AND subject->>'booking_id' = '3'") == [
        (2,)
    ]


def test_professional_who_accepts_each_booking_is_asked_about_an_accepted_offer_too(
    full_evening, wait_time, free_up, accept, ana, caro, tuesday, laura, sessions, said
):
    with sessions.begin() as session:
        session.merge(laura).auto_confirm = False
    wednesday = tuesday + timedelta(days=1)
    espera = wait_time(caro, wednesday, wednesday + timedelta(days=1), 16 * 60, 18 * 60)
    free_up(ana, full_evening[0].id)
    booking = accept(caro, espera.id).booking
    assert (booking.state, booking.expires_at is not None) == ("pendiente", True)
    assert said(laura)[-1].startswith("Caro Díaz pide turno: Masaje, miércoles 4 a las 16:00. ¿Lo aceptás?")


def test_time_offer_that_lapses_goes_to_the_next(
    full_evening, wait_time, free_up, ana, caro, dani, tuesday, now, work_until, said, rows
):
    wednesday = tuesday + timedelta(days=1)
    for who in (caro, dani):
        wait_time(who, wednesday, wednesday + timedelta(days=1), 16 * 60, 18 * 60)
    free_up(ana, full_evening[0].id)
    work_until(now + timedelta(hours=2))
    assert rows("SELECT state FROM esperas ORDER BY id") == [("vencido",), ("ofrecido",)]
    assert len(said(dani)) == 1
    assert rows("SELECT cliente_id, state FROM bookings WHERE id > 2 ORDER BY id") == [
        (caro.id, "cancelado"),
        (dani.id, "ofrecido"),
    ]


def test_offered_time_that_is_cancelled_like_a_booking_is_declined(
    full_evening, wait_time, free_up, ana, caro, dani, tuesday, rows, sessions, write_to, laura, now, new_key
):
    wednesday = tuesday + timedelta(days=1)
    for who in (caro, dani):
        wait_time(who, wednesday, wednesday + timedelta(days=1), 16 * 60, 18 * 60)
    free_up(ana, full_evening[0].id)
    free_up(caro, rows("SELECT id FROM bookings WHERE state = 'ofrecido'")[0][0])
    assert rows("SELECT state FROM esperas ORDER BY id") == [("rechazado",), ("ofrecido",)]
    query = "SELECT snapshot->'waiting' FROM relationship_state WHERE cliente_id = :id"
    assert rows(query, id=caro.id) == [([],)]


def test_offered_time_is_accepted_or_declined_but_not_moved(
    full_evening,
    wait_time,
    free_up,
    ana,
    caro,
    tuesday,
    rows,
    sessions,
    write_to,
    as_profesional,
    laura,
    now,
    new_key,
):
    wednesday = tuesday + timedelta(days=1)
    wait_time(caro, wednesday, wednesday + timedelta(days=1), 16 * 60, 18 * 60)
    free_up(ana, full_evening[0].id)
    offered, starts_at = rows("SELECT id, starts_at FROM bookings WHERE state = 'ofrecido'")[0]
    for actor in (write_to(laura, caro), as_profesional(laura)):
        request = RescheduleRequest(offered, starts_at - timedelta(hours=4))
        with pytest.raises(WrongState):
            reschedule(sessions, actor, request, now=now, key=new_key())


@pytest.mark.parametrize("minutes", [5, 1440])
def test_professional_says_how_long_an_offer_holds(
    full_class, wait, leave, ana, caro, class_on, sessions, as_profesional, laura, now, new_key, rows, minutes
):
    change_profesional(
        sessions, as_profesional(laura), {"offer_hold_minutes": minutes}, now=now, key=new_key()
    )
    wait(caro, class_on(MARCH_9))
    leave(ana, full_class[0].id)
    assert rows("SELECT offer_expires_at FROM esperas") == [(now + timedelta(minutes=minutes),)]


@pytest.mark.parametrize("minutes", [4, 1441])
def test_offer_holds_neither_too_short_nor_longer_than_a_day(
    sessions, as_profesional, laura, now, new_key, minutes
):
    with pytest.raises(InvalidError):
        change_profesional(
            sessions, as_profesional(laura), {"offer_hold_minutes": minutes}, now=now, key=new_key()
        )


def test_nobody_waits_for_a_time_that_is_free_or_over_or_for_a_class(
    full_evening, wait_time, caro, tuesday, yoga, now, rows
):
    wednesday = tuesday + timedelta(days=1)
    with pytest.raises(TimeFree) as told:
        wait_time(caro, wednesday, wednesday + timedelta(days=1))
    assert told.value.facts == {"starts_at": "2026-03-04T12:00:00+00:00"}
    with pytest.raises(SlotInPast):
        wait_time(caro, tuesday - timedelta(days=2), tuesday - timedelta(days=1))
    with pytest.raises(InvalidError):
        wait_time(caro, wednesday, wednesday)
    with pytest.raises(InvalidError):
        wait_time(caro, wednesday, wednesday + timedelta(days=1), 900)
    with pytest.raises(ServicioIsClass):
        wait_time(caro, wednesday, wednesday + timedelta(days=1), servicio=yoga)
    assert rows("SELECT count(*) FROM esperas") == [(0,)]


def test_window_that_is_over_ends_the_wait(full_evening, wait_time, caro, tuesday, work_until, rows):
    wednesday = tuesday + timedelta(days=1)
    wait_time(caro, wednesday, wednesday + timedelta(days=1), 16 * 60, 18 * 60)
    work_until(wednesday + timedelta(days=1))
    assert rows("SELECT state FROM esperas") == [("vencido",)]


def test_who_gave_the_time_up_is_not_offered_it_back(
    full_evening, wait_time, free_up, ana, tuesday, said, rows
):
    wednesday = tuesday + timedelta(days=1)
    wait_time(ana, wednesday, wednesday + timedelta(days=1), 16 * 60, 18 * 60)
    free_up(ana, full_evening[0].id)
    assert said(ana) == []
    assert rows("SELECT state FROM esperas") == [("esperando",)]


def test_waits_are_listed_for_who_may_see_them(
    full_evening, wait_time, caro, dani, tuesday, sessions, write_to, as_profesional, laura
):
    wednesday = tuesday + timedelta(days=1)
    for who in (caro, dani):
        wait_time(who, wednesday, wednesday + timedelta(days=1), 16 * 60, 18 * 60)
    assert [one.cliente_name for one in waiting.waits_of(sessions, write_to(laura, caro))] == ["Caro Díaz"]
    assert [one.position for one in waiting.waits_of(sessions, as_profesional(laura))] == [1, 2]
