"""A client asks for the professional in person; the bot steps back when they say so, and comes back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from vallebot.errors import NotFoundError
from vallebot.services import handover, inbox
from vallebot.services.identity import Sender, load_actor, receive_sender
from vallebot.services.inbox import Incoming


@pytest.fixture
def both(sessions, now, make_profesional, make_cliente):
    """(client's actor, professional's actor) on the professional's line; the client wrote two lines."""
    laura, ana = make_profesional(name="Laura Paz"), make_cliente(name="Ana Gómez")
    actors = []
    for person in (ana, laura):
        with sessions.begin() as session:
            sender = Sender(laura.phone_number_id, wa_id=person.phone_e164[1:])
            conversation = receive_sender(session, sender, now=now)
            if person is ana:
                for nth, said in enumerate(("me duele mucho la espalda", "quiero hablar con laura")):
                    incoming = Incoming(f"wamid.h{nth}", "text", {}, said, now)
                    inbox.store(session, conversation, incoming, now=now)
        actors.append(load_actor(sessions, conversation))
    return actors


def queued(sessions, actor) -> list[tuple[str, list[str]]]:
    query = "SELECT text, payload FROM messages WHERE direction = 'out' AND conversacion_id = :id ORDER BY id"
    with sessions() as session:
        rows = session.execute(text(query), {"id": actor.conversacion_id}).all()
    return [(row.text, [one["payload"] for one in row.payload.get("choices", [])]) for row in rows]


def until(sessions, actor):
    query = "SELECT handover_until FROM conversaciones WHERE id = :id"
    with sessions() as session:
        return session.execute(text(query), {"id": actor.conversacion_id}).scalar()


def test_the_professional_is_told_who_where_and_what_they_wrote_last(sessions, both, now) -> None:
    ana, laura = both
    for _ in range(2):
        handover.ask_for_person(sessions, ana, said="quiero hablar con laura", now=now, key="k1")
    [(notice, payloads)] = queued(sessions, laura)
    assert notice.startswith("Ana Gómez quiere hablar con vos. Escribile a +549")
    assert "«me duele mucho la espalda»\n«quiero hablar con laura»" in notice
    assert payloads == [f'/hablar_con_persona{{"cliente_id": {ana.cliente_id}}}']
    assert until(sessions, ana) is None, "the bot goes on until they really talk"


def test_the_bot_steps_back_for_a_while_tells_the_client_and_comes_back(sessions, both, now) -> None:
    ana, laura = both
    hours = timedelta(hours=2)
    handover.ask_for_person(sessions, ana, said="quiero hablar con laura", now=now, key="k1")
    handover.take_over(sessions, laura, ana.cliente_id, during=hours, now=now, key="k2")
    assert until(sessions, ana) == now + hours
    [(told, payloads)] = queued(sessions, ana)
    assert told.startswith("Laura Paz te escribe en persona")
    assert payloads == ["/saludar"]
    handover.give_back(sessions, laura, ana.cliente_id, now=now, key="k3")
    assert until(sessions, ana) is None


def test_a_stranger_s_conversation_cannot_be_taken(sessions, both, make_cliente, now) -> None:
    with pytest.raises(NotFoundError):
        handover.take_over(
            sessions, both[1], make_cliente(name="Otra").id, during=timedelta(hours=1), now=now, key="k4"
        )


@pytest.mark.parametrize(
    ("words", "back"),
    [
        ("Vallebot", True),
        ("hola vallebot!", True),
        ("Seguir con Vallebot", True),
        ("volvé", True),
        ("te hago una transferencia al bot de pagos?", False),
        ("volvé a llamarme", False),
        ("", False),
    ],
)
def test_the_client_calls_the_bot_back(words: str, back: bool) -> None:
    assert handover.calls_back(words) is back
