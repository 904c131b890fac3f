from __future__ import annotations

import copy
from datetime import datetime, timezone
from typing import Any

import pytest

from web.fake_graph.bodies import Shelf, validate_message, validate_read_mark
from web.fake_graph.errors import GraphError
from web.fake_graph.media import MediaStore
from web.fake_graph.templates import TemplateStore

NOW = datetime(2026, 11, 2, 12, tzinfo=timezone.utc)
KNOWN = "wamid.known"


def shelf() -> Shelf:
    media = MediaStore()
    for number, mime_type in (("1", "image/jpeg"), ("2", "application/pdf"), ("3", "audio/ogg; codecs=opus")):
        item = media.add(b"x", mime_type, phone_number_id="line", now=NOW)
        media.put(type(item)(**{**vars(item), "media_id": number}))
    return Shelf(media, TemplateStore(), {KNOWN})


def envelope(**over: Any) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": "5491161110001", **over}


def text(body: Any = "hola", **over: Any) -> dict[str, Any]:
    return envelope(type="text", text={"body": body}, **over)


def button(number: int, **over: Any) -> dict[str, Any]:
    return {"type": "reply", "reply": {"id": f"id-{number}", "title": f"Opción {number}", **over}}


def buttons(*items: dict[str, Any], **over: Any) -> dict[str, Any]:
    interactive = {"type": "button", "body": {"text": "¿Cuál?"}, "action": {"buttons": list(items)}, **over}
    return envelope(type="interactive", interactive=interactive)


def row(number: int, **over: Any) -> dict[str, Any]:
    return {"id": f"row-{number}", "title": f"Fila {number}", **over}


def rows(*sections: list[dict[str, Any]], button_text: str = "Ver", **over: Any) -> dict[str, Any]:
    named = [{"title": f"Sección {place}", "rows": items} for place, items in enumerate(sections)]
    action = {"button": button_text, "sections": named}
    interactive = {"type": "list", "body": {"text": "¿Cuál?"}, "action": action, **over}
    return envelope(type="interactive", interactive=interactive)


def link(url: str = "https://example.org", display_text: str = "Abrir") -> dict[str, Any]:
    action = {"name": "cta_url", "parameters": {"display_text": display_text, "url": url}}
    return envelope(
        type="interactive", interactive={"type": "cta_url", "body": {"text": "x"}, "action": action}
    )


def location_request(**over: Any) -> dict[str, Any]:
    action = {"name": "send_location"}
    interactive = {"type": "location_request_message", "body": {"text": "¿Dónde?"}, "action": action, **over}
    return envelope(type="interactive", interactive=interactive)


def without(body: dict[str, Any], *path: str) -> dict[str, Any]:
    body = copy.deepcopy(body)
    inner = body
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return body


