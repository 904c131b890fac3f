from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from vallebot.db.tables import Cargo, Payment, PaymentApplication
from vallebot.errors import InvalidError, NotFoundError
from vallebot.services import catalogue, enrollments, leaving, rosters, series
from vallebot.services.agenda_errors import LateChange, NotYetOver, ServicioPaused, SlotInPast, WrongState
from vallebot.services.class_errors import AlreadyEnrolled, ClassFull, NotEnrolled, SerieEnded
from vallebot.services.rosters import Attendance

MARCH_2 = date(2026, 3, 2)
MARCH_9 = date(2026, 3, 9)
MARCH_16 = date(2026, 3, 16)


def test_client_takes_the_lowest_free_seat_and_the_professional_is_told(
    define, yoga, enrol, leave, ana, beto, caro, class_on, said, rows, laura, next_monday
):
    define(yoga, 0)
    booking_id = class_on(MARCH_9)
    first, second = enrol(ana, booking_id), enrol(beto, booking_id)
    assert [(one.enrollment.seat, one.full, one.owed_minor) for one in (first, second)] == [
        (1, False, 500_000),
        (2, True, 500_000),
    ]
    leave(ana, first.enrollment.id)
    assert enrol(caro, booking_id).enrollment.seat == 1
    assert said(laura) == [
        "Ana Gómez se anotó en Yoga del lunes 9 a las 19:00. Van 1 de 2.",
        "Beto Ruiz se anotó en Yoga del lunes 9 a las 19:00. Se completó la clase: 2 de 2.",
        "Ana Gómez no va a la clase de Yoga del lunes 9 a las 19:00.",
        "Caro Díaz se anotó en Yoga del lunes 9 a las 19:00. Se completó la clase: 2 de 2.",
    ]
    assert rows(
        "SELECT due_at FROM tareas WHERE kind = 'reminder' AND subject->>'enrollment_id' = '2' ORDER BY 1"
    ) == [
        (next_monday - timedelta(hours=24),),
        (next_monday - timedelta(hours=2),),
    ]
    assert rows("SELECT summary FROM relationship_state WHERE cliente_id = :id", id=beto.id) == [
        ("Beto Ruiz. Próximos: Yoga el lunes 9 a las 19:00 (inscripto). Debe $ 5.000.",)
    ]


def test_same_message_enrols_once(define, yoga, enrol, ana, class_on, rows, said, laura):
    define(yoga, 0)
    first, again = (enrol(ana, class_on(MARCH_9), key="wamid.E") for _ in range(2))
    assert first == again
    assert rows("SELECT count(*) FROM enrollments") == [(1,)]
    assert len(said(laura)) == 1


def test_full_class_refuses(define, yoga, enrol, ana, beto, caro, class_on, rows):
    define(yoga, 0)
    booking_id = class_on(MARCH_9)
    enrol(ana, booking_id)
    enrol(beto, booking_id)
    with pytest.raises(ClassFull) as refused:
        enrol(caro, booking_id)
    assert refused.value.facts == {"booking_id": booking_id, "capacity": 2}
    with pytest.raises(AlreadyEnrolled):
        enrol(ana, booking_id)
    assert rows("SELECT count(*) FROM enrollments") == [(2,)]


def test_class_that_began_takes_nobody_but_whom_the_professional_adds(
    define, yoga, enrol, ana, class_on, sessions, as_profesional, laura, monday, new_key, make_relacion
):
    define(yoga, 0)
    booking_id, late = class_on(MARCH_2), monday + timedelta(minutes=10)
    with pytest.raises(SlotInPast):
        enrol(ana, booking_id, when=late)
    make_relacion(laura, ana)
    added = enrollments.enrol_once(
        sessions, as_profesional(laura), booking_id, cliente_id=ana.id, now=late, key=new_key()
    )
    assert added.enrollment.state == "inscripto"


def test_paused_service_and_cancelled_class_take_nobody(
    define, yoga, enrol, ana, class_on, sessions, as_profesional, laura, now, new_key
):
    define(yoga, 0)
    actor = as_profesional(laura)
    series.cancel_occurrence(sessions, actor, class_on(MARCH_9), now=now, key=new_key())
    with pytest.raises(WrongState):
        enrol(ana, class_on(MARCH_9))
    catalogue.pause_servicio(sessions, actor, yoga.id, now=now, key=new_key())
    with pytest.raises(ServicioPaused):
        enrol(ana, class_on(MARCH_16))


