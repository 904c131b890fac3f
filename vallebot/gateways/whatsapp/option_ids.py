"""Ids of buttons and list rows: signed, expiring, bound to one conversation.

An id carries its own meaning (`/intent{"slot": value}`), so nothing has to be stored; the signature covers the
conversation, so an id that was copied from elsewhere, forged or cut means nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta

#: Cloud API: a list row's id has at most 200 characters (a reply button's 256).
ID_MAX_CHARS = 200

#: How long something offered can be tapped. Facts are checked again anyway; this bounds surprises.
VALID_FOR = timedelta(days=7)

_SIGNATURE_CHARS = 22  # 128 bits, base64 without padding


class BadOption(Exception):
    """The id is not ours, not for this conversation, or damaged."""


class ExpiredOption(BadOption):
    """The id was ours, once."""


def encode(payload: str, conversation: str, *, secret: str, now: datetime) -> str:
    """The id for a payload; raises ValueError where it would be longer than WhatsApp allows."""
    expires = format(int((now + VALID_FOR).timestamp()), "x")
    option_id = f"{expires}.{_sign(payload, conversation, expires, secret)}.{payload}"
    if len(option_id) > ID_MAX_CHARS:
        raise ValueError(f"option id of {len(option_id)} characters: {payload}")
    return option_id


def decode(option_id: str, conversation: str, *, secret: str, now: datetime) -> str:
    """The payload of an id; raises BadOption or ExpiredOption."""
    parts = option_id.split(".", 2)
    if len(parts) != 3:
        raise BadOption()
    expires, signature, payload = parts
    if not hmac.compare_digest(signature.encode(), _sign(payload, conversation, expires, secret).encode()):
        raise BadOption()
    if int(expires, 16) < now.timestamp():
        raise ExpiredOption()
    return payload


def _sign(payload: str, conversation: str, expires: str, secret: str) -> str:
    text = "\n".join((conversation, expires, payload)).encode()
    digest = hmac.new(secret.encode(), text, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode()[:_SIGNATURE_CHARS]
