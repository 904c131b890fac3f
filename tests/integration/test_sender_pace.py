"""The sender keeps to the limits by itself: what is too much for one person waits, in order, and costs no try."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from vallebot.clock import FixedClock
from vallebot.db.claims import Claimer
from vallebot.services.identity import Sender as Person
from vallebot.services.identity import receive_sender
from vallebot.services.outbox import LIST_MAX, PAGE, Bubble, Choice, Saying, rest_of, say
from vallebot.services.pacing import Pace
from vallebot.services.sender import Sender


@dataclass
class Accepting:
    """A transport that takes everything."""

    sent: list[str] = field(default_factory=list)

    def send(self, item, bubble: Bubble, *, template: bool, now: datetime) -> str:
        self.sent.append(bubble.text)
        return f"wamid.{item.id}"


@pytest.fixture
def conversation(sessions, now):
    def make(wa_id: str):
        with sessions.begin() as session:
            found = receive_sender(session, Person("line-1", wa_id=wa_id), now=now)
            session.execute(text("UPDATE conversaciones SET last_inbound_at = :now"), {"now": now})
        return found

    return make


def test_what_is_too_much_for_a_person_waits_in_its_place(sessions, engine, conversation, now) -> None:
    ana, luis = conversation("5491161110001"), conversation("5491161110002")
    with sessions.begin() as session:
        for number in range(48):
            say(session, ana, Saying(Bubble(f"ana {number}"), f"a{number}", due_at=now))
        say(session, luis, Saying(Bubble("luis"), "l", due_at=now))
    seconds = [0.0]
    clock, transport, claimer = FixedClock(now), Accepting(), Claimer(engine)
    sender = Sender(sessions, transport, clock, Pace(1000, now=lambda: seconds[0]))

    def send_all() -> list[str]:
        transport.sent.clear()
        while sender.send_next(claimer.key()):
            pass
        return list(transport.sent)

    assert send_all() == [*(f"ana {number}" for number in range(45)), "luis"]
    with sessions() as session:
        waiting = "SELECT tries, due_at FROM messages WHERE text = 'ana 45'"
        assert session.execute(text(waiting)).one() == (0, now + timedelta(seconds=6))
    seconds[0] += 6
    clock.advance(timedelta(seconds=6))
    assert send_all() == ["ana 45"]
    seconds[0] += 12
    clock.advance(timedelta(seconds=12))
    assert send_all() == ["ana 46", "ana 47"]
    claimer.close()


def test_a_long_list_is_said_in_pages(sessions, conversation, now) -> None:
    ana, luis = conversation("5491161110001"), conversation("5491161110002")
    everything = tuple(Choice(f"Opción {number}", f"/x{number}") for number in range(23))
    page, pages, key = Bubble("¿Cuál?", everything), [], 0
    with sessions.begin() as session:
        while page is not None:
            pages.append(page)
            say(session, ana, Saying(page, f"p{key}", due_at=now))
            row = session.execute(
                text("SELECT id FROM messages WHERE dedupe_key = :k"), {"k": f"p{key}"}
            ).scalar()
            assert rest_of(session, luis, row, "Más:") is None, "somebody else's list"
            page, key = rest_of(session, ana, row, "Más:"), key + 1
    assert [len(one.choices) for one in pages] == [23, 14, 5]
    shown = [
        choice for one in pages for choice in one.choices[: PAGE if len(one.choices) > LIST_MAX else None]
    ]
    assert tuple(shown) == everything
