"""The Graph API over HTTP: Meta's paths under `/graph`, bearer token required."""

from __future__ import annotations

import hmac
import re
import socket
import time
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from web.fake_graph import media as media_store
from web.fake_graph.bodies import validate_product
from web.fake_graph.checks import only_keys
from web.fake_graph.errors import GraphError
from web.fake_graph.graph import FakeGraph
from web.fake_graph.media import unknown_object
from web.fake_graph.records import Answer, ApiCall

graph_api = Blueprint("graph_api", __name__, url_prefix="/graph")


def current_graph() -> FakeGraph:
    """The stand-in behind the running application."""
    graph: FakeGraph = current_app.extensions["fake_graph"]
    return graph


@graph_api.before_request
def check_call() -> None:
    """Refuse a call without the right access token (401, code 190) or with a malformed version, as Meta."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    expected = current_graph().access_token
    if scheme.lower() != "bearer" or not hmac.compare_digest(token.encode(), expected.encode()):
        raise GraphError(190, "Invalid OAuth access token.")
    version = (request.view_args or {}).get("version", "")
    if not re.fullmatch(r"v\d+\.\d+", version):
        raise GraphError(100, f"Unknown path components: /{version}", subcode=2500)


@graph_api.errorhandler(GraphError)
def answer_error(exc: GraphError) -> ResponseReturnValue:
    """Meta's error JSON."""
    return jsonify(exc.as_json()), exc.http_status


@graph_api.post("/<version>/<phone_number_id>/messages")
def post_message(version: str, phone_number_id: str) -> ResponseReturnValue:
    """Send a message, or mark one as read."""
    graph = current_graph()
    began = time.perf_counter()
    body = request.get_json(silent=True)
    try:
        if body is None:
            raise GraphError(100, "The body must be JSON.")
        answer = graph.post_message(phone_number_id, body)
    except GraphError as exc:
        _log(began, body, Answer(exc.as_json(), status=exc.http_status))
        raise
    _log(began, body, answer)
    return _reply(answer)


def _log(began: float, body: Any, answer: Answer) -> None:
    graph = current_graph()
    kind = body.get("type", body.get("status", "?")) if isinstance(body, dict) else "?"
    person = answer.person
    if not person and isinstance(body, dict):
        known = graph.roster.person(str(body.get("to") or body.get("recipient") or ""))
        person = known.key if known else ""
    graph.log_call(
        ApiCall(
            at=graph.clock.now(),
            person=person,
            summary=f"POST messages ({kind})",
            status=answer.status,
            elapsed_ms=round((time.perf_counter() - began) * 1000, 1),
            wamid=answer.wamid,
            request=body,
            answer=answer.body,
        )
    )


def _reply(answer: Answer) -> ResponseReturnValue:
    time.sleep(answer.delay_s)
    if answer.cut:
        connection = request.environ.get("werkzeug.socket")
        if connection is not None:
            connection.shutdown(socket.SHUT_RDWR)
        return Response(status=504)
    if answer.body is None:
        return Response(
            "<html><body>upstream error</body></html>", status=answer.status, mimetype="text/html"
        )
    return jsonify(answer.body), answer.status


@graph_api.post("/<version>/<phone_number_id>/media")
def upload_media(version: str, phone_number_id: str) -> ResponseReturnValue:
    """Upload a file for sending; multipart with `messaging_product`, `file` and perhaps `type`."""
    graph = current_graph()
    if graph.roster.line(phone_number_id) is None:
        raise unknown_object(phone_number_id)
    status = graph.check_media_call()
    if status is not None:
        return Response(status=status)
    validate_product(dict(request.form))
    only_keys(dict(request.form), {"messaging_product", "type"}, "body")
    file = request.files.get("file")
    if file is None:
        raise GraphError(100, "The parameter file is required.")
    mime_type = request.form.get("type") or file.mimetype
    media = graph.media.upload(
        file.read(),
        mime_type,
        phone_number_id=phone_number_id,
        now=graph.clock.now(),
        filename=file.filename or "",
    )
    return jsonify({"id": media.media_id})


@graph_api.get("/<version>/<object_id>")
def read_object(version: str, object_id: str) -> ResponseReturnValue:
    """A media's address (valid five minutes), or the profile of a phone number."""
    graph = current_graph()
    line = graph.roster.line(object_id)
    if line is not None:
        return jsonify(
            {
                "id": line.phone_number_id,
                "display_phone_number": line.display_number,
                "verified_name": line.label,
                "quality_rating": "GREEN",
                "code_verification_status": "VERIFIED",
                "platform_type": "CLOUD_API",
            }
        )
    status = graph.check_media_call()
    if status is not None:
        return Response(status=status)
    media = graph.media.grant_url(object_id, graph.clock.now(), request.args.get("phone_number_id"))
    url = f"{request.host_url}graph/{version}/download/{media.media_id}/{media.url_token}"
    return jsonify(media_store.as_json(media, url))


@graph_api.delete("/<version>/<media_id>")
def delete_media(version: str, media_id: str) -> ResponseReturnValue:
    """Forget an uploaded file."""
    graph = current_graph()
    graph.media.delete(media_id, graph.clock.now())
    return jsonify({"success": True})


@graph_api.get("/<version>/download/<media_id>/<token>")
def download_media(version: str, media_id: str, token: str) -> ResponseReturnValue:
    """The bytes of a file; 404 once the address has expired."""
    status, media, data = current_graph().download(media_id, token)
    if media is None:
        return Response(status=status)
    return Response(data, mimetype=media.mime_type, headers={"X-Content-Type-Options": "nosniff"})


@graph_api.get("/<version>/<waba_id>/message_templates")
def list_templates(version: str, waba_id: str) -> ResponseReturnValue:
    """The templates of the account, or those of one name."""
    _check_waba(waba_id)
    found = current_graph().templates.all(request.args.get("name"))
    return jsonify({"data": found, "paging": {"cursors": {"before": "MAZDZD", "after": "MjQZD"}}})


@graph_api.post("/<version>/<waba_id>/message_templates")
def create_template(version: str, waba_id: str) -> ResponseReturnValue:
    """Create a template; approved at once."""
    _check_waba(waba_id)
    kept = current_graph().templates.create(request.get_json(silent=True))
    return jsonify({key: kept[key] for key in ("id", "status", "category")})


@graph_api.post("/<version>/<template_id>")
def edit_template(version: str, template_id: str) -> ResponseReturnValue:
    """Change a template; it is reviewed again."""
    if not current_graph().templates.edit(template_id, request.get_json(silent=True)):
        raise unknown_object(template_id)
    return jsonify({"success": True})


@graph_api.delete("/<version>/<waba_id>/message_templates")
def delete_template(version: str, waba_id: str) -> ResponseReturnValue:
    """Remove all languages of a template."""
    _check_waba(waba_id)
    if not current_graph().templates.delete(request.args.get("name", "")):
        raise GraphError(100, "Message template was not found.", subcode=2593002)
    return jsonify({"success": True})


@graph_api.get("/<version>/<waba_id>/phone_numbers")
def list_phone_numbers(version: str, waba_id: str) -> ResponseReturnValue:
    """The numbers of the account."""
    _check_waba(waba_id)
    lines = current_graph().roster.lines()
    data = [
        {"id": line.phone_number_id, "display_phone_number": line.display_number, "verified_name": line.label}
        for line in lines
    ]
    return jsonify({"data": data})


def _check_waba(waba_id: str) -> None:
    if waba_id != current_graph().waba_id:
        raise unknown_object(waba_id)
