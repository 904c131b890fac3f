from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from vallebot.errors import InvalidError
from vallebot.services import agenda, bookings, series
from vallebot.services.agenda_errors import SlotInPast, SlotTaken, WrongState
from vallebot.services.bookings import BookRequest
from vallebot.services.class_errors import SerieEnded, SerieExists, ServicioNotClass
from vallebot.services.series import SerieSpec

MARCH_9 = date(2026, 3, 9)
MARCH_16 = date(2026, 3, 16)


def test_tuesday_and_thursday_are_two_series_with_dates_up_to_the_horizon(define, yoga, rows):
    defined = define(yoga, 1, 3)
    assert [(serie.weekday, serie.start_minute, serie.capacity) for serie in defined.series] == [
        (1, 1140, 2),
        (3, 1140, 2),
    ]
    assert (defined.dates, defined.clashes) == (18, ())  # up to Friday 1 May
    assert rows(
        "SELECT kind, state, capacity, cliente_id, price_minor FROM bookings GROUP BY 1, 2, 3, 4, 5"
    ) == [("clase", "confirmado", 2, None, 500_000)]
    assert rows(
        "SELECT action, count(*) FROM audit WHERE entity IN ('series', 'bookings') GROUP BY 1 ORDER BY 1"
    ) == [
        ("define", 2),
        ("materialise", 18),
    ]


def test_same_message_defines_once(sessions, as_profesional, laura, yoga, now, rows):
    actor = as_profesional(laura)
    first, again = (
        series.define_series(sessions, actor, yoga.id, [SerieSpec(0, 1140)], now=now, key="wamid.S")
        for _ in range(2)
    )
    assert first == again
    assert rows("SELECT count(*) FROM series") == [(1,)]


def test_class_of_today_that_is_over_is_not_put_into_the_agenda(define, yoga, now, rows):
    define(yoga, 0, at=8 * 60)
    assert rows("SELECT min(starts_at) FROM bookings")[0][0] == now.replace(hour=8) + timedelta(days=7)


def test_materialising_again_adds_nothing_and_later_days_come_with_the_horizon(
    define, yoga, sessions, as_profesional, laura, now, new_key, rows
):
    serie = define(yoga, 0).series[0]
    actor = as_profesional(laura)
    extend = lambda at: series.extend_series(sessions, actor, serie.id, now=at, key=new_key())  # noqa: E731
    assert extend(now).dates == 0
    assert extend(now + timedelta(days=7)).dates == 1
    assert extend(now + timedelta(days=7)).dates == 0
    assert rows("SELECT count(*) FROM bookings") == [(10,)]


@pytest.mark.parametrize(
    ("zone", "change"),
    [("America/Santiago", datetime(2026, 4, 5)), ("Europe/Madrid", datetime(2026, 3, 29))],  # noqa: DTZ001
)
def test_class_keeps_its_hour_across_the_change_of_clocks(
    zone, change, make_profesional, make_servicio, sessions, as_profesional, now, new_key, rows
):
    teacher = make_profesional(name="Marta", timezone=zone)
    servicio = make_servicio(teacher, kind="grupal", capacity=3)
    series.define_series(
        sessions, as_profesional(teacher), servicio.id, [SerieSpec(6, 1140)], now=now, key=new_key()
    )
    starts = [start.astimezone(ZoneInfo(zone)) for (start,) in rows("SELECT starts_at FROM bookings")]
    assert {(start.hour, start.minute) for start in starts} == {(19, 0)}
    assert len({start.utcoffset() for start in starts}) == 2
    assert change.date() in {start.date() for start in starts}


def test_dates_without_room_are_left_out_and_told(
    define, sessions, as_profesional, make_relacion, laura, ana, masaje, yoga, now, new_key, next_monday
):
    actor = as_profesional(laura)
    make_relacion(laura, ana)
    request = BookRequest(masaje.id, next_monday, cliente_id=ana.id, override=True)
    bookings.book(sessions, actor, request, now=now, key=new_key())
    holiday = next_monday + timedelta(days=7)
    agenda.block(sessions, actor, holiday.replace(hour=0), holiday.replace(hour=23), now=now, key=new_key())
    defined = define(yoga, 0)
    assert defined.clashes == (next_monday, holiday)
    assert defined.dates == 7


def test_series_without_room_on_any_date_is_refused(define, yoga, pilates):
    define(yoga, 0)
    with pytest.raises(SlotTaken):
        define(pilates, 0)


def test_same_class_cannot_be_defined_twice(define, yoga):
    define(yoga, 0)
    with pytest.raises(SerieExists):
        define(yoga, 0)


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"weekday": 7}, "weekday"),
        ({"start_minute": 1440}, "start_minute"),
        ({"interval_weeks": 0}, "interval_weeks"),
        ({"duration_minutes": 1}, "duration_minutes"),
        ({"capacity": 0}, "capacity"),
        ({"ends_on": date(2026, 1, 1)}, "ends_on"),
    ],
)
def test_bad_values_are_named(sessions, as_profesional, laura, yoga, now, new_key, over, field, rows):
    spec = SerieSpec(**{"weekday": 0, "start_minute": 1140, **over})
    with pytest.raises(InvalidError) as refused:
        series.define_series(sessions, as_profesional(laura), yoga.id, [spec], now=now, key=new_key())
    assert refused.value.facts == {"field": field}
    assert rows("SELECT count(*) FROM series") == [(0,)]


