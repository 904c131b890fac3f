"""Webhook bodies exactly as Meta posts them, and their signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from web.fake_graph.people import Person, PhoneLine

SIGNATURE_HEADER = "X-Hub-Signature-256"


def sign(raw: bytes, app_secret: str) -> str:
    """Value of `X-Hub-Signature-256`: HMAC-SHA256 over the raw bytes of the body."""
    return "sha256=" + hmac.new(app_secret.encode(), raw, hashlib.sha256).hexdigest()


def encode(body: Mapping[str, Any]) -> bytes:
    """The raw bytes of a body. Meta escapes what is not ASCII, and so does this."""
    return json.dumps(body, separators=(",", ":")).encode()


def new_wamid(person_key: str) -> str:
    """A fresh message id in the shape of Meta's."""
    number = person_key.encode()[:64]
    head = b"\x1c\x18" + bytes([len(number)]) + number + b"\x15\x02\x00\x11\x18\x12"
    return "wamid." + base64.b64encode(head + secrets.token_hex(9).upper().encode() + b"\x00").decode()


def unix(moment: datetime) -> str:
    """A webhook's timestamp: whole seconds since 1970, as a string."""
    return str(int(moment.timestamp()))


def wrap(line: PhoneLine, waba_id: str, value: Mapping[str, Any], field: str = "messages") -> dict[str, Any]:
    """A complete webhook body around one change."""
    metadata = {
        "display_phone_number": "".join(filter(str.isdigit, line.display_number)),
        "phone_number_id": line.phone_number_id,
    }
    content = {"messaging_product": "whatsapp", "metadata": metadata, **value}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": waba_id, "changes": [{"value": content, "field": field}]}],
    }


def contact(person: Person, *, with_profile: bool = True) -> dict[str, Any]:
    """The `contacts` item of a person: phone, business-scoped id, or both."""
    item: dict[str, Any] = {"profile": {"name": person.name}} if with_profile else {}
    if person.wa_id:
        item["wa_id"] = person.wa_id
    if person.user_id:
        item["user_id"] = person.user_id
    return item


def message(
    person: Person,
    part: Mapping[str, Any],
    *,
    wamid: str,
    sent_at: datetime,
    context: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """A `messages` item; `part` holds `type` and the field named after it."""
    item: dict[str, Any] = {}
    if person.wa_id:
        item["from"] = person.wa_id
    if person.user_id:
        item["from_user_id"] = person.user_id
    item |= {"id": wamid, "timestamp": unix(sent_at), **part}
    if context:
        item["context"] = dict(context)
    return item


def inbound_value(person: Person, messages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The value of a change that carries messages of one person."""
    return {"contacts": [contact(person)], "messages": list(messages)}


def status_value(
    person: Person,
    *,
    wamid: str,
    status: str,
    at: datetime,
    category: str,
    callback_data: str | None,
    error: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The value of a change that carries one status, with the pricing of the October 2026 rules."""
    item: dict[str, Any] = {"id": wamid, "status": status, "timestamp": unix(at)}
    if person.wa_id:
        item["recipient_id"] = person.wa_id
    if person.user_id:
        item["recipient_user_id"] = person.user_id
    if status in ("sent", "delivered"):
        item["conversation"] = {
            "id": hashlib.md5(f"{person.key}{at:%Y%m%d}".encode(), usedforsecurity=False).hexdigest(),
            "origin": {"type": category},
        }
        if status == "sent":
            item["conversation"]["expiration_timestamp"] = unix(at + timedelta(hours=24))
        item["pricing"] = {"billable": True, "pricing_model": "PMP", "category": category, "type": "regular"}
    if callback_data is not None:
        item["biz_opaque_callback_data"] = callback_data
    if error is not None:
        item["errors"] = [dict(error)]
    return {"contacts": [contact(person, with_profile=False)], "statuses": [item]}
