"""Voice notes: fetched once, paid for, kept with their message; whatever fails, the person is asked to write."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from vallebot.errors import OutageError
from vallebot.services import inbox
from vallebot.services.attachments import PATIENCE
from vallebot.services.fallback.budget import Spend
from vallebot.services.fallback.model import ModelFailed
from vallebot.services.identity import Sender, load_actor, receive_sender
from vallebot.services.inbox import Incoming, store
from vallebot.services.payment_errors import ProofTooBig
from vallebot.services.voice import VoiceTerms, write_down

AUDIO = b"OggS" + b"x" * 14_996  # 10 s on the safe side
TERMS = VoiceTerms(100.0, Spend(10**9, 10**9, 25, 10**9))
CLAIMER = 7


class Source:
    def __init__(self, error: Exception | None = None) -> None:
        self.error, self.asked = error, []

    def fetch(self, media_id, *, max_bytes):
        self.asked.append(media_id)
        if self.error:
            raise self.error
        return AUDIO


class Ear:
    name = "whisper"

    def __init__(self, words: str = "", failure: ModelFailed | None = None) -> None:
        self.words, self.failure, self.heard = words, failure, []

    async def transcribe(self, audio, media_type):
        self.heard.append(media_type)
        if self.failure:
            raise self.failure
        return self.words


async def in_thread(function, *args, **kwargs):
    return function(*args, **kwargs)


@pytest.fixture
def note(sessions, make_profesional, make_cliente, now):
    """A claimed voice note of a client."""
    laura, ana = make_profesional(), make_cliente()
    payload = {"media_id": "m1", "message": {"audio": {"mime_type": "audio/ogg; codecs=opus"}}}
    with sessions.begin() as session:
        sender = Sender(laura.phone_number_id, wa_id=ana.phone_e164[1:])
        conversation = receive_sender(session, sender, now=now)
        store(session, conversation, Incoming("wamid.1", "audio", payload, None, now), now=now)
    return load_actor(sessions, conversation), inbox.claim_next(sessions, CLAIMER, now=now)


@pytest.fixture
def listen(sessions, note, now):
    async def listened(ear, source=None, terms=TERMS):
        actor, item = note
        return await write_down(
            sessions, ear, source or Source(), actor, item, terms, now=now, in_thread=in_thread
        )

    return listened


def used(sessions) -> tuple:
    with sessions() as session:
        query = "SELECT calls, failed, audio_seconds, cost_micros FROM llm_usage"
        row = session.execute(text(query)).first()
        return tuple(row) if row else ()


async def test_the_words_are_kept_with_the_message(sessions, listen, note, now):
    ear = Ear("  quiero un turno \n para el jueves ")
    assert await listen(ear) == "quiero un turno para el jueves"
    assert ear.heard == ["audio/ogg; codecs=opus"]
    assert used(sessions) == (0, 0, 10, 1000)
    inbox.give_back(sessions, note[1], "x", now=now)
    again = inbox.claim_next(sessions, CLAIMER, now=now.replace(hour=23))
    assert again.text == "quiero un turno para el jueves"
    assert again.payload["transcribed_by"] == "whisper"


async def test_silence_has_no_words(sessions, listen):
    assert await listen(Ear(" ")) is None


@pytest.mark.parametrize(
    ("failure", "seconds"), [(ModelFailed("too slow"), 10), (ModelFailed("resting", asked=False), 0)]
)
async def test_a_failure_is_counted_with_what_it_may_have_cost(sessions, listen, failure, seconds):
    assert await listen(Ear(failure=failure)) is None
    assert used(sessions)[1:3] == (1, seconds)


async def test_nobody_listens_beyond_the_days_minutes(sessions, listen):
    ear = Ear("hola")
    assert [await listen(ear) for _ in range(3)] == ["hola", "hola", None]
    assert len(ear.heard) == 2


async def test_what_cannot_be_had_is_asked_for_in_writing_and_an_outage_is_waited_for(sessions, listen):
    assert await listen(Ear("x"), Source(ProofTooBig(max_megabytes=2))) is None
    with pytest.raises(OutageError):
        await listen(Ear("x"), Source(OutageError("away")))


async def test_an_outage_is_not_waited_for_for_ever(sessions, note, now):
    actor, item = note
    late, source = now + PATIENCE + timedelta(seconds=1), Source(OutageError("away"))
    assert (
        await write_down(sessions, Ear("x"), source, actor, item, TERMS, now=late, in_thread=in_thread)
        is None
    )
