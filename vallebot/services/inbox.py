"""The one door in: every message is stored before it is acknowledged, and worked on once, in order.

One conversation is worked on by one process at a time, one message after the other; conversations in parallel.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Text, bindparam, or_, text
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.sql.elements import TextClause

from vallebot.db.claims import dead_claimers
from vallebot.db.prepared import Prepared
from vallebot.db.tables.messaging import Message, MessageState
from vallebot.domain.text import squash
from vallebot.services import interpretations
from vallebot.services.interpretations import Understood
from vallebot.services.outbox import Saying, say

#: A message that failed this often by its own fault is parked (it would fail for ever).
MAX_FAILURES = 3

#: How the action server says, in the text of its refusal, that a message is to be tried again later.
OUTAGE = "vallebot outage"

#: Wait before the n-th repetition after an outage, in seconds.
BACKOFF_SECONDS = (1, 2, 5, 15, 60)


#: Messages read together: how many at most, how far apart they may have been written, how long they are in all.
TOGETHER_MAX = 8
TOGETHER_GAP = timedelta(minutes=2)
TOGETHER_MAX_CHARS = 1000

#: Told at each claim of a fresh message, as JSON {"phone_number_id", "wamid"}: it may be marked as read.
TYPING_CHANNEL = "vallebot_typing"

#: Nobody who wrote longer ago is looking at the screen.
TYPING_MAX_AGE = timedelta(minutes=1)


#: Kinds that need no answer: they are stored and done. They open no 24-hour window either.
QUIET_KINDS = frozenset({"reaction", "revoke", "system"})


@dataclass(frozen=True)
class Incoming:
    """A message as it came: `payload` is WhatsApp's own JSON, kept whole. `quiet`: there is nothing to answer."""

    wamid: str
    kind: str
    payload: dict
    text: str | None
    occurred_at: datetime
    quiet: bool = False


@dataclass(frozen=True)
class InboxItem:
    """A claimed message. `tries` > 1 means that somebody began with it before and did not finish; `by_hand`: the
    professional is talking in this conversation; `followed`: more of theirs is waiting behind it. Where several were
    read together, it is the first of them with the words of all."""

    id: int
    conversacion_id: UUID
    wamid: str
    kind: str
    payload: dict
    text: str | None
    occurred_at: datetime
    tries: int
    failures: int
    claimed_by: int
    by_hand: bool = False
    followed: bool = False


#: GREATEST knows nothing of NULLs: a first message counts, and where none is given the last one stays.
_TOUCH = Prepared(
    "touch_conversation",
    "conversation uuid, at timestamptz",
    "UPDATE conversaciones SET last_inbound_at = greatest(last_inbound_at, :at) WHERE id = :conversation",
)
_STORE = Prepared(
    "store_message",
    "conversation uuid, kind text, state text, wamid text, text text, payload jsonb, at timestamptz, now timestamptz",
    """
    INSERT INTO messages (conversacion_id, direction, kind, state, wamid, text, payload, occurred_at, due_at)
    VALUES (:conversation, 'in', :kind, :state, :wamid, :text, :payload, :at, :now)
    ON CONFLICT (wamid) DO NOTHING
    """,
)


def store(session: Session, conversacion_id: UUID, incoming: Incoming, *, now: datetime) -> bool:
    """Store a message in the caller's transaction; False where WhatsApp delivered it before.

    The conversation's row is touched first: its lock makes ids grow in the order of storing, per conversation.
    """
    moment = None if incoming.quiet else incoming.occurred_at
    _TOUCH.run(session, {"conversation": conversacion_id, "at": moment})
    row = {
        "conversation": conversacion_id,
        "kind": incoming.kind,
        "state": (MessageState.PROCESADO if incoming.quiet else MessageState.RECIBIDO).value,
        "wamid": incoming.wamid,
        "text": incoming.text,
        "payload": json.dumps(incoming.payload),
        "at": incoming.occurred_at,
        "now": now,
    }
    return _STORE.run(session, row).rowcount == 1


def is_stored(session: Session, wamid: str) -> bool:
    """Whether WhatsApp delivered this message before."""
    return session.query(Message.id).filter(Message.wamid == wamid).first() is not None


_REVISE = text(
    """
    UPDATE messages SET text = coalesce(:text, text), state = CASE WHEN :text IS NULL THEN 'descartado' ELSE state END
    WHERE wamid = :wamid AND conversacion_id = :conversation AND direction = 'in' AND state = 'recibido' AND tries = 0
    """
).bindparams(bindparam("conversation", type_=PG_UUID(as_uuid=True)), bindparam("text", type_=Text))
_WORDS = text(
    "SELECT text FROM messages WHERE wamid = :wamid AND conversacion_id = :conversation AND direction = 'in'"
).bindparams(bindparam("conversation", type_=PG_UUID(as_uuid=True)))


def revise(session: Session, conversacion_id: UUID, wamid: str, words: str | None) -> bool:
    """Put edited words in the place of a message that nobody has begun to read; None takes the message back.
    False where it is too late for that."""
    values = {"wamid": wamid, "conversation": conversacion_id, "text": words}
    return session.execute(_REVISE, values).rowcount == 1


