"""What is waited for, what is the message's own fault, and what is written down about either."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timezone
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from rasa.utils.endpoints import ClientResponseError
from sqlalchemy.exc import InterfaceError, OperationalError

from connectors.whatsapp.processing import is_outage, reason_of, said_to
from vallebot.errors import OutageError
from vallebot.services.inbox import OUTAGE, InboxItem
from vallebot.services.texts.answers import SAY_AGAIN


def refused(status: int, error: str) -> ClientResponseError:
    """As rasa_sdk refuses: with what it was asked, words and all."""
    body: dict[str, Any] = {
        "error": error,
        "request_body": {"tracker": {"latest_message": {"text": "secreto"}}},
    }
    return ClientResponseError(status, "Internal Server Error", json.dumps(body).encode())  # type: ignore[arg-type]


def wrapped(cause: Exception) -> Exception:
    """As Rasa passes it on."""
    try:
        raise RuntimeError("Failed to execute custom action 'action_x'") from cause
    except RuntimeError as exc:
        return exc


@pytest.mark.parametrize(
    ("exc", "outage"),
    [
        (refused(500, OUTAGE), True),
        (refused(503, "x"), True),
        (refused(500, "bug"), False),
        (refused(404, "no such action"), False),
        (ClientResponseError(500, "x", "no json"), False),
        (OperationalError("x", {}, Exception()), True),
        (InterfaceError("x", {}, Exception()), True),
        (aiohttp.ServerDisconnectedError(), True),
        (aiohttp.ClientPayloadError(), True),
        (asyncio.TimeoutError(), True),
        (OutageError("a file could not be looked up"), True),
        (ValueError("bug"), False),
        (KeyError("bug"), False),
    ],
)
def test_outages_are_told_from_faults_of_the_message(exc: Exception, outage: bool) -> None:
    assert is_outage(exc) is outage
    assert is_outage(wrapped(exc)) is outage
    assert "secreto" not in reason_of(wrapped(exc))
    assert len(reason_of(exc)) <= 500


def message(kind: str) -> InboxItem:
    return InboxItem(
        id=1, conversacion_id=uuid4(), wamid="wamid.1", kind=kind, payload={}, text="hola",
        occurred_at=datetime(2026, 3, 2, tzinfo=timezone.utc), tries=1, failures=0, claimed_by=1,
    )  # fmt: skip


def test_who_fits_no_rule_is_answered_all_the_same(caplog) -> None:
    assert [bubble.text for bubble in said_to(message("text"), [])] == [SAY_AGAIN]
    assert "got no answer from any rule" in caplog.text


def test_a_reaction_needs_no_answer() -> None:
    assert said_to(message("reaction"), []) == []