ACCEPTED = {
    "text": text(),
    "text without a type": without(text(), "type"),
    "text at the limit": text("x" * 4096),
    "text with preview": envelope(type="text", text={"body": "x", "preview_url": True}),
    "text with every envelope field": text(
        recipient_type="individual", context={"message_id": KNOWN}, biz_opaque_callback_data="x" * 512
    ),
    "to a phone with plus and blanks": text() | {"to": "+54 9 11 6111-0001"},
    "to a business-scoped id": without(text(recipient="AR." + "a1" * 64), "to"),
    "to both": text(recipient="AR.abc123"),
    "one button": buttons(button(1)),
    "three buttons at the limits": buttons(
        *(button(n, id=f"{n}" * 256, title=f"{n}" * 20) for n in (1, 2, 3)),
        body={"text": "x" * 1024},
        header={"type": "text", "text": "x" * 60},
        footer={"text": "x" * 60},
    ),
    "buttons under a picture": buttons(button(1), header={"type": "image", "image": {"id": "1"}}),
    "ten rows in one section": rows([row(n) for n in range(10)]),
    "ten rows in ten sections": rows(*([row(n)] for n in range(10))),
    "a row at the limits": rows([row(1, id="i" * 200, title="t" * 24, description="d" * 72)]),
    "a list button at the limit": rows([row(1)], button_text="x" * 20),
    "link button": link(),
    "location request": location_request(),
    "image by id": envelope(type="image", image={"id": "1", "caption": "x" * 1024}),
    "image by link": envelope(type="image", image={"link": "https://example.org/a.jpg"}),
    "document with a name": envelope(type="document", document={"id": "2", "filename": "recibo.pdf"}),
    "voice note": envelope(type="audio", audio={"id": "3", "voice": True}),
    "location": envelope(
        type="location", location={"latitude": -34.6, "longitude": "-58.38", "name": "Casa"}
    ),
    "reaction": envelope(type="reaction", reaction={"message_id": KNOWN, "emoji": "👍"}),
    "reaction taken back": envelope(type="reaction", reaction={"message_id": KNOWN, "emoji": ""}),
    "contact": envelope(
        type="contacts",
        contacts=[{"name": {"formatted_name": "Ana", "first_name": "Ana"}, "phones": [{"phone": "+54911"}]}],
    ),
}
REFUSED = {
    "no JSON object": ([], 100),
    "no product": (without(text(), "messaging_product"), 100),
    "another product": (text() | {"messaging_product": "messenger"}, 100),
    "no recipient": (without(text(), "to"), 131008),
    "a recipient with letters": (text() | {"to": "ana"}, 131009),
    "a recipient too short": (text() | {"to": "12345"}, 131009),
    "a phone as business-scoped id": (text(recipient="5491161110001"), 131062),
    "a group": (text(recipient_type="group"), 100),
    "an unknown type": (envelope(type="poll", poll={}), 131051),
    "an unknown field": (text(preview_url=True), 100),
    "the field of another type": (text(image={"id": "1"}), 100),
    "an unknown field within": (envelope(type="text", text={"body": "x", "boddy": "y"}), 100),
    "type without its field": (envelope(type="text"), 131008),
    "text empty": (text(""), 100),
    "text of blanks": (text("  \n"), 100),
    "text too long": (text("x" * 4097), 100),
    "text that is a number": (text(7), 100),
    "callback data too long": (text(biz_opaque_callback_data="x" * 513), 100),
    "context by another name": (text(context={"id": KNOWN}), 100),
    "no buttons": (buttons(), 131009),
    "four buttons": (buttons(*(button(n) for n in range(4))), 131009),
    "button title too long": (buttons(button(1, title="x" * 21)), 131009),
    "button title empty": (buttons(button(1, title="")), 131009),
    "button id too long": (buttons(button(1, id="x" * 257)), 131009),
    "button id with a blank at the end": (buttons(button(1, id="si ")), 131009),
    "button without id": (buttons({"type": "reply", "reply": {"title": "Sí"}}), 131008),
    "same title twice": (buttons(button(1, title="Sí"), button(2, title="Sí")), 131009),
    "same id twice": (buttons(button(1, id="x"), button(2, id="x")), 131009),
    "button of another kind": (buttons({"type": "url", "reply": {"id": "1", "title": "x"}}), 100),
    "unknown field of a button": (buttons(button(1, colour="red")), 100),
    "buttons without body": (without(buttons(button(1)), "interactive", "body"), 131008),
    "body too long": (buttons(button(1), body={"text": "x" * 1025}), 131009),
    "header too long": (buttons(button(1), header={"type": "text", "text": "x" * 61}), 131009),
    "footer too long": (buttons(button(1), footer={"text": "x" * 61}), 131009),
    "eleven rows in one section": (rows([row(n) for n in range(11)]), 131009),
    "eleven rows in two sections": (rows([row(n) for n in range(6)], [row(n) for n in range(6, 11)]), 131009),
    "eleven sections": (rows(*([row(n)] for n in range(11))), 131009),
    "no rows": (rows([]), 131009),
    "row title too long": (rows([row(1, title="x" * 25)]), 131009),
    "row description too long": (rows([row(1, description="x" * 73)]), 131009),
    "row description empty": (rows([row(1, description="")]), 131009),
    "row id too long": (rows([row(1, id="x" * 201)]), 131009),
    "same row id in two sections": (rows([row(1)], [row(1)]), 131009),
    "list button too long": (rows([row(1)], button_text="x" * 21), 131009),
    "list with a picture as header": (rows([row(1)], header={"type": "image", "image": {"id": "1"}}), 100),
    "two sections, one without title": (
        without(rows([row(1)], [row(2)]), "interactive", "action", "sections")
        | {
            "interactive": {
                "type": "list",
                "body": {"text": "x"},
                "action": {"button": "Ver", "sections": [{"rows": [row(1)]}, {"rows": [row(2)]}]},
            }
        },
        131008,
    ),
    "flow": (envelope(type="interactive", interactive={"type": "flow"}), 131051),
    "link that is no address": (link(url="javascript:alert(1)"), 131009),
    "link text too long": (link(display_text="x" * 21), 131009),
    "location request with a footer": (location_request(footer={"text": "x"}), 131009),
    "media by id and link": (envelope(type="image", image={"id": "1", "link": "https://a.b/c"}), 100),
    "media by neither": (envelope(type="image", image={"caption": "x"}), 100),
    "unknown media": (envelope(type="image", image={"id": "404"}), 100),
    "a PDF as image": (envelope(type="image", image={"id": "2"}), 131053),
    "caption on a voice note": (envelope(type="audio", audio={"id": "3", "caption": "x"}), 100),
    "caption too long": (envelope(type="image", image={"id": "1", "caption": "x" * 1025}), 131009),
    "latitude out of this world": (envelope(type="location", location={"latitude": 91, "longitude": 0}), 131009),
    "reaction to nothing known": (
        envelope(type="reaction", reaction={"message_id": "wamid.x", "emoji": "👍"}), 131009
    ),
    "contact without name": (envelope(type="contacts", contacts=[{"phones": []}]), 131008),
    "template that does not exist": (
        envelope(type="template", template={"name": "nope", "language": {"code": "es_AR"}}), 132001
    ),
}  # fmt: skip


