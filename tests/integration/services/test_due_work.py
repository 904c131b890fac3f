from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from vallebot.services import bookings, cancellations, due_work
from vallebot.services.bookings import BookRequest
from vallebot.services.due_handlers import HANDLERS, RECURRING
from vallebot.services.due_handlers import due_work as worker_step
from vallebot.services.rescheduling import RescheduleRequest, reschedule
from vallebot.services.scheduling import Due, schedule


@pytest.fixture
def run(sessions):
    """`run(at)`: do everything that is due at that time; how many rows that was."""

    def everything(at: datetime, handlers=HANDLERS) -> int:
        done = 0
        while due_work.run_next(sessions, handlers, now=at):
            done += 1
        return done

    return everything


@pytest.fixture
def wednesday(now):
    return now + timedelta(days=2, hours=1)


@pytest.fixture
def ana_writes(write_to, laura, ana):
    return write_to(laura, ana)


@pytest.fixture
def booking(sessions, ana_writes, masaje, wednesday, now, new_key):
    return bookings.book(sessions, ana_writes, BookRequest(masaje.id, wednesday), now=now, key=new_key())


def test_client_is_reminded_the_day_before_and_shortly_before(run, booking, wednesday, ana, said):
    run(wednesday - timedelta(hours=24, minutes=1))
    assert said(ana) == []
    run(wednesday - timedelta(hours=24))
    assert said(ana) == [
        "Mañana a las 10:00 tenés turno con Laura Paz: Masaje en Av. Rivadavia 1234. ¿Venís?"
    ]
    run(wednesday - timedelta(hours=2))
    assert said(ana)[1:] == [
        "Hoy a las 10:00 tenés turno con Laura Paz: Masaje en Av. Rivadavia 1234. ¿Venís?"
    ]
    assert run(wednesday) == 0


def test_reminder_offers_what_can_be_done(run, booking, wednesday, rows):
    run(wednesday - timedelta(hours=24))
    assert rows("SELECT payload->'choices'->0->>'payload' FROM messages WHERE text LIKE 'Mañana%'") == [
        (f'/confirmar_turno{{"booking_id": {booking.id}}}',)
    ]


def test_after_an_outage_one_reminder_is_enough(run, booking, wednesday, ana, said):
    run(wednesday - timedelta(hours=1))
    assert len(said(ana)) == 1


def test_nothing_is_said_about_what_was_cancelled_or_is_over(
    run, sessions, ana_writes, booking, wednesday, ana, said, now, new_key
):
    cancellations.cancel(sessions, ana_writes, booking.id, now=now, key=new_key())
    run(wednesday - timedelta(hours=2))
    assert said(ana) == []


def test_reminders_move_with_the_booking(
    run, sessions, ana_writes, booking, wednesday, ana, said, now, new_key
):
    to = wednesday + timedelta(days=1)
    reschedule(sessions, ana_writes, RescheduleRequest(booking.id, to), now=now, key=new_key())
    run(wednesday - timedelta(hours=2))
    assert said(ana) == []
    run(to - timedelta(hours=24))
    assert len(said(ana)) == 1


def test_who_opted_out_is_not_reminded(run, sessions, booking, wednesday, ana, said):
    with sessions.begin() as session:
        session.execute(text("UPDATE relaciones SET notices_accepted = false"))
    run(wednesday - timedelta(hours=2))
    assert said(ana) == []


def test_own_intervals_of_a_client_win(
    run, sessions, ana_writes, masaje, make_relacion, laura, ana, wednesday, rows, now, new_key
):
    make_relacion(laura, ana, reminder_minutes=[60])
    bookings.book(sessions, ana_writes, BookRequest(masaje.id, wednesday), now=now, key=new_key())
    assert rows("SELECT due_at FROM tareas") == [(wednesday - timedelta(hours=1),)]


def test_pending_booking_expires_by_itself(
    run, sessions, ana_writes, masaje, laura, ana, wednesday, said, rows, now, new_key
):
    with sessions.begin() as session:
        session.merge(laura).auto_confirm = False
    bookings.book(sessions, ana_writes, BookRequest(masaje.id, wednesday), now=now, key=new_key())
    run(now + timedelta(hours=24))
    assert rows("SELECT state, cancel_reason FROM bookings") == [("cancelado", "vencido")]
    assert "quedó sin efecto" in said(ana)[-1]
    assert rows("SELECT snapshot->'next' FROM relationship_state") == [([],)]