def says_the_same(session: Session, conversacion_id: UUID, wamid: str, words: str | None) -> bool:
    """Whether a message of the conversation has these words already, but for accents, case, signs and spaces."""
    values = {"wamid": wamid, "conversation": conversacion_id}
    before = session.execute(_WORDS, values).scalar()
    return before is not None and _letters(before) == _letters(words or "")


def _letters(words: str) -> str:
    return "".join(filter(str.isalnum, squash(words)))


# Postgres takes notifications of < 8,000 bytes. Where the professional talks by hand, nobody types an answer.
_CLAIM = Prepared(
    "claim_inbound",
    "claimer bigint, now timestamptz, fresh timestamptz, typing text",
    """
    UPDATE messages t SET state = 'procesando', claimed_by = :claimer, tries = tries + 1
    FROM conversaciones c
    WHERE c.id = t.conversacion_id AND t.id = (
        SELECT m.id FROM messages m
        WHERE m.direction = 'in' AND m.state = 'recibido' AND m.due_at <= :now
          AND NOT EXISTS (
              SELECT 1 FROM messages e
              WHERE e.conversacion_id = m.conversacion_id AND e.id < m.id
                AND e.direction = 'in' AND e.state IN ('recibido', 'procesando'))
        ORDER BY m.id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING t.id, t.conversacion_id, t.wamid, t.kind, t.payload, t.text, t.occurred_at, t.tries, t.failures,
        t.claimed_by, coalesce(c.handover_until > :now, false) AS by_hand,
        EXISTS (SELECT 1 FROM messages f WHERE f.conversacion_id = t.conversacion_id AND f.id > t.id
                   AND f.direction = 'in' AND f.state = 'recibido') AS followed,
        CASE WHEN t.occurred_at > :fresh AND coalesce(c.handover_until <= :now, true)
              AND octet_length(c.phone_number_id || t.wamid) < 1000
             THEN pg_notify(:typing, json_build_object(
                'phone_number_id', c.phone_number_id, 'wamid', t.wamid)::text)::text
        END AS told
    """,
)


def claim_next(sessions: sessionmaker, claimer: int, *, now: datetime) -> InboxItem | None:
    """Take the oldest message whose conversation nobody is working on; None where there is none.

    The claim of a fresh one is told on TYPING_CHANNEL when it is committed.
    """
    values = {"claimer": claimer, "now": now, "fresh": now - TYPING_MAX_AGE, "typing": TYPING_CHANNEL}
    with sessions.begin() as session:
        row = _CLAIM.run(session, values).mappings().first()
        if row is None:
            return None
        return InboxItem(**{name: value for name, value in row.items() if name != "told"})


_WAITING = text(
    """
    SELECT id, conversacion_id, wamid, kind, payload, text, occurred_at, tries, failures, 0 AS claimed_by
    FROM messages
    WHERE conversacion_id = :conversation AND id > :id AND direction = 'in' AND state = 'recibido'
    ORDER BY id LIMIT :most
    """
).bindparams(bindparam("conversation", type_=PG_UUID(as_uuid=True)))


def what_followed(sessions: sessionmaker, item: InboxItem) -> list[InboxItem]:
    """The texts that wait right behind a claimed one and were written in one go with it; nothing is claimed.

    Only the holder of the first may take the others: while it is worked on, nobody claims what comes later.
    """
    values = {"conversation": item.conversacion_id, "id": item.id, "most": TOGETHER_MAX - 1}
    with sessions() as session:
        waiting = [InboxItem(**row) for row in session.execute(_WAITING, values).mappings()]
    found: list[InboxItem] = []
    before, chars = item, len(item.text or "")
    for one in waiting:
        chars += len(one.text or "")
        gap = abs(one.occurred_at - before.occurred_at)
        if not is_plain_text(one) or one.tries or gap > TOGETHER_GAP or chars > TOGETHER_MAX_CHARS:
            break
        found.append(one)
        before = one
    return found


def is_plain_text(item: InboxItem) -> bool:
    """Typed words; not a tap, a file, an edit."""
    return item.kind == "text" and bool(item.text) and "tapped_id" not in item.payload


_JOIN = text(
    """
    UPDATE messages SET state = 'procesando', claimed_by = :mine, tries = tries + 1, read_with_id = :head
    WHERE id = ANY(:ids) AND state = 'recibido'
    RETURNING id, text, occurred_at
    """
)
_REJOIN = text(
    """
    UPDATE messages SET state = 'procesando', claimed_by = :mine, tries = tries + 1
    WHERE read_with_id = :head AND state IN ('recibido', 'estacionado')
    RETURNING id, text, occurred_at
    """
)


def read_together(sessions: sessionmaker, item: InboxItem, others: list[int]) -> InboxItem:
    """Take these waiting messages along with a claimed one, as one message from now on: whoever takes it up again
    finds the same ones with it (`rejoin`). What was revised or taken back meanwhile counts as it is now."""
    return _joined(sessions, item, _JOIN, {"ids": others})


