"""The one door in: every message is stored before it is acknowledged, and worked on once, in order.

One conversation is worked on by one process at a time, one message after the other; conversations in parallel.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Text, bindparam, text
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from vallebot.db.claims import dead_claimers
from vallebot.db.tables.messaging import Conversacion, Direction, Message, MessageState
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
    professional is talking in this conversation."""

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


def store(session: Session, conversacion_id: UUID, incoming: Incoming, *, now: datetime) -> bool:
    """Store a message in the caller's transaction; False where WhatsApp delivered it before.

    The conversation's row is touched first: its lock makes ids grow in the order of storing, per conversation.
    """
    conversation = session.get(Conversacion, conversacion_id, with_for_update=True)
    if not incoming.quiet:
        last = conversation.last_inbound_at
        conversation.last_inbound_at = max(last, incoming.occurred_at) if last else incoming.occurred_at
        session.flush()
    row = {
        "conversacion_id": conversacion_id,
        "direction": Direction.IN.value,
        "kind": incoming.kind,
        "state": (MessageState.PROCESADO if incoming.quiet else MessageState.RECIBIDO).value,
        "wamid": incoming.wamid,
        "text": incoming.text,
        "payload": incoming.payload,
        "occurred_at": incoming.occurred_at,
        "due_at": now,
    }
    statement = insert(Message).values(row).on_conflict_do_nothing(index_elements=["wamid"])
    return session.execute(statement).rowcount == 1


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
_CLAIM = text(
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
        CASE WHEN t.occurred_at > :fresh AND coalesce(c.handover_until <= :now, true)
              AND octet_length(c.phone_number_id || t.wamid) < 1000
             THEN pg_notify(:typing, json_build_object(
                'phone_number_id', c.phone_number_id, 'wamid', t.wamid)::text)::text
        END AS told
    """
)


def claim_next(sessions: sessionmaker, claimer: int, *, now: datetime) -> InboxItem | None:
    """Take the oldest message whose conversation nobody is working on; None where there is none.

    The claim of a fresh one is told on TYPING_CHANNEL when it is committed.
    """
    values = {"claimer": claimer, "now": now, "fresh": now - TYPING_MAX_AGE, "typing": TYPING_CHANNEL}
    with sessions.begin() as session:
        row = session.execute(_CLAIM, values).mappings().first()
        if row is None:
            return None
        return InboxItem(**{name: value for name, value in row.items() if name != "told"})


_FINISH = text(
    """
    UPDATE messages SET state = 'procesado', claimed_by = NULL, error = NULL
    WHERE id = :id AND state = 'procesando' AND claimed_by = :mine
    """
)


def finish(
    sessions: sessionmaker, item: InboxItem, sayings: list[Saying], understood: Understood | None = None
) -> bool:
    """The message is done, what was understood is recorded and its answers are queued, in one transaction.

    False where the claim was lost meanwhile (another process took it over): then nothing was written.
    """
    with sessions.begin() as session:
        done = session.execute(_FINISH, {"id": item.id, "mine": item.claimed_by}).rowcount == 1
        if not done:
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
    session.query(Message).filter(Message.id == message_id).update(values, synchronize_session=False)
