"""A strict OpenAI-compatible server on loopback: checks what it is asked, answers as it is told to.

>>> with FakeLlm() as llm:
...     llm.says(operation="ver_turnos")
...     llm.base_url   # VALLEBOT_LLM_BASE_URL
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jsonschema
from flask import Flask, Response, jsonify, request

from web.serving import BackgroundServer

MODEL, KEY = "fake-model", "fake-key"

_KNOWN = {"model", "messages", "temperature", "max_tokens", "response_format"}
#: What must never leave the house.
_PERSONAL = re.compile(r"[\w.+-]+@[\w-]+\.\w+|\+?\d(?:[\s().-]?\d){7,}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")  #: as today is told

#: Gets the parsed request, returns the text of the answer (or raises Misbehave).
Script = Callable[[dict[str, Any]], str]


def reading(
    operation: str | None = None, *, options: list[str] | None = None, kind: str | None = None, **slots: str
) -> str:
    """An answer as a well-behaved model gives it."""
    kind = kind or ("operation" if operation else "question" if options else "out_of_scope")
    named = [{"name": name, "value": value} for name, value in slots.items()]
    return json.dumps(
        {
            "kind": kind,
            "operation": operation,
            "slots": named,
            "options": options or [],
            "confidence": 0.9,
        }
    )


@dataclass
class FakeLlm:
    """Everything asked is in `asked`, everything that was wrong with it in `complaints`."""

    script: Script = lambda _: reading(None)
    #: Which `response_format`s the server knows.
    formats: tuple[str, ...] = ("json_schema", "json_object")
    delay_seconds: float = 0.0
    trickle_seconds: float = 0.0  #: pause before each byte of the answer
    status: int = 200
    fail_first: int = 0  #: so many calls get a 500 before it behaves
    finish_reason: str = "stop"
    raw_body: bytes | None = None  #: instead of a completion
    transcript: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    heard: list[dict[str, Any]] = field(default_factory=list)  #: voice notes
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        app = Flask(__name__)
        app.post("/v1/chat/completions")(self._complete)
        app.post("/v1/audio/transcriptions")(self._transcribe)
        self._server = BackgroundServer(app, "127.0.0.1", 0)
        self._lock = threading.Lock()
        self.released = threading.Event()  #: ends every delay

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}/v1"

    @property
    def environ(self) -> dict[str, str]:
        """Settings that make an installation ask this server."""
        return {
            "VALLEBOT_LLM_BASE_URL": self.base_url,
            "VALLEBOT_LLM_MODEL": MODEL,
            "VALLEBOT_LLM_API_KEY": KEY,
            "VALLEBOT_TRANSCRIPTION_BASE_URL": self.base_url,
            "VALLEBOT_TRANSCRIPTION_MODEL": MODEL,
            "VALLEBOT_TRANSCRIPTION_API_KEY": KEY,
        }

    def says(self, operation: str | None = None, **more: Any) -> None:
        """Answer every question with this reading (see `reading`)."""
        self.script = lambda _: reading(operation, **more)

    def raw(self, text: str) -> None:
        """Answer every question with this text."""
        self.script = lambda _: text

    def behave(self) -> None:
        """Back to an obedient, quick server."""
        fresh = type(self).__dataclass_fields__
        for name in ("delay_seconds", "trickle_seconds", "status", "fail_first", "finish_reason", "raw_body"):
            setattr(self, name, fresh[name].default)
        self.formats = ("json_schema", "json_object")
        self.says(None)
        self.asked.clear()
        self.heard.clear()
        self.released.clear()

    def __enter__(self) -> FakeLlm:
        self._server.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.released.set()
        self._server.stop()

    def _complete(self) -> Any:
        body = request.get_json(force=True)
        with self._lock:
            self.asked.append(body)
            failing = self.fail_first > 0
            self.fail_first = max(0, self.fail_first - 1)
        wrong = self._refusal(body)
        if wrong is not None:
            return jsonify({"error": {"message": wrong, "type": "invalid_request_error"}}), 400
        if self.delay_seconds:
            self.released.wait(self.delay_seconds)
        if failing or self.status != 200:
            return jsonify({"error": {"message": "as told"}}), 500 if failing else self.status
        if self.raw_body is not None:
            return Response(self.raw_body, content_type="application/json")
        answer = json.dumps(_completion(self.script(body), self.finish_reason)).encode()
        if self.trickle_seconds:
            return Response(self._trickle(answer), content_type="application/json")
        return Response(answer, content_type="application/json")

    def _trickle(self, answer: bytes) -> Any:
        for byte in answer:
            if self.released.is_set():
                return
            time.sleep(self.trickle_seconds)
            yield bytes([byte])

    def _refusal(self, body: dict[str, Any]) -> str | None:
        """Why a request is refused; what a real server might let pass is a complaint as well."""
        kind = (body.get("response_format") or {}).get("type")
        if kind is not None and kind not in self.formats:
            return f"response_format {kind} is not supported"
        checks = {
            "authorization": request.headers.get("Authorization") == f"Bearer {KEY}",
            "unknown parameters": set(body) <= _KNOWN,
            "model": body.get("model") == MODEL,
            "messages": [one.get("role") for one in body.get("messages", [])] == ["system", "user"],
            "temperature": body.get("temperature") == 0,
            "max_tokens": 0 < body.get("max_tokens", 0) <= 500,
            "length": len(json.dumps(body.get("messages"))) < 12_000,
            "personal data": not _PERSONAL.search(_MOMENT.sub("", json.dumps(body.get("messages")))),
        }
        if kind == "json_schema":
            checks["schema"] = _is_strict(body["response_format"]["json_schema"])
        wrong = ", ".join(name for name, fine in checks.items() if not fine)
        if wrong:
            self.complaints.append(wrong)
            return wrong
        return None

    def _transcribe(self) -> Any:
        audio = request.files.get("file")
        facts = {"bytes": len(audio.read()), "name": audio.filename} if audio else {}
        self.heard.append({**request.form, **facts})
        fine = (
            audio is not None
            and request.form.get("model") == MODEL
            and request.headers.get("Authorization") == f"Bearer {KEY}"
        )
        if not fine:
            self.complaints.append("transcription")
            return jsonify({"error": {"message": "wrong"}}), 400
        if self.delay_seconds:
            self.released.wait(self.delay_seconds)
        if self.status != 200:
            return jsonify({"error": {"message": "as told"}}), self.status
        if self.raw_body is not None:
            return Response(self.raw_body, content_type="application/json")
        return jsonify({"text": self.transcript})


def _completion(text: str, finish_reason: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
        "usage": {"prompt_tokens": 900, "completion_tokens": 60, "total_tokens": 960},
    }


def _is_strict(wrapped: dict[str, Any]) -> bool:
    """As OpenAI's strict mode wants it: every object closed, every property required."""
    jsonschema.Draft202012Validator.check_schema(wrapped["schema"])

    def closed(node: Any) -> bool:
        if isinstance(node, list):
            return all(map(closed, node))
        if not isinstance(node, dict):
            return True
        if node.get("type") == "object":
            shut = node.get("additionalProperties") is False
            if not shut or set(node["required"]) != set(node["properties"]):
                return False
        return all(map(closed, node.values()))

    return bool(wrapped.get("strict")) and closed(wrapped["schema"])
