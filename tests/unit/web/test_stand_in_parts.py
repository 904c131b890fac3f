from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from web.fake_graph import webhooks
from web.fake_graph.clock import TravelClock
from web.fake_graph.errors import GraphError
from web.fake_graph.faults import SEND_KINDS, Fault, FaultPlan
from web.fake_graph.limits import ConversationLimits
from web.fake_graph.media import MediaStore
from web.fake_graph.people import Person, PhoneLine, canonical_wa_id, pretty_number
from web.serving import require_loopback

NOW = datetime(2026, 11, 2, 12, tzinfo=timezone.utc)
PAIR = ("line", "5491161110001")


def test_the_signature_is_the_published_one() -> None:
    raw = b'{"object":"whatsapp_business_account","entry":[]}'
    expected = "sha256=dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756"
    assert webhooks.sign(raw, "test_app_secret") == expected


def test_a_wamid_looks_like_metas_and_never_repeats() -> None:
    ids = {webhooks.new_wamid("5491161110001") for _ in range(1000)}
    assert len(ids) == 1000
    assert all(item.startswith("wamid.HBgNNTQ5MTE2MTExMDAwMRUC") for item in ids)


def test_a_person_without_phone_is_named_by_the_business_scoped_id_alone() -> None:
    person = Person("", "Ana", user_id="AR.abc123")
    part = {"type": "text", "text": {"body": "hola"}}
    message = webhooks.message(person, part, wamid="w", sent_at=NOW, context=None)
    assert message["from_user_id"] == "AR.abc123"
    assert "from" not in message
    assert webhooks.contact(person) == {"profile": {"name": "Ana"}, "user_id": "AR.abc123"}


def test_a_body_carries_the_line_and_plain_ascii() -> None:
    line = PhoneLine("42", "+54 9 11 5000-0001", "Vallebot")
    body = webhooks.wrap(line, "7", {"messages": [{"text": "ñandú 🙂"}]})
    change = body["entry"][0]["changes"][0]
    assert change["value"]["metadata"] == {"display_phone_number": "5491150000001", "phone_number_id": "42"}
    assert webhooks.encode(body).isascii()


@pytest.mark.parametrize(
    ("dialled", "wa_id"),
    [
        ("5491161110001", "5491161110001"),
        ("541161110001", "5491161110001"),
        ("+54 11 6111-0001", "5491161110001"),
        ("+1 (415) 555-0100", "14155550100"),
    ],
)
def test_a_dialled_number_reaches_its_whatsapp_id(dialled: str, wa_id: str) -> None:
    assert canonical_wa_id(dialled) == wa_id


def test_an_unknown_number_is_shown_the_way_phones_do() -> None:
    assert pretty_number("5491161110001") == "+54 9 11 6111-0001"
    assert pretty_number("5493514440001") == "+54 9 351 444-0001"
    assert pretty_number("14155550100") == "+14155550100"


def test_the_window_closes_24_hours_after_the_message_was_written() -> None:
    limits = ConversationLimits()
    with pytest.raises(GraphError, match="131047"):
        limits.check_window(PAIR, NOW)
    limits.heard_from(PAIR, NOW - timedelta(hours=3), NOW)
    limits.check_window(PAIR, NOW + timedelta(hours=20, minutes=59))
    with pytest.raises(GraphError, match="131047"):
        limits.check_window(PAIR, NOW + timedelta(hours=21))


def test_a_late_redelivery_does_not_shorten_the_window() -> None:
    limits = ConversationLimits()
    limits.heard_from(PAIR, NOW, NOW)
    limits.heard_from(PAIR, NOW - timedelta(days=2), NOW)
    limits.check_window(PAIR, NOW + timedelta(hours=23))


def test_a_pair_takes_45_at_once_and_then_one_every_six_seconds() -> None:
    limits = ConversationLimits()
    for _ in range(45):
        limits.spend(PAIR, NOW)
    with pytest.raises(GraphError, match="131056"):
        limits.spend(PAIR, NOW + timedelta(seconds=5))
    limits.spend(PAIR, NOW + timedelta(seconds=6))
    limits.spend(("line", "somebody else"), NOW)


