"""An extra where Meta's OpenAPI description is at hand: what we post as a webhook, and accept, fits it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from web.fake_graph import FakeGraph, Person

PATH = Path(__file__).resolve().parents[4] / "shared/meta/business-messaging-api_v23.0.yaml"
pytestmark = pytest.mark.skipif(not PATH.exists(), reason="Meta's OpenAPI description is not here")
ANA = "5491161110001"
LINE = "100000000000001"


@pytest.fixture(scope="module")
def openapi() -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, Any] = yaml.load(PATH.read_text("utf-8"), Loader=loader)
    # The description refers incoming messages to the common fields of outgoing ones, which bear the same name.
    schemas = found["components"]["schemas"]
    schemas["BaseMessageProperties"] = schemas["BaseMessageProperties_1"]
    return found


@pytest.fixture
def graph() -> FakeGraph:
    """Not started: the webhooks stay where they can be read."""
    return FakeGraph("http://127.0.0.1:9/", "secret", "token", persons=[Person(ANA, "Ana")])


def check(openapi: dict[str, Any], schema: str, value: Any) -> None:
    """Validate against one schema of the description."""
    document = {"$ref": f"#/components/schemas/{schema}", "components": openapi["components"]}
    jsonschema.validate(value, document)


def test_the_envelope_and_the_messages_of_people_fit(openapi: dict[str, Any], graph: FakeGraph) -> None:
    graph.deliver_text(ANA, "Ana", "hola")
    graph.deliver_location(ANA, "Ana", -34.6, -58.4, place="Casa", address="Corrientes 1234")
    graph.deliver_image(ANA, "Ana", b"x", caption="pagué")
    graph.deliver_document(ANA, "Ana", b"x", "recibo.pdf")
    graph.deliver_audio(ANA, "Ana", b"x")
    graph.deliver_sticker(ANA, "Ana", b"x")
    graph.deliver_button_reply(ANA, "Ana", "id", "Sí", context="wamid.x")
    graph.deliver_list_reply(ANA, "Ana", "id", "17:00", description="jueves", context="wamid.x")
    graph.deliver_template_button(ANA, "Ana", "voy", "Voy", context="wamid.x")
    schemas = [
        "TextMessage_2",
        "LocationMessage_1",
        "ImageMessage_1",
        "DocumentMessage_1",
        "AudioMessage_1",
        "StickerMessage_1",
        "InteractiveMessageReply",
        "InteractiveMessageReply",
        "ButtonMessage",
    ]
    for posting, schema in zip(graph.postings(), schemas, strict=True):
        body = json.loads(posting.raw)
        value = body["entry"][0]["changes"][0]["value"]
        for name in ("Metadata", "ContactProfile"):
            check(openapi, name, value["metadata"] if name == "Metadata" else value["contacts"][0])
        check(openapi, schema, value["messages"][0])
        check(openapi, "Entry", {**body["entry"][0], "changes": []})
        assert body["object"] == "whatsapp_business_account"


def test_statuses_fit(openapi: dict[str, Any], graph: FakeGraph) -> None:
    graph.deliver_text(ANA, "Ana", "hola")
    body = {"messaging_product": "whatsapp", "to": ANA, "type": "text", "text": {"body": "hola"}}
    answer = graph.post_message(LINE, body)
    check(openapi, "MessageResponsePayload", answer.body)
    statuses = [json.loads(item.raw) for item in graph.postings() if item.what.startswith("status")]
    assert len(statuses) == 2
    for status in statuses:
        check(openapi, "Statuses", status["entry"][0]["changes"][0]["value"]["statuses"][0])


def test_a_body_that_fits_the_description_is_accepted(openapi: dict[str, Any], graph: FakeGraph) -> None:
    graph.deliver_text(ANA, "Ana", "hola")
    buttons = {"buttons": [{"type": "reply", "reply": {"id": "1", "title": "Sí"}}]}
    rows = {"button": "Ver", "sections": [{"title": "Hoy", "rows": [{"id": "1", "title": "17:00"}]}]}
    for interactive in (
        {"type": "button", "body": {"text": "¿Sí?"}, "action": buttons},
        {"type": "list", "body": {"text": "¿Cuál?"}, "footer": {"text": "x"}, "action": rows},
    ):
        check(openapi, "InteractiveObject", interactive)
        body = {"messaging_product": "whatsapp", "to": ANA, "type": "interactive", "interactive": interactive}
        assert graph.post_message(LINE, body).status == 200