def test_one_to_one_session_is_not_a_class(enrol, make_booking, masaje, ana, beto, now):
    session = make_booking(masaje, now + timedelta(days=1), beto)
    with pytest.raises(NotFoundError):
        enrol(ana, session.id)


def test_professional_enrols_and_removes_a_client(
    define,
    yoga,
    class_on,
    ana,
    beto,
    sessions,
    as_profesional,
    laura,
    now,
    new_key,
    make_relacion,
    said,
    rows,
):
    define(yoga, 0)
    actor = as_profesional(laura)
    make_relacion(laura, ana, name="Anita")
    put = lambda who: enrollments.enrol_once(  # noqa: E731
        sessions, actor, class_on(MARCH_9), cliente_id=who.id, now=now, key=new_key()
    )
    enrolled = put(ana)
    assert enrolled.enrollment.cliente_name == "Anita"
    with pytest.raises(NotFoundError):
        put(beto)
    leaving.leave(sessions, actor, enrolled.enrollment.id, reason="sin apto", now=now, key=new_key())
    assert said(ana) == [
        "Laura Paz te anotó en la clase de Yoga del lunes 9 a las 19:00 en Av. Rivadavia 1234.",
        "Laura Paz te dio de baja de la clase de Yoga del lunes 9 a las 19:00. Motivo: sin apto.",
    ]
    assert said(laura) == []
    assert rows("SELECT state, cancelled_by FROM enrollments") == [("cancelado", "profesional")]
    assert rows("SELECT state FROM cargos") == [("anulado",)]


def test_joining_a_series_takes_a_seat_in_each_class_ahead(define, yoga, join, ana, laura, said, rows):
    define(yoga, 1, 3)
    joined = join(ana, 1, 2)
    assert [len(membership.seats) for membership in joined.memberships] == [9, 9]
    assert (joined.owed_minor, joined.full) == (18 * 500_000, False)
    assert said(laura) == ["Ana Gómez se anotó en Yoga, los martes y jueves a las 19:00. Van 1 de 2."]
    assert rows(
        "SELECT count(*), count(DISTINCT booking_id) FROM enrollments WHERE inscripcion_id IN (1, 2)"
    ) == [(18, 18)]
    assert rows("SELECT jsonb_array_length(snapshot->'classes') FROM relationship_state") == [(2,)]
    with pytest.raises(AlreadyEnrolled):
        join(ana, 1)
    assert rows("SELECT count(*) FROM enrollments") == [(18,)]


def test_series_without_a_place_refuses_and_tells_the_professional_when_it_filled_up(
    define, yoga, join, ana, beto, caro, laura, said
):
    define(yoga, 0)
    join(ana)
    assert join(beto).full
    assert said(laura)[-1] == (
        "Beto Ruiz se anotó en Yoga, los lunes a las 19:00. Con eso se completó el cupo de 2."
    )
    with pytest.raises(ClassFull) as refused:
        join(caro)
    assert refused.value.facts == {"serie_id": 1, "capacity": 2}


def test_full_date_puts_a_new_member_into_its_waiting_list(
    define, yoga, enrol, join, ana, beto, caro, class_on, rows
):
    define(yoga, 0)
    enrol(ana, class_on(MARCH_9))
    enrol(beto, class_on(MARCH_9))
    membership = join(caro).memberships[0]
    assert [full.id for full in membership.full] == [class_on(MARCH_9)]
    assert len(membership.seats) == 8
    assert rows("SELECT booking_id, cliente_id, state FROM esperas") == [
        (class_on(MARCH_9), caro.id, "esperando")
    ]


def test_seat_that_the_client_had_becomes_part_of_the_membership(
    define, yoga, enrol, join, leave_series, ana, class_on, rows
):
    define(yoga, 0)
    enrol(ana, class_on(MARCH_9))
    join(ana)
    assert rows("SELECT count(*) FROM enrollments") == [(9,)]
    assert rows("SELECT count(*) FROM cargos") == [(9,)]
    leave_series(ana, accept_cost=True)
    assert rows("SELECT DISTINCT state FROM enrollments") == [("cancelado",)]


def test_membership_may_begin_later(define, yoga, join, ana, now, rows):
    define(yoga, 0)
    assert len(join(ana, starts_on=MARCH_16).memberships[0].seats) == 7
    assert rows("SELECT starts_on FROM inscripciones_serie") == [(MARCH_16,)]