def rejoin(sessions: sessionmaker, item: InboxItem) -> InboxItem:
    """A message taken up again, with those it was read together with."""
    return _joined(sessions, item, _REJOIN, {})


def _joined(sessions: sessionmaker, item: InboxItem, statement: TextClause, values: dict) -> InboxItem:
    with sessions.begin() as session:
        rows = session.execute(statement, {**values, "head": item.id, "mine": item.claimed_by}).all()
    if not rows:
        return item
    rows = sorted(rows, key=lambda row: row.id)
    words = in_one_line([item.text, *(row.text for row in rows)])
    return replace(item, text=words, occurred_at=max(item.occurred_at, rows[-1].occurred_at))


def in_one_line(texts: Iterable[str | None]) -> str:
    """Several messages as one would have written them at once: parted by commas where they do not part themselves.

    >>> in_one_line(["Hola!", "quiero turno", "para el jueves"])
    'Hola! quiero turno, para el jueves'
    """
    line = ""
    for words in filter(None, texts):
        comma = "," if line and line[-1].isalnum() else ""
        line = f"{line}{comma} {words.strip()}".strip()
    return line


_FINISH = Prepared(
    "finish_inbound",
    "id bigint, mine bigint",
    """
    UPDATE messages SET state = 'procesado', claimed_by = NULL, error = NULL
    WHERE (id = :id OR read_with_id = :id) AND state = 'procesando' AND claimed_by = :mine
    RETURNING id
    """,
)


def finish(
    sessions: sessionmaker, item: InboxItem, sayings: list[Saying], understood: Understood | None = None
) -> bool:
    """The message is done, what was understood is recorded and its answers are queued, in one transaction.

    False where the claim was lost meanwhile (another process took it over): then nothing was written.
    """
    with sessions.begin() as session:
        done = _FINISH.run(session, {"id": item.id, "mine": item.claimed_by}).scalars().all()
        if item.id not in done:
            return False
        if understood is not None:
            interpretations.record(session, item.id, item.conversacion_id, understood)
        for saying in sayings:
            say(session, item.conversacion_id, saying)
        return True


def give_back(sessions: sessionmaker, item: InboxItem, error: str, *, now: datetime) -> None:
    """An outage (database, action server) came in the way: try again later. Never parks."""
    wait = BACKOFF_SECONDS[min(item.tries, len(BACKOFF_SECONDS)) - 1]
    with sessions.begin() as session:
        if _still_mine(session, item):
            again = now + timedelta(seconds=wait)
            _set(
                session,
                item.id,
                state=MessageState.RECIBIDO.value,
                claimed_by=None,
                due_at=again,
                error=error,
            )


def fail(sessions: sessionmaker, item: InboxItem, error: str, sorry: Saying, *, now: datetime) -> bool:
    """The message itself made us fail. The third time it is parked and the person is told; True then."""
    failures = item.failures + 1
    parked = failures >= MAX_FAILURES
    with sessions.begin() as session:
        if not _still_mine(session, item):
            return False
        state = MessageState.ESTACIONADO if parked else MessageState.RECIBIDO
        due = now + timedelta(seconds=BACKOFF_SECONDS[failures - 1])
        _set(session, item.id, state=state.value, claimed_by=None, failures=failures, due_at=due, error=error)
        if parked:
            say(session, item.conversacion_id, sorry)
    return parked


def recover(sessions: sessionmaker) -> int:
    """Hand back what dead processes had claimed; returns how many messages that were."""
    with sessions.begin() as session:
        rows = session.execute(
            text(
                "SELECT id, claimed_by FROM messages WHERE direction = 'in' AND state = 'procesando' FOR UPDATE"
            )
        ).all()
        dead = set(dead_claimers(session, [row.claimed_by for row in rows]))
        lost = [row.id for row in rows if row.claimed_by in dead]
        for message_id in lost:
            _set(session, message_id, state=MessageState.RECIBIDO.value, claimed_by=None)
        return len(lost)


def next_due(sessions: sessionmaker) -> datetime | None:
    """When the earliest waiting message becomes due, so that the dispatcher knows how long it may sleep."""
    with sessions() as session:
        return session.execute(
            text("SELECT min(due_at) FROM messages WHERE direction = 'in' AND state = 'recibido'")
        ).scalar()


def _still_mine(session: Session, item: InboxItem) -> bool:
    row = session.execute(
        text(
            "SELECT 1 FROM messages WHERE id = :id AND state = 'procesando' AND claimed_by = :mine FOR UPDATE"
        ),
        {"id": item.id, "mine": item.claimed_by},
    ).first()
    return row is not None


def _set(session: Session, message_id: int, **values: object) -> None:
    """Change a claimed message, and those it was read together with."""
    mine = or_(Message.id == message_id, Message.read_with_id == message_id)
    claimed = session.query(Message).filter(mine, Message.state == MessageState.PROCESANDO.value)
    claimed.update(values, synchronize_session=False)
