"""Where a message goes: which line, which form of the number."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any
from uuid import uuid4

import pytest

from vallebot.gateways.whatsapp.errors import GraphApiError
from vallebot.gateways.whatsapp.transport import WhatsAppTransport, address_forms
from vallebot.services.delivery import OutboxItem
from vallebot.services.outbox import Bubble, Choice
from vallebot.services.sender import Refused

NOW = datetime(2026, 11, 23, tzinfo=timezone.utc)
NOT_ALLOWED = 131030


class Api:
    """Takes the form of a number that it knows, and remembers the line."""

    def __init__(self, known: str) -> None:
        self.known = known
        self.calls: list[tuple[str, str]] = []

    def send(self, line: str, body: dict[str, Any]) -> str:
        self.calls.append((line, body["to"]))
        if body["to"] != self.known:
            raise GraphApiError(NOT_ALLOWED, "recipient not in allowed list")
        return "wamid.1"


def item(line: str = "L1", address: str = "5491161110001") -> OutboxItem:
    return OutboxItem(
        id=7, conversacion_id=uuid4(), payload={}, tries=1, line_stops=0, claimed_by=1, phone_number_id=line,
        address_kind="wa_id", address=address, last_inbound_at=NOW,
    )  # fmt: skip


def send(api: Api, one: OutboxItem, **options: Any) -> str:
    transport = WhatsAppTransport(api, secret="s", **options)  # type: ignore[arg-type]
    return transport.send(one, Bubble("hola"), template=False, now=NOW)


def test_the_other_form_of_an_argentine_number_is_tried_when_the_first_is_not_allowed() -> None:
    api = Api(known="541161110001")
    assert send(api, item()) == "wamid.1"
    assert [to for _, to in api.calls] == ["5491161110001", "541161110001"]


def test_a_number_that_is_allowed_in_no_form_is_refused_for_good() -> None:
    with pytest.raises(Refused) as refusal:
        send(Api(known="none"), item())
    assert (refusal.value.wait_seconds, refusal.value.park) == (None, False)


def test_a_conversation_without_a_line_goes_out_on_the_first_shared_one() -> None:
    api = Api(known="5491161110001")
    send(api, item(line=""), first_line="L9")
    assert api.calls == [("L9", "5491161110001")]


def test_where_there_is_no_line_at_all_the_operator_is_asked() -> None:
    with pytest.raises(Refused, match="WHATSAPP_PHONE_NUMBER_IDS") as refusal:
        send(Api(known=""), item(line=""))
    assert refusal.value.park


@pytest.mark.parametrize(
    ("kind", "value", "forms"),
    [
        ("bsuid", "AR.abc", [{"recipient": "AR.abc"}]),
        ("wa_id", "5491161110001", [{"to": "5491161110001"}, {"to": "541161110001"}]),
        ("wa_id", "34600111222", [{"to": "34600111222"}]),
    ],
)
def test_the_forms_of_an_address(kind: str, value: str, forms: list[dict[str, str]]) -> None:
    assert address_forms(kind, value, strip_9=False) == forms


class Breaking:
    """Takes some messages, then refuses one."""

    def __init__(self, takes: int) -> None:
        self.takes = takes
        self.sent: list[dict[str, Any]] = []

    def send(self, line: str, body: dict[str, Any]) -> str:
        if self.takes == 0:
            raise GraphApiError(131016, "later")
        self.takes -= 1
        self.sent.append(body)
        return f"wamid.{len(self.sent)}"


def test_what_went_out_of_a_long_bubble_is_not_sent_again() -> None:
    bubble = Bubble("palabra " * 300, choices=(Choice("Sí", "/afirmar"), Choice("No", "/negar")))
    api = Breaking(takes=2)
    transport = WhatsAppTransport(api, secret="s")  # type: ignore[arg-type]
    with pytest.raises(Refused) as refusal:
        transport.send(item(), bubble, template=False, now=NOW)
    assert refusal.value.parts_sent == 2
    api.takes = 5
    again = replace(item(), payload={"parts_sent": 2})
    assert transport.send(again, bubble, template=False, now=NOW) == "wamid.3"
    assert [body["type"] for body in api.sent] == ["text", "text", "interactive"]
    assert ["biz_opaque_callback_data" in body for body in api.sent] == [False, False, True]
