"""Files from and to WhatsApp, against the stand-in for the Graph API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from vallebot.clock import FixedClock
from vallebot.config import WhatsAppSettings
from vallebot.db.tables import Message
from vallebot.errors import NotFoundError, OutageError
from vallebot.gateways.media_store import MediaStore
from vallebot.gateways.proof_text import ProofTextReader
from vallebot.gateways.whatsapp.client import GraphApi
from vallebot.gateways.whatsapp.media import WhatsAppMedia
from vallebot.gateways.whatsapp.transport import WhatsAppTransport
from vallebot.services import attachments, identity, inbox
from vallebot.services.identity import load_actor
from vallebot.services.outbox import Bubble, Choice, Saying, say
from vallebot.services.payment_errors import AttachmentGone, ProofError, ProofTooBig, ProofTypeUnknown
from vallebot.services.proofs import KeptFile, ProofTools
from vallebot.services.sender import Sender
from web.fake_graph.faults import Fault
from web.fake_graph.graph import Behaviour
from web.fake_graph.people import PhoneLine
from web.fake_graph.server import FakeGraphServer

LINE, MARTA = "100000000000001", "5491161110001"
PDF, PHOTO = b"%PDF-1.4 a proof", b"\xff\xd8\xff\xe0 a photo"
BIG = 10**8


@pytest.fixture
def graph():
    behaviour = Behaviour(retry_delays_s=(), enforce_window=False)
    lines = [PhoneLine(LINE, "+54 11 5000-0001", "one")]
    with FakeGraphServer(
        "http://127.0.0.1:9/", "secret", "token", phone_numbers=lines, behaviour=behaviour
    ) as found:
        yield found


@pytest.fixture
def api(graph) -> GraphApi:
    return GraphApi(WhatsAppSettings("verify", ("secret",), "token", graph_url=graph.graph_url))


@pytest.fixture
def store(tmp_path) -> MediaStore:
    return MediaStore(tmp_path / "media")


@pytest.fixture
def tools(store) -> ProofTools:
    return ProofTools(store, ProofTextReader())


@pytest.fixture
def sent_in(graph):
    """`sent_in(data)`: the id of a file that a person sent."""

    def put(data: bytes = PDF, mime_type: str = "application/pdf") -> str:
        now = graph.clock.now()
        return graph.media.add(data, mime_type, phone_number_id=LINE, now=now, from_person=True).media_id

    return put


def order(graph: FakeGraphServer, kind: str, **facts: Any) -> None:
    graph.faults.add(Fault.from_json({"kind": kind, **facts}))


def test_a_file_is_fetched_as_it_was_sent(api, sent_in) -> None:
    assert WhatsAppMedia(api).fetch(sent_in(), max_bytes=BIG) == PDF


def test_a_stale_address_is_asked_for_once_more(api, graph, sent_in) -> None:
    order(graph, "media_http", code=404, skip=1)  # the lookup passes, the download finds nothing
    assert WhatsAppMedia(api).fetch(sent_in(), max_bytes=BIG) == PDF


def test_a_file_that_arrives_damaged_is_fetched_once_more(api, graph, sent_in) -> None:
    order(graph, "media_damaged")
    assert WhatsAppMedia(api).fetch(sent_in(), max_bytes=BIG) == PDF


def test_a_file_that_keeps_arriving_damaged_is_refused(api, graph, sent_in) -> None:
    order(graph, "media_damaged", times=-1)
    with pytest.raises(ProofError):
        WhatsAppMedia(api).fetch(sent_in(), max_bytes=BIG)


def test_a_file_that_whatsapp_does_not_have_is_gone(api, graph, sent_in) -> None:
    kept = sent_in()
    graph.clock.advance(8 * 24 * 3600)
    for media_id in (kept, "12345"):
        with pytest.raises(AttachmentGone):
            WhatsAppMedia(api).fetch(media_id, max_bytes=BIG)


def test_a_file_that_is_too_big_is_not_downloaded(api, sent_in) -> None:
    with pytest.raises(ProofTooBig):
        WhatsAppMedia(api).fetch(sent_in(PDF * 1000), max_bytes=100)


def test_a_download_stops_at_the_limit_whatever_was_announced(api, graph, sent_in) -> None:
    found = api.media(sent_in(PDF * 10_000))
    with pytest.raises(Exception, match="more than 1000 bytes"):
        api.download(found["url"], max_bytes=1000)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "media_http", "code": 503},
        {"kind": "media_http", "code": 503, "skip": 1},
        {"kind": "media_error", "code": 131016},
        {"kind": "media_error", "code": 190},
    ],
)
def test_an_outage_is_told_from_a_bad_file(api, graph, sent_in, fault) -> None:
    order(graph, **fault)
    with pytest.raises(OutageError):
        WhatsAppMedia(api).fetch(sent_in(), max_bytes=BIG)


def test_a_server_that_is_away_is_an_outage(sent_in) -> None:
    nowhere = GraphApi(WhatsAppSettings("verify", ("secret",), "token", graph_url="http://127.0.0.1:9"))
    with pytest.raises(OutageError):
        WhatsAppMedia(nowhere).fetch("1", max_bytes=BIG)


# Files of messages


@pytest.fixture
def laura(make_profesional):
    return make_profesional(phone_number_id=LINE)


@pytest.fixture
def received(sessions, laura, now):
    """`received(media_id)`: a document arrived; returns (actor, id of the message)."""

    def store_message(media_id: str, kind: str = "document", wa_id: str = MARTA) -> tuple[Any, int]:
        payload = {"message": {kind: {"id": media_id, "filename": "recibo.pdf"}}, "media_id": media_id}
        with sessions.begin() as session:
            sender = identity.Sender(LINE, wa_id=wa_id)
            conversation = identity.receive_sender(session, sender, now=now)
            came = inbox.Incoming(f"wamid.{media_id}.{wa_id}", kind, payload, "pagué", now)
            inbox.store(session, conversation, came, now=now)
        with sessions() as session:
            message_id = session.query(Message.id).order_by(Message.id.desc()).limit(1).scalar()
        return load_actor(sessions, conversation), message_id

    return store_message


def test_a_file_is_taken_over_once_and_found_again(
    sessions, api, graph, tools, sent_in, received, now
) -> None:
    actor, message_id = received(sent_in())
    source = WhatsAppMedia(api)
    first = attachments.attachment(sessions, actor, source, tools, message_id, now=now)
    assert (tools.media.read(first.file.path), first.filename, first.caption) == (PDF, "recibo.pdf", "pagué")
    graph.media.clear()
    assert attachments.attachment(sessions, actor, source, tools, message_id, now=now) == first


def test_somebody_elses_file_does_not_exist(sessions, api, tools, sent_in, received, now) -> None:
    _, message_id = received(sent_in())
    stranger, _ = received(sent_in(), wa_id="5491161110002")
    with pytest.raises(NotFoundError):
        attachments.attachment(sessions, stranger, WhatsAppMedia(api), tools, message_id, now=now)


def test_what_is_no_image_or_pdf_by_its_content_is_refused(
    sessions, api, tools, sent_in, received, now
) -> None:
    actor, message_id = received(sent_in(b"MZ not a pdf"))
    with pytest.raises(ProofTypeUnknown):
        attachments.attachment(sessions, actor, WhatsAppMedia(api), tools, message_id, now=now)


def test_an_outage_waits_but_not_for_ever(sessions, api, graph, tools, sent_in, received, now) -> None:
    actor, message_id = received(sent_in())
    order(graph, "media_http", code=503, times=-1)
    with pytest.raises(OutageError):
        attachments.attachment(sessions, actor, WhatsAppMedia(api), tools, message_id, now=now)
    later = now + timedelta(hours=1)
    with pytest.raises(AttachmentGone):
        attachments.attachment(sessions, actor, WhatsAppMedia(api), tools, message_id, now=later)


# Files to people


@pytest.fixture
def sender(sessions, api, store, now) -> Sender:
    return Sender(sessions, WhatsAppTransport(api, secret="s", files=store), FixedClock(now))


@pytest.fixture
def deliver(sessions, sender, received, now):
    """`deliver(bubble)`: say it to Marta, and let the sender work; returns the state of the row."""

    marta, _ = received("1")  # she has just written

    def run(bubble: Bubble) -> str:
        with sessions.begin() as session:
            say(session, marta.conversacion_id, Saying(bubble, f"key {bubble.text}", now))
        assert sender.send_next(1)
        with sessions() as session:
            return session.query(Message.state).order_by(Message.id.desc()).limit(1).scalar()

    return run


def media_of(kept: KeptFile, kind: str) -> dict[str, str]:
    return {"type": kind, "path": kept.path, "filename": f"comprobante.{kept.path.rpartition('.')[2]}"}


CHOICES = (Choice("Confirmar", "/confirmar_pago"), Choice("Rechazar", "/rechazar_pago"))


def test_a_proof_goes_out_over_its_buttons_in_one_bubble(graph, deliver, store) -> None:
    kept = store.keep(PDF, "application/pdf", "pdf")
    assert deliver(Bubble("¿Lo confirmás?", choices=CHOICES, media=media_of(kept, "document"))) == "enviado"
    [message] = graph.sent
    header = message.body["interactive"]["header"]
    assert graph.media.get(header["document"]["id"]).data == PDF
    assert header["document"]["filename"] == "comprobante.pdf"
    assert [option.title for option in message.options] == ["Confirmar", "Rechazar"]


def test_a_picture_without_buttons_has_the_words_as_its_caption(graph, deliver, store) -> None:
    kept = store.keep(PHOTO, "image/jpeg", "jpg")
    deliver(Bubble("El recibo", media=media_of(kept, "image")))
    assert [(one.type, one.text) for one in graph.sent] == [("image", "El recibo")]


def test_a_file_that_was_erased_leaves_the_words(graph, deliver, store) -> None:
    kept = store.keep(PHOTO, "image/jpeg", "jpg")
    store.remove(kept.path)
    deliver(Bubble("¿Lo confirmás?", choices=CHOICES, media=media_of(kept, "image")))
    [message] = graph.sent
    assert "header" not in message.body["interactive"]


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ({"kind": "media_http", "code": 503}, "pendiente"),
        ({"kind": "media_error", "code": 131016}, "pendiente"),
        ({"kind": "media_error", "code": 190}, "pendiente"),
        ({"kind": "media_error", "code": 131053}, "estacionado"),
    ],
)
def test_a_refused_upload_follows_the_table_of_errors(graph, deliver, store, fault, state) -> None:
    kept = store.keep(PDF, "application/pdf", "pdf")
    order(graph, **fault)
    assert deliver(Bubble("¿Lo confirmás?", choices=CHOICES, media=media_of(kept, "document"))) == state
    assert graph.sent == []


def test_a_place_goes_out_as_a_pin(graph, deliver) -> None:
    place = {"latitude": -34.6, "longitude": -58.4, "name": "Laura", "address": "Gorriti 4521"}
    assert deliver(Bubble("", location=place)) == "enviado"
    assert graph.sent[0].body["location"] == place


def test_a_page_to_open_and_a_place_to_send_are_buttons(graph, deliver) -> None:
    url = {"title": "Abrir el mapa", "url": "https://www.google.com/maps"}
    assert deliver(Bubble("Acá queda", url=url)) == "enviado"
    assert deliver(Bubble("¿Dónde es?", request_location=True)) == "enviado"
    kinds = [one.body["interactive"]["type"] for one in graph.sent]
    assert kinds == ["cta_url", "location_request_message"]
