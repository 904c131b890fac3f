"""What people can do with their phones, as ready-made deliveries for tests and for the page."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from web.fake_graph.clock import TravelClock
from web.fake_graph.media import MediaStore
from web.fake_graph.records import Option, SentMessage


class Phones(abc.ABC):
    """Every `deliver_…` builds Meta's webhook, signs it, posts it in the background and returns the wamid.

    `from_wa_id` is a `Person.key`; an unknown one becomes a new person. Further keyword arguments are those
    of `deliver_message`.
    """

    media: MediaStore
    clock: TravelClock

    @abc.abstractmethod
    def deliver_message(
        self,
        from_wa_id: str,
        name: str,
        part: Mapping[str, Any],
        phone_number_id: str | None = None,
        *,
        wamid: str | None = None,
        sent_at: datetime | None = None,
        context: str = "",
        copies: int = 1,
        signature: str = "",
    ) -> str:
        """Post the webhook of one message; `part` holds `type` and the field named after it.

        `sent_at` is the time of writing (now by default), `context` the wamid that is answered, `copies` how
        often the same webhook is posted, `signature` replaces the right one. Raises LookupError for a line
        that does not exist.
        """

    @abc.abstractmethod
    def line_id(self, phone_number_id: str | None) -> str:
        """The line meant; the first one when None."""

    def deliver_text(
        self, from_wa_id: str, name: str, text: str, phone_number_id: str | None = None, **how: Any
    ) -> str:
        """The person writes."""
        return self.deliver_message(
            from_wa_id, name, {"type": "text", "text": {"body": text}}, phone_number_id, **how
        )

    def deliver_button_reply(
        self,
        from_wa_id: str,
        name: str,
        button_id: str,
        title: str,
        phone_number_id: str | None = None,
        **how: Any,
    ) -> str:
        """The person taps a reply button."""
        reply = {"type": "button_reply", "button_reply": {"id": button_id, "title": title}}
        part = {"type": "interactive", "interactive": reply}
        return self.deliver_message(from_wa_id, name, part, phone_number_id, **how)

    def deliver_list_reply(
        self,
        from_wa_id: str,
        name: str,
        row_id: str,
        title: str,
        phone_number_id: str | None = None,
        *,
        description: str = "",
        **how: Any,
    ) -> str:
        """The person picks a row of a list."""
        row = {"id": row_id, "title": title} | ({"description": description} if description else {})
        part = {"type": "interactive", "interactive": {"type": "list_reply", "list_reply": row}}
        return self.deliver_message(from_wa_id, name, part, phone_number_id, **how)

    def deliver_template_button(
        self,
        from_wa_id: str,
        name: str,
        payload: str,
        text: str,
        phone_number_id: str | None = None,
        **how: Any,
    ) -> str:
        """The person taps a quick reply of a template."""
        part = {"type": "button", "button": {"payload": payload, "text": text}}
        return self.deliver_message(from_wa_id, name, part, phone_number_id, **how)

    def tap(self, sent: SentMessage, title: str, **how: Any) -> str:
        """The person who got this message taps the button or row with this title.

        Raises LookupError when there is no such option.
        """
        for option in sent.options:
            if option.title == title:
                return self._tap(sent, option, how)
        raise LookupError(f"no option {title!r} among {[option.title for option in sent.options]}")

    def _tap(self, sent: SentMessage, option: Option, how: dict[str, Any]) -> str:
        how = {"context": sent.wamid, **how}
        place = (option.option_id, option.title, sent.phone_number_id)
        if option.kind == "template":
            return self.deliver_template_button(sent.person, "", *place, **how)
        if option.kind == "button":
            return self.deliver_button_reply(sent.person, "", *place, **how)
        return self.deliver_list_reply(sent.person, "", *place, description=option.description, **how)

    def deliver_media(
        self,
        kind: str,
        from_wa_id: str,
        name: str,
        data: bytes,
        mime_type: str,
        phone_number_id: str | None = None,
        *,
        extra: Mapping[str, Any] | None = None,
        **how: Any,
    ) -> str:
        """The person sends a file as image, document, audio, video or sticker."""
        line = self.line_id(phone_number_id)
        media = self.media.add(
            data,
            mime_type,
            phone_number_id=line,
            now=self.clock.now(),
            filename=str((extra or {}).get("filename", "")),
            from_person=True,
        )
        content = {"mime_type": mime_type, "sha256": media.sha256, "id": media.media_id, **(extra or {})}
        return self.deliver_message(from_wa_id, name, {"type": kind, kind: content}, line, **how)

    def deliver_image(
        self,
        from_wa_id: str,
        name: str,
        data: bytes,
        phone_number_id: str | None = None,
        *,
        mime_type: str = "image/jpeg",
        caption: str = "",
        **how: Any,
    ) -> str:
        """The person sends a photo."""
        extra = {"caption": caption} if caption else {}
        return self.deliver_media(
            "image", from_wa_id, name, data, mime_type, phone_number_id, extra=extra, **how
        )

    def deliver_document(
        self,
        from_wa_id: str,
        name: str,
        data: bytes,
        filename: str,
        phone_number_id: str | None = None,
        *,
        mime_type: str = "application/pdf",
        caption: str = "",
        **how: Any,
    ) -> str:
        """The person sends a file, such as a PDF."""
        extra = {"filename": filename} | ({"caption": caption} if caption else {})
        return self.deliver_media(
            "document", from_wa_id, name, data, mime_type, phone_number_id, extra=extra, **how
        )

    def deliver_audio(
        self,
        from_wa_id: str,
        name: str,
        data: bytes,
        phone_number_id: str | None = None,
        *,
        mime_type: str = "audio/ogg; codecs=opus",
        voice: bool = True,
        **how: Any,
    ) -> str:
        """The person sends a voice note, or with `voice=False` an audio file."""
        extra = {"voice": voice}
        return self.deliver_media(
            "audio", from_wa_id, name, data, mime_type, phone_number_id, extra=extra, **how
        )

    def deliver_sticker(
        self, from_wa_id: str, name: str, data: bytes, phone_number_id: str | None = None, **how: Any
    ) -> str:
        """The person sends a sticker (WebP)."""
        extra = {"animated": False}
        return self.deliver_media(
            "sticker", from_wa_id, name, data, "image/webp", phone_number_id, extra=extra, **how
        )

    def deliver_location(
        self,
        from_wa_id: str,
        name: str,
        latitude: float,
        longitude: float,
        phone_number_id: str | None = None,
        *,
        place: str = "",
        address: str = "",
        **how: Any,
    ) -> str:
        """The person sends a location."""
        named = {"name": place} if place else {}
        addressed = {"address": address} if address else {}
        location = {"latitude": latitude, "longitude": longitude, **named, **addressed}
        part = {"type": "location", "location": location}
        return self.deliver_message(from_wa_id, name, part, phone_number_id, **how)

    def deliver_contact(
        self,
        from_wa_id: str,
        name: str,
        shared_name: str,
        shared_wa_id: str,
        phone_number_id: str | None = None,
        **how: Any,
    ) -> str:
        """The person shares a contact card."""
        phone = {"phone": f"+{shared_wa_id}", "wa_id": shared_wa_id, "type": "CELL"}
        full_name = {"formatted_name": shared_name, "first_name": shared_name.split(" ")[0]}
        part = {"type": "contacts", "contacts": [{"name": full_name, "phones": [phone]}]}
        return self.deliver_message(from_wa_id, name, part, phone_number_id, **how)

    def deliver_reaction(
        self,
        from_wa_id: str,
        name: str,
        target: str,
        emoji: str,
        phone_number_id: str | None = None,
        **how: Any,
    ) -> str:
        """The person reacts to a message; "" takes the reaction back (Meta leaves `emoji` out then)."""
        reaction = {"message_id": target} | ({"emoji": emoji} if emoji else {})
        part = {"type": "reaction", "reaction": reaction}
        return self.deliver_message(from_wa_id, name, part, phone_number_id, **how)

    def deliver_unsupported(
        self, from_wa_id: str, name: str, phone_number_id: str | None = None, **how: Any
    ) -> str:
        """The person sends something that the Cloud API does not pass on, such as a poll."""
        error = {
            "code": 131051,
            "title": "Message type unknown",
            "message": "Message type unknown",
            "error_data": {"details": "Message type is currently not supported."},
        }
        part = {"type": "unsupported", "errors": [error]}
        return self.deliver_message(from_wa_id, name, part, phone_number_id, **how)
