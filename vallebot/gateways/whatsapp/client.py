"""A thin HTTP client of the Graph API: Meta's own parameter names in, raw JSON out, typed errors."""

from __future__ import annotations

import threading
import time
from typing import Any
from urllib.parse import urlsplit

import requests

from vallebot.config import WhatsAppSettings
from vallebot.gateways.whatsapp.errors import (
    FileTooBig,
    GraphApiError,
    LinkExpired,
    NotReached,
    OutcomeUnknown,
)

#: (connect, read) in seconds. A send that is not answered in this time has an unknown outcome.
TIMEOUT_SECONDS = (5, 20)

#: The same for a read mark, which is worth nothing once the answer is there.
READ_MARK_TIMEOUT_SECONDS = (2, 5)

#: A download that drips in for longer than this is given up (seconds, all of it).
DOWNLOAD_SECONDS = 60
_CHUNK_BYTES = 64 * 1024

#: A media address lives five minutes; afterwards WhatsApp's file server answers one of these.
_EXPIRED = (401, 403, 404, 410)


class GraphApi:
    """One installation's access to the Cloud API. Safe to use from several threads."""

    def __init__(self, settings: WhatsAppSettings) -> None:
        self._base = f"{settings.graph_url.rstrip('/')}/{settings.graph_version}"
        self._headers = {"Authorization": f"Bearer {settings.access_token}"}
        self._local = threading.local()

    def send(self, phone_number_id: str, body: dict[str, Any]) -> str:
        """Send a message; returns its wamid.

        Raises GraphApiError (refused), NotReached (surely not sent), OutcomeUnknown (may have been sent).
        """
        answer = self._post(f"{phone_number_id}/messages", body)
        try:
            return str(answer["messages"][0]["id"])
        except (KeyError, IndexError, TypeError) as exc:
            raise OutcomeUnknown("the answer names no message") from exc

    def mark_read(self, phone_number_id: str, wamid: str, *, typing: bool = True) -> None:
        """Blue ticks for an incoming message and, for up to 25 s or until the answer, 'escribiendo…'."""
        body: dict[str, Any] = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
        if typing:
            body["typing_indicator"] = {"type": "text"}
        self._post(f"{phone_number_id}/messages", body, timeout=READ_MARK_TIMEOUT_SECONDS)

    def media(self, media_id: str) -> dict[str, Any]:
        """Where a file is (`url`, five minutes), and what it should be: `mime_type`, `sha256`, `file_size`.

        Raises GraphApiError, NotReached, OutcomeUnknown (which is harmless here: nothing was changed).
        """
        return self._call("GET", media_id)

    def upload(self, phone_number_id: str, data: bytes, media_type: str, filename: str) -> str:
        """Hand WhatsApp a file to be sent later (kept for 30 days); returns its id. Raises as `media`."""
        form = {"messaging_product": "whatsapp", "type": media_type}
        files = {"file": (filename, data, media_type)}
        answer = self._call("POST", f"{phone_number_id}/media", data=form, files=files)
        if not answer.get("id"):
            raise OutcomeUnknown("the answer names no media")
        return str(answer["id"])

    def download(self, url: str, *, max_bytes: int) -> bytes:
        """The bytes behind an address that `media` gave. Raises LinkExpired, FileTooBig, NotReached."""
        if urlsplit(url).scheme != urlsplit(self._base).scheme:
            raise NotReached(
                "the file's address is not as safe as the Graph API's"
            )  # it takes the token along
        deadline = time.monotonic() + DOWNLOAD_SECONDS
        try:
            with self._session().get(
                url, stream=True, allow_redirects=False, timeout=TIMEOUT_SECONDS
            ) as response:
                if response.status_code in _EXPIRED:
                    raise LinkExpired(f"HTTP {response.status_code}")
                if response.status_code != 200:
                    raise NotReached(f"HTTP {response.status_code}")
                return _bounded(response, max_bytes, deadline)
        except requests.exceptions.RequestException as exc:
            raise NotReached(type(exc).__name__) from exc

    def templates(self, account_id: str) -> list[dict[str, Any]]:
        """All message templates of a WhatsApp Business account. Raises as `media`."""
        found: list[dict[str, Any]] = []
        asked: dict[str, Any] = {
            "fields": "id,name,language,status,category,components,rejected_reason",
            "limit": 100,
        }
        while True:
            answer = self._call("GET", f"{account_id}/message_templates", params=asked)
            found += answer.get("data", [])
            paging = answer.get("paging", {})
            if not paging.get("next"):
                return found
            asked["after"] = paging["cursors"]["after"]

    def create_template(self, account_id: str, definition: dict[str, Any]) -> dict[str, Any]:
        """Hand a template in for review; {"id", "status", "category"}. Raises as `send`."""
        return self._post(f"{account_id}/message_templates", definition)

    def edit_template(self, template_id: str, definition: dict[str, Any]) -> dict[str, Any]:
        """Hand a changed template in for review. Raises as `send`."""
        changed = {name: definition[name] for name in ("category", "components")}
        return self._post(template_id, changed)

    def _post(
        self, path: str, body: dict[str, Any], *, timeout: tuple[float, float] = TIMEOUT_SECONDS
    ) -> dict[str, Any]:
        return self._call("POST", path, json=body, timeout=timeout)

    def _call(
        self, method: str, path: str, *, timeout: tuple[float, float] = TIMEOUT_SECONDS, **content: Any
    ) -> dict[str, Any]:
        try:
            response = self._session().request(method, f"{self._base}/{path}", timeout=timeout, **content)
        except requests.exceptions.ConnectTimeout as exc:
            raise NotReached(type(exc).__name__) from exc
        except requests.exceptions.ConnectionError as exc:
            # A connection that was never made is harmless; one that broke half-way is not.
            refused = "Failed to establish a new connection" in str(exc)
            raise (NotReached if refused else OutcomeUnknown)(type(exc).__name__) from exc
        except requests.exceptions.RequestException as exc:
            raise OutcomeUnknown(type(exc).__name__) from exc
        return self._read(response)

    @staticmethod
    def _read(response: requests.Response) -> dict[str, Any]:
        try:
            answer = response.json()
        except ValueError:
            answer = None
        error = answer.get("error") if isinstance(answer, dict) else None
        if isinstance(error, dict):
            raise GraphApiError(
                int(error.get("code", -1)),
                str(error.get("message", "")),
                is_transient=bool(error.get("is_transient", response.status_code >= 500)),
                http_status=response.status_code,
            )
        if response.status_code >= 500 or not isinstance(answer, dict):
            raise OutcomeUnknown(f"HTTP {response.status_code} without a readable answer")
        if response.status_code >= 400:
            raise GraphApiError(-1, "refused without an error object", http_status=response.status_code)
        return answer

    def _session(self) -> requests.Session:
        session = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.headers.update(self._headers)
        return session


def _bounded(response: requests.Response, max_bytes: int, deadline: float) -> bytes:
    """The body, read no further than `max_bytes`."""
    data = bytearray()
    for chunk in response.iter_content(_CHUNK_BYTES):
        data += chunk
        if len(data) > max_bytes:
            raise FileTooBig(f"more than {max_bytes} bytes")
        if time.monotonic() > deadline:
            raise NotReached("the download took too long")
    return bytes(data)
