"""The second reading's use of the database: what it is told, and what it may cost."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from tests.fake_llm import reading
from vallebot.services import fallback
from vallebot.services.actor import Actor
from vallebot.services.fallback import Terms, budget
from vallebot.services.fallback.answers import read_answer
from vallebot.services.fallback.budget import Spend
from vallebot.services.fallback.gathering import Asked, gather
from vallebot.services.fallback.model import ModelFailed, Usage
from vallebot.services.identity import Sender, load_actor, receive_sender
from vallebot.services.inbox import Incoming, store

LIMITS = Spend(calls=3, tokens=10_000, audio_seconds=0, cost_micros=1_000_000)
TERMS = Terms(0.5, 1.5, LIMITS)


@pytest.fixture
def laura(make_profesional):
    return make_profesional(name="Laura Paz")


@pytest.fixture
def marta(make_cliente):
    return make_cliente(name="Marta Ruiz")


@pytest.fixture
def actor(sessions, laura, marta, now) -> Actor:
    with sessions.begin() as session:
        found = receive_sender(session, Sender(laura.phone_number_id, wa_id=marta.phone_e164[1:]), now=now)
    return load_actor(sessions, found)


@pytest.fixture
def say(sessions, actor, now):
    """Store a message of the client; its id."""

    def stored(words: str, *, ago: timedelta = timedelta(minutes=1)) -> int:
        wamid = f"wamid.{words}"
        with sessions.begin() as session:
            store(session, actor.conversacion_id, Incoming(wamid, "text", {}, words, now - ago), now=now)
        with sessions() as session:
            return session.execute(
                text("SELECT id FROM messages WHERE wamid = :w"), {"w": wamid}
            ).scalar_one()

    return stored


class Model:
    """A language model that says one thing."""

    name = "m"

    def __init__(self, raw: str = "", failure: ModelFailed | None = None) -> None:
        self.raw, self.failure, self.prompts = raw, failure, []

    async def answer(self, prompt, check):
        self.prompts.append(prompt)
        if self.failure:
            raise self.failure
        return check(self.raw), Usage(900, 60)


async def in_thread(function, *args, **kwargs):
    return function(*args, **kwargs)


def used(sessions) -> dict:
    with sessions() as session:
        row = (
            session.execute(text("SELECT calls, failed, tokens, cost_micros FROM llm_usage"))
            .mappings()
            .first()
        )
        return dict(row) if row else {}


def test_the_model_is_told_of_one_business_and_of_nobody_in_full(
    sessions, actor, laura, make_profesional, make_servicio, make_cliente, make_relacion, say, now
):
    make_servicio(laura, name="Masaje relajante")
    other = make_profesional(name="Otra Persona")
    make_servicio(other, name="Secreto")
    make_relacion(laura, make_cliente(name="Pedro Gómez"))
    say("muy viejo", ago=timedelta(days=2))
    say("soy Marta Ruiz, mi tel 11 6111-0001, amiga de PEDRO GOMEZ")
    last = say("lo mismo que pedro gómez")
    question = gather(sessions, actor, Asked(last, "lo mismo que pedro gómez"), now=now)
    assert question.message == "lo mismo que Pedro"
    assert question.context.services == ("Masaje relajante (1 hora)",)
    assert question.context.turns == (("writer", "soy Marta, mi tel [número], amiga de Pedro"),)
    assert question.context.business == "Laura, masajista"
    assert "Ruiz" not in repr(question)


async def test_a_reading_is_paid_for_by_what_it_took(sessions, actor, say, now):
    model = Model(reading("ver_turnos"))
    asked = Asked(say("q onda lo mio"), "q onda lo mio")
    found = await fallback.read(sessions, model, actor, asked, TERMS, now=now, in_thread=in_thread)
    assert found.intent == "ver_turnos"
    assert used(sessions) == {"calls": 1, "failed": 0, "tokens": 960, "cost_micros": 540}


async def test_a_failure_is_counted_with_what_it_may_have_cost(sessions, actor, say, now):
    asked = Asked(say("q onda lo mio"), "q onda lo mio")
    model = Model(failure=ModelFailed("too slow"))
    assert await fallback.read(sessions, model, actor, asked, TERMS, now=now, in_thread=in_thread) is None
    after = used(sessions)
    assert (after["calls"], after["failed"]) == (1, 1)
    assert after["tokens"] > 900
    unasked = Model(failure=ModelFailed("resting", asked=False))
    assert await fallback.read(sessions, unasked, actor, asked, TERMS, now=now, in_thread=in_thread) is None
    assert used(sessions)["tokens"] == after["tokens"]


async def test_nothing_is_asked_beyond_the_days_budget(sessions, actor, say, now):
    model = Model(reading("ver_turnos"))
    asked = Asked(say("q onda lo mio"), "q onda lo mio")
    terms = replace(TERMS, limits=replace(LIMITS, calls=2))
    found = [
        await fallback.read(sessions, model, actor, asked, terms, now=now, in_thread=in_thread)
        for _ in range(3)
    ]
    assert [one is not None for one in found] == [True, True, False]
    assert len(model.prompts) == 2
    tomorrow = now + timedelta(days=1)
    assert await fallback.read(sessions, model, actor, asked, terms, now=tomorrow, in_thread=in_thread)


@pytest.mark.parametrize("limit", ["calls", "tokens", "cost_micros"])
def test_racing_calls_never_pass_a_limit_together(sessions, laura, limit, now):
    most = Spend(calls=1, tokens=1000, cost_micros=1000)
    limits = replace(Spend(10**6, 10**9, 0, 10**9), **{limit: 5 * getattr(most, limit)})
    account = budget.account_of(sessions, laura.id, now=now)
    granted = []

    def ask() -> None:
        granted.append(budget.reserve(sessions, account, most, limits))

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(granted) == 5


def test_the_day_is_the_professionals_own(sessions, laura, now):
    late = datetime.fromisoformat("2026-03-03T02:30:00+00:00")  # 23:30 of the 2nd in Buenos Aires
    assert budget.account_of(sessions, laura.id, now=late).day.isoformat() == "2026-03-02"


def test_the_answer_is_checked_against_the_role_that_the_database_knows(actor):
    with pytest.raises(ValueError, match="role"):
        read_answer(reading("confirmar_pago"), text="x", rol=str(actor.rol), answering=False)


def test_minutes_of_voice_notes_are_no_limit_for_questions(sessions, laura, now):
    account = budget.account_of(sessions, laura.id, now=now)
    note = Spend(audio_seconds=30)
    assert budget.reserve(sessions, account, note, Spend(10**9, 10**9, 60, 10**9))
    question = Spend(calls=1, tokens=1000)
    assert budget.reserve(sessions, account, question, LIMITS)
    assert budget.reserve(sessions, account, note, Spend(10**9, 10**9, 60, 10**9))
    assert not budget.reserve(sessions, account, note, Spend(10**9, 10**9, 60, 10**9))
