"""A long run through everything that goes wrong on the way: nothing lost, nothing answered twice, order kept.

    python -m benchmarks.soak                              # 2,000 messages from 200 people; some minutes
    python -m benchmarks.soak --people 20 --messages 5

Starts the whole system and a local stand-in for Meta that posts webhooks twice and out of order, refuses 5% of the
Graph calls, and now and then accepts one and breaks off. Ends with an error where a message was lost, answered twice,
answered wrongly or out of order. A small run is part of the suite (tests/acceptance/test_soak.py).
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy.exc import OperationalError

from tests.harness import Phone, System, running_system, wait_until
from web.fake_graph.faults import Fault

#: Complete questions, so that each gets its own answer, and what the answer must hold.
QUESTIONS = {
    "cuánto sale la reflexología?": "20.000",
    "dónde queda?": "Gorriti",
    "qué servicios tenés?": "Reflexología",
    "qué turnos tengo?": "turnos",
}

#: Refusals that pass, one in eighty each: 5% together.
_PASSING_CODES = (131000, 131016, 130429, 80007)
FAULTS = (
    *(Fault("error", code=code, times=-1, rate=0.0125) for code in _PASSING_CODES),
    Fault("accept_then_timeout", times=-1, rate=0.005, seconds=0.1),
    Fault("duplicate", times=-1, rate=0.1),
    Fault("reorder", times=-1, rate=0.05, seconds=1),
    Fault("duplicate_status", times=-1, rate=0.1),
    Fault("reorder_status", times=-1, rate=0.1, seconds=1),
)


@dataclass(frozen=True)
class Told:
    """One message that came in and what was said to it, in order of arrival."""

    conversation: str
    wamid: str
    question: str
    state: str
    answers: list[tuple[int, str, str]]  #: id, state and text of what was queued


def soak(system: System, *, people: int, messages: int, seconds: float, seed: int = 1) -> float:
    """Messages per second from the first one to the last answer. Raises AssertionError for whatever went wrong."""
    phones = [system.client(f"Persona {number}") for number in range(people)]
    for fault in FAULTS:
        system.graph.faults.add(fault)
    began = time.monotonic()
    wamids = _send(phones, messages, random.Random(seed))
    wait_until(lambda: _is_done(system, wamids), seconds, "not everything was answered in time")
    lasted = time.monotonic() - began
    system.graph.faults.clear()
    wait_until(system.graph.poster.idle, 60, "webhooks are still on their way")
    time.sleep(2)  # whatever would be said twice is said now
    _check(system, wamids, phones)
    return len(wamids) / lasted


def _send(phones: list[Phone], messages: int, dice: random.Random) -> dict[str, str]:
    """Everybody writes; nobody waits for an answer. Returns the wamids with the question asked."""
    asked: dict[str, str] = {}
    turns = [phone for phone in phones for _ in range(messages)]
    dice.shuffle(turns)
    for phone in turns:
        question = dice.choice(list(QUESTIONS))
        asked[phone.says(question)] = question
        time.sleep(0.005)
    return asked


_OPEN = """
    SELECT count(*) FROM messages WHERE wamid = ANY(:wamids) AND state <> 'procesado'
    UNION ALL SELECT count(*) FROM messages o JOIN messages i ON i.id = o.answers_id
     WHERE i.wamid = ANY(:wamids) AND o.state NOT IN ('entregado', 'leido')
    UNION ALL SELECT :number - count(*) FROM messages WHERE wamid = ANY(:wamids)
"""


def _is_done(system: System, wamids: dict[str, str]) -> bool:
    time.sleep(0.5)
    try:
        rows = system.rows(_OPEN, wamids=list(wamids), number=len(wamids))
    except OperationalError:  # the database is being restarted
        return False
    return all(count == 0 for (count,) in rows)


_STORY = """
    SELECT i.conversacion_id::text AS conversation, i.wamid, i.state,
           coalesce(array_agg(o.id || '|' || o.state || '|' || o.text ORDER BY o.id)
                    FILTER (WHERE o.id IS NOT NULL), '{}') AS answers
      FROM messages i LEFT JOIN messages o ON o.answers_id = i.id
     WHERE i.wamid = ANY(:wamids) GROUP BY i.id ORDER BY i.conversacion_id, i.id
"""


def _check(system: System, wamids: dict[str, str], phones: list[Phone]) -> None:
    told = [_told(row, wamids[row.wamid]) for row in system.rows(_STORY, wamids=list(wamids))]
    assert len(told) == len(wamids), "messages were lost"
    for one in told:
        assert one.state == "procesado", one
        assert len(one.answers) == 1, f"answered {len(one.answers)} times: {one}"
        assert QUESTIONS[one.question] in one.answers[0][2], f"answered wrongly: {one}"
    said = Counter(sent.body.get("biz_opaque_callback_data") for phone in phones for sent in phone.received())
    twice = {key: count for key, count in said.items() if count > 1}
    assert not twice, f"sent more than once: {twice}"
    assert len(said) == len(wamids)
    by_line = {phone.wa_id: phone for phone in phones}
    for _, group in groupby(told, key=lambda one: one.conversation):
        ids = [one.answers[0][0] for one in group]
        assert ids == sorted(ids), "answered out of order"
    for phone in by_line.values():
        sent_ids = [int(sent.body["biz_opaque_callback_data"].split(":")[1]) for sent in phone.received()]
        assert sent_ids == sorted(sent_ids), "sent out of order"


def _told(row: tuple, question: str) -> Told:
    conversation, wamid, state, answers = row
    parts = [answer.split("|", 2) for answer in answers]
    return Told(conversation, wamid, question, state, [(int(one), two, three) for one, two, three in parts])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=200, help="people (default 200)")
    parser.add_argument("--messages", type=int, default=10, help="messages of each (default 10)")
    parser.add_argument("--minutes", type=float, default=20, help="to be done in (default 20)")
    chosen = parser.parse_args()
    with running_system(durable=True) as system:
        rate = soak(system, people=chosen.people, messages=chosen.messages, seconds=chosen.minutes * 60)
    count = chosen.people * chosen.messages
    print(
        f"{count} messages from {chosen.people} people: each answered once, in order; {rate:.1f} messages/s"
    )


if __name__ == "__main__":
    main()
