from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from vallebot.errors import InvalidError, NotAllowedError, NotFoundError
from vallebot.services import agenda
from vallebot.services.agenda import SlotQuery
from vallebot.services.agenda_errors import ServicioIsClass


def day_of(now, days: int = 0):
    start = (now + timedelta(days=days)).replace(hour=0, minute=0)
    return (start, start + timedelta(days=1))


def said_times(slots) -> list[str]:
    return [f"{slot.starts_at:%a %H:%M}" for slot in slots]


def test_free_times_are_found_with_two_queries(
    sessions, write_to, laura, ana, masaje, make_booking, now, count_queries
):
    actor = write_to(laura, ana)
    for days in range(1, 30):
        if (now + timedelta(days=days)).weekday() < 5:
            make_booking(masaje, now + timedelta(days=days), ana)
    with count_queries() as statements:
        slots = agenda.free_slots(sessions, actor, SlotQuery(masaje.id, step_minutes=60), now=now)
    assert len(statements) == 2
    assert said_times(slots)[:3] == ["Mon 10:00", "Mon 11:00", "Mon 12:00"]
    assert "Tue 09:00" not in said_times(slots)[:20]
    assert slots[0].ends_at - slots[0].starts_at == timedelta(hours=1)
    assert slots[-1].starts_at.date() == (now + timedelta(days=60)).date()


def test_windows_hours_and_limit_narrow_the_search(sessions, write_to, laura, ana, masaje, now):
    query = SlotQuery(masaje.id, (day_of(now, 1), day_of(now, 3)), minute_of_day=(16 * 60, 24 * 60), limit=4)
    slots = agenda.free_slots(sessions, write_to(laura, ana), query, now=now)
    assert said_times(slots) == ["Tue 16:00", "Tue 16:30", "Tue 17:00", "Thu 16:00"]


def test_what_starts_at_this_moment_is_not_offered(sessions, write_to, laura, ana, masaje, now):
    assert said_times(agenda.next_free(sessions, write_to(laura, ana), masaje.id, 1, now=now)) == [
        "Mon 09:30"
    ]


def test_hours_of_a_service_replace_the_general_ones(
    sessions, write_to, laura, ana, make_servicio, make_horario, now
):
    piedras = make_servicio(laura, name="Piedras")
    make_horario(laura, 5, "10:00", "12:00", servicio_id=piedras.id)
    slots = agenda.next_free(sessions, write_to(laura, ana), piedras.id, 4, now=now)
    assert said_times(slots) == ["Sat 10:00", "Sat 10:30", "Sat 11:00", "Sat 10:00"]


def test_nearest_free_times_prefer_the_same_day(sessions, write_to, laura, ana, masaje, make_booking, now):
    wanted = now + timedelta(days=1, hours=8)
    make_booking(masaje, wanted, ana)
    slots = agenda.nearest_free(sessions, write_to(laura, ana), masaje.id, wanted, now=now)
    assert said_times(slots) == ["Tue 15:00", "Tue 15:30", "Tue 16:00"]


def test_booking_that_is_moved_does_not_stand_in_its_own_way(
    sessions, write_to, laura, ana, masaje, make_booking, now
):
    booking = make_booking(masaje, now + timedelta(days=1), ana)
    query = SlotQuery(masaje.id, (day_of(now, 1),), limit=1)
    actor = write_to(laura, ana)
    assert said_times(agenda.free_slots(sessions, actor, query, now=now)) == ["Tue 10:00"]
    moving = SlotQuery(masaje.id, (day_of(now, 1),), limit=1, except_booking_id=booking.id)
    assert said_times(agenda.free_slots(sessions, actor, moving, now=now)) == ["Tue 09:00"]


def test_another_professionals_service_and_classes_have_no_free_times(
    sessions, write_to, laura, ana, make_profesional, make_servicio, now
):
    actor = write_to(laura, ana)
    foreign = make_servicio(make_profesional())
    yoga = make_servicio(laura, name="Yoga", kind="grupal", capacity=4)
    with pytest.raises(NotFoundError):
        agenda.next_free(sessions, actor, foreign.id, 1, now=now)
    with pytest.raises(ServicioIsClass):
        agenda.next_free(sessions, actor, yoga.id, 1, now=now)


