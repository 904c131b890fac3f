"""Validation of what is posted to `/<phone_number_id>/messages`, by Meta's limits.

What depends on the state of a conversation (24-hour window, rates, known recipients) is checked elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any, Protocol

from web.fake_graph import checks
from web.fake_graph.errors import GraphError
from web.fake_graph.interactive import validate_interactive
from web.fake_graph.people import BSUID

TEXT_MAX_CHARS = 4096
CAPTION_MAX_CHARS = 1024
CALLBACK_DATA_MAX_CHARS = 512  #: biz_opaque_callback_data
CONTACTS_MAX = 257
FILENAME_MAX_CHARS = 240

_ENVELOPE = {
    "messaging_product",
    "recipient_type",
    "to",
    "recipient",
    "type",
    "context",
    "biz_opaque_callback_data",
}
_MEDIA_FIELDS = {
    "image": {"id", "link", "caption"},
    "video": {"id", "link", "caption"},
    "document": {"id", "link", "caption", "filename"},
    "audio": {"id", "link", "voice"},
    "sticker": {"id", "link"},
}


class MediaLibrary(Protocol):
    """What validation asks of the store of uploaded media."""

    def check_sendable(self, media_id: str, kind: str) -> None:
        """Raise `GraphError` when this media does not exist or cannot go out as `kind`."""


class TemplateLibrary(Protocol):
    """What validation asks of the store of templates."""

    def check_use(self, value: Any) -> None:
        """Raise `GraphError` when this `template` object does not fit an approved template."""


@dataclass(frozen=True)
class Shelf:
    """The stores that a message may refer to."""

    media: MediaLibrary
    templates: TemplateLibrary
    known_wamids: Container[str]


def validate_message(body: Any, shelf: Shelf) -> None:
    """Raise `GraphError` unless `body` is a message the Cloud API takes.

    Unknown fields are refused, and so are fields of another type than the one declared.
    """
    envelope = checks.is_object(body, "body")
    validate_product(envelope)
    kind = envelope.get("type", "text")
    if kind not in _VALIDATORS:
        raise GraphError(131051, f"Message type {kind!r} is not supported.")
    checks.only_keys(envelope, _ENVELOPE | {kind}, "body")
    _recipient(envelope)
    if "context" in envelope:
        context = checks.is_object(envelope["context"], "context")
        checks.only_keys(context, {"message_id"}, "context")
        checks.text(context.get("message_id"), "context['message_id']", most=512)
    if "biz_opaque_callback_data" in envelope:
        data = envelope["biz_opaque_callback_data"]
        checks.text(data, "biz_opaque_callback_data", most=CALLBACK_DATA_MAX_CHARS, code=100)
    _VALIDATORS[kind](envelope.get(kind), shelf)


def validate_product(body: dict[str, Any]) -> None:
    """Every call of the Cloud API says `messaging_product: whatsapp`."""
    if body.get("messaging_product") is None:
        raise GraphError(100, "The parameter messaging_product is required.")
    if body["messaging_product"] != "whatsapp":
        raise GraphError(100, "Param messaging_product must be one of {WHATSAPP}.")


def validate_read_mark(body: dict[str, Any], shelf: Shelf) -> None:
    """Check a "mark as read" call, with or without the typing indicator."""
    validate_product(body)
    checks.only_keys(body, {"messaging_product", "status", "message_id", "typing_indicator"}, "body")
    checks.one_of(body.get("status"), {"read"}, "status")
    message_id = checks.text(body.get("message_id"), "message_id", most=512)
    if "typing_indicator" in body:
        indicator = checks.is_object(body["typing_indicator"], "typing_indicator")
        checks.only_keys(indicator, {"type"}, "typing_indicator")
        checks.one_of(indicator.get("type"), {"text"}, "typing_indicator['type']")
    if message_id not in shelf.known_wamids:
        raise GraphError(131009, f"message_id {message_id!r} is not a message received by this number.")


def _recipient(envelope: dict[str, Any]) -> None:
    if "recipient_type" in envelope:
        checks.one_of(envelope["recipient_type"], {"individual"}, "recipient_type")
    to, recipient = envelope.get("to"), envelope.get("recipient")
    if not to and not recipient:
        raise GraphError(
            131008, "The parameter to is required (or recipient, for a business-scoped user id)."
        )
    if to is not None:
        number = checks.text(to, "to", most=32, code=100)
        if not re.fullmatch(r"\+?[\d\s().-]+", number) or not 7 <= len(re.sub(r"\D", "", number)) <= 15:
            raise GraphError(131009, "to is not a valid phone number.")
    if recipient is not None and not BSUID.fullmatch(checks.text(recipient, "recipient", most=140)):
        raise GraphError(131062, "recipient is not a business-scoped user id.")


def _text(value: Any, shelf: Shelf) -> None:
    part = checks.is_object(value, "text")
    checks.only_keys(part, {"body", "preview_url"}, "text")
    checks.text(part.get("body"), "text['body']", most=TEXT_MAX_CHARS, code=100)
    if "preview_url" in part:
        checks.boolean(part["preview_url"], "text['preview_url']")


def _media(kind: str) -> Callable[[Any, Shelf], None]:
    def validate(value: Any, shelf: Shelf) -> None:
        part = checks.is_object(value, kind)
        checks.only_keys(part, _MEDIA_FIELDS[kind], kind)
        if ("id" in part) == ("link" in part):
            raise GraphError(100, f"Param {kind} needs either id or link.")
        if "link" in part:
            checks.web_address(part["link"], f"{kind}['link']")
        else:
            shelf.media.check_sendable(checks.text(part["id"], f"{kind}['id']", most=128), kind)
        if "voice" in part:
            checks.boolean(part["voice"], "audio['voice']")
        checks.optional_text(part.get("caption"), f"{kind}['caption']", most=CAPTION_MAX_CHARS)
        checks.optional_text(part.get("filename"), f"{kind}['filename']", most=FILENAME_MAX_CHARS)

    return validate


def _location(value: Any, shelf: Shelf) -> None:
    part = checks.is_object(value, "location")
    checks.only_keys(part, {"latitude", "longitude", "name", "address"}, "location")
    checks.number(part.get("latitude"), "location['latitude']", low=-90, high=90)
    checks.number(part.get("longitude"), "location['longitude']", low=-180, high=180)
    checks.optional_text(part.get("name"), "location['name']", most=1000)
    checks.optional_text(part.get("address"), "location['address']", most=1000)


def _reaction(value: Any, shelf: Shelf) -> None:
    part = checks.is_object(value, "reaction")
    checks.only_keys(part, {"message_id", "emoji"}, "reaction")
    target = checks.text(part.get("message_id"), "reaction['message_id']", most=512)
    checks.text(part.get("emoji"), "reaction['emoji']", least=0, most=32)  # "" takes the reaction back
    if target not in shelf.known_wamids:
        raise GraphError(131009, "reaction['message_id'] is not a message of this conversation.")


def _contacts(value: Any, shelf: Shelf) -> None:
    for number, item in enumerate(checks.is_list(value, "contacts", most=CONTACTS_MAX)):
        name = f"contacts[{number}]"
        contact = checks.is_object(item, name)
        checks.only_keys(contact, {"addresses", "birthday", "emails", "name", "org", "phones", "urls"}, name)
        full = checks.is_object(contact.get("name"), f"{name}['name']")
        parts = {"formatted_name", "first_name", "last_name", "middle_name", "suffix", "prefix"}
        checks.only_keys(full, parts, f"{name}['name']")
        checks.text(full.get("formatted_name"), f"{name}['name']['formatted_name']", most=512)
        if len(full) < 2:
            raise GraphError(131008, f"{name}['name'] needs one more part besides formatted_name.")
        for phone in contact.get("phones", []):
            checks.only_keys(checks.is_object(phone, f"{name} phone"), {"phone", "type", "wa_id"}, "phones")


def _interactive(value: Any, shelf: Shelf) -> None:
    validate_interactive(value, lambda media, kind: _media(kind)(media, shelf))


def _template(value: Any, shelf: Shelf) -> None:
    shelf.templates.check_use(value)


_VALIDATORS: dict[str, Callable[[Any, Shelf], None]] = {
    "text": _text,
    "location": _location,
    "reaction": _reaction,
    "contacts": _contacts,
    "interactive": _interactive,
    "template": _template,
    **{kind: _media(kind) for kind in _MEDIA_FIELDS},
}
