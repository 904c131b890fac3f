"""The operator's side, as JSON over HTTP under `/control`: used by the page and by tests.

Scripts call it plainly; a browser must show the page's own origin and its token (see `web.guard`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, NotFound

from web.fake_graph.errors import known_codes
from web.fake_graph.faults import Fault
from web.fake_graph.graph import FakeGraph
from web.fake_graph.people import Person, canonical_wa_id
from web.fake_graph.routes import current_graph
from web.fake_graph.trace import trace_of

control_api = Blueprint("control_api", __name__, url_prefix="/control")
_UPLOAD_MAX_BYTES = 16 * 1024 * 1024
_MESSAGE_FIELDS = {
    "from", "name", "phone_number_id", "text", "message", "raw", "context", "timestamp", "copies", "signature"
}  # fmt: skip
_PERSON_FIELDS = {"wa_id", "name", "label", "user_id"}


@control_api.errorhandler(BadRequest)
@control_api.errorhandler(NotFound)
def answer_error(exc: BadRequest | NotFound) -> ResponseReturnValue:
    """The reason, as JSON."""
    return jsonify({"error": exc.description}), exc.code or 400


@control_api.get("/state")
def state() -> ResponseReturnValue:
    """Everything that the page shows."""
    graph = current_graph()
    number = graph.chats.number  # before the rest: a change in between is then told twice, never lost
    return jsonify(
        {
            "number": number,
            "lines": [asdict(line) for line in graph.roster.lines()],
            "persons": [asdict(person) | {"key": person.key} for person in graph.roster.persons()],
            "messages": [message.as_json() for message in graph.chats.all()],
            "clock": _clock(graph),
            "faults": [fault.as_json() for fault in graph.faults.open()],
            "error_codes": known_codes(),
        }
    )


@control_api.post("/inbound")
def inbound() -> ResponseReturnValue:
    """A person writes: `from` with `text`, or `message` (Meta's `type` and its field); or any `raw` body."""
    body = _json(_MESSAGE_FIELDS)
    graph = current_graph()
    if "raw" in body:
        if not isinstance(body["raw"], Mapping):
            raise BadRequest("raw must be an object")
        graph.deliver_raw(body["raw"], signature=str(body.get("signature", "")))
        return jsonify({"wamid": None})
    part = body.get("message") or {"type": "text", "text": {"body": body.get("text")}}
    _check_part(part)
    how: dict[str, Any] = {
        "context": str(body.get("context", "")),
        "signature": str(body.get("signature", "")),
    }
    if "timestamp" in body:
        how["sent_at"] = datetime.fromtimestamp(int(body["timestamp"]), timezone.utc)
    if "copies" in body:
        how["copies"] = int(body["copies"])
    try:
        wamid = graph.deliver_message(
            _required(body, "from"), str(body.get("name", "")), part, body.get("phone_number_id"), **how
        )
    except LookupError as exc:
        raise BadRequest(str(exc)) from exc
    return jsonify({"wamid": wamid})


@control_api.post("/upload")
def upload() -> ResponseReturnValue:
    """A person sends a file: multipart `from`, `kind`, `file`, perhaps `phone_number_id`, `caption`."""
    graph = current_graph()
    file = request.files.get("file")
    kind = request.form.get("kind", "")
    if file is None or kind not in ("image", "document", "audio", "video", "sticker"):
        raise BadRequest("file and kind (image, document, audio, video, sticker) are needed")
    data = file.read(_UPLOAD_MAX_BYTES + 1)
    if not data or len(data) > _UPLOAD_MAX_BYTES:
        raise BadRequest("El archivo está vacío o pesa más de 16 MB.")
    extra: dict[str, Any] = {}
    if kind == "document":
        extra["filename"] = file.filename or "archivo"
    elif kind == "audio":
        extra["voice"] = request.form.get("voice", "true") == "true"
    elif kind == "sticker":
        extra["animated"] = False
    if request.form.get("caption") and kind in ("image", "document", "video"):
        extra["caption"] = request.form["caption"]
    wamid = graph.deliver_media(
        kind,
        _required(request.form, "from"),
        "",
        data,
        file.mimetype or "application/octet-stream",
        request.form.get("phone_number_id"),
        extra=extra,
    )
    return jsonify({"wamid": wamid})


@control_api.get("/sent")
def sent() -> ResponseReturnValue:
    """The accepted messages from position `since` on."""
    since = request.args.get("since", 0, type=int)
    return jsonify(
        [
            asdict(item) | {"at": item.at.isoformat(), "text": item.text, "type": item.type}
            for item in current_graph().sent[since:]
        ]
    )


@control_api.get("/refused")
def refused() -> ResponseReturnValue:
    """The refused sends from position `since` on."""
    since = request.args.get("since", 0, type=int)
    return jsonify([asdict(item) | {"at": item.at.isoformat()} for item in current_graph().refused[since:]])


@control_api.get("/faults")
def list_faults() -> ResponseReturnValue:
    """The failures still to come."""
    return jsonify([fault.as_json() for fault in current_graph().faults.open()])


@control_api.post("/faults")
def add_fault() -> ResponseReturnValue:
    """Order a failure: see `web.fake_graph.faults.Fault`."""
    try:
        fault = Fault.from_json(_json(None))
    except (ValueError, TypeError) as exc:
        raise BadRequest(str(exc)) from exc
    graph = current_graph()
    kept = graph.faults.add(fault)
    graph.chats.tell("faults", {})
    return jsonify(kept.as_json())


@control_api.delete("/faults")
def clear_faults() -> ResponseReturnValue:
    """Take all failures back."""
    graph = current_graph()
    graph.faults.clear()
    graph.chats.tell("faults", {})
    return jsonify([])


@control_api.get("/clock")
def get_clock() -> ResponseReturnValue:
    """The simulated present."""
    return jsonify(_clock(current_graph()))


@control_api.post("/clock")
def set_clock() -> ResponseReturnValue:
    """Travel: `offset_seconds` (absolute, 0 comes back) or `advance_seconds`."""
    body = _json({"offset_seconds", "advance_seconds"})
    graph = current_graph()
    try:
        if "advance_seconds" in body:
            graph.clock.advance(float(body["advance_seconds"]))
        else:
            graph.clock.travel_to(float(body["offset_seconds"]))
    except (KeyError, TypeError, ValueError) as exc:
        raise BadRequest("offset_seconds or advance_seconds, a number, is needed") from exc
    graph.chats.tell("clock", _clock(graph))
    return jsonify(_clock(graph))


@control_api.post("/persons")
def add_person() -> ResponseReturnValue:
    """One more phone: `wa_id` (or `user_id`), `name`, `label`."""
    body = _json(_PERSON_FIELDS)
    wa_id = canonical_wa_id(str(body.get("wa_id", "")))
    user_id = str(body.get("user_id", ""))
    if not user_id and not 7 <= len(wa_id) <= 15:
        raise BadRequest("El número tiene que tener entre 7 y 15 dígitos.")
    person = Person(wa_id, _required(body, "name"), str(body.get("label", "Cliente")), user_id=user_id)
    current_graph().add_person(person)
    return jsonify(asdict(person) | {"key": person.key})


@control_api.post("/open")
def open_chat() -> ResponseReturnValue:
    """A person looks at a chat: `person`, `line`."""
    body = _json({"person", "line"})
    try:
        count = current_graph().open_chat(_required(body, "line"), _required(body, "person"))
    except LookupError as exc:
        raise BadRequest(str(exc)) from exc
    return jsonify({"read": count})


@control_api.post("/window")
def close_window() -> ResponseReturnValue:
    """Put a conversation (`person`, `line`) outside the 24-hour window."""
    body = _json({"person", "line"})
    current_graph().close_window(_required(body, "line"), _required(body, "person"))
    return jsonify({"closed": True})


@control_api.post("/redeliver")
def redeliver() -> ResponseReturnValue:
    """Post the webhook of a person's message (`wamid`) once more."""
    if not current_graph().redeliver(_required(_json({"wamid"}), "wamid")):
        raise NotFound("Ese mensaje ya no se puede entregar otra vez.")
    return jsonify({"redelivered": True})


@control_api.post("/expire-media-urls")
def expire_media_urls() -> ResponseReturnValue:
    """Make all media addresses stale, as five minutes would."""
    current_graph().media.expire_urls()
    return jsonify({"expired": True})


@control_api.post("/reset")
def reset() -> ResponseReturnValue:
    """Empty the chats, faults and logs."""
    current_graph().reset()
    return jsonify({"reset": True})


@control_api.get("/trace/<wamid>")
def trace(wamid: str) -> ResponseReturnValue:
    """What happened with one message: webhook, tries, Graph calls, statuses."""
    found = trace_of(current_graph(), wamid)
    if found is None:
        raise NotFound("Ese mensaje ya no está.")
    return jsonify(found)


def _clock(graph: FakeGraph) -> dict[str, Any]:
    return {"now": graph.clock.now().isoformat(), "offset_seconds": graph.clock.offset_s}


def _json(allowed: set[str] | None) -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise BadRequest("the body must be a JSON object")
    unknown = body.keys() - allowed if allowed is not None else set()
    if unknown:
        raise BadRequest(f"unknown fields: {', '.join(sorted(unknown))}")
    return body


def _required(body: Mapping[str, Any], field: str) -> str:
    value = body.get(field)
    if not isinstance(value, str) or not value.strip():
        raise BadRequest(f"{field} is needed")
    return value


def _check_part(part: Any) -> None:
    if not isinstance(part, dict) or not isinstance(part.get("type"), str):
        raise BadRequest("message needs a type")
    if part["type"] == "text":
        text = part.get("text")
        if not isinstance(text, dict) or not isinstance(text.get("body"), str) or not text["body"]:
            raise BadRequest("text is needed")
