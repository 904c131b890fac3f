"""What a conversation on WhatsApp is besides messages that come one by one: people who change their number,
professionals who answer by hand, messages that are edited."""

from __future__ import annotations

import json
from typing import Any

from tests.harness import Phone, System, titles_of
from vallebot import demo
from web.fake_graph import webhooks


def post(system: System, field: str, value: dict[str, Any], line: str = demo.LAURA_LINE) -> None:
    """A webhook of any field."""
    metadata = {"display_phone_number": "5491150000001", "phone_number_id": line}
    change = {"field": field, "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
    body = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}
    assert system.post(json.dumps(body).encode()).status_code == 200


def item(system: System, wa_id: str, kind: str, content: dict[str, Any], **over: Any) -> dict[str, Any]:
    stamp = webhooks.unix(system.now())
    wamid = webhooks.new_wamid(wa_id)
    return {"from": wa_id, "id": wamid, "timestamp": stamp, "type": kind, kind: content, **over}


def test_the_bot_is_silent_where_the_professional_writes_by_hand(system: System) -> None:
    client, other = system.client(), system.client()
    offer = client.ask("quiero un turno de reflexología")
    echo = item(system, "5491150000001", "text", {"body": "Hola, te atiendo yo"}, to=f"+{client.wa_id}")
    post(system, "smb_message_echoes", {"message_echoes": [echo]})
    wamid = client.says("gracias! para el jueves puede ser?")
    system.wait_for_state(wamid, "procesado")
    assert system.answers_to(wamid) == []
    assert other.ask("hola").text
    assert client.tap(offer, titles_of(offer)[0]).text, "what the bot offered is answered by the bot"


def test_a_person_with_a_new_number_finds_their_bookings(system: System) -> None:
    client = system.client()
    client.books()
    moved = Phone(system, f"54911{int(client.wa_id[5:]) + 50_000_000:08d}", client.name, client.line)
    change = {"type": "user_changed_number", "wa_id": moved.wa_id, "body": "x"}
    post(system, "messages", {"messages": [item(system, client.wa_id, "system", change)]})
    client.nothing_more(0.5)
    assert "Reflexología" in moved.ask("mis turnos").text
    assert "Reflexología" not in client.ask("mis turnos").text, "the number is somebody else's now"