def test_one_to_one_service_has_no_classes(define, masaje):
    with pytest.raises(ServicioNotClass):
        define(masaje, 0)


def test_series_of_a_term_ends_by_itself(define, yoga, now, rows, work_until):
    define(yoga, 0, ends_on=date(2026, 3, 20))
    assert rows("SELECT count(*) FROM bookings") == [(3,)]
    work_until(now + timedelta(days=19))
    assert rows("SELECT ended_at IS NULL FROM series") == [(False,)]


def test_worker_fills_the_agenda_as_the_horizon_rolls(define, join, yoga, ana, now, work_until, rows):
    define(yoga, 0)
    join(ana)
    work_until(now + timedelta(days=14))
    assert rows("SELECT count(*), max(starts_at) FROM bookings") == [
        (11, now.replace(hour=19) + timedelta(days=70))
    ]
    assert rows("SELECT count(*) FROM enrollments WHERE state = 'inscripto'") == [(11,)]
    assert rows("SELECT count(*) FROM cargos") == [(11,)]


def test_worker_tells_the_professional_of_dates_without_room(
    define, yoga, masaje, sessions, as_profesional, make_relacion, laura, ana, now, new_key, work_until, said
):
    define(yoga, 0)
    make_relacion(laura, ana)
    beyond = now.replace(hour=19) + timedelta(days=63)
    request = BookRequest(masaje.id, beyond, cliente_id=ana.id, override=True)
    bookings.book(sessions, as_profesional(laura), request, now=now, key=new_key())
    work_until(now + timedelta(days=8))
    assert said(laura) == ["No puse Yoga en la agenda el 4/5: a esa hora tenés otra cosa o está cerrado."]


def test_cancelled_class_tells_everybody_once_and_voids_what_was_owed(
    define,
    yoga,
    enrol,
    wait,
    ana,
    beto,
    caro,
    class_on,
    sessions,
    as_profesional,
    laura,
    now,
    new_key,
    said,
    rows,
):
    define(yoga, 0)
    booking_id = class_on(MARCH_9)
    enrol(ana, booking_id)
    enrol(beto, booking_id)
    wait(caro, booking_id)
    actor = as_profesional(laura)
    key = new_key()
    cancel = lambda: series.cancel_occurrence(  # noqa: E731
        sessions, actor, booking_id, reason="feriado", now=now, key=key
    )
    assert cancel() == cancel()
    assert cancel().told == 2
    assert said(ana) == ["Laura Paz canceló la clase de Yoga del lunes 9 a las 19:00. Motivo: feriado."]
    assert said(beto) == said(ana)
    assert said(caro) == [
        "Laura Paz canceló la clase de Yoga del lunes 9 a las 19:00, así que te saqué de la lista de espera. "
        "Motivo: feriado."
    ]
    assert rows("SELECT state, count(*) FROM cargos GROUP BY 1") == [("anulado", 2)]
    assert rows("SELECT DISTINCT state FROM enrollments") == [("cancelado",)]
    assert rows("SELECT state FROM esperas") == [("cancelado",)]
    assert rows("SELECT snapshot->'next' FROM relationship_state") == [([],)] * 3
    with pytest.raises(WrongState):
        series.cancel_occurrence(sessions, actor, booking_id, now=now, key=new_key())


def test_cancelled_date_does_not_come_back(
    define, yoga, class_on, sessions, as_profesional, laura, now, new_key, rows
):
    define(yoga, 0)
    actor = as_profesional(laura)
    series.cancel_occurrence(sessions, actor, class_on(MARCH_9), now=now, key=new_key())
    with sessions.begin() as session:
        session.execute(text("UPDATE series SET materialised_until = NULL"))
    assert series.extend_series(sessions, actor, 1, now=now, key=new_key()).dates == 0
    assert rows("SELECT count(*) FROM bookings WHERE state = 'confirmado'") == [(8,)]


def test_moved_class_takes_its_people_along(
    define,
    yoga,
    enrol,
    ana,
    beto,
    class_on,
    sessions,
    as_profesional,
    laura,
    now,
    new_key,
    next_monday,
    said,
    rows,
):
    define(yoga, 0)
    booking_id = class_on(MARCH_9)
    enrol(ana, booking_id)
    enrol(beto, booking_id)
    later = next_monday + timedelta(days=1, hours=1)
    moved = series.move_occurrence(sessions, as_profesional(laura), booking_id, later, now=now, key=new_key())
    assert moved.starts_at == later
    assert said(ana) == [
        "Laura Paz pasó la clase de Yoga del lunes 9 a las 19:00 al martes 10 a las 20:00 en Av. Rivadavia 1234. "
        "Si no podés ir, avisame y te saco de esa clase."
    ]
    assert len(said(beto)) == 1
    assert rows("SELECT DISTINCT due_at FROM cargos") == [(later,)]
    at = rows("SELECT DISTINCT due_at FROM tareas WHERE kind = 'reminder' ORDER BY 1 DESC LIMIT 1")
    assert at == [(later - timedelta(hours=2),)]
    assert rows("SELECT snapshot->'next'->0->>'starts_at' FROM relationship_state LIMIT 1")[0][0].startswith(
        "2026-03-10T23:00"
    )


