"""The page itself, its stream of changes, the files that people exchange, scenes and explanations."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import asdict
from urllib.parse import quote

from flask import Blueprint, Response, abort, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from web.fake_graph.routes import current_graph
from web.settings import SimulatorSettings

simulator = Blueprint(
    "simulator", __name__, url_prefix="/simulator", template_folder="templates", static_folder="static"
)
#: Distinguishes this process from an earlier one, whose change numbers mean nothing here.
_BOOT = secrets.token_hex(4)
_KEEP_ALIVE_S = 15.0
#: Types a browser may show in place; anything else is only offered for download.
_INLINE_TYPES = {
    "image/jpeg", "image/png", "image/webp", "image/gif", "audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac",
    "audio/amr", "audio/webm", "audio/wav", "audio/x-wav", "video/mp4", "video/webm", "video/3gpp",
}  # fmt: skip


def current_settings() -> SimulatorSettings:
    """The settings of the running application."""
    settings: SimulatorSettings = current_app.extensions["simulator_settings"]
    return settings


@simulator.get("/")
def page() -> ResponseReturnValue:
    """The simulator."""
    settings = current_settings()
    config = {
        "token": current_app.extensions["simulator_token"],
        "boot": _BOOT,
        "tour": [asdict(step) for step in settings.tour],
        "scenes": [
            {"code": scene.code, "title": scene.title, "description": scene.description}
            for scene in settings.scenes
        ],
    }
    return render_template("simulator/index.html", config=config)


@simulator.get("/events")
def events() -> ResponseReturnValue:
    """Server-sent events: every change after the one named by `Last-Event-ID`, or by `since`."""
    graph = current_graph()
    boot, _, number = (request.headers.get("Last-Event-ID") or request.args.get("since", "")).partition(":")
    since = int(number) if boot == _BOOT and number.isdigit() else -1

    def stream() -> Iterator[str]:
        last = since
        yield "retry: 1000\n\n"
        while True:
            changes = graph.chats.changes_since(last, _KEEP_ALIVE_S)
            if not changes:
                yield ": still here\n\n"
            for change in changes:
                last = change["number"]
                yield f"id: {_BOOT}:{last}\ndata: {json.dumps(change)}\n\n"

    return Response(stream(), mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})


@simulator.get("/media/<media_id>")
def media(media_id: str) -> ResponseReturnValue:
    """A file of a chat, for showing it on the page."""
    item = current_graph().media.get(media_id)
    if item is None:
        abort(404)
    essence = item.mime_type.split(";")[0].strip().lower()
    response = Response(item.data, mimetype="application/octet-stream")
    if essence in _INLINE_TYPES:
        response.mimetype = essence
    else:
        if essence == "application/pdf":
            response.mimetype = essence
        name = quote(item.filename or media_id)
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@simulator.post("/scenes/<code>")
def load_scene(code: str) -> ResponseReturnValue:
    """Empty the chats and put a starting situation in place."""
    for scene in current_settings().scenes:
        if scene.code == code:
            current_graph().reset()
            scene.load()
            return jsonify({"loaded": code})
    abort(404)


@simulator.get("/explain/<wamid>")
def explain(wamid: str) -> ResponseReturnValue:
    """What the system made of a message, section by section; empty when nobody can tell."""
    ask = current_settings().explain
    return jsonify({title: dict(rows) for title, rows in ask(wamid).items()} if ask else {})
