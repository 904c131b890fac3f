"""Storing what a webhook brings: everything in one transaction, before WhatsApp gets its 200."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from connectors.whatsapp.payloads import InboundMessage, OtherUpdate, StatusUpdate, Update
from vallebot.db.tables.messaging import MessageState
from vallebot.errors import VallebotError
from vallebot.gateways.whatsapp.transport import OPAQUE_PREFIX
from vallebot.services import delivery, identity, inbox

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


def store_updates(sessions: sessionmaker, updates: Iterable[Update], *, now: datetime) -> int:
    """Store all updates; returns how many messages were new. Raises only where the database is away.

    If one of a batch cannot be stored, the others still are: WhatsApp would repeat the whole batch for days.
    """
    batch = list(updates)
    try:
        with sessions.begin() as session:
            return sum(_store(session, update, now) for update in batch)
    except _REFUSED:
        return sum(_store_alone(sessions, update, now) for update in batch)


def _store_alone(sessions: sessionmaker, update: Update, now: datetime) -> int:
    try:
        with sessions.begin() as session:
            return _store(session, update, now)
    except _REFUSED as exc:
        kind = type(exc).__name__
        logger.error("update could not be stored", extra={"update": type(update).__name__, "reason": kind})
        return 0


def _store(session: Session, update: Update, now: datetime) -> int:
    if isinstance(update, InboundMessage):
        return int(_store_message(session, update, now))
    if isinstance(update, StatusUpdate):
        _store_status(session, update)
    elif isinstance(update, OtherUpdate):
        logger.info("webhook of another kind", extra={"field": update.field})
    return 0


def _store_message(session: Session, message: InboundMessage, now: datetime) -> bool:
    sender = identity.Sender(
        phone_number_id=message.phone_number_id,
        business_account_id=message.business_account_id,
        wa_id=message.sender.wa_id,
        bsuid=message.sender.bsuid,
        profile_name=message.sender.profile_name,
    )
    conversation = identity.receive_sender(session, sender, now=now)
    # Nobody writes from the future: a wrong clock must not keep the 24-hour window open.
    occurred_at = min(message.occurred_at, now)
    incoming = inbox.Incoming(message.wamid, message.kind, _stored_form(message), message.text, occurred_at)
    return inbox.store(session, conversation, incoming, now=now)


def _stored_form(message: InboundMessage) -> dict:
    """WhatsApp's JSON as it came (without NULs, which Postgres cannot keep) plus what parsing found in it."""
    derived = {"tapped_id": message.tapped_id, "media_id": message.media_id, "reply_to": message.reply_to}
    return {"message": _without_nul(message.raw), **{key: value for key, value in derived.items() if value}}


def _without_nul(value: object) -> object:
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
