"""Webhook fixtures of every kind (tests/data/webhooks) become typed updates; nothing is lost, nothing raises."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.whatsapp.payloads import Echo, IdentityChange, InboundMessage, StatusUpdate, parse_webhook

DATA = Path(__file__).parents[2] / "data" / "webhooks"
CASES = {
    f"{path.stem}.{name}": body
    for path in sorted(DATA.glob("*.json"))
    for name, body in json.loads(path.read_text(encoding="utf-8")).items()
}


def only(case: str) -> InboundMessage:
    [update] = parse_webhook(CASES[case])
    assert isinstance(update, InboundMessage)
    return update


@pytest.mark.parametrize(
    ("case", "kind", "text"),
    [
        ("text.plain", "text", "hola, tenés turno?"),
        ("text.nul_and_emoji", "text", "hola 🙏🏽"),
        ("interactive.button", "interactive", "Sí, reservar"),
        ("interactive.list", "interactive", "jue 27/11 17:00"),
        ("interactive.flow", "interactive", None),
        ("button.template_quick_reply", "button", "Ver"),
        ("media.image", "image", "va el comprobante"),
        ("media.document", "document", None),
        ("media.voice", "audio", None),
        ("media.video", "video", None),
        ("media.sticker", "sticker", None),
        ("others.location", "location", "Gorriti 4500"),
        ("others.contacts", "contacts", None),
        ("others.reaction", "reaction", None),
        ("others.reaction_removed", "reaction", None),
        ("others.order", "order", None),
        ("others.system_other", "system", None),
        ("others.edit", "edit", "para el viernes, perdón"),
        ("others.edit_caption", "edit", "el comprobante de marzo"),
        ("others.revoke", "revoke", None),
        ("others.unsupported", "unsupported", None),
        ("others.not_invented_yet", "hologram", None),
    ],
)
def test_a_message_of_each_kind_keeps_its_words_and_its_raw_form(
    case: str, kind: str, text: str | None
) -> None:
    message = only(case)
    assert (message.kind, message.text) == (kind, text)
    assert message.raw["id"].replace("\x00", "") == message.wamid
    assert message.phone_number_id == "100000000000001"
    assert message.occurred_at == datetime.fromtimestamp(1763900000, tz=timezone.utc)


def test_taps_media_and_replies_are_found() -> None:
    assert only("interactive.button").tapped_id == "x.y./afirmar"
    assert only("interactive.list").tapped_id == "x.y./pedir_turno{}"
    assert only("button.template_quick_reply").tapped_id == "Ver"
    assert only("media.document").media_id == "m2"
    assert only("text.reply").reply_to == "wamid.bot.1"


def test_a_sender_may_be_known_by_phone_by_bsuid_or_by_both() -> None:
    assert only("identity.bsuid_only").sender.wa_id is None
    assert only("identity.bsuid_only").sender.bsuid == "AR.abc123"
    assert only("identity.bsuid_only").sender.profile_name == "Lu"
    both = only("identity.both").sender
    assert (both.wa_id, both.bsuid) == ("5491155550101", "AR.abc123")
    assert only("text.no_contacts").sender.wa_id == "5491155550101"


def test_statuses_carry_errors_pricing_and_our_own_id() -> None:
    [sent] = parse_webhook(CASES["statuses.sent"])
    [failed] = parse_webhook(CASES["statuses.failed"])
    assert isinstance(sent, StatusUpdate)
    assert isinstance(failed, StatusUpdate)
    assert (sent.callback_data, sent.pricing) == ("vallebot:7", {"billable": True, "category": "service"})
    assert (failed.error_code, failed.error) == (131047, "Re-engagement message")
    assert [type(update) for update in parse_webhook(CASES["statuses.with_contacts"])] == [StatusUpdate]


def test_every_part_of_a_batch_is_read() -> None:
    updates = parse_webhook(CASES["batches.two_entries_three_messages"])
    assert [type(update).__name__ for update in updates] == [
        "InboundMessage", "InboundMessage", "StatusUpdate", "OtherUpdate", "InboundMessage",
    ]  # fmt: skip
    assert [u.text for u in updates if isinstance(u, InboundMessage)] == ["uno", "dos", "tres"]


def test_an_edit_and_a_revoke_name_the_message_they_are_about() -> None:
    assert only("others.edit").revises == only("others.revoke").revises == "wamid.text.1"


@pytest.mark.parametrize(
    ("case", "old", "new"),
    [
        ("system_number", ("5491155550101", None), ("5491155550102", None)),
        ("system_number_and_user_id", ("5491155550101", "AR.abc123"), ("5491155550102", "AR.new")),
        ("system_user_id", (None, "AR.abc123"), (None, "AR.new")),
    ],
)
def test_a_system_message_tells_how_a_person_was_called_and_is(case: str, old: tuple, new: tuple) -> None:
    [change] = parse_webhook(CASES[f"others.{case}"])
    assert isinstance(change, IdentityChange)
    assert (change.old.wa_id, change.old.bsuid) == old
    assert (change.new.wa_id, change.new.bsuid) == new


def test_echoes_of_the_phone_app_name_whom_they_went_to() -> None:
    [text] = parse_webhook(CASES["others.echo"])
    [image] = parse_webhook(CASES["others.echo_of_media_to_user_id"])
    assert isinstance(text, Echo)
    assert isinstance(image, Echo)
    assert (text.kind, text.text, text.recipient.wa_id) == ("text", "te respondo yo", "5491155550101")
    assert (image.kind, image.text, image.recipient.bsuid) == ("image", "el consultorio", "AR.abc123")


def test_broken_parts_do_not_cost_the_others() -> None:
    assert only("batches.broken_parts").text == "vivo"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=5),
    max_leaves=25,
)
KEYS = [
    "entry",
    "changes",
    "value",
    "messages",
    "statuses",
    "metadata",
    "contacts",
    "type",
    "text",
    "id",
    "from",
]


@given(st.dictionaries(st.sampled_from(KEYS), json_values, max_size=6))
def test_any_json_is_parsed_without_raising(body: dict) -> None:
    parse_webhook(body)
    parse_webhook({"entry": [{"changes": [{"field": "messages", "value": body}]}]})


@given(st.data(), st.sampled_from(sorted(CASES)))
def test_mutated_real_bodies_are_parsed_without_raising(data: st.DataObject, case: str) -> None:
    body = json.loads(json.dumps(CASES[case]))
    node: object = body
    for _ in range(data.draw(st.integers(1, 8))):
        if isinstance(node, dict) and node:
            key = data.draw(st.sampled_from(sorted(node)))
            if data.draw(st.booleans()):
                node[key] = data.draw(json_values)
                break
            node = node[key]
        elif isinstance(node, list) and node:
            node = node[data.draw(st.integers(0, len(node) - 1))]
    parse_webhook(body)
