"""What becomes of queued messages: claimed by a sender, sent, refused, delivered, read.

States only ever move forward; a message whose outcome is unknown is repeated at most once, after
`UNKNOWN_OUTCOME_SECONDS` without a status from WhatsApp (the Graph API has no idempotency key).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from vallebot.db.claims import dead_claimers
from vallebot.db.prepared import Prepared
from vallebot.db.tables.messaging import Message, MessageState

#: A status webhook normally arrives within seconds of an accepted send.
UNKNOWN_OUTCOME_SECONDS = 60

#: Key of `messages.payload`: see `OutboxItem.parts_sent`.
PARTS_SENT = "parts_sent"

#: A throttled message is given up after this many refusals (about an hour), and parked for the operator.
MAX_REFUSALS = 8


@dataclass(frozen=True)
class OutboxItem:
    """A claimed message and where it goes. `line_stops`: how often its line refused it, which is no try of its."""

    id: int
    conversacion_id: UUID
    payload: dict
    tries: int
    line_stops: int
    claimed_by: int
    phone_number_id: str
    address_kind: str
    address: str
    last_inbound_at: datetime | None
    answers: bool = False  #: a message that came in on the same line

    @property
    def parts_sent(self) -> int:
        """How many of the messages that say this bubble went out before it broke off."""
        return int(self.payload.get(PARTS_SENT, 0))


@dataclass(frozen=True)
class DeliveryStatus:
    """A status webhook. `message_id` is ours, echoed by WhatsApp; known even where the wamid never reached us."""

    wamid: str
    state: MessageState
    at: datetime
    message_id: int | None = None
    error_code: int | None = None
    error: str | None = None
    pricing: dict | None = None


_CLAIM = Prepared(
    "claim_outbound",
    "claimer bigint, now timestamptz",
    """
    WITH next AS (
        SELECT m.id FROM messages m
        WHERE m.direction = 'out' AND m.state = 'pendiente' AND m.due_at <= :now
          AND NOT EXISTS (
              SELECT 1 FROM messages e
              WHERE e.conversacion_id = m.conversacion_id AND e.id < m.id
                AND e.direction = 'out' AND e.state IN ('pendiente', 'enviando'))
        ORDER BY m.id LIMIT 1 FOR UPDATE SKIP LOCKED)
    UPDATE messages m SET state = 'enviando', claimed_by = :claimer, tries = tries + 1, sent_at = :now
    FROM next, conversaciones c, identidades i
    WHERE m.id = next.id AND c.id = m.conversacion_id AND i.id = c.identidad_id
    RETURNING m.id, m.conversacion_id, m.payload, m.tries, m.failures AS line_stops, m.claimed_by, c.phone_number_id,
              i.kind AS address_kind, i.value AS address, c.last_inbound_at,
              m.answers_id IS NOT NULL AS answers
    """,
)


def claim_next(sessions: sessionmaker, claimer: int, *, now: datetime) -> OutboxItem | None:
    """Take the oldest message that may go now: order holds per conversation. Committed before the call."""
    with sessions.begin() as session:
        row = _CLAIM.run(session, {"claimer": claimer, "now": now}).mappings().first()
        return OutboxItem(**row) if row else None


_SENT = Prepared(
    "record_sent",
    "id bigint, wamid text",
    """
    UPDATE messages SET wamid = coalesce(wamid, :wamid), claimed_by = NULL,
        state = CASE WHEN state = 'enviando' THEN 'enviado' ELSE state END
    WHERE id = :id
    """,
)


def record_sent(sessions: sessionmaker, item: OutboxItem, wamid: str) -> None:
    """WhatsApp accepted it (which is not yet delivery). A status that came faster is not undone."""
    with sessions.begin() as session:
        _SENT.run(session, {"id": item.id, "wamid": wamid})


def record_unknown(sessions: sessionmaker, item: OutboxItem, error: str) -> None:
    """The call broke off: stay 'enviando' and unclaimed until a status or `settle_unknown` decides."""
    with sessions.begin() as session:
        message = session.get(Message, item.id, with_for_update=True)
        if message.state == MessageState.ENVIANDO:
            message.error = error
            message.claimed_by = None


def retry_at(
    sessions: sessionmaker, item: OutboxItem, due_at: datetime, code: int | None, error: str
) -> None:
    """Refused or not reached: again later, in its old place in the queue."""
    _leave(sessions, item, MessageState.PENDIENTE, code, error, due_at)


def line_stopped(
    sessions: sessionmaker, item: OutboxItem, due_at: datetime, code: int | None, error: str
) -> None:
    """The whole line takes nothing: again later, for ever; it counts as no try of the message, whose own
    refusals and unknown outcome are judged as if the line had never stopped."""
    with sessions.begin() as session:
        message = session.get(Message, item.id, with_for_update=True)
        if _end_of_call(message, MessageState.PENDIENTE, code, error):
            message.due_at = due_at
            message.tries -= 1
            message.failures += 1


def note_parts(sessions: sessionmaker, item: OutboxItem, parts: int) -> None:
    """So many messages of the bubble surely went out: a repetition begins behind them."""
    with sessions.begin() as session:
        message = session.get(Message, item.id, with_for_update=True)
        message.payload = {**message.payload, PARTS_SENT: parts}


def postpone(sessions: sessionmaker, item: OutboxItem, due_at: datetime) -> None:
    """Nothing was tried: again then, in its old place in the queue."""
    with sessions.begin() as session:
        message = session.get(Message, item.id, with_for_update=True)
        if _end_of_call(message, MessageState.PENDIENTE, message.error_code, message.error):
            message.due_at = due_at
            message.tries -= 1


def give_up(sessions: sessionmaker, item: OutboxItem, code: int | None, error: str, *, park: bool) -> None:
    """It will not go: `park` where an operator can mend the cause and send it again."""
    _leave(sessions, item, MessageState.ESTACIONADO if park else MessageState.FALLIDO, code, error, None)


def _leave(
    sessions: sessionmaker,
    item: OutboxItem,
    state: MessageState,
    code: int | None,
    error: str,
    due: datetime | None,
) -> None:
    with sessions.begin() as session:
        message = session.get(Message, item.id, with_for_update=True)
        if _end_of_call(message, state, code, error) and due is not None:
            message.due_at = due


def _end_of_call(message: Message, state: MessageState, code: int | None, error: str) -> bool:
    """Note what came of a call; False where a status webhook was faster."""
    if message.state != MessageState.ENVIANDO:
        return False
    message.state, message.error_code, message.error, message.claimed_by = state.value, code, error, None
    return True


def settle_unknown(sessions: sessionmaker, *, now: datetime) -> int:
    """Decide on sends that broke off (or whose sender died) and of which WhatsApp said nothing for a minute.

    The first time it is queued again, the second time it is parked. Returns how many were decided.
    """
    limit = now - timedelta(seconds=UNKNOWN_OUTCOME_SECONDS)
    with sessions.begin() as session:
        rows = session.execute(
            text(
                "SELECT id, claimed_by, tries FROM messages WHERE direction = 'out' AND state = 'enviando' "
                "AND sent_at <= :limit FOR UPDATE SKIP LOCKED"
            ),
            {"limit": limit},
        ).all()
        dead = set(dead_claimers(session, [row.claimed_by for row in rows if row.claimed_by]))
        undecided = [row for row in rows if row.claimed_by is None or row.claimed_by in dead]
        for row in undecided:
            state = MessageState.PENDIENTE if row.tries < 2 else MessageState.ESTACIONADO
            session.query(Message).filter(Message.id == row.id).update(
                {"state": state.value, "claimed_by": None}, synchronize_session=False
            )
        return len(undecided)


#: A status never moves a message backwards, in whatever order WhatsApp delivers them.
_RANK = {
    MessageState.PENDIENTE: 0,
    MessageState.ENVIANDO: 1,
    MessageState.ENVIADO: 2,
    MessageState.FALLIDO: 3,
    MessageState.ENTREGADO: 4,
    MessageState.LEIDO: 5,
}


def apply_status(session: Session, status: DeliveryStatus) -> bool:
    """Apply a status webhook in the caller's transaction; False where it is about a message that is not ours."""
    query = session.query(Message).filter(Message.direction == "out").with_for_update()
    message = query.filter(Message.wamid == status.wamid).one_or_none()
    if message is None and status.message_id is not None:
        message = query.filter(Message.id == status.message_id, Message.wamid.is_(None)).one_or_none()
    if message is None:
        return False
    message.wamid = status.wamid
    message.pricing = status.pricing or message.pricing
    if status.state is MessageState.ENTREGADO:
        message.delivered_at = message.delivered_at or status.at
    if status.state is MessageState.LEIDO:
        message.read_at = message.read_at or status.at
    if _RANK[status.state] > _RANK.get(MessageState(message.state), 0):
        message.state = status.state.value
        message.error_code, message.error = status.error_code, status.error
    return True
