"""The story of one message: how its webhook travelled and which Graph calls belong to it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from web.fake_graph.chats import ChatMessage
from web.fake_graph.delivery import Posting
from web.fake_graph.graph import FakeGraph
from web.fake_graph.records import ApiCall


def trace_of(graph: FakeGraph, wamid: str) -> dict[str, Any] | None:
    """Webhooks about the message, and the Graph calls of its turn; None for an unknown message.

    The turn of a person's message lasts until that person's next one in the same chat.
    """
    message = graph.chats.get(wamid)
    if message is None:
        return None
    calls = _turn(graph, message) if message.mine else [item for item in graph.calls if item.wamid == wamid]
    return {
        "wamid": wamid,
        "mine": message.mine,
        "status": message.status,
        "error": message.error,
        "webhooks": [_webhook(item) for item in graph.postings(wamid)],
        "calls": [_call(item, message) for item in calls],
    }


def _turn(graph: FakeGraph, message: ChatMessage) -> list[ApiCall]:
    began = datetime.fromisoformat(message.at)
    later = [
        datetime.fromisoformat(item.at)
        for item in graph.chats.all()
        if item.mine and (item.line, item.person) == (message.line, message.person) and item.at > message.at
    ]
    ends = min(later) if later else None
    return [
        call
        for call in graph.calls
        if call.person == message.person and call.at >= began and (ends is None or call.at < ends)
    ]


def _webhook(posting: Posting) -> dict[str, Any]:
    return {
        "what": posting.what,
        "state": posting.state,
        "body": json.loads(posting.raw),
        "attempts": [
            {"status": item.status, "elapsed_ms": round(item.elapsed_ms, 1), "error": item.error}
            for item in posting.attempts
        ],
    }


def _call(call: ApiCall, message: ChatMessage) -> dict[str, Any]:
    after = (call.at - datetime.fromisoformat(message.at)).total_seconds() if message.mine else 0.0
    return {
        "summary": call.summary,
        "status": call.status,
        "elapsed_ms": call.elapsed_ms,
        "after_ms": round(after * 1000),
        "request": call.request,
        "answer": call.answer,
    }