def test_series_that_ended_and_bad_requests_are_refused(
    define, yoga, pilates, join, ana, sessions, as_profesional, laura, now, new_key
):
    define(yoga, 0)
    define(pilates, 1)
    with pytest.raises(InvalidError):
        join(ana, 1, 2)
    with pytest.raises(InvalidError):
        join(ana, starts_on=date(2026, 3, 1))
    with pytest.raises(NotFoundError):
        join(ana, 77)
    series.end_series(sessions, as_profesional(laura), 1, now=now, key=new_key())
    with pytest.raises(SerieEnded):
        join(ana)


# Monthly fees


def test_month_is_owed_once_in_full_however_many_classes(define, pilates, join, enrol, ana, class_on, rows):
    define(pilates, 1, 3)
    assert enrol(ana, class_on(date(2026, 3, 3))).owed_minor == 4_000_000
    assert enrol(ana, class_on(date(2026, 3, 10))).owed_minor == 0
    assert join(ana, 1, 2).owed_minor == 0
    assert rows("SELECT concept, amount_minor, month FROM cargos") == [
        ("Pilates, marzo de 2026", 4_000_000, date(2026, 3, 1))
    ]
    assert rows("SELECT DISTINCT price_minor FROM enrollments") == [(0,)]


def test_next_month_is_owed_when_it_begins_whatever_runs_twice(
    define, pilates, join, leave_series, ana, beto, now, work_until, rows
):
    define(pilates, 2)
    join(ana)
    join(beto)
    leave_series(beto)
    begun = now.replace(month=4, day=1, hour=0)
    work_until(begun - timedelta(minutes=1))
    assert rows("SELECT cliente_id, month, state FROM cargos ORDER BY id") == [
        (ana.id, date(2026, 3, 1), "pendiente"),
        (beto.id, date(2026, 3, 1), "anulado"),
    ]
    for _ in range(2):
        work_until(begun + timedelta(hours=1))
    assert rows("SELECT cliente_id, month, due_at FROM cargos WHERE state = 'pendiente' ORDER BY id") == [
        (ana.id, date(2026, 3, 1), now),
        (ana.id, date(2026, 4, 1), begun + timedelta(hours=1)),
    ]
    assert rows("SELECT snapshot->'owed' FROM relationship_state WHERE cliente_id = :id", id=ana.id) == [
        ({"ARS": 8_000_000},)
    ]


def test_class_of_next_month_is_not_owed_yet(define, pilates, enrol, ana, class_on, now, work_until, rows):
    define(pilates, 0)
    assert enrol(ana, class_on(date(2026, 4, 6))).owed_minor == 0
    work_until(now.replace(month=4, day=1, hour=8))
    assert rows("SELECT month FROM cargos") == [(date(2026, 4, 1),)]


def test_month_that_has_begun_stays_owed_when_the_client_leaves(
    define, pilates, join, leave_series, ana, now, rows
):
    define(pilates, 0)
    join(ana)
    left = leave_series(ana, when=now + timedelta(days=3))
    assert len(left.seats) == 8
    assert rows("SELECT state FROM cargos") == [("pendiente",)]
    assert rows("SELECT state, count(*) FROM enrollments GROUP BY 1 ORDER BY 1") == [
        ("cancelado", 8),
        ("inscripto", 1),
    ]


def test_month_that_the_professional_forgave_does_not_come_back(
    define, pilates, join, ana, sessions, now, work_until, rows
):
    define(pilates, 0)
    join(ana)
    with sessions.begin() as session:
        session.execute(
            text("UPDATE cargos SET state = 'anulado', voided_at = :now, void_reason = 'bonificado'"),
            {"now": now},
        )
    work_until(now + timedelta(days=20))
    assert rows("SELECT state FROM cargos") == [("anulado",)]


# Leaving


def test_leaving_in_time_makes_paid_money_a_credit(
    define, yoga, enrol, leave, ana, class_on, sessions, pay, rows
):
    define(yoga, 0)
    seat = enrol(ana, class_on(MARCH_9)).enrollment
    pay(ana, 500_000)
    left = leave(ana, seat.id)
    assert (left.outcome, left.cost_minor, left.credit_minor) == ("libre", 0, 500_000)
    assert rows("SELECT state, applied_minor FROM cargos") == [("anulado", 0)]
    assert rows("SELECT snapshot->'credit' FROM relationship_state") == [({"ARS": 500_000},)]
    with pytest.raises(NotEnrolled):
        leave(ana, seat.id)


