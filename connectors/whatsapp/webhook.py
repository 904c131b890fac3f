"""Storing what a webhook brings: everything in one transaction, before WhatsApp gets its 200."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from connectors.whatsapp.payloads import (
    Contact,
    Echo,
    IdentityChange,
    InboundMessage,
    OtherUpdate,
    StatusUpdate,
    Update,
)
from vallebot.db.tables.messaging import MessageState
from vallebot.errors import VallebotError
from vallebot.gateways.whatsapp.transport import OPAQUE_PREFIX
from vallebot.services import delivery, handover, identity, inbox

logger = logging.getLogger(__name__)

#: What one strange update may raise.
_REFUSED = (DataError, IntegrityError, ValueError, VallebotError)

_STATES = {
    "sent": MessageState.ENVIADO,
    "delivered": MessageState.ENTREGADO,
    "read": MessageState.LEIDO,
    "played": MessageState.LEIDO,
    "failed": MessageState.FALLIDO,
}


#: Other fields of the webhook that an operator should see.
_WORTH_A_WARNING = frozenset(
    {"account_alerts", "account_update", "message_template_status_update", "phone_number_quality_update"}
)


def store_updates(
    sessions: sessionmaker,
    updates: Iterable[Update],
    *,
    now: datetime,
    step_back: timedelta = handover.STEP_BACK,
) -> int:
    """Store all updates; returns how many messages were new. Raises only where the database is away.
    `step_back`: how long the bot is silent where the professional wrote by hand.

    If one of a batch cannot be stored, the others still are: WhatsApp would repeat the whole batch for days.
    """
    batch = list(updates)
    try:
        with sessions.begin() as session:
            return sum(_store(session, update, now, step_back) for update in batch)
    except _REFUSED:
        return sum(_store_alone(sessions, update, now, step_back) for update in batch)


def _store_alone(sessions: sessionmaker, update: Update, now: datetime, step_back: timedelta) -> int:
    try:
        with sessions.begin() as session:
            return _store(session, update, now, step_back)
    except _REFUSED as exc:
        kind = type(exc).__name__
        logger.error("update could not be stored", extra={"update": type(update).__name__, "reason": kind})
        return 0


def _store(session: Session, update: Update, now: datetime, step_back: timedelta) -> int:
    if isinstance(update, InboundMessage):
        return int(_store_message(session, update, now))
    if isinstance(update, IdentityChange):
        return int(_store_change(session, update, now))
    if isinstance(update, Echo):
        _store_echo(session, update, now, step_back)
    elif isinstance(update, StatusUpdate):
        _store_status(session, update)
    elif isinstance(update, OtherUpdate):
        _log_other(update)
    return 0


def _store_message(session: Session, message: InboundMessage, now: datetime) -> bool:
    conversation = identity.receive_sender(session, _sender(message, message.sender), now=now)
    # Nobody writes from the future: a wrong clock must not keep the 24-hour window open.
    occurred_at = min(message.occurred_at, now)
    quiet = message.kind in inbox.QUIET_KINDS
    if message.revises and not inbox.is_stored(session, message.wamid):
        quiet = _revise(session, conversation, message)
    incoming = inbox.Incoming(
        message.wamid, message.kind, _stored_form(message), message.text, occurred_at, quiet
    )
    return inbox.store(session, conversation, incoming, now=now)


def _revise(session: Session, conversation: UUID, message: InboundMessage) -> bool:
    """Apply an edit or a revoke; whether there is nothing to answer.

    What is still waiting is read with its new words, or not at all. What was read stays read: an edit that says
    something else is read like a new message (its own answer corrects ours), a revoke changes nothing.
    """
    original = message.revises or ""
    if message.kind == "revoke":
        inbox.revise(session, conversation, original, None)
        return True
    if message.text is None or inbox.says_the_same(session, conversation, original, message.text):
        return True
    return inbox.revise(session, conversation, original, message.text)


def _store_change(session: Session, change: IdentityChange, now: datetime) -> bool:
    """A new phone or scoped id of somebody we know; of whom we do not know there is nothing to keep."""
    if inbox.is_stored(session, change.wamid):
        return False  # names move on: what was followed once must not be followed again
    before, after = (_sender(change, contact) for contact in (change.old, change.new))
    if not (after.wa_id or after.bsuid) or not (before.wa_id or before.bsuid):
        logger.warning("a change of identity that names nobody")
        return False
    conversation = identity.follow_change(session, before, after, now=now)
    if conversation is None:
        logger.info("a change of identity of somebody unknown")
        return False
    stored = {"message": _without_nul(change.raw)}
    occurred_at = min(change.occurred_at, now)
    incoming = inbox.Incoming(change.wamid, "system", stored, None, occurred_at, quiet=True)
    return inbox.store(session, conversation, incoming, now=now)


def _store_echo(session: Session, echo: Echo, now: datetime, during: timedelta) -> None:
    conversation = identity.receive_sender(session, _sender(echo, echo.recipient), now=now)
    payload = _without_nul(echo.raw)
    written = handover.WrittenByHand(echo.wamid, echo.kind, payload, echo.text, echo.occurred_at)
    handover.step_back(session, conversation, written, during=during, now=now)


def _sender(update: InboundMessage | IdentityChange | Echo, contact: Contact) -> identity.Sender:
    return identity.Sender(
        phone_number_id=update.phone_number_id,
        business_account_id=update.business_account_id,
        wa_id=contact.wa_id,
        bsuid=contact.bsuid,
        profile_name=contact.profile_name,
    )


def _log_other(update: OtherUpdate) -> None:
    """What Meta tells about the account: nothing changes here, but an operator may have to act."""
    value = update.raw.get("value")
    event = str(value.get("event", "")) if isinstance(value, dict) else ""
    level = logging.WARNING if update.field in _WORTH_A_WARNING else logging.INFO
    logger.log(level, "webhook of another kind", extra={"field": update.field, "event": event[:80]})


def _stored_form(message: InboundMessage) -> dict:
    """WhatsApp's JSON as it came (without NULs, which Postgres cannot keep) plus what parsing found in it."""
    derived = {"tapped_id": message.tapped_id, "media_id": message.media_id, "reply_to": message.reply_to}
    return {"message": _without_nul(message.raw), **{key: value for key, value in derived.items() if value}}


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {str(_without_nul(key)): _without_nul(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    return value


def _store_status(session: Session, update: StatusUpdate) -> None:
    state = _STATES.get(update.status)
    if state is None:
        logger.info("unknown message status", extra={"status": update.status})
        return
    ours = (update.callback_data or "").removeprefix(OPAQUE_PREFIX)
    status = delivery.DeliveryStatus(
        wamid=update.wamid,
        state=state,
        at=update.occurred_at,
        message_id=int(ours) if ours.isdecimal() else None,
        error_code=update.error_code,
        error=update.error,
        pricing=update.pricing,
    )
    known = delivery.apply_status(session, status)
    if state is MessageState.FALLIDO:
        facts = {"message_id": status.message_id, "code": status.error_code, "known": known}
        logger.error("WhatsApp could not deliver a message", extra=facts)