def test_a_number_takes_80_messages_a_second() -> None:
    limits = ConversationLimits()
    for number in range(80):
        limits.spend(("line", str(number)), NOW)
    with pytest.raises(GraphError, match="130429"):
        limits.spend(("line", "x"), NOW)
    limits.spend(("line", "x"), NOW + timedelta(milliseconds=20))


def test_a_fault_strikes_as_often_as_ordered() -> None:
    plan = FaultPlan()
    plan.add(Fault.from_json({"code": 131056, "times": 2}))
    struck = [plan.strike(SEND_KINDS, "ana") for _ in range(3)]
    assert [item and item.code for item in struck] == [131056, 131056, None]
    assert plan.open() == []


def test_a_fault_waits_for_its_person_and_lets_some_pass() -> None:
    plan = FaultPlan()
    plan.add(Fault.from_json({"code": 131000, "to": "ana", "skip": 1}))
    assert plan.strike(SEND_KINDS, "eva") is None
    assert plan.strike(SEND_KINDS, "ana") is None
    assert plan.strike(SEND_KINDS, "ana") is not None


def test_a_rate_strikes_about_that_often_and_repeats_with_its_seed() -> None:
    def strikes() -> list[int]:
        plan = FaultPlan(seed=7)
        plan.add(Fault.from_json({"code": 131000, "times": -1, "rate": 0.05}))
        return [place for place in range(2000) if plan.strike(SEND_KINDS, "ana")]

    assert strikes() == strikes()
    assert 60 <= len(strikes()) <= 140


@pytest.mark.parametrize(
    "order",
    [
        {"kind": "fire"},
        {"kind": "error"},
        {"code": 1, "times": 0},
        {"code": 1, "rate": 2},
        {"code": 1, "colour": "red"},
        {"kind": "http", "code": 200},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(order: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Fault.from_json(order)


def test_media_keep_their_bytes_for_five_minutes_per_address() -> None:
    store = MediaStore()
    media = store.upload(b"%PDF-1.4", "application/pdf", phone_number_id="1", now=NOW, filename="a.pdf")
    granted = store.grant_url(media.media_id, NOW)
    in_time, late = NOW + timedelta(minutes=4, seconds=59), NOW + timedelta(minutes=5)
    assert store.by_url(media.media_id, granted.url_token, in_time) == granted
    assert store.by_url(media.media_id, granted.url_token, late) is None
    assert store.by_url(media.media_id, "guess", in_time) is None
    store.expire_urls()
    assert store.by_url(media.media_id, granted.url_token, in_time) is None


def test_media_of_people_live_seven_days_and_belong_to_their_line() -> None:
    store = MediaStore()
    media = store.add(b"x", "image/jpeg", phone_number_id="1", now=NOW, from_person=True)
    store.grant_url(media.media_id, NOW + timedelta(days=6), "1")
    for now, line in ((NOW + timedelta(days=7), "1"), (NOW, "2")):
        with pytest.raises(GraphError):
            store.grant_url(media.media_id, now, line)


@pytest.mark.parametrize(
    ("data", "mime_type", "code"),
    [
        (b"x", "image/svg+xml", 100),
        (b"", "image/png", 131053),
        (b"x" * (16 * 1024 * 1024 + 1), "audio/ogg", 131053),
    ],
)
def test_an_upload_of_another_type_or_size_is_refused(data: bytes, mime_type: str, code: int) -> None:
    with pytest.raises(GraphError) as refusal:
        MediaStore().upload(data, mime_type, phone_number_id="1", now=NOW, filename="x")
    assert refusal.value.code == code


def test_the_clock_travels_and_tells_the_rest_of_the_system() -> None:
    told: list[float] = []
    clock = TravelClock(set_offset=told.append)
    before = clock.now()
    clock.advance(86400)
    clock.advance(3600)
    assert timedelta(hours=25) <= clock.now() - before < timedelta(hours=25, seconds=5)
    clock.travel_to(0)
    assert told == [86400, 90000, 0]


def test_a_foreign_time_source_is_used_as_it_is() -> None:
    clock = TravelClock(now=lambda: NOW)
    clock.advance(60)
    assert clock.now() == NOW


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::"])
def test_only_loopback_addresses_are_served(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        require_loopback(host)


def test_loopback_addresses_are_served() -> None:
    for host in ("127.0.0.1", "localhost", "::1"):
        require_loopback(host)