@pytest.fixture
def pay(sessions, laura, now):
    """Confirmed money that settles the client's only charge."""

    def settle(cliente, amount_minor):
        with sessions.begin() as session:
            cargo = session.query(Cargo).filter_by(cliente_id=cliente.id).one()
            who = {"profesional_id": laura.id, "cliente_id": cliente.id, "currency": "ARS"}
            payment = Payment(
                **who, amount_minor=amount_minor, means="efectivo", state="confirmado", informed_at=now
            )
            session.add(payment)
            session.flush()
            session.add(
                PaymentApplication(**who, payment_id=payment.id, cargo_id=cargo.id, amount_minor=amount_minor)
            )

    return settle


def test_late_leave_costs_where_the_service_charges(
    define, make_servicio, laura, enrol, leave, ana, class_on, sessions, write_to, now, rows, said
):
    spinning = make_servicio(
        laura, name="Spinning", kind="grupal", capacity=2, price_minor=700_000, late_cancellation="cobrar"
    )
    define(spinning, 0)
    seat = enrol(ana, class_on(MARCH_2)).enrollment
    terms = leaving.leaving_terms(sessions, write_to(laura, ana), seat.id, now=now)
    assert (terms.outcome, terms.cost_minor) == ("con_costo", 700_000)
    with pytest.raises(LateChange) as told:
        leave(ana, seat.id)
    assert told.value.facts["cost_minor"] == 700_000
    left = leave(ana, seat.id, accept_cost=True)
    assert (left.outcome, left.cost_minor) == ("con_costo", 700_000)
    assert rows("SELECT state FROM cargos") == [("pendiente",)]
    assert said(laura)[-1] == (
        "Ana Gómez no va a la clase de Spinning del lunes 2 a las 19:00. "
        "Avisó fuera de término: queda debiendo $ 7.000."
    )


@pytest.mark.parametrize("charge", [True, False])
def test_late_leave_is_the_professionals_word_where_the_service_asks(
    define,
    yoga,
    enrol,
    leave,
    ana,
    class_on,
    sessions,
    as_profesional,
    laura,
    now,
    new_key,
    rows,
    said,
    charge,
):
    define(yoga, 0)
    seat = enrol(ana, class_on(MARCH_2)).enrollment
    assert leave(ana, seat.id, accept_cost=True).outcome == "a_consultar"
    assert said(laura)[-1] == (
        "Ana Gómez avisó fuera de término que no va a la clase de Yoga del lunes 2 a las 19:00. "
        "¿Le cobrás los $ 5.000?"
    )
    assert rows("SELECT payload->'choices'->1->>'payload' FROM messages ORDER BY id DESC LIMIT 1") == [
        ('/confirmar_turno{"enrollment_id": 1, "cambio": "aceptar"}',)
    ]
    decide = lambda: leaving.decide_late_leave(  # noqa: E731
        sessions, as_profesional(laura), seat.id, charge=charge, now=now, key=new_key()
    )
    decide()
    assert rows("SELECT state FROM cargos") == [("pendiente" if charge else "anulado",)]
    assert said(ana) == (
        [] if charge else ["Laura Paz no te cobra la clase de Yoga del lunes 2 a las 19:00."]
    )
    if not charge:
        with pytest.raises(WrongState):
            decide()


def test_class_that_began_cannot_be_left(define, yoga, enrol, leave, ana, class_on, monday):
    define(yoga, 0)
    seat = enrol(ana, class_on(MARCH_2)).enrollment
    with pytest.raises(SlotInPast):
        leave(ana, seat.id, when=monday)


def test_leaving_one_class_keeps_the_membership(
    define, yoga, join, leave, ana, class_on, now, work_until, rows
):
    define(yoga, 0)
    seat = next(s for s in join(ana).memberships[0].seats if s.booking.id == class_on(MARCH_9))
    leave(ana, seat.id)
    work_until(now + timedelta(days=8))
    assert rows("SELECT count(*) FROM enrollments WHERE state = 'inscripto'") == [(9,)]  # 8 kept, 1 new
    assert rows("SELECT state FROM enrollments WHERE booking_id = :id", id=class_on(MARCH_9)) == [
        ("cancelado",)
    ]


def test_leaving_a_series_frees_the_seats_ahead_and_late_ones_cost(
    define, yoga, join, leave_series, ana, laura, now, rows, said
):
    define(yoga, 0)
    join(ana)
    with pytest.raises(LateChange) as told:
        leave_series(ana)  # today's class is too late to be left freely
    assert told.value.facts["cost_minor"] == 500_000
    left = leave_series(ana, accept_cost=True)
    assert (len(left.seats), left.cost_minor) == (9, 500_000)
    assert rows("SELECT state, count(*) FROM cargos GROUP BY 1 ORDER BY 1") == [
        ("anulado", 8),
        ("pendiente", 1),
    ]
    assert said(laura)[-1] == "Ana Gómez dejó Yoga, los lunes a las 19:00."
    assert rows("SELECT snapshot->'classes' FROM relationship_state") == [([],)]
    with pytest.raises(NotEnrolled):
        leave_series(ana)
    join(ana)