@pytest.mark.parametrize("body", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_a_correct_body_is_accepted(body: dict[str, Any]) -> None:
    validate_message(body, shelf())


@pytest.mark.parametrize(("body", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_a_wrong_body_is_refused_with_its_code(body: Any, code: int) -> None:
    with pytest.raises(GraphError) as refusal:
        validate_message(body, shelf())
    assert refusal.value.code == code, refusal.value.details


def read_mark(**over: Any) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "status": "read", "message_id": KNOWN, **over}


@pytest.mark.parametrize("body", [read_mark(), read_mark(typing_indicator={"type": "text"})])
def test_a_correct_read_mark_is_accepted(body: dict[str, Any]) -> None:
    validate_read_mark(body, shelf())


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (read_mark(status="delivered"), 100),
        (read_mark(message_id="wamid.other"), 131009),
        (read_mark(typing_indicator={"type": "voice"}), 100),
        (read_mark(to="5491161110001"), 100),
        (without(read_mark(), "message_id"), 131008),
    ],
)
def test_a_wrong_read_mark_is_refused_with_its_code(body: dict[str, Any], code: int) -> None:
    with pytest.raises(GraphError) as refusal:
        validate_read_mark(body, shelf())
    assert refusal.value.code == code


def test_an_error_has_the_shape_of_metas() -> None:
    error = GraphError(131056, "too fast").as_json()["error"]
    assert error["code"] == 131056
    assert error["type"] == "OAuthException"
    assert error["message"].startswith("(#131056) ")
    assert error["error_data"] == {"messaging_product": "whatsapp", "details": "too fast"}
    assert error["is_transient"] is True
    assert error["fbtrace_id"]
    assert "error_subcode" not in error
    assert GraphError(100, "x", subcode=33).as_json()["error"]["error_subcode"] == 33
