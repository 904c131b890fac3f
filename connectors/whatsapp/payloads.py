"""Typed views of WhatsApp webhooks (Cloud API v23.0, object `whatsapp_business_account`).

Parsing is total: whatever does not have the shape we know is left out or kept as an unknown kind, never raised,
because one strange update must not cost the others of its batch. Fields may appear at any time: the raw JSON of
a message is kept whole beside the typed view.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Contact:
    """Who writes. `wa_id` may be missing once a person hides their phone; `bsuid` may be missing on old accounts."""

    wa_id: str | None
    bsuid: str | None
    profile_name: str | None


@dataclass(frozen=True)
class InboundMessage:
    """A message of any type. `tapped_id` is set for buttons and list rows, `media_id` for what has a file; the
    `text` of an edit is the new one."""

    wamid: str
    kind: str
    occurred_at: datetime
    phone_number_id: str
    business_account_id: str
    sender: Contact
    text: str | None
    tapped_id: str | None = None
    media_id: str | None = None
    reply_to: str | None = None
    revises: str | None = None  #: of an edit or a revoke: the wamid of the message it is about
    raw: Json = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class IdentityChange:
    """A system message: a person is called otherwise from now on (a new phone, which brings a new scoped id, or a
    new scoped id alone where the phone is hidden). What is not told is None."""

    wamid: str
    occurred_at: datetime
    phone_number_id: str
    business_account_id: str
    old: Contact
    new: Contact
    raw: Json = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Echo:
    """What the professional wrote by hand in the phone app (coexistence) to `recipient`."""

    wamid: str
    kind: str
    occurred_at: datetime
    phone_number_id: str
    business_account_id: str
    recipient: Contact
    text: str | None
    raw: Json = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class StatusUpdate:
    """What became of a message of ours. `callback_data` is what we sent as `biz_opaque_callback_data`."""

    wamid: str
    status: str
    occurred_at: datetime
    callback_data: str | None = None
    error_code: int | None = None
    error: str | None = None
    pricing: Json | None = None


@dataclass(frozen=True)
class OtherUpdate:
    """A change of another field (account_update, template status...) or one without known content."""

    field: str
    business_account_id: str
    raw: Json = field(repr=False)


Update = InboundMessage | IdentityChange | Echo | StatusUpdate | OtherUpdate

#: Kinds of system message that rename a person. `user_changed_number` has been there always, the other one since
#: phones can be hidden.
IDENTITY_CHANGES = frozenset({"user_changed_number", "user_changed_user_id"})


def parse_webhook(body: Json) -> list[Update]:
    """Every update of a webhook, in order: all entries, all changes, all messages and statuses."""
    updates: list[Update] = []
    for entry in _dicts(body.get("entry")):
        account = _text(entry.get("id")) or ""
        for change in _dicts(entry.get("changes")):
            name = _text(change.get("field")) or ""
            value = change.get("value")
            if name == "messages" and isinstance(value, dict):
                updates.extend(_messages(value, account))
                updates.extend(_statuses(value))
            elif name == "smb_message_echoes" and isinstance(value, dict):
                updates.extend(_echoes(value, account))
            else:
                updates.append(OtherUpdate(name, account, change))
    return updates


def _messages(value: Json, account: str) -> Iterator[InboundMessage | IdentityChange]:
    line = _text(_dict(value.get("metadata")).get("phone_number_id")) or ""
    contacts = _dicts(value.get("contacts"))
    for raw in _dicts(value.get("messages")):
        wamid, sender = _text(raw.get("id")), _sender(raw, contacts)
        if wamid is None or not line or (sender.wa_id is None and sender.bsuid is None):
            continue  # nobody to answer: nothing can be done with it
        kind = _text(raw.get("type")) or "unknown"
        content = _dict(raw.get(kind))
        if kind == "system" and content.get("type") in IDENTITY_CHANGES:
            yield IdentityChange(
                wamid, _moment(raw.get("timestamp")), line, account, *_renamed(sender, content), raw
            )
            continue
        yield InboundMessage(
            wamid=wamid,
            kind=kind,
            occurred_at=_moment(raw.get("timestamp")),
            phone_number_id=line,
            business_account_id=account,
            sender=sender,
            text=_readable(kind, content),
            tapped_id=_tapped(kind, content),
            media_id=_text(content.get("id")) if kind in MEDIA_KINDS else None,
            reply_to=_text(_dict(raw.get("context")).get("id")),
            revises=_text(content.get("original_message_id")),
            raw=raw,
        )


#: Message types that carry a file to download.
MEDIA_KINDS = frozenset({"image", "document", "audio", "video", "sticker"})


def _sender(raw: Json, contacts: list[Json]) -> Contact:
    # Who was renamed may be named nowhere else.
    before = _text(_dict(raw.get("system")).get("previous_user_id"))
    wa_id, bsuid = _text(raw.get("from")), _text(raw.get("from_user_id")) or before
    mine = [
        c for c in contacts if (wa_id and c.get("wa_id") == wa_id) or (bsuid and c.get("user_id") == bsuid)
    ]
    contact = (mine or (contacts if len(contacts) == 1 else [{}]))[0]
    return Contact(
        wa_id=wa_id or _text(contact.get("wa_id")),
        bsuid=bsuid or _text(contact.get("user_id")),
        profile_name=_text(_dict(contact.get("profile")).get("name")),
    )


def _renamed(sender: Contact, system: Json) -> tuple[Contact, Contact]:
    """How the person was called, and is. Before 2022 the new phone was called `new_wa_id`."""
    bsuid = _text(system.get("user_id"))
    before = _text(system.get("previous_user_id")) or (sender.bsuid if sender.bsuid != bsuid else None)
    phone = _text(system.get("wa_id")) or _text(system.get("new_wa_id"))
    return Contact(sender.wa_id, before, None), Contact(phone, bsuid, None)


def _echoes(value: Json, account: str) -> Iterator[Echo]:
    line = _text(_dict(value.get("metadata")).get("phone_number_id")) or ""
    for raw in _dicts(value.get("message_echoes")):
        # `to` is the number as the business typed it, a plus sign and all.
        phone = "".join(filter(str.isdigit, _text(raw.get("to")) or ""))
        recipient = Contact(phone or None, _text(raw.get("to_user_id")), None)
        wamid = _text(raw.get("id"))
        if wamid is None or not line or (recipient.wa_id is None and recipient.bsuid is None):
            continue
        kind = _text(raw.get("type")) or "unknown"
        text = _readable(kind, _dict(raw.get(kind)))
        yield Echo(wamid, kind, _moment(raw.get("timestamp")), line, account, recipient, text, raw)


def _readable(kind: str, content: Json) -> str | None:
    """What a person would read in the bubble: text, caption, or the title of what was tapped."""
    if kind == "text":
        return _text(content.get("body"))
    if kind == "edit":
        edited = _dict(content.get("message"))
        inner = _text(edited.get("type")) or "text"
        return None if inner == "edit" else _readable(inner, _dict(edited.get(inner)))
    if kind == "interactive":
        reply = _reply(content)
        return _text(reply.get("title"))
    if kind == "button":
        return _text(content.get("text"))
    if kind == "location":
        return _text(content.get("address")) or _text(content.get("name"))
    return _text(content.get("caption"))


def _tapped(kind: str, content: Json) -> str | None:
    if kind == "interactive":
        return _text(_reply(content).get("id"))
    return _text(content.get("payload")) if kind == "button" else None


def _reply(interactive: Json) -> Json:
    return _dict(interactive.get("button_reply")) or _dict(interactive.get("list_reply"))


def _statuses(value: Json) -> Iterator[StatusUpdate]:
    for raw in _dicts(value.get("statuses")):
        wamid, status = _text(raw.get("id")), _text(raw.get("status"))
        if wamid is None or status is None:
            continue
        errors = _dicts(raw.get("errors"))
        code = errors[0].get("code") if errors else None
        yield StatusUpdate(
            wamid=wamid,
            status=status,
            occurred_at=_moment(raw.get("timestamp")),
            callback_data=_text(raw.get("biz_opaque_callback_data")),
            error_code=code if isinstance(code, int) else None,
            error=_text(errors[0].get("title")) if errors else None,
            pricing=raw["pricing"] if isinstance(raw.get("pricing"), dict) else None,
        )


def _dict(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _dicts(value: object) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    """A usable string. NUL is dropped: Postgres cannot store it; so are lone surrogates, which no encoding can."""
    if not isinstance(value, str):
        return None
    clean = value.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8").strip()
    # Some keyboards send an accent as a character of its own; everything behind here expects composed letters.
    clean = unicodedata.normalize("NFC", clean)
    return clean or None


def _moment(value: object) -> datetime:
    """Meta sends seconds since 1970 as a string; what is no plausible time counts as the epoch."""
    try:
        return datetime.fromtimestamp(int(str(value)), tz=timezone.utc)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, tz=timezone.utc)