@pytest.mark.parametrize(
    ("zone", "change"), [("America/Santiago", date(2026, 4, 4)), ("Europe/Madrid", date(2026, 3, 29))]
)
def test_free_times_stay_on_the_wall_clock_when_it_changes(
    sessions, write_to, make_profesional, make_horario, make_servicio, ana, zone, change
):
    profesional = make_profesional(timezone=zone)
    for weekday in range(7):
        make_horario(profesional, weekday, "09:00", "11:00")
    servicio = make_servicio(profesional)
    tz = ZoneInfo(zone)
    start = datetime.combine(change - timedelta(days=2), datetime.min.time(), tz)
    query = SlotQuery(servicio.id, ((start, start + timedelta(days=5)),), step_minutes=60)
    slots = agenda.free_slots(sessions, write_to(profesional, ana), query, now=start)
    assert [f"{slot.starts_at:%H:%M}" for slot in slots] == ["09:00", "10:00"] * 5
    assert {slot.starts_at.tzinfo for slot in slots} == {tz}


def test_agenda_lists_the_local_days_of_its_professional(
    sessions, as_profesional, write_to, laura, ana, masaje, make_booking, now
):
    late = make_booking(masaje, now.replace(hour=23), ana)
    make_booking(masaje, now + timedelta(days=1), ana)
    make_booking(masaje, now, ana, state="cancelado", cancelled_at=now)
    entries = agenda.agenda(sessions, as_profesional(laura), now.date(), now.date())
    assert [(entry.id, entry.cliente_name) for entry in entries] == [(late.id, "Ana Gómez")]
    with pytest.raises(NotAllowedError):
        agenda.agenda(sessions, write_to(laura, ana), now.date(), now.date())


def test_closing_a_stretch_shows_what_is_inside_and_keeps_it(
    sessions, as_profesional, write_to, laura, ana, masaje, make_booking, now, new_key, rows
):
    booking = make_booking(masaje, now + timedelta(days=1, hours=5), ana)
    actor = as_profesional(laura)
    afternoon = (now + timedelta(days=1, hours=4), now + timedelta(days=1, hours=11))
    preview = agenda.preview_block(sessions, actor, *afternoon)
    assert [entry.id for entry in preview.inside] == [booking.id]
    assert rows("SELECT count(*) FROM bloqueos") == [(0,)]
    closed = agenda.block(sessions, actor, *afternoon, reason="médico", now=now, key="wamid.B")
    assert closed == agenda.block(sessions, actor, *afternoon, reason="médico", now=now, key="wamid.B")
    assert rows("SELECT count(*) FROM bloqueos") == [(1,)]
    query = SlotQuery(masaje.id, (day_of(now, 1),), step_minutes=60)
    assert said_times(agenda.free_slots(sessions, write_to(laura, ana), query, now=now)) == [
        "Tue 09:00",
        "Tue 10:00",
        "Tue 11:00",
        "Tue 12:00",
    ]


def test_reopening_lifts_a_part_of_a_closure(
    sessions, as_profesional, write_to, laura, ana, masaje, now, new_key
):
    actor = as_profesional(laura)
    agenda.block(sessions, actor, now, None, now=now, key=new_key())
    query = SlotQuery(masaje.id, step_minutes=60)
    assert agenda.free_slots(sessions, write_to(laura, ana), query, now=now) == []
    reopened = agenda.reopen(
        sessions, actor, now + timedelta(days=1), now + timedelta(days=1, hours=2), now=now, key=new_key()
    )
    assert (reopened.lifted, reopened.opened) == (1, False)
    assert said_times(agenda.free_slots(sessions, write_to(laura, ana), query, now=now)) == [
        "Tue 09:00",
        "Tue 10:00",
    ]


def test_opening_outside_the_hours_adds_time(
    sessions, as_profesional, write_to, laura, ana, masaje, now, new_key
):
    sunday = now.replace(hour=10) + timedelta(days=6)
    agenda.reopen(
        sessions, as_profesional(laura), sunday, sunday + timedelta(hours=2), now=now, key=new_key()
    )
    query = SlotQuery(masaje.id, (day_of(now, 6),), step_minutes=60)
    assert said_times(agenda.free_slots(sessions, write_to(laura, ana), query, now=now)) == [
        "Sun 10:00",
        "Sun 11:00",
    ]


def test_nonsense_is_refused(sessions, as_profesional, laura, masaje, now, new_key):
    actor = as_profesional(laura)
    with pytest.raises(InvalidError):
        agenda.block(sessions, actor, now, now, now=now, key=new_key())
    naive = (datetime(2026, 3, 3), datetime(2026, 3, 4))  # noqa: DTZ001
    with pytest.raises(InvalidError):
        agenda.free_slots(sessions, actor, SlotQuery(masaje.id, (naive,)), now=now)
