"""The demo data, in the database and in the simulator."""

from __future__ import annotations

import json

import pytest

from vallebot import demo
from vallebot.db.tables import Cliente
from vallebot.services import catalogue, operator
from vallebot.services.actor import system_actor
from web.simulator.cast import load_cast


def test_the_demo_is_two_professionals_with_services_and_hours_and_three_clients(sessions, now):
    assert demo.load(sessions, now=now)
    by_code = {row.code: row for row in operator.list_profesionales(sessions, system_actor(), now=now)}
    assert {code: row.servicios for code, row in by_code.items()} == {"laura": 3, "ana": 1}
    for row in by_code.values():
        card = catalogue.profesional_card(sessions, system_actor(row.id))
        assert card.weekly
        assert card.auto_confirm is (row.code == "ana")
    assert by_code["ana"].upcoming > 10  # classes of the weeks to come
    with sessions() as session:
        names = {person.name for person in session.query(Cliente)}
    assert names == {"Laura Giménez", "Ana Sosa", "Marta Ruiz", "Juan Pérez", "Sofía Díaz"}


def test_loading_the_demo_twice_changes_nothing(sessions, now):
    demo.load(sessions, now=now)
    before = operator.list_profesionales(sessions, system_actor(), now=now)
    assert not demo.load(sessions, now=now)
    assert operator.list_profesionales(sessions, system_actor(), now=now) == before


def test_loading_goes_on_where_it_was_broken_off(sessions, now, monkeypatch):
    def broken(*_args, **_kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(catalogue, "define_servicio", broken)
        with pytest.raises(KeyboardInterrupt):
            demo.load(sessions, now=now)
    assert demo.load(sessions, now=now)
    assert [row.servicios for row in operator.list_profesionales(sessions, system_actor(), now=now)] == [1, 3]


def test_a_name_that_a_client_of_the_demo_gave_is_kept(sessions, now):
    demo.load(sessions, now=now)
    with sessions.begin() as session:
        session.query(Cliente).filter_by(phone_e164=f"+{demo.MARTA}").update({"name": "Martita"})
    demo.load(sessions, now=now)
    with sessions() as session:
        assert session.query(Cliente).filter_by(phone_e164=f"+{demo.MARTA}").one().name == "Martita"


def test_the_simulator_shows_the_same_people_on_the_same_lines(sessions, now, tmp_path):
    path = tmp_path / "cast.json"
    path.write_text(json.dumps(demo.cast()), encoding="utf-8")
    cast = load_cast(path)
    demo.load(sessions, now=now)
    rows = operator.list_profesionales(sessions, system_actor(), now=now)
    owned = {line.phone_number_id for line in cast.lines} - {demo.SHARED_LINE}
    assert owned == {row.phone_number_id for row in rows}
    professionals = {f"+{person.wa_id}" for person in cast.persons if person.label == "Profesional"}
    assert professionals == {row.phone_e164 for row in rows}
    assert {step.person for step in cast.tour} <= {person.key for person in cast.persons}


@pytest.mark.parametrize("who", ["laura", "+5491150010001", "gimenez", "LAURA"])
def test_a_professional_is_found_by_code_phone_or_a_piece_of_the_name(sessions, now, who):
    demo.load(sessions, now=now)
    (laura,) = [
        row.id
        for row in operator.list_profesionales(sessions, system_actor(), now=now)
        if row.code == "laura"
    ]
    assert operator.find_profesional(sessions, system_actor(), who) == laura
