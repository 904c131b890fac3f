from __future__ import annotations

from dataclasses import replace

import pytest

from vallebot.domain.availability import WeeklyHours
from vallebot.errors import InvalidError, NotAllowedError, NotFoundError
from vallebot.services import catalogue, service_changes
from vallebot.services.agenda_errors import NameTaken
from vallebot.services.catalogue import ServicioSpec

MASSAGE = ServicioSpec("  Masaje   relajante ", 60, price_minor=1_250_000, synonyms=("relax", " "))
YOGA = ServicioSpec("Yoga", 75, kind="grupal", capacity=8, billing="mensual", cancellation_hours=3)


@pytest.fixture
def define(sessions, now, new_key):
    def make(actor, spec, key=None):
        return catalogue.define_servicio(sessions, actor, spec, now=now, key=key or new_key())

    return make


def test_service_is_defined_once_and_listed(define, sessions, as_profesional, write_to, laura, ana, rows):
    actor = as_profesional(laura)
    card = define(actor, MASSAGE, key="wamid.once")
    assert define(actor, MASSAGE, key="wamid.once") == card
    yoga = define(actor, YOGA)
    assert (card.name, card.synonyms, card.place_mode, card.cancellation_hours) == (
        "Masaje relajante",
        ("relax",),
        "consultorio",
        24,
    )
    assert catalogue.list_servicios(sessions, write_to(laura, ana)) == [card, yoga]
    assert rows("SELECT action FROM audit WHERE entity = 'servicios'") == [("define",), ("define",)]


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("name", {"name": "  "}),
        ("name", {"name": "x" * 61}),
        ("duration_minutes", {"duration_minutes": 0}),
        ("capacity", {"capacity": 3}),
        ("capacity", {"kind": "grupal"}),
        ("price_minor", {"price_minor": -1}),
        ("currency", {"currency": "pesos"}),
        ("billing", {"billing": "anual"}),
        ("place_mode", {"place_mode": "luna"}),
        ("cancellation_hours", {"cancellation_hours": -1}),
    ],
)
def test_broken_rule_is_named(define, as_profesional, laura, field, change):
    with pytest.raises(InvalidError) as caught:
        define(as_profesional(laura), replace(MASSAGE, **change))
    assert caught.value.facts == {"field": field}


def test_name_that_is_taken_is_refused_whatever_its_accents(define, as_profesional, laura):
    define(as_profesional(laura), ServicioSpec("Reflexología", 60))
    with pytest.raises(NameTaken):
        define(as_profesional(laura), ServicioSpec("REFLEXOLOGIA", 30))


def test_service_is_changed_paused_and_taken_up_again(
    define, sessions, as_profesional, write_to, laura, ana, now, new_key
):
    actor = as_profesional(laura)
    card = define(actor, MASSAGE)
    changed = service_changes.change_servicio(
        sessions, actor, card.id, {"price_minor": 1_500_000, "buffer_minutes": 15}, now=now, key=new_key()
    )
    assert (changed.price_minor, changed.buffer_minutes, changed.name) == (1_500_000, 15, "Masaje relajante")
    paused = catalogue.pause_servicio(sessions, actor, card.id, now=now, key=new_key())
    assert not paused.active
    assert catalogue.list_servicios(sessions, write_to(laura, ana)) == []
    assert catalogue.list_servicios(sessions, actor, paused=True) == [paused]
    define(actor, MASSAGE)
    with pytest.raises(NameTaken):
        catalogue.pause_servicio(sessions, actor, card.id, active=True, now=now, key=new_key())


def test_kind_of_a_service_never_changes(define, sessions, as_profesional, laura, now, new_key):
    card = define(as_profesional(laura), MASSAGE)
    with pytest.raises(InvalidError):
        service_changes.change_servicio(
            sessions, as_profesional(laura), card.id, {"kind": "grupal"}, now=now, key=new_key()
        )


def test_clients_and_other_professionals_change_nothing(
    define, sessions, as_profesional, write_to, laura, ana, make_profesional, now, new_key
):
    card = define(as_profesional(laura), MASSAGE)
    with pytest.raises(NotAllowedError):
        define(write_to(laura, ana), MASSAGE)
    stranger = as_profesional(make_profesional())
    with pytest.raises(NotFoundError):
        catalogue.pause_servicio(sessions, stranger, card.id, now=now, key=new_key())
    with pytest.raises(NotAllowedError):
        catalogue.list_servicios(sessions, write_to(laura, ana), paused=True)


def test_weekly_hours_are_replaced_and_merged(sessions, as_profesional, laura, rows, now, new_key):
    weekly = [
        WeeklyHours(0, 900, 1140),
        WeeklyHours(0, 540, 780),
        WeeklyHours(0, 720, 840),
        WeeklyHours(5, 0, 1440),
    ]
    result = catalogue.set_horarios(sessions, as_profesional(laura), weekly, now=now, key=new_key())
    assert result.weekly == (WeeklyHours(0, 540, 840), WeeklyHours(0, 900, 1140), WeeklyHours(5, 0, 1440))
    assert rows("SELECT weekday, start_minute, end_minute FROM horarios ORDER BY 1, 2") == [
        (0, 540, 840),
        (0, 900, 1140),
        (5, 0, 1440),
    ]
    card = catalogue.profesional_card(sessions, as_profesional(laura))
    assert card.weekly == result.weekly
    assert (card.name, card.address) == ("Laura Paz", "Av. Rivadavia 1234")


def test_hours_of_one_service_leave_the_general_ones_alone(
    sessions, as_profesional, laura, masaje, rows, now, new_key
):
    actor = as_profesional(laura)
    own = (WeeklyHours(2, 600, 660),)
    assert (
        catalogue.set_horarios(sessions, actor, own, servicio_id=masaje.id, now=now, key=new_key()).weekly
        == own
    )
    assert rows("SELECT count(*) FROM horarios WHERE servicio_id IS NULL") == [(5,)]
    catalogue.set_horarios(sessions, actor, (), servicio_id=masaje.id, now=now, key=new_key())
    assert rows("SELECT count(*) FROM horarios") == [(5,)]


@pytest.mark.parametrize("hours", [WeeklyHours(7, 0, 60), WeeklyHours(0, 60, 60), WeeklyHours(0, 0, 1441)])
def test_impossible_hours_are_refused(sessions, as_profesional, laura, hours, now, new_key):
    with pytest.raises(InvalidError):
        catalogue.set_horarios(sessions, as_profesional(laura), [hours], now=now, key=new_key())
