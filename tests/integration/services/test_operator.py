"""The operator's own use cases."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from vallebot.db.tables import AuditEntry, Conversacion, Identidad, Message, Profesional, Tarea
from vallebot.db.tables.messaging import Direction
from vallebot.domain.states import ProfesionalState
from vallebot.errors import InvalidError, NotFoundError
from vallebot.services import operator, queues
from vallebot.services.actor import system_actor
from vallebot.services.operator import NewProfesional

LAURA = NewProfesional("Laura Paz", "+5491150010001", "laura", phone_number_id="1")


@pytest.fixture
def put_message(save, make_cliente, now):
    """A message of a new conversation; columns can be overridden."""

    def put(**over) -> Message:
        person = make_cliente()
        value = person.phone_e164[1:]
        identidad = save(Identidad(kind="wa_id", value=value, cliente_id=person.id))
        conversation = save(
            Conversacion(id=uuid4(), phone_number_id="1", cliente_id=person.id, identidad_id=identidad.id)
        )
        defaults = {"direction": "out", "kind": "text", "payload": {}, "due_at": now, "state": "pendiente"}
        values = {**defaults, "conversacion_id": conversation.id, **over}
        values |= {"wamid": value} if values["direction"] == "in" else {"dedupe_key": value}
        return save(Message(**values))

    return put


def test_a_new_professional_is_a_person_too_and_active(sessions, now):
    profesional_id = operator.create_profesional(sessions, system_actor(), LAURA, now=now)
    with sessions() as session:
        row = session.get(Profesional, profesional_id)
        assert (row.state, row.auto_confirm) == ("activo", True)
        assert row.cliente_id is not None
        entry = session.query(AuditEntry).one()
        assert (entry.action, entry.entity_id, entry.rol) == ("create", profesional_id, None)


@pytest.mark.parametrize(
    ("over", "error"),
    [
        ({"code": "otra", "phone_number_id": "2"}, operator.PhoneTaken),
        ({"code": "otra", "phone_e164": "+5491150010002"}, operator.LineTaken),
        ({"phone_e164": "+5491150010002", "phone_number_id": "2"}, operator.CodeTaken),
        ({"name": "  "}, InvalidError),
    ],
)
def test_what_must_be_unique_is_told_by_name(sessions, now, over, error):
    operator.create_profesional(sessions, system_actor(), LAURA, now=now)
    with pytest.raises(error):
        operator.create_profesional(sessions, system_actor(), replace(LAURA, **over), now=now)


def test_a_name_that_fits_two_asks_for_the_code(sessions, now):
    operator.create_profesional(sessions, system_actor(), LAURA, now=now)
    other = replace(LAURA, phone_e164="+5491150010002", code="laura-2", phone_number_id="2")
    operator.create_profesional(sessions, system_actor(), other, now=now)
    with pytest.raises(operator.Ambiguous, match="laura, laura-2"):
        operator.find_profesional(sessions, system_actor(), "Paz")
    with pytest.raises(NotFoundError):
        operator.find_profesional(sessions, system_actor(), "nadie")


def test_pausing_and_approving_is_audited(sessions, now):
    profesional_id = operator.create_profesional(sessions, system_actor(), LAURA, now=now)
    operator.set_state(sessions, system_actor(), profesional_id, ProfesionalState.PAUSADO, now=now)
    assert operator.list_profesionales(sessions, system_actor(), now=now)[0].state == "pausado"
    operator.set_state(sessions, system_actor(), profesional_id, ProfesionalState.ACTIVO, now=now)
    with sessions() as session:
        steps = [
            (row.state_before, row.state_after) for row in session.query(AuditEntry).order_by(AuditEntry.id)
        ]
    assert steps[1:] == [("activo", "pausado"), ("pausado", "activo")]


def test_the_queues_show_what_is_not_done_and_no_text(sessions, put_message):
    waiting = put_message(text="secreto")
    put_message(state="enviado")
    parked = put_message(direction="in", state="estacionado", error="KeyError")
    assert [row.id for row in queues.queued(sessions, system_actor(), Direction.OUT)] == [waiting.id]
    (row,) = queues.queued(sessions, system_actor(), Direction.IN)
    assert (row.id, row.error) == (parked.id, "KeyError")
    assert "secreto" not in repr(queues.queued(sessions, system_actor(), Direction.OUT))


def test_a_parked_message_that_came_in_is_taken_up_again(sessions, put_message, now):
    parked = put_message(direction="in", state="estacionado", failures=3, tries=3, error="KeyError")
    later = now + timedelta(hours=1)
    queues.retry_inbound(sessions, system_actor(), parked.id, now=later)
    with sessions() as session:
        row = session.get(Message, parked.id)
        assert (row.state, row.failures, row.tries, row.error, row.due_at) == ("recibido", 0, 3, None, later)


@pytest.mark.parametrize("state", ["estacionado", "fallido"])
def test_a_message_that_did_not_leave_is_queued_again(sessions, put_message, now, state):
    stuck = put_message(state=state, tries=8, error_code=190, error="token")
    queues.retry_outbound(sessions, system_actor(), stuck.id, now=now)
    with sessions() as session:
        row = session.get(Message, stuck.id)
        assert (row.state, row.tries, row.error_code, row.error) == ("pendiente", 0, None, None)


@pytest.mark.parametrize("state", ["pendiente", "enviando", "enviado", "leido"])
def test_a_message_that_is_on_its_way_or_arrived_is_not_sent_again(sessions, put_message, now, state):
    sent = put_message(state=state)
    with pytest.raises(queues.NotWaiting):
        queues.retry_outbound(sessions, system_actor(), sent.id, now=now)


def test_retrying_finds_only_messages_of_that_queue(sessions, put_message, now):
    parked = put_message(direction="in", state="estacionado")
    with pytest.raises(NotFoundError):
        queues.retry_outbound(sessions, system_actor(), parked.id, now=now)


def test_costs_are_counted_by_month_and_category(sessions, put_message, now):
    for billable in (True, True, False):
        pricing = {"billable": billable, "category": "service"}
        put_message(state="leido", sent_at=now, pricing=pricing)
    put_message(state="enviado", sent_at=now)
    assert queues.bills(sessions, system_actor()) == [queues.Bill("2026-03", "service", 2, 1)]


@pytest.fixture
def put_work(save, now):
    keys = itertools.count()

    def put(**over) -> Tarea:
        defaults = {"kind": "reminder", "subject": {}, "due_at": now, "dedupe_key": f"k{next(keys)}"}
        return save(Tarea(**{**defaults, **over}))

    return put


def test_work_that_is_late_or_was_given_up_is_listed(sessions, put_work, now):
    late = put_work(due_at=now - timedelta(minutes=5))
    failing = put_work(due_at=now + timedelta(minutes=5), tries=3, error="KeyError")
    given_up = put_work(due_at=now - timedelta(days=1), state="fallida", tries=8)
    put_work(due_at=now + timedelta(minutes=5))
    put_work(due_at=now - timedelta(minutes=5), state="hecha")
    assert [row.id for row in queues.late_work(sessions, system_actor(), now=now)] == [
        given_up.id,
        late.id,
        failing.id,
    ]


def test_work_that_was_given_up_is_done_again_on_demand(sessions, put_work, now):
    given_up = put_work(state="fallida", tries=8, done_at=now)
    later = now + timedelta(days=1)
    queues.retry_work(sessions, system_actor(), given_up.id, now=later)
    with sessions() as session:
        row = session.get(Tarea, given_up.id)
        assert (row.state, row.tries, row.due_at, row.done_at) == ("pendiente", 0, later, None)


def test_work_that_is_done_is_not_done_again(sessions, put_work, now):
    done = put_work(state="hecha")
    with pytest.raises(queues.NotWaiting):
        queues.retry_work(sessions, system_actor(), done.id, now=now)
    with pytest.raises(NotFoundError):
        queues.retry_work(sessions, system_actor(), 999, now=now)
