"""The media store of the Graph API: upload, look up, download for five minutes."""

from __future__ import annotations

import hashlib
import secrets
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from web.fake_graph.errors import GraphError

_MIB = 1024 * 1024
_DOCUMENT_TYPES = {
    "text/plain",
    "application/pdf",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
#: MIME types per kind of message (Cloud API, "Supported media types").
MIME_TYPES = {
    "image": {"image/jpeg", "image/png"},
    "audio": {"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"},
    "video": {"video/mp4", "video/3gpp"},
    "sticker": {"image/webp"},
    "document": _DOCUMENT_TYPES | {"image/jpeg", "image/png"},
}
#: Most bytes per kind of message.
MAX_BYTES = {
    "image": 5 * _MIB,
    "audio": 16 * _MIB,
    "video": 16 * _MIB,
    "sticker": _MIB // 2,
    "document": 100 * _MIB,
}
#: What a file of a type begins with; other types are not looked into.
_BEGINNINGS = {
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "application/pdf": b"%PDF-",
    "audio/ogg": b"OggS",
}
_MEDIA_LIFETIME = timedelta(days=7)  #: of media that a person sent
_UPLOAD_LIFETIME = timedelta(days=30)  #: of media that the business uploaded
_URL_LIFETIME = timedelta(minutes=5)


@dataclass(frozen=True)
class Media:
    """A stored file."""

    media_id: str
    phone_number_id: str
    mime_type: str
    data: bytes
    filename: str
    expires_at: datetime
    sha256: str
    url_token: str = ""  #: last download address given out
    url_expires_at: datetime | None = None


class MediaStore:
    """Files by id. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._items: dict[str, Media] = {}

    def add(
        self,
        data: bytes,
        mime_type: str,
        *,
        phone_number_id: str,
        now: datetime,
        filename: str = "",
        from_person: bool = False,
    ) -> Media:
        """Keep a file and give it an id; nothing is checked."""
        lifetime = _MEDIA_LIFETIME if from_person else _UPLOAD_LIFETIME
        media = Media(
            media_id=str(10**15 + secrets.randbelow(9 * 10**15)),
            phone_number_id=phone_number_id,
            mime_type=mime_type,
            data=data,
            filename=filename,
            expires_at=now + lifetime,
            sha256=hashlib.sha256(data).hexdigest(),
        )
        self.put(media)
        return media

    def put(self, media: Media) -> None:
        """Keep a complete file, replacing one with its id."""
        with self._lock:
            self._items[media.media_id] = media

    def upload(
        self, data: bytes, mime_type: str, *, phone_number_id: str, now: datetime, filename: str
    ) -> Media:
        """Keep a file that the business uploads; refused when its type or size is not supported."""
        essence = mime_type.split(";")[0].strip()
        kinds = [kind for kind, types in MIME_TYPES.items() if essence in types]
        if not kinds:
            raise GraphError(
                100, f"Param file must be a file with one of the supported types, got {essence}."
            )
        if not data:
            raise GraphError(131053, "The file is empty.")
        if len(data) > max(MAX_BYTES[kind] for kind in kinds):
            raise GraphError(131053, f"The file is too large for {essence}.")
        if not data.startswith(_BEGINNINGS.get(essence, b"")):
            raise GraphError(131053, f"The file is no {essence}.")
        return self.add(data, mime_type, phone_number_id=phone_number_id, now=now, filename=filename)

    def get(self, media_id: str) -> Media | None:
        """The file, also when it has expired for the API."""
        with self._lock:
            return self._items.get(media_id)

    def all(self) -> list[Media]:
        """Every file kept."""
        with self._lock:
            return list(self._items.values())

    def live(self, media_id: str, now: datetime, phone_number_id: str | None = None) -> Media:
        """The file, if it exists, has not expired and belongs to that line."""
        media = self.get(media_id)
        foreign = media is not None and phone_number_id not in (None, media.phone_number_id)
        if media is None or foreign or media.expires_at <= now:
            raise unknown_object(media_id)
        return media

    def check_sendable(
        self, media_id: str, kind: str, *, phone_number_id: str | None = None, now: datetime | None = None
    ) -> None:
        """Refuse an id that is unknown, another line's or expired, or whose file cannot go out as this kind."""
        media = self.get(media_id)
        foreign = media is not None and phone_number_id not in (None, media.phone_number_id)
        if media is None or foreign or (now is not None and media.expires_at <= now):
            raise GraphError(
                100, f"Param {kind}['id'] is not a valid whatsapp business account media attachment ID."
            )
        essence = media.mime_type.split(";")[0].strip()
        if essence not in MIME_TYPES[kind]:
            raise GraphError(131053, f"{essence} cannot be sent as {kind}.")
        if len(media.data) > MAX_BYTES[kind]:
            raise GraphError(131053, f"The file is too large to be sent as {kind}.")

    def grant_url(self, media_id: str, now: datetime, phone_number_id: str | None = None) -> Media:
        """Open a new download address for five minutes."""
        media = replace(
            self.live(media_id, now, phone_number_id),
            url_token=secrets.token_urlsafe(24),
            url_expires_at=now + _URL_LIFETIME,
        )
        self.put(media)
        return media

    def by_url(self, media_id: str, token: str, now: datetime) -> Media | None:
        """The file behind a download address; None when the address is unknown or has expired."""
        media = self.get(media_id)
        if media is None or media.url_expires_at is None or not media.url_token:
            return None
        good = secrets.compare_digest(media.url_token, token) and now < media.url_expires_at
        return media if good else None

    def expire_urls(self) -> None:
        """Make every download address stale, as five minutes would."""
        with self._lock:
            self._items = {key: replace(item, url_expires_at=None) for key, item in self._items.items()}

    def delete(self, media_id: str, now: datetime) -> None:
        """Forget a file."""
        self.live(media_id, now)
        with self._lock:
            self._items.pop(media_id, None)

    def clear(self) -> None:
        """Forget all files."""
        with self._lock:
            self._items.clear()


@dataclass(frozen=True)
class LineMedia:
    """The files that one line may send now."""

    store: MediaStore
    phone_number_id: str
    now: datetime

    def check_sendable(self, media_id: str, kind: str) -> None:
        """See `MediaStore.check_sendable`."""
        self.store.check_sendable(media_id, kind, phone_number_id=self.phone_number_id, now=self.now)


def unknown_object(object_id: str) -> GraphError:
    """Meta's answer to an id that does not exist, or that this token may not see."""
    return GraphError(
        100,
        f"Unsupported request. Object with ID '{object_id}' does not exist, cannot be loaded due to missing "
        "permissions, or does not support this operation.",
        subcode=33,
    )


def as_json(media: Media, url: str) -> dict[str, Any]:
    """What `GET /<media_id>` answers."""
    return {
        "messaging_product": "whatsapp",
        "url": url,
        "mime_type": media.mime_type,
        "sha256": media.sha256,
        "file_size": str(len(media.data)),
        "id": media.media_id,
    }