def test_moved_class_is_left_freely_at_any_time(
    define, yoga, enrol, leave, ana, class_on, sessions, as_profesional, laura, now, new_key, rows
):
    define(yoga, 0)
    seat = enrol(ana, class_on(date(2026, 3, 2))).enrollment
    later = now + timedelta(hours=5)
    series.move_occurrence(sessions, as_profesional(laura), seat.booking.id, later, now=now, key=new_key())
    left = leave(ana, seat.id)
    assert (left.outcome, left.cost_minor) == ("libre", 0)
    assert rows("SELECT state FROM cargos") == [("anulado",)]


def test_class_cannot_be_moved_onto_something_else(
    define, yoga, class_on, sessions, as_profesional, laura, now, new_key, next_monday, rows
):
    define(yoga, 0)
    actor, booking_id = as_profesional(laura), class_on(MARCH_9)
    move = lambda at: series.move_occurrence(sessions, actor, booking_id, at, now=now, key=new_key())  # noqa: E731
    with pytest.raises(SlotTaken):
        move(next_monday + timedelta(days=7, minutes=30))
    with pytest.raises(SlotInPast):
        move(now - timedelta(hours=1))
    with pytest.raises(InvalidError):
        move(next_monday)
    assert rows("SELECT count(*) FROM bookings WHERE starts_at <> series_starts_at") == [(0,)]


def test_single_class_outside_any_series(sessions, as_profesional, laura, yoga, now, new_key, enrol, ana):
    actor, saturday = as_profesional(laura), now + timedelta(days=5)
    add = lambda at: series.add_class(sessions, actor, yoga.id, at, capacity=1, now=now, key=new_key())  # noqa: E731
    added = add(saturday)
    assert (added.capacity, added.serie_id, added.state) == (1, None, "confirmado")
    assert enrol(ana, added.id).full
    with pytest.raises(SlotTaken):
        add(saturday + timedelta(minutes=30))
    with pytest.raises(SlotInPast):
        add(now - timedelta(days=1))


def test_series_that_ends_at_once_tells_each_client_once(
    define,
    yoga,
    join,
    enrol,
    wait,
    ana,
    beto,
    caro,
    class_on,
    sessions,
    as_profesional,
    laura,
    now,
    new_key,
    said,
    rows,
):
    define(yoga, 0)
    join(ana)
    enrol(beto, class_on(MARCH_9))
    wait(caro, class_on(MARCH_9))
    actor = as_profesional(laura)
    ending = series.end_series(sessions, actor, 1, now=now, key=new_key())
    assert (len(ending.last), len(ending.cancelled), ending.told) == (0, 9, 3)
    assert said(ana) == ["Laura Paz deja de dar Yoga los lunes a las 19:00."]
    assert said(beto) == said(caro) == said(ana)
    assert rows("SELECT DISTINCT state FROM bookings") == [("cancelado",)]
    assert rows("SELECT DISTINCT state FROM cargos") == [("anulado",)]
    assert rows("SELECT count(*) FROM inscripciones_serie WHERE ended_at IS NULL") == [(0,)]
    assert (
        rows("SELECT snapshot->'classes', snapshot->'waiting', snapshot->'owed' FROM relationship_state")
        == [([], [], {})] * 3
    )
    with pytest.raises(SerieEnded):
        series.end_series(sessions, actor, 1, now=now, key=new_key())


def test_series_may_end_after_a_last_day(
    define, yoga, join, ana, sessions, as_profesional, laura, now, new_key, said, rows
):
    define(yoga, 0)
    join(ana)
    ending = series.end_series(sessions, as_profesional(laura), 1, last_day=MARCH_16, now=now, key=new_key())
    assert (len(ending.last), len(ending.cancelled), ending.told) == (3, 6, 1)
    assert said(ana) == ["Laura Paz deja de dar Yoga los lunes a las 19:00. La última clase es el lunes 16."]
    assert rows("SELECT state, count(*) FROM enrollments GROUP BY 1 ORDER BY 1") == [
        ("cancelado", 6),
        ("inscripto", 3),
    ]
    assert rows("SELECT ends_on, ended_at FROM series") == [(MARCH_16, None)]


def test_monthly_fee_is_void_when_nothing_is_left_of_the_month(
    define, pilates, join, ana, sessions, as_profesional, laura, now, new_key, rows
):
    define(pilates, 0)
    join(ana)
    assert rows("SELECT amount_minor, month, state FROM cargos") == [
        (4_000_000, date(2026, 3, 1), "pendiente")
    ]
    series.end_series(sessions, as_profesional(laura), 1, now=now, key=new_key())
    assert rows("SELECT state FROM cargos") == [("anulado",)]
