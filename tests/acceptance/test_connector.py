"""What a conversation on WhatsApp is besides messages that come one by one: people who change their number,
professionals who answer by hand, messages that are edited."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
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


@contextmanager
def busy_with(system: System, client: Phone) -> Iterator[str]:
    """The bot is at work on a message of the client and cannot go on."""
    system.children["actions"].signal_group(signal.SIGSTOP)
    try:
        wamid = client.says("qué servicios tenés?")
        system.wait_for_state(wamid, "procesando")
        yield wamid
    finally:
        system.children["actions"].signal_group(signal.SIGCONT)


def test_a_request_in_pieces_gets_one_answer(system: System) -> None:
    client = system.client()
    with busy_with(system, client):
        wamids = [client.says(words) for words in ("hola", "quiero un turno de reflexología", "gracias!")]
        for wamid in wamids:
            system.wait_for_state(wamid, "recibido")
    assert "Reflexología" in client.next_bubble().text, "the services"
    offer = client.next_bubble()
    assert titles_of(offer), offer.text
    client.nothing_more(1)
    assert [len(system.answers_to(wamid)) for wamid in wamids] == [1, 0, 0]
    assert [system.state_of(wamid) for wamid in wamids] == ["procesado"] * 3
    client.tap(offer, titles_of(offer)[0])
    client.ask("Nora Paz")
    assert len(system.bookings_of(client)) == 1


def test_pieces_read_together_survive_a_crash(system: System) -> None:
    client = system.client()
    with busy_with(system, client) as first:
        pieces = [client.says(words) for words in ("hola", "quiero un turno de reflexología")]
        system.wait_for_state(pieces[1], "recibido")
    system.wait_for_state(pieces[1], "procesando", "procesado")
    system.kill("rasa")
    system.start("rasa")
    assert "Reflexología" in client.next_bubble(120).text
    assert titles_of(client.next_bubble(120))
    client.nothing_more()
    answers = [len(system.answers_to(wamid)) for wamid in (first, *pieces)]
    assert answers == [1, 1, 0]


def hours_ago(system: System, hours: float) -> datetime:
    return system.now() - timedelta(hours=hours)


def test_a_late_request_is_asked_about_and_then_read_as_it_was_meant(system: System) -> None:
    client = system.client()
    client.ask("hola")
    asked = client.ask("quiero un turno de reflexología para mañana", sent_at=hours_ago(system, 14))
    assert "Recién me llega tu mensaje de ayer" in asked.text
    assert titles_of(asked) == ["Sí, sigue en pie", "Ya no"]
    offer = client.tap(asked, "Sí")
    assert "Reflexología" in offer.text
    assert all(title.startswith("lun") for title in titles_of(offer)), "tomorrow of yesterday is today"


def test_a_typed_answer_to_the_question_counts_too(system: System) -> None:
    client, other = system.client(), system.client()
    for phone in (client, other):
        phone.ask("hola")
        assert "Sigue en pie" in phone.ask("cuánto sale la reflexología?", sent_at=hours_ago(system, 5)).text
    assert "20.000" in client.ask("sí, dale").text
    assert "lo dejo sin efecto" in other.ask("no").text


def test_late_small_talk_is_answered_shortly_or_not_at_all(system: System) -> None:
    client = system.client()
    client.ask("hola")
    thanks = client.says("gracias!", sent_at=hours_ago(system, 5))
    system.wait_for_state(thanks, "procesado")
    assert "Recién me llega" in client.ask("buenas", sent_at=hours_ago(system, 5)).text
    client.nothing_more(0.5)
    assert system.answers_to(thanks) == []
