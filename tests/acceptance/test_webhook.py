"""What WhatsApp posts: repeated, forged, too large, broken, batched, of every kind."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import requests

from tests.harness import ANSWER_SECONDS, VERIFY_TOKEN, Phone, System, titles_of, wait_until
from vallebot import demo
from web.fake_graph import webhooks


def text_item(phone: Phone, words: str, wamid: str) -> dict[str, Any]:
    stamp = webhooks.unix(phone.system.now())
    return {"from": phone.wa_id, "id": wamid, "timestamp": stamp, "type": "text", "text": {"body": words}}


def body_of(*values: dict[str, Any], line: str = demo.LAURA_LINE) -> bytes:
    metadata = {"display_phone_number": "5491150000001", "phone_number_id": line}
    changes = [{"field": "messages", "value": {"metadata": metadata, **value}} for value in values]
    return json.dumps(
        {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}
    ).encode()


def test_a_message_delivered_many_times_at_once_books_once_and_is_answered_once(system: System) -> None:
    client = system.client()
    offer = client.ask("quiero un turno de reflexología")
    client.tap(offer, titles_of(offer)[0])
    wamid = webhooks.new_wamid(client.wa_id)
    body = body_of({"messages": [text_item(client, "Nora Paz", wamid)]})
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: system.post(body), range(6)))
    assert [answer.status_code for answer in answers] == [200] * 6
    client.next_bubble()
    assert system.post(body).status_code == 200, "and once more, after it was answered"
    client.nothing_more()
    assert len(system.bookings_of(client)) == 1
    assert len(system.answers_to(wamid)) == 1
    assert len(system.rows("SELECT 1 FROM messages WHERE wamid = :wamid", wamid=wamid)) == 1


@pytest.mark.parametrize("signature", ["sha256=" + "0" * 64, "sha1=abc", "none"])
def test_a_wrong_signature_is_refused_and_nothing_is_stored(system: System, signature: str) -> None:
    client = system.client()
    body = body_of({"messages": [text_item(client, "hola", wamid := webhooks.new_wamid(client.wa_id))]})
    assert system.post(body, signature).status_code == 403
    assert system.state_of(wamid) is None
    assert not system.rows("SELECT 1 FROM identidades WHERE value = :wa_id", wa_id=client.wa_id)


def test_a_body_larger_than_whatsapp_sends_is_refused(system: System) -> None:
    assert system.post(b'{"a": "' + b"x" * (3 * 1024 * 1024) + b'"}').status_code == 413


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b'"hola"', b'{"entry": [', b"\xff\xfe", b"[" * 200_000]
)
def test_a_body_that_is_no_json_object_is_refused(system: System, body: bytes) -> None:
    assert system.post(body).status_code == 400


@pytest.mark.parametrize(
    ("over", "status", "text"),
    [
        ({}, 200, "1158201444"),
        ({"hub.verify_token": "wrong"}, 403, ""),
        ({"hub.verify_token": ""}, 403, ""),
        ({"hub.mode": "unsubscribe"}, 403, ""),
    ],
)
def test_the_webhook_is_verified_with_its_token_only(
    system: System, over: dict[str, str], status: int, text: str
) -> None:
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": VERIFY_TOKEN}
    answer = requests.get(system.graph.poster.url, params={**asked, **over}, timeout=ANSWER_SECONDS)
    assert (answer.status_code, answer.text) == (status, text)


def test_every_message_of_a_batch_is_answered(system: System) -> None:
    first, second, third = (system.client(name) for name in ("Uno", "Dos", "Tres"))
    yoga = Phone(system, third.wa_id, third.name, demo.ANA_LINE)
    wamids = [webhooks.new_wamid(phone.wa_id) for phone in (first, second)]
    both = [text_item(phone, "hola", wamid) for phone, wamid in zip((first, second), wamids, strict=True)]
    laura = json.loads(
        body_of({"messages": [*both, {"broken": True}]}, {"statuses": [{"id": "x", "status": "sent"}]})
    )
    laura["entry"][0]["changes"].append({"field": "account_update", "value": {"event": "x"}})
    ana = json.loads(
        body_of({"messages": [text_item(third, "hola", "wamid." + third.wa_id)]}, line=demo.ANA_LINE)
    )
    body = json.dumps({**laura, "entry": laura["entry"] + ana["entry"]}).encode()
    # The stand-in allows answers only to who wrote through it: it is told by a message of each, outside the batch.
    for phone in (first, second, yoga):
        system.graph.limits.heard_from((phone.line, phone.wa_id), system.now(), system.now())
    assert system.post(body).status_code == 200
    assert "Laura" in first.next_bubble().text
    assert "Laura" in second.next_bubble().text
    assert "Ana" in yoga.next_bubble().text
    assert [len(system.answers_to(wamid)) for wamid in wamids] == [1, 1]


def test_statuses_are_applied_and_never_go_back(system: System) -> None:
    client = system.client()
    answer = client.ask("hola")
    system.wait_for_state(answer.wamid, "entregado")
    for status, state in [("read", "leido"), ("delivered", "leido"), ("sent", "leido"), ("failed", "leido")]:
        at = webhooks.unix(system.now() + timedelta(seconds=1))
        item = {"id": answer.wamid, "status": status, "timestamp": at, "recipient_id": client.wa_id}
        assert system.post(body_of({"statuses": [item]})).status_code == 200
        assert system.state_of(answer.wamid) == state
    [row] = system.rows(
        "SELECT delivered_at, read_at, pricing FROM messages WHERE wamid = :w", w=answer.wamid
    )
    assert row.delivered_at
    assert row.read_at
    assert row.pricing["billable"] is True


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("sticker", {"id": "1", "mime_type": "image/webp", "sha256": "x", "animated": False}),
        ("audio", {"id": "1", "mime_type": "audio/ogg; codecs=opus", "sha256": "x", "voice": True}),
        ("image", {"id": "1", "mime_type": "image/jpeg", "sha256": "x"}),
        ("location", {"latitude": -34.6, "longitude": -58.4}),
        ("contacts", {}),
        ("unsupported", {}),
        ("hologram", {"depth": 3}),
        ("text", {"body": "  \n "}),
    ],
)
def test_a_message_of_any_kind_is_answered_once(system: System, kind: str, content: dict[str, Any]) -> None:
    client = system.client()
    wamid = client.sends({"type": kind, kind: content})
    assert client.next_bubble().text
    client.nothing_more(0.5)
    assert len(system.answers_to(wamid)) == 1


def test_a_sticker_in_the_middle_of_a_booking_breaks_nothing(system: System) -> None:
    client = system.client()
    offer = client.ask("quiero un turno de reflexología")
    client.sends({"type": "sticker", "sticker": {"id": "1", "mime_type": "image/webp"}})
    assert titles_of(client.next_bubble()), "the question is asked again"
    client.tap(offer, titles_of(offer)[0])
    client.ask("Nora Paz")
    assert len(system.bookings_of(client)) == 1


def test_a_reaction_is_stored_and_not_answered(system: System) -> None:
    client = system.client()
    answer = client.ask("hola")
    wamid = client.sends({"type": "reaction", "reaction": {"message_id": answer.wamid, "emoji": "👍"}})
    system.wait_for_state(wamid, "procesado")
    assert system.answers_to(wamid) == []
    client.nothing_more(0.5)
    assert client.ask("qué servicios tenés?").text


def test_messages_of_one_person_are_answered_in_order(system: System) -> None:
    client = system.client()
    wamids = [client.says(words) for words in ("hola", "cuánto sale la reflexología?", "dónde queda?")]
    texts = [client.next_bubble().text for _ in wamids]
    assert "Hola" in texts[0]
    assert "20.000" in texts[1]
    assert "Gorriti" in texts[2]
    wait_until(
        lambda: all(len(system.answers_to(wamid)) == 1 for wamid in wamids), 5, "answered more than once"
    )
