"""The stand-in over HTTP: calls as the connector makes them, webhooks as it receives them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import requests
from flask import Flask, Response, request

from web.fake_graph import Behaviour, FakeGraphServer, Fault, Person, PhoneLine
from web.fake_graph.webhooks import sign
from web.serving import BackgroundServer

ANA = "5491161110001"
LINE = "100000000000001"
SECRET, TOKEN = "test_app_secret", "token-for-tests"
FAST = Behaviour(retry_delays_s=(0.02, 0.02, 0.02), delivered_after_s=0.02)


class Inbox:
    """A webhook that keeps what it gets."""

    def __init__(self) -> None:
        self.raw: list[tuple[bytes, str]] = []
        self.failures = 0  #: how many posts are answered with a 500 first
        app = Flask("inbox")
        app.add_url_rule("/webhook", view_func=self._receive, methods=["POST"])
        self.server = BackgroundServer(app, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.server.port}/webhook"

    def _receive(self) -> Response:
        self.raw.append((request.get_data(), request.headers["X-Hub-Signature-256"]))
        if self.failures:
            self.failures -= 1
            return Response(status=500)
        return Response(status=200)

    @property
    def values(self) -> list[dict[str, Any]]:
        return [json.loads(raw)["entry"][0]["changes"][0]["value"] for raw, _ in self.raw]

    @property
    def texts(self) -> list[str]:
        return [item["text"]["body"] for value in self.values for item in value.get("messages", [])]

    @property
    def statuses(self) -> list[dict[str, Any]]:
        return [item for value in self.values for item in value.get("statuses", [])]


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    found = Inbox()
    found.server.start()
    yield found
    found.server.stop()


@pytest.fixture
def graph(inbox: Inbox) -> Iterator[FakeGraphServer]:
    with FakeGraphServer(inbox.url, SECRET, TOKEN, behaviour=FAST) as server:
        yield server


def post(graph: FakeGraphServer, body: Any, *, line: str = LINE, token: str = TOKEN, **how: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{graph.graph_url}/v23.0/{line}/messages"
    return requests.post(url, json=body, headers=headers, **{"timeout": 10, **how})


def get(graph: FakeGraphServer, path: str, *, token: str = TOKEN) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{graph.graph_url}/v23.0/{path}", headers=headers, timeout=10)


def text(body: str = "hola", to: str = ANA, **over: Any) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": body}, **over}


def hear(graph: FakeGraphServer, words: str = "hola", **how: Any) -> str:
    wamid = graph.deliver_text(ANA, "Ana", words, **how)
    graph.wait_acknowledged(wamid)
    return wamid


def test_a_message_is_posted_signed_and_in_metas_shape(graph: FakeGraphServer, inbox: Inbox) -> None:
    wamid = hear(graph, "¿tenés turno?")
    raw, signature = inbox.raw[0]
    assert signature == sign(raw, SECRET)
    body = json.loads(raw)
    assert body["object"] == "whatsapp_business_account"
    value = body["entry"][0]["changes"][0]["value"]
    assert body["entry"][0]["changes"][0]["field"] == "messages"
    assert value["metadata"]["phone_number_id"] == LINE
    assert value["contacts"] == [{"profile": {"name": "Ana"}, "wa_id": ANA}]
    message = value["messages"][0]
    assert message["timestamp"].isdigit()
    assert {**message, "timestamp": ""} == {
        "from": ANA,
        "id": wamid,
        "timestamp": "",
        "type": "text",
        "text": {"body": "¿tenés turno?"},
    }


def test_an_accepted_message_is_answered_and_reported(graph: FakeGraphServer, inbox: Inbox) -> None:
    hear(graph)
    answer = post(graph, text(biz_opaque_callback_data="row-7"))
    assert answer.status_code == 200
    wamid = answer.json()["messages"][0]["id"]
    assert answer.json() == {
        "messaging_product": "whatsapp",
        "contacts": [{"input": ANA, "wa_id": ANA}],
        "messages": [{"id": wamid}],
    }
    assert graph.wait_for(lambda sent: sent.text == "hola").wamid == wamid
    graph.wait_until(lambda: len(inbox.statuses) == 2)
    assert [item["status"] for item in inbox.statuses] == ["sent", "delivered"]
    assert {item["id"] for item in inbox.statuses} == {wamid}
    assert {item["recipient_id"] for item in inbox.statuses} == {ANA}
    assert {item["biz_opaque_callback_data"] for item in inbox.statuses} == {"row-7"}
    assert inbox.statuses[0]["pricing"]["category"] == "service"
    graph.open_chat(LINE, ANA)
    graph.wait_until(lambda: len(inbox.statuses) == 3)
    assert inbox.statuses[2]["status"] == "read"
    assert graph.open_chat(LINE, ANA) == 0


@pytest.mark.parametrize("token", ["", "other", TOKEN + "x"])
def test_a_call_without_the_right_token_is_refused(graph: FakeGraphServer, token: str) -> None:
    answer = post(graph, text(), token=token)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, 190)
    assert graph.sent == []


def test_an_unknown_number_of_the_business_does_not_exist(graph: FakeGraphServer) -> None:
    answer = post(graph, text(), line="999")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["error_subcode"]) == (400, 100, 33)


@pytest.mark.parametrize("raw", [b"", b"{", b"[1]", b'"x"', b"null"])
def test_what_is_no_json_object_is_refused(graph: FakeGraphServer, raw: bytes) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    url = f"{graph.graph_url}/v23.0/{LINE}/messages"
    answer = requests.post(url, data=raw, headers=headers, timeout=10)
    assert (answer.status_code, answer.json()["error"]["code"]) in {(400, 100), (400, 131008)}


def test_a_refused_body_is_remembered_with_its_reason(graph: FakeGraphServer) -> None:
    hear(graph)
    answer = post(graph, text("x" * 4097))
    assert answer.json()["error"]["code"] == 100
    assert [(item.code, item.phone_number_id) for item in graph.refused] == [(100, LINE)]
    assert graph.sent == []


def test_only_a_template_goes_out_after_24_hours(graph: FakeGraphServer) -> None:
    graph.templates.create(
        {
            "name": "hola",
            "language": "es_AR",
            "category": "UTILITY",
            "components": [{"type": "BODY", "text": "Hola."}],
        }
    )
    template = {"name": "hola", "language": {"code": "es_AR"}}
    body = {"messaging_product": "whatsapp", "to": ANA, "type": "template", "template": template}
    assert post(graph, text()).json()["error"]["code"] == 131047
    assert post(graph, body).json()["messages"][0]["message_status"] == "accepted"
    hear(graph)
    assert post(graph, text()).status_code == 200
    graph.clock.advance(24 * 3600)
    assert post(graph, text()).json()["error"]["code"] == 131047


def test_a_window_is_counted_from_the_time_of_writing(graph: FakeGraphServer) -> None:
    hear(graph, sent_at=datetime.now(timezone.utc) - timedelta(hours=25))
    assert post(graph, text()).json()["error"]["code"] == 131047


def test_the_46th_message_to_one_person_at_once_is_too_many(graph: FakeGraphServer) -> None:
    hear(graph)
    codes = [post(graph, text(str(number))).status_code for number in range(45)]
    assert codes == [200] * 45
    answer = post(graph, text("46"))
    assert answer.json()["error"]["code"] == 131056
    assert answer.json()["error"]["is_transient"] is True


def test_an_ordered_error_strikes_once(graph: FakeGraphServer) -> None:
    hear(graph)
    order = {"code": 131056, "times": 1}
    assert requests.post(f"{graph.url}/control/faults", json=order, timeout=10).status_code == 200
    assert post(graph, text()).json()["error"]["code"] == 131056
    assert post(graph, text()).status_code == 200


def test_an_invalid_body_does_not_use_up_a_fault(graph: FakeGraphServer) -> None:
    hear(graph)
    graph.faults.add(Fault("error", 131000))
    assert post(graph, text("")).json()["error"]["code"] == 100
    assert post(graph, text()).json()["error"]["code"] == 131000


def test_a_bare_http_error_has_no_json(graph: FakeGraphServer) -> None:
    hear(graph)
    graph.faults.add(Fault("http", 503))
    answer = post(graph, text())
    assert answer.status_code == 503
    with pytest.raises(ValueError, match=r"."):
        answer.json()
    assert graph.sent == []


def test_an_answer_can_be_late(graph: FakeGraphServer) -> None:
    hear(graph)
    graph.faults.add(Fault("delay", seconds=0.3))
    began = time.perf_counter()
    assert post(graph, text()).status_code == 200
    assert time.perf_counter() - began >= 0.3


def test_a_message_can_be_accepted_without_an_answer(graph: FakeGraphServer, inbox: Inbox) -> None:
    hear(graph)
    graph.faults.add(Fault("accept_then_timeout"))
    with pytest.raises(requests.ConnectionError):
        post(graph, text("¿salió?", biz_opaque_callback_data="row-8"))
    assert [item.text for item in graph.sent] == ["¿salió?"]
    graph.wait_until(lambda: any(item.get("biz_opaque_callback_data") == "row-8" for item in inbox.statuses))


def test_a_message_can_be_accepted_and_fail_later(graph: FakeGraphServer, inbox: Inbox) -> None:
    hear(graph)
    graph.faults.add(Fault("failed_status", 131026))
    assert post(graph, text()).status_code == 200
    graph.wait_until(lambda: bool(inbox.statuses))
    assert [item["status"] for item in inbox.statuses] == ["failed"]
    assert inbox.statuses[0]["errors"][0]["code"] == 131026


def test_statuses_can_go_missing(graph: FakeGraphServer, inbox: Inbox) -> None:
    hear(graph)
    graph.faults.add(Fault("drop_statuses"))
    post(graph, text("una"))
    post(graph, text("dos"))
    graph.wait_until(lambda: len(inbox.statuses) == 2)
    assert {item["id"] for item in inbox.statuses} == {graph.sent[1].wamid}


def test_a_webhook_can_arrive_twice_byte_for_byte(graph: FakeGraphServer, inbox: Inbox) -> None:
    graph.faults.add(Fault("duplicate"))
    hear(graph)
    graph.wait_until(lambda: len(inbox.raw) == 2)
    assert inbox.raw[0] == inbox.raw[1]


def test_a_webhook_can_be_overtaken(graph: FakeGraphServer, inbox: Inbox) -> None:
    graph.faults.add(Fault("reorder", seconds=0.3))
    graph.deliver_text(ANA, "Ana", "primero")
    graph.deliver_text(ANA, "Ana", "segundo")
    graph.wait_until(lambda: len(inbox.texts) == 2)
    assert inbox.texts == ["segundo", "primero"]


def test_messages_of_one_person_arrive_in_order(graph: FakeGraphServer, inbox: Inbox) -> None:
    for number in range(40):
        graph.deliver_text(ANA, "Ana", str(number))
    graph.wait_until(lambda: len(inbox.texts) == 40)
    assert inbox.texts == [str(number) for number in range(40)]


def test_a_webhook_is_retried_until_it_is_taken(graph: FakeGraphServer, inbox: Inbox) -> None:
    inbox.failures = 2
    wamid = hear(graph)
    assert inbox.texts == ["hola"] * 3
    message = graph.chats.get(wamid)
    assert message is not None
    assert message.status == "delivered"


def test_a_webhook_that_is_never_taken_is_given_up_and_can_be_sent_again(
    graph: FakeGraphServer, inbox: Inbox
) -> None:
    inbox.failures = 4
    wamid = graph.deliver_text(ANA, "Ana", "hola")
    graph.wait_until(lambda: graph.postings(wamid)[0].state == "abandoned")
    message = graph.chats.get(wamid)
    assert message is not None
    assert (message.status, message.error) == ("failed", "HTTP 500")
    assert graph.redeliver(wamid)
    graph.wait_until(lambda: graph.postings(wamid)[-1].state == "acknowledged")
    assert len({raw for raw, _ in inbox.raw}) == 1


def test_a_forged_signature_can_be_tried(graph: FakeGraphServer, inbox: Inbox) -> None:
    posting = graph.deliver_raw({"object": "whatsapp_business_account", "entry": []}, signature="sha256=00")
    assert posting.done.wait(5)
    assert inbox.raw == [(b'{"object":"whatsapp_business_account","entry":[]}', "sha256=00")]


def test_reading_marks_all_earlier_messages_and_shows_typing(graph: FakeGraphServer) -> None:
    first, second = hear(graph, "uno"), hear(graph, "dos")
    number = graph.chats.number
    body = {"messaging_product": "whatsapp", "status": "read", "message_id": second}
    answer = post(graph, {**body, "typing_indicator": {"type": "text"}})
    assert answer.json() == {"success": True}
    read = [graph.chats.get(wamid) for wamid in (first, second)]
    assert [item and item.status for item in read] == ["read", "read"]
    assert "typing" in [item["kind"] for item in graph.chats.changes_since(number, 1)]
    assert graph.read_marks[0].typing
    assert post(graph, {**body, "message_id": "wamid.unknown"}).json()["error"]["code"] == 131009


def test_tapping_answers_with_the_option_and_its_context(graph: FakeGraphServer, inbox: Inbox) -> None:
    hear(graph)
    action = {"buttons": [{"type": "reply", "reply": {"id": "si:7", "title": "Sí"}}]}
    interactive = {"type": "button", "body": {"text": "¿Confirmás?"}, "action": action}
    body = {"messaging_product": "whatsapp", "to": ANA, "type": "interactive", "interactive": interactive}
    post(graph, body)
    sent = graph.wait_for(lambda item: item.text == "¿Confirmás?")
    graph.wait_acknowledged(graph.tap(sent, "Sí"))
    message = inbox.values[-1]["messages"][0]
    assert message["interactive"] == {"type": "button_reply", "button_reply": {"id": "si:7", "title": "Sí"}}
    assert message["context"] == {"from": "5491150000001", "id": sent.wamid}
    with pytest.raises(LookupError):
        graph.tap(sent, "No")


def test_media_of_a_person_are_downloaded_with_the_token_only(graph: FakeGraphServer, inbox: Inbox) -> None:
    wamid = graph.deliver_document(ANA, "Ana", b"%PDF-1.4 recibo", "recibo.pdf", caption="pagué")
    graph.wait_acknowledged(wamid)
    document = inbox.values[-1]["messages"][0]["document"]
    assert (document["filename"], document["caption"]) == ("recibo.pdf", "pagué")
    info = get(graph, document["id"]).json()
    assert (info["sha256"], info["file_size"], info["mime_type"]) == (
        document["sha256"],
        "15",
        "application/pdf",
    )
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert requests.get(info["url"], headers=headers, timeout=10).content == b"%PDF-1.4 recibo"
    assert requests.get(info["url"], timeout=10).status_code == 401
    graph.clock.advance(301)
    assert requests.get(info["url"], headers=headers, timeout=10).status_code == 404
    assert get(graph, "12345").json()["error"]["error_subcode"] == 33


def test_an_uploaded_file_can_be_sent(graph: FakeGraphServer) -> None:
    hear(graph)
    answer = requests.post(
        f"{graph.graph_url}/v23.0/{LINE}/media",
        data={"messaging_product": "whatsapp", "type": "application/pdf"},
        files={"file": ("agenda.pdf", b"%PDF-1.4", "application/pdf")},
        headers={"Authorization": f"Bearer {TOKEN}"},
        timeout=10,
    )
    document = {"id": answer.json()["id"], "filename": "agenda.pdf"}
    body = {"messaging_product": "whatsapp", "to": ANA, "type": "document", "document": document}
    assert post(graph, body).status_code == 200


def test_a_person_with_a_hidden_phone_is_addressed_by_the_business_scoped_id(
    graph: FakeGraphServer, inbox: Inbox
) -> None:
    wamid = graph.deliver_text("AR.abc123", "Eva", "hola")
    graph.wait_acknowledged(wamid)
    message = inbox.values[-1]["messages"][0]
    assert message["from_user_id"] == "AR.abc123"
    assert "from" not in message
    body = text(recipient="AR.abc123")
    del body["to"]
    answer = post(graph, body).json()
    assert answer["contacts"] == [{"input": "AR.abc123", "user_id": "AR.abc123"}]
    graph.wait_until(lambda: bool(inbox.statuses))
    assert "recipient_id" not in inbox.statuses[0]
    assert post(graph, {**body, "recipient": "AR.nobody"}).json()["error"]["code"] == 131062


def test_a_test_number_in_argentina_wants_the_form_without_nine(inbox: Inbox) -> None:
    line = PhoneLine("7", "+54 9 11 5000-0007", "Prueba", allow_list=True)
    with FakeGraphServer(inbox.url, SECRET, TOKEN, phone_numbers=[line], behaviour=FAST) as graph:
        graph.wait_acknowledged(graph.deliver_text(ANA, "Ana", "hola"))
        assert post(graph, text(), line="7").json()["error"]["code"] == 131030
        answer = post(graph, text(to="541161110001"), line="7").json()
        assert answer["contacts"] == [{"input": "541161110001", "wa_id": ANA}]


def test_a_message_to_an_unknown_number_brings_a_new_phone(graph: FakeGraphServer) -> None:
    assert post(graph, text(to="5491169990000")).json()["error"]["code"] == 131047
    person = graph.roster.person("5491169990000")
    assert person == Person("5491169990000", "+54 9 11 6999-0000", "Número nuevo")


def test_templates_are_created_listed_and_removed_over_http(graph: FakeGraphServer) -> None:
    url = f"{graph.graph_url}/v23.0/{graph.waba_id}/message_templates"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    components = [{"type": "BODY", "text": "Hola."}]
    body = {"name": "hola", "language": "es_AR", "category": "UTILITY", "components": components}
    created = requests.post(url, json=body, headers=headers, timeout=10).json()
    assert created["status"] == "APPROVED"
    again = requests.post(url, json=body, headers=headers, timeout=10)
    assert again.status_code == 400
    listed = requests.get(url, params={"name": "hola"}, headers=headers, timeout=10).json()["data"]
    assert [(item["name"], item["id"]) for item in listed] == [("hola", created["id"])]
    removed = requests.delete(url, params={"name": "hola"}, headers=headers, timeout=10)
    assert removed.json() == {"success": True}


def test_tests_can_speak_through_the_control_api(graph: FakeGraphServer, inbox: Inbox) -> None:
    order = {"from": ANA, "name": "Ana", "text": "hola", "timestamp": 1795350153, "copies": 2}
    answer = requests.post(f"{graph.url}/control/inbound", json=order, timeout=10).json()
    graph.wait_acknowledged(answer["wamid"])
    assert inbox.texts == ["hola", "hola"]
    assert inbox.values[0]["messages"][0]["timestamp"] == "1795350153"


@pytest.mark.parametrize(
    "order", [{}, {"from": ANA}, {"from": ANA, "text": ""}, {"from": ANA, "text": "x", "colour": "red"}]
)
def test_an_order_without_sense_is_explained(graph: FakeGraphServer, order: dict[str, Any]) -> None:
    answer = requests.post(f"{graph.url}/control/inbound", json=order, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_many_threads_may_talk_at_once(graph: FakeGraphServer, inbox: Inbox) -> None:
    def talk(number: int) -> None:
        key = f"54911600000{number:02}"
        graph.wait_acknowledged(graph.deliver_text(key, f"Persona {number}", "hola"))
        for turn in range(5):
            assert post(graph, text(str(turn), to=key)).status_code == 200

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(graph.sent) == 50
    graph.wait_until(lambda: len(inbox.statuses) == 100)
    assert len({item.wamid for item in graph.sent}) == 50
