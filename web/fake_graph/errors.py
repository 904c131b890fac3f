"""The errors of Meta's Graph API: one exception that knows its JSON and HTTP status.

Codes, titles and HTTP statuses follow Meta's Cloud API error reference.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ErrorKind:
    """One row of Meta's error reference."""

    http_status: int
    title: str
    transient: bool = False


_KINDS = {
    0: ErrorKind(401, "AuthException"),
    3: ErrorKind(500, "API Method"),
    4: ErrorKind(400, "API Too Many Calls", transient=True),
    10: ErrorKind(403, "Permission Denied"),
    100: ErrorKind(400, "Invalid parameter"),
    190: ErrorKind(401, "Invalid OAuth access token - Cannot parse access token"),
    200: ErrorKind(403, "API Permission"),
    368: ErrorKind(403, "Temporarily blocked for policies violations"),
    80007: ErrorKind(400, "Rate limit issues", transient=True),
    130429: ErrorKind(429, "Rate limit hit", transient=True),
    130472: ErrorKind(400, "User's number is part of an experiment"),
    131000: ErrorKind(500, "Something went wrong", transient=True),
    131005: ErrorKind(403, "Access denied"),
    131008: ErrorKind(400, "Required parameter is missing"),
    131009: ErrorKind(400, "Parameter value is not valid"),
    131016: ErrorKind(500, "Service unavailable", transient=True),
    131021: ErrorKind(400, "Recipient cannot be sender"),
    131026: ErrorKind(400, "Message undeliverable"),
    131030: ErrorKind(400, "Recipient phone number not in allowed list"),
    131031: ErrorKind(403, "Account has been locked"),
    131042: ErrorKind(400, "Business eligibility payment issue"),
    131045: ErrorKind(500, "Message failed to send because of phone number registration error"),
    131047: ErrorKind(400, "Re-engagement message"),
    131048: ErrorKind(400, "Spam rate limit hit"),
    131049: ErrorKind(400, "This message was not delivered to maintain healthy ecosystem engagement"),
    131050: ErrorKind(400, "User stopped marketing messages"),
    131051: ErrorKind(400, "Unsupported message type"),
    131052: ErrorKind(400, "Media download error"),
    131053: ErrorKind(400, "Media upload error"),
    131056: ErrorKind(400, "(Business Account, Consumer Account) pair rate limit hit", transient=True),
    131057: ErrorKind(500, "Account in maintenance mode", transient=True),
    131062: ErrorKind(400, "Business-scoped user id is not valid for this business"),
    132000: ErrorKind(400, "Number of parameters does not match the expected number of params"),
    132001: ErrorKind(404, "Template name does not exist in the translation"),
    132005: ErrorKind(400, "Translated text too long"),
    132007: ErrorKind(400, "Template content violates a WhatsApp policy"),
    132012: ErrorKind(400, "Parameter format does not match format in the created template"),
    132015: ErrorKind(400, "Template is paused"),
    132016: ErrorKind(400, "Template is disabled"),
    132018: ErrorKind(400, "There was an issue with the parameters in your template"),
    132068: ErrorKind(400, "Flow is in blocked state"),
    132069: ErrorKind(400, "Flow is in throttled state"),
    133010: ErrorKind(400, "Phone number not registered"),
}


def kind_of(code: int) -> ErrorKind:
    """The reference row of a code; codes without one behave as a plain, permanent 400."""
    return _KINDS.get(code, ErrorKind(400, "Unknown error"))


def known_codes() -> dict[int, str]:
    """Code to title, for choosing a failure on the page."""
    return {code: kind.title for code, kind in sorted(_KINDS.items())}


class GraphError(Exception):
    """The Graph API refuses a call."""

    def __init__(self, code: int, details: str = "", *, subcode: int | None = None) -> None:
        self.code = code
        self.details = details or kind_of(code).title
        self.subcode = subcode
        super().__init__(f"(#{code}) {self.details}")

    @property
    def http_status(self) -> int:
        """Status of the HTTP answer."""
        return kind_of(self.code).http_status

    def as_json(self) -> dict[str, Any]:
        """The body of the answer, in Meta's shape."""
        kind = kind_of(self.code)
        title = kind.title if self.code == 190 else f"(#{self.code}) {kind.title}"
        error: dict[str, Any] = {
            "message": title,
            "type": "OAuthException",
            "code": self.code,
            "error_data": {"messaging_product": "whatsapp", "details": self.details},
            "fbtrace_id": f"A{secrets.token_urlsafe(16)}",
        }
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if kind.transient:
            error["is_transient"] = True
        return {"error": error}

    def as_status_error(self) -> dict[str, Any]:
        """The same fact as it appears under `errors` of a `failed` status webhook."""
        title = kind_of(self.code).title
        return {
            "code": self.code,
            "title": title,
            "message": title,
            "error_data": {"details": self.details},
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
        }
