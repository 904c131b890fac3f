"""Vectors beside what they are computed from: kept up to date, found again, never in anybody's way."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from vallebot.domain.states import InterpretationSource
from vallebot.gateways.sentences import SentenceVectors
from vallebot.services import embeddings, relationship
from vallebot.services.embeddings import Refresher
from vallebot.services.fallback.gathering import Asked, gather
from vallebot.services.fallback.similar import similar_readings, similar_relationships
from vallebot.services.identity import Sender, load_actor, receive_sender
from vallebot.services.inbox import Incoming, store
from vallebot.services.interpretations import Understood, record


@pytest.fixture(scope="module")
def encoder() -> SentenceVectors:
    return SentenceVectors()


@pytest.fixture
def actor_of(sessions, now):
    def actor(person, profesional):
        with sessions.begin() as session:
            sender = Sender(profesional.phone_number_id, wa_id=person.phone_e164[1:])
            found = receive_sender(session, sender, now=now)
        return load_actor(sessions, found)

    return actor


@pytest.fixture
def understood(sessions, now):
    """Record a reading of a message, as the inbox does."""
    count = iter(range(1000))

    def stored(actor, words: str, intent: str, source=InterpretationSource.NLU) -> None:
        number = next(count)
        at = now + timedelta(minutes=number)
        wamid = f"wamid.{number}"
        with sessions.begin() as session:
            store(session, actor.conversacion_id, Incoming(wamid, "text", {}, words, at), now=at)
            query = text("SELECT id FROM messages WHERE wamid = :w")
            message = session.execute(query, {"w": wamid}).scalar_one()
            read = Understood(actor, intent, {}, source, 0.9, "m", words, at)
            record(session, message, actor.conversacion_id, read)

    return stored


def stale(sessions) -> list[tuple[bool, bool]]:
    query = "SELECT embedding_stale, embedding IS NULL FROM relationship_state ORDER BY cliente_id"
    with sessions() as session:
        return [tuple(row) for row in session.execute(text(query))]


@pytest.fixture
def laura(make_profesional):
    return make_profesional(name="Laura Paz")


def refresh(sessions, profesional, cliente, now) -> None:
    with sessions.begin() as session:
        relationship.refresh(session, profesional.id, cliente.id, now=now)


def test_a_relationship_gets_its_vector_and_a_new_one_when_it_changes(
    sessions, encoder, laura, make_cliente, make_servicio, make_booking, now
):
    ana = make_cliente()
    refresh(sessions, laura, ana, now)
    refresher = Refresher(sessions, encoder)
    refresher.step()
    assert stale(sessions) == [(False, False)]
    make_booking(make_servicio(laura), now + timedelta(days=1), ana)
    refresh(sessions, laura, ana, now)
    assert stale(sessions) == [(True, False)]
    refresher.step()
    assert stale(sessions) == [(False, False)]


def test_a_row_that_somebody_works_on_is_not_waited_for(sessions, encoder, laura, make_cliente, now):
    ana = make_cliente()
    refresh(sessions, laura, ana, now)
    with sessions.begin() as session:
        session.execute(text("SELECT 1 FROM relationship_state FOR UPDATE"))
        done = threading.Thread(target=Refresher(sessions, encoder).step)
        done.start()
        done.join(20)
        assert not done.is_alive()
        assert session.execute(text("SELECT bool_and(embedding_stale) FROM relationship_state")).scalar()
    Refresher(sessions, encoder).step()
    assert stale(sessions) == [(False, False)]


def test_confirmed_readings_of_the_same_business_are_found_by_meaning(
    sessions, encoder, laura, make_profesional, make_cliente, actor_of, understood, now
):
    ana = make_cliente(name="Ana Gómez")
    actor = actor_of(ana, laura)
    other = actor_of(make_cliente(), make_profesional(name="Otra"))
    understood(actor, "cuánto me sale el masaje", "consultar_precio")
    understood(actor, "dónde queda el consultorio", "consultar_ubicacion")
    understood(actor, "quiero un turno", "pedir_turno")  # left open: not confirmed
    understood(other, "qué precio tiene", "consultar_precio")
    Refresher(sessions, encoder).step()
    [vector] = encoder.encode(["decime el costo de una sesión"])
    with sessions() as session:
        found = similar_readings(session, actor, vector)
    assert [one.text for one in found] == ["cuánto me sale el masaje", "dónde queda el consultorio"]
    question = gather(sessions, actor, Asked(10**6, "y por dónde es?"), encoder=encoder, now=now)
    assert question.context.examples[0].operation == "consultar_ubicacion"


def test_what_a_tap_put_right_is_an_example_with_the_operation_that_was_meant(
    sessions, encoder, laura, make_cliente, actor_of, understood
):
    actor = actor_of(make_cliente(), laura)
    understood(actor, "che lo mío quedó?", "nlu_fallback")
    understood(actor, "Ver mis turnos", "ver_turnos", InterpretationSource.BUTTON)
    Refresher(sessions, encoder).step()
    with sessions() as session:
        found = similar_readings(session, actor, encoder.encode(["lo mío quedó firme"])[0])
    assert [(one.text, one.operation) for one in found] == [("che lo mío quedó?", "ver_turnos")]


def test_a_professional_finds_clients_of_their_own_only(
    sessions, encoder, laura, make_profesional, make_cliente, make_servicio, make_booking, actor_of, now
):
    feet, back = make_cliente(name="Rosa Pie"), make_cliente(name="Juan Lomo")
    for person, name in ((feet, "Reflexología podal"), (back, "Masaje de espalda")):
        servicio = make_servicio(laura, name=name)
        make_booking(servicio, now + timedelta(days=person.id), person)
        refresh(sessions, laura, person, now)
    foreign = make_profesional(name="Otra")
    refresh(sessions, foreign, feet, now)
    Refresher(sessions, encoder).step()
    actor = actor_of(laura, laura)
    with sessions() as session:
        found = similar_relationships(session, actor, encoder.encode(["la de reflexología podal"])[0])
        assert len(found) == 2
        assert "Reflexología podal" in found[0]
        assert similar_relationships(session, actor_of(back, laura), encoder.encode(["x"])[0]) == []
    question = gather(sessions, actor, Asked(10**6, "la de los pies"), encoder=encoder, now=now)
    assert question.context.people[0].startswith("Rosa. ")


def test_a_vector_may_be_added_to_the_evidence_but_nothing_else_changed(
    sessions, encoder, laura, make_cliente, actor_of, understood
):
    understood(actor_of(make_cliente(), laura), "cuánto sale", "consultar_precio")
    Refresher(sessions, encoder).step()
    with sessions() as session:
        assert session.execute(text("SELECT embedding IS NOT NULL FROM interpreted_actions")).scalar()
    with pytest.raises(DBAPIError, match="append-only"), sessions.begin() as session:
        session.execute(text("UPDATE interpreted_actions SET text = 'otra cosa'"))


def test_without_the_columns_it_is_off_and_says_so_once(sessions, caplog):
    assert embeddings.available(sessions)
    with sessions.begin() as session:
        session.execute(text("ALTER TABLE interpreted_actions RENAME COLUMN embedding TO hidden"))
    try:
        assert not embeddings.available(sessions)
        assert [record.message for record in caplog.records if "search by meaning" in record.message]
    finally:
        with sessions.begin() as session:
            session.execute(text("ALTER TABLE interpreted_actions RENAME COLUMN hidden TO embedding"))


def test_the_index_over_relationships_is_there(sessions):
    query = "SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_relationship_state_embedding'"
    with sessions() as session:
        assert "hnsw (embedding vector_cosine_ops)" in session.execute(text(query)).scalar_one()