def test_agenda_of_the_day_leaves_at_the_professionals_hour(run, sessions, booking, wednesday, laura, said):
    step = worker_step(sessions, lambda: wednesday.replace(hour=7, minute=15))
    while step():
        pass
    assert len(said(laura)) == 1
    run(wednesday.replace(hour=7, minute=30))
    assert said(laura)[1:] == [
        "Buen día, Laura Paz. Hoy, miércoles 4, tenés 1 turno:\n10:00 Ana Gómez, Masaje"
    ]
    for minutes in range(0, 24 * 60, 30):
        run(wednesday.replace(hour=8) + timedelta(minutes=minutes))
    assert len([said_text for said_text in said(laura) if said_text.startswith("Buen día")]) == 1


def test_empty_day_and_stale_morning_say_nothing(run, sessions, booking, wednesday, laura, said):
    tuesday = wednesday - timedelta(days=1)
    due_work.ensure_recurring(sessions, RECURRING, now=tuesday)
    for at in (tuesday.replace(hour=7, minute=30), wednesday.replace(hour=12)):
        run(at)
    assert [said_text for said_text in said(laura) if said_text.startswith("Buen día")] == []


def test_recurring_work_is_one_row_for_ever(run, sessions, now, rows):
    for _ in range(3):
        due_work.ensure_recurring(sessions, RECURRING, now=now)
        run(now)
    assert rows("SELECT kind, state, due_at > :now FROM tareas ORDER BY kind", now=now) == [
        (kind, "pendiente", True) for kind in sorted(RECURRING)
    ]


def test_what_was_done_long_ago_is_forgotten(run, sessions, booking, wednesday, now, rows):
    due_work.ensure_recurring(sessions, ("tidy",), now=now)
    run(wednesday)
    run(wednesday + timedelta(days=61))
    assert rows("SELECT kind FROM tareas") == [("tidy",)]
    assert rows("SELECT count(*) FROM operations") == [(0,)]


@pytest.fixture
def add(sessions, now):
    def make(kind: str, key: str, due_at: datetime = now) -> None:
        with sessions.begin() as session:
            schedule(session, Due(kind, {}, due_at, key))

    return make


def test_failing_row_is_repeated_later_and_put_aside_in_the_end(run, add, rows, now, caplog):
    done = []

    def broken(job):
        job.session.execute(text("UPDATE tareas SET subject = '{\"half\": 1}'"))
        raise RuntimeError("no")

    handlers = {"broken": broken, "good": lambda job: done.append(job.id)}
    add("broken", "b")
    add("good", "g", now + timedelta(milliseconds=1))
    at = now + timedelta(seconds=1)
    run(at, handlers)
    assert len(done) == 1
    assert rows("SELECT state, tries, error, subject FROM tareas WHERE kind = 'broken'") == [
        ("pendiente", 1, "RuntimeError: no", {})
    ]
    for _ in range(due_work.MAX_TRIES):
        at += timedelta(hours=2)
        run(at, handlers)
    assert rows("SELECT state, tries FROM tareas WHERE kind = 'broken'") == [("fallida", due_work.MAX_TRIES)]


def test_unknown_kind_does_not_stop_the_others(run, add, rows, now):
    add("nonsense", "n")
    run(now, {})
    assert rows("SELECT state, error FROM tareas") == [("pendiente", "KeyError: 'nonsense'")]


def test_many_workers_do_each_row_once(sessions, add, now, rows):
    for number in range(40):
        add("say", f"n{number}")
    with sessions.begin() as session:
        session.execute(text("CREATE TABLE said_twice (tarea_id bigint)"))
    handlers = {
        "say": lambda job: (
            job.session.execute(
                text("INSERT INTO said_twice SELECT :id FROM pg_sleep(0.002)"), {"id": job.id}
            )
            and None
        )
    }

    def work() -> None:
        while due_work.run_next(sessions, handlers, now=now):
            pass

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        assert rows("SELECT count(*), count(DISTINCT tarea_id) FROM said_twice") == [(40, 40)]
        assert rows("SELECT DISTINCT state FROM tareas") == [("hecha",)]
    finally:
        with sessions.begin() as session:
            session.execute(text("DROP TABLE said_twice"))


def test_worker_that_dies_has_done_nothing(sessions, add, now, rows, run):
    add("say", "n1")

    class Died(BaseException):
        pass

    def dies(job):
        job.session.execute(text("UPDATE tareas SET error = 'half done'"))
        raise Died

    with pytest.raises(Died):
        due_work.run_next(sessions, {"say": dies}, now=now)
    assert rows("SELECT state, tries, error FROM tareas") == [("pendiente", 0, None)]
    assert run(now, {"say": lambda job: None}) == 1
