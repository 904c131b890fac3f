"""Keeping the chats over a restart: one JSON file, and a folder beside it for the files people sent."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from web.fake_graph.chats import ChatMessage
from web.fake_graph.graph import FakeGraph
from web.fake_graph.media import Media
from web.fake_graph.people import Person
from web.fake_graph.records import SentMessage

logger = logging.getLogger(__name__)
_VERSION = 1
_PAUSE_S = 0.4  #: between a change and the write, so that a burst is written once


class StateFile:
    """Writes the state of a `FakeGraph` soon after each change, and reads it back."""

    def __init__(self, graph: FakeGraph, path: Path) -> None:
        self._graph, self._path = graph, path
        self._media_folder = path.with_suffix(".media")
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="state", daemon=True)

    def start(self) -> None:
        """Read what there is, then follow the changes. An unreadable file is set aside, not lost."""
        if self._path.exists():
            try:
                self._restore(json.loads(self._path.read_text("utf-8")))
            except (ValueError, KeyError, TypeError):
                aside = self._path.with_suffix(".unreadable.json")
                logger.warning("the simulator's state cannot be read; kept as %s", aside.name)
                self._path.replace(aside)
        self._thread.start()

    def stop(self) -> None:
        """Write a last time."""
        self._stopping.set()
        self._thread.join(5)
        self.save()

    def save(self) -> None:
        """Write now, atomically."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._save_media()
        fresh = self._path.with_suffix(".tmp")
        fresh.write_text(json.dumps(self._collect()), "utf-8")
        fresh.replace(self._path)

    def _follow(self) -> None:
        number = self._graph.chats.number
        while not self._stopping.is_set():
            changes = self._graph.chats.changes_since(number, 1.0)
            if not changes:
                continue
            self._stopping.wait(_PAUSE_S)
            number = self._graph.chats.number
            self.save()

    def _collect(self) -> dict[str, Any]:
        graph = self._graph
        return {
            "version": _VERSION,
            "clock_offset_s": graph.clock.offset_s,
            "persons": [asdict(person) for person in graph.roster.persons()],
            "messages": [message.as_json() for message in graph.chats.all()],
            "sent": [asdict(item) | {"at": item.at.isoformat()} for item in graph.sent],
            "last_inbound": [[*pair, at.isoformat()] for pair, at in graph.limits.last_inbound().items()],
            "media": [_media_json(item) for item in graph.media.all()],
        }

    def _restore(self, state: dict[str, Any]) -> None:
        if state["version"] != _VERSION:
            raise ValueError(f"version {state['version']}")
        messages = [ChatMessage(**item) for item in state["messages"]]
        sent = [SentMessage(**{**item, "at": datetime.fromisoformat(item["at"])}) for item in state["sent"]]
        for item in state["persons"]:
            self._graph.roster.put(Person(**{**item, "lines": tuple(item["lines"])}))
        for item in state["media"]:
            path = self._media_folder / item["media_id"]
            if path.exists():
                self._graph.media.put(_media_from(item, path.read_bytes()))
        for line, person, at in state["last_inbound"]:
            self._graph.limits.restore((line, person), datetime.fromisoformat(at))
        self._graph.restore(messages, sent)
        self._graph.clock.travel_to(state["clock_offset_s"])

    def _save_media(self) -> None:
        kept = self._graph.media.all()
        if kept:
            self._media_folder.mkdir(parents=True, exist_ok=True)
        for item in kept:
            path = self._media_folder / item.media_id
            if not path.exists():
                path.write_bytes(item.data)


def _media_json(media: Media) -> dict[str, Any]:
    skipped = {"data", "url_token", "url_expires_at"}  # an address does not outlive the process
    content = {field.name: getattr(media, field.name) for field in fields(media) if field.name not in skipped}
    return content | {"expires_at": media.expires_at.isoformat()}


def _media_from(item: dict[str, Any], data: bytes) -> Media:
    return Media(**{**item, "data": data, "expires_at": datetime.fromisoformat(item["expires_at"])})