def test_professional_removes_a_client_from_a_series_without_cost(
    define, yoga, join, ana, sessions, as_profesional, laura, now, new_key, said, rows
):
    define(yoga, 0)
    join(ana)
    left = leaving.leave_series(
        sessions, as_profesional(laura), [1], cliente_id=ana.id, now=now, key=new_key()
    )
    assert left.cost_minor == 0
    assert rows("SELECT DISTINCT state FROM cargos") == [("anulado",)]
    assert said(ana) == ["Laura Paz te dio de baja de Yoga, los lunes a las 19:00."]


# Rosters and attendance


def test_roster_shows_seats_and_who_waits(
    define, yoga, enrol, wait, ana, beto, caro, class_on, sessions, as_profesional, laura
):
    define(yoga, 0)
    booking_id = class_on(MARCH_9)
    for who in (ana, beto):
        enrol(who, booking_id)
    wait(caro, booking_id)
    found = rosters.roster(sessions, as_profesional(laura), booking_id)
    assert [(one.seat, one.cliente_name, one.state) for one in found.enrollments] == [
        (1, "Ana Gómez", "inscripto"),
        (2, "Beto Ruiz", "inscripto"),
    ]
    assert [(one.position, one.cliente_name) for one in found.waiting] == [(1, "Caro Díaz")]


def test_attendance_is_recorded_and_put_right(
    define, yoga, enrol, ana, beto, caro, class_on, sessions, as_profesional, laura, monday, new_key, rows
):
    define(yoga, 0)
    booking_id = class_on(MARCH_2)
    enrol(ana, booking_id)
    enrol(beto, booking_id)
    actor = as_profesional(laura)
    mark = lambda at, **who: rosters.record_attendance(  # noqa: E731
        sessions, actor, booking_id, Attendance(**who), now=at, key=new_key()
    )
    with pytest.raises(NotYetOver):
        mark(monday - timedelta(minutes=1), absent=(beto.id,))
    found = mark(monday + timedelta(hours=1), absent=(beto.id,), rest="asistio")
    assert [one.state for one in found.enrollments] == ["asistio", "ausente"]
    assert found.booking.state == "realizado"
    found = mark(monday + timedelta(hours=2), came=(beto.id,))
    assert [one.state for one in found.enrollments] == ["asistio", "asistio"]
    assert rows("SELECT snapshot->'visits' FROM relationship_state") == [(1,), (1,)]
    with pytest.raises(NotEnrolled):
        mark(monday + timedelta(hours=2), came=(caro.id,))
    with pytest.raises(InvalidError):
        mark(monday + timedelta(hours=2), came=(ana.id,), absent=(ana.id,))


def test_client_says_that_they_will_come(
    define, yoga, enrol, ana, class_on, sessions, write_to, laura, now, monday, new_key
):
    define(yoga, 0)
    seat = enrol(ana, class_on(MARCH_2)).enrollment
    actor = write_to(laura, ana)
    assert (
        rosters.confirm_coming(sessions, actor, seat.id, now=now, key=new_key()).attendance_confirmed_at
        == now
    )
    with pytest.raises(WrongState):
        rosters.confirm_coming(sessions, actor, seat.id, now=monday + timedelta(hours=2), key=new_key())


def test_upcoming_classes_and_series_are_there_to_choose_from(
    define, yoga, pilates, enrol, ana, class_on, sessions, write_to, laura, now, next_monday
):
    define(yoga, 0)
    define(pilates, 1)
    enrol(ana, class_on(MARCH_9))
    actor = write_to(laura, ana)
    window = (next_monday.replace(hour=0), next_monday + timedelta(days=2))
    found = rosters.upcoming_classes(sessions, actor, windows=(window,), now=now)
    assert [(one.servicio_name, one.taken_seats, one.capacity) for one in found] == [
        ("Yoga", 1, 2),
        ("Pilates", 0, 2),
    ]
    assert len(rosters.upcoming_classes(sessions, actor, servicio_id=yoga.id, limit=3, now=now)) == 3
    assert [serie.servicio_name for serie in rosters.list_series(sessions, actor)] == ["Pilates", "Yoga"]
    assert [serie.weekday for serie in rosters.list_series(sessions, actor, servicio_id=yoga.id)] == [0]
