"""Meta's webhook signature: HMAC-SHA256 over the raw bytes, with the app secret as key."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

PREFIX = "sha256="


def sign(body: bytes, app_secret: str) -> str:
    """The value of `X-Hub-Signature-256` for a body."""
    return PREFIX + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


def is_authentic(body: bytes, header: str | None, app_secrets: Iterable[str]) -> bool:
    """Whether one of the secrets (several during a rotation) signed this body. Constant-time."""
    given = (header or "").encode("utf-8", "replace")
    matches = [hmac.compare_digest(given, sign(body, secret).encode()) for secret in app_secrets]
    return any(matches)
