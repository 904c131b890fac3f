"""A bug about one message parks that message; those behind it still go."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from vallebot.clock import FixedClock
from vallebot.db.claims import Claimer
from vallebot.services.identity import Sender as Person
from vallebot.services.identity import receive_sender
from vallebot.services.outbox import Bubble, Saying, say
from vallebot.services.sender import Sender


class BrokenOnce:
    """A transport with a bug about the first message it gets."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.calls = 0

    def send(self, item, bubble: Bubble, *, template: bool, now: datetime) -> str:
        self.calls += 1
        if self.calls == 1:
            raise KeyError("bug")
        self.sent.append(bubble.text)
        return f"wamid.{item.id}"


def test_a_bug_about_one_message_does_not_hold_up_the_next(sessions, engine, now) -> None:
    with sessions.begin() as session:
        conversation = receive_sender(session, Person("line-1", wa_id="5491161110009"), now=now)
        session.execute(text("UPDATE conversaciones SET last_inbound_at = :now"), {"now": now})
        for words in ("uno", "dos"):
            say(session, conversation, Saying(Bubble(words), words, due_at=now))
    transport, claimer = BrokenOnce(), Claimer(engine)
    sender = Sender(sessions, transport, FixedClock(now))
    while sender.send_next(claimer.key()):
        pass
    claimer.close()
    assert transport.sent == ["dos"]
    with sessions() as session:
        states = session.execute(text("SELECT state FROM messages ORDER BY id")).scalars().all()
    assert states == ["estacionado", "enviado"]
