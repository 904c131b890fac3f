"""Files of the Cloud API: what people sent is fetched, what is to be sent is uploaded.

Source: Meta, Cloud API "Media" (v23.0): an id is looked up, the address it gives lives five minutes and needs the
bearer token.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
from typing import Any, Protocol

from vallebot.domain.media_types import JPEG, PDF, PNG, kind_of
from vallebot.errors import OutageError
from vallebot.gateways.whatsapp.client import GraphApi
from vallebot.gateways.whatsapp.errors import (
    FileTooBig,
    GraphApiError,
    LinkExpired,
    NotReached,
    OutcomeUnknown,
    Remedy,
)
from vallebot.services.payment_errors import AttachmentGone, ProofError, ProofTooBig

logger = logging.getLogger(__name__)

#: What WhatsApp shows in a chat: message type by content, and its limit (image 5 MB, document 100 MB).
_MEGABYTE = 1024 * 1024
SENDABLE = {JPEG: ("image", 5 * _MEGABYTE), PNG: ("image", 5 * _MEGABYTE), PDF: ("document", 100 * _MEGABYTE)}
FILENAME_MAX_CHARS = 240

#: A stale address is asked for once more, and so is a file that arrived damaged.
ATTEMPTS = 2

_PASSING = (Remedy.RETRY, Remedy.RETRY_NEXT_DAY, Remedy.STOP_LINE)


class Files(Protocol):
    """Where files are kept (gateways/media_store.py)."""

    def read(self, path: str) -> bytes: ...


class WhatsAppMedia:
    """A `vallebot.services.attachments.MediaSource`."""

    def __init__(self, api: GraphApi) -> None:
        self._api = api

    def fetch(self, media_id: str, *, max_bytes: int) -> bytes:
        """The file, whole. Raises AttachmentGone, ProofTooBig, ProofError, OutageError."""
        error: Exception = AttachmentGone()
        for _ in range(ATTEMPTS):
            found = self._look_up(media_id)
            if _size(found) > max_bytes:
                raise ProofTooBig(max_megabytes=max_bytes // _MEGABYTE)
            try:
                data = self._api.download(str(found.get("url") or ""), max_bytes=max_bytes)
            except LinkExpired:
                error = AttachmentGone()
                continue
            except FileTooBig:
                raise ProofTooBig(max_megabytes=max_bytes // _MEGABYTE) from None
            except NotReached as exc:
                raise OutageError(f"a file could not be downloaded: {exc}") from None
            if is_whole(data, found):
                return data
            logger.warning("a file arrived damaged", extra={"media_id": media_id, "bytes": len(data)})
            error = ProofError()
        raise error

    def _look_up(self, media_id: str) -> dict[str, Any]:
        try:
            return self._api.media(media_id)
        except GraphApiError as error:
            if error.remedy in _PASSING:
                raise OutageError(f"a file could not be looked up: code {error.code}") from None
            logger.warning("WhatsApp gives no file", extra={"media_id": media_id, "code": error.code})
            raise AttachmentGone() from None
        except (NotReached, OutcomeUnknown) as exc:
            raise OutageError(f"a file could not be looked up: {exc}") from None


def is_whole(data: bytes, found: dict[str, Any]) -> bool:
    """Whether these are the bytes that the lookup promised: their number and their SHA-256 (in hex, or in base64 as
    webhooks write it), where it says so."""
    size, promised = _size(found), str(found.get("sha256") or "")
    digest = hashlib.sha256(data)
    known = (digest.hexdigest(), base64.b64encode(digest.digest()).decode())
    same = not promised or any(hmac.compare_digest(promised.encode(), one.encode()) for one in known)
    return same and (not size or size == len(data))


def _size(found: dict[str, Any]) -> int:
    """Meta writes the size as a number or as its digits; 0 where it is not said."""
    size = str(found.get("file_size") or "0")
    return int(size) if size.isdecimal() else 0


def uploaded(api: GraphApi, files: Files, line: str, media: dict[str, Any]) -> dict[str, Any] | None:
    """The media object of a message for a `Bubble.media`: {"type", "id", "filename"}; None for a file that is gone
    (erased), or that WhatsApp does not show. Raises as `GraphApi.upload`."""
    try:
        data = files.read(str(media["path"]))
    except FileNotFoundError:
        logger.warning("a file to be sent is gone")
        return None
    kind = kind_of(data)
    message_type, most = SENDABLE.get(kind, ("", 0)) if kind is not None else ("", 0)
    if kind is None or not 0 < len(data) <= most:
        logger.warning("a file cannot be shown in a chat", extra={"bytes": len(data)})
        return None
    filename = str(media.get("filename") or f"archivo.{kind.suffix}")[:FILENAME_MAX_CHARS]
    media_id = api.upload(line, data, kind.media_type, filename)
    return {"type": message_type, "id": media_id, "filename": filename}
