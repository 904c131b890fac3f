"""Who may call: only this machine, and from a browser only the page itself.

A browser says where a request comes from (`Origin`, `Sec-Fetch-Site`); pages of other sites are refused, and
changes need the token that our own page carries. Scripts send neither header and need none.
"""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

TOKEN_HEADER = "X-Simulator-Token"
_LOOPBACK_NAMES = {"127.0.0.1", "localhost", "::1"}
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def install_guard(app: Flask) -> str:
    """Check every request of the application; returns the token that its page must send back."""
    token = secrets.token_urlsafe(24)

    @app.before_request
    def check() -> None:
        if urlsplit(f"//{request.host}").hostname not in _LOOPBACK_NAMES:
            abort(403, "unknown host")  # a name that was rebound to loopback
        origin = request.headers.get("Origin")
        site = request.headers.get("Sec-Fetch-Site")
        if origin is not None and origin != request.host_url.rstrip("/"):
            abort(403, "another origin")
        visiting = request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"
        if site not in (None, "same-origin", "none") and not visiting:  # following a link to the page is fine
            abort(403, "another site")
        from_browser = origin is not None or site is not None
        if from_browser and request.method not in _SAFE_METHODS:
            shown = request.headers.get(TOKEN_HEADER, "")
            if not hmac.compare_digest(shown.encode(), token.encode()):
                abort(403, "the page's token is missing")

    @app.after_request
    def harden(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return token
