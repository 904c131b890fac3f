from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.whatsapp.understanding import TEXT_MAX_CHARS, clean_text, parse_of_tap
from vallebot.gateways.whatsapp import option_ids

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=timezone.utc)
HERE, ELSEWHERE = "conversation-1", "conversation-2"


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("hola", "hola"),
        ("/restart", "restart"),
        ("  \n /pedir_turno{}", "pedir_turno{}"),
        ("/ / //\t/x", "x"),
        ("\u2003/\u00a0/x", "x"),
        ("27/11", "27/11"),
        ("", ""),
        (None, ""),
    ],
)
def test_typed_text_never_begins_with_a_slash(typed: str | None, understood: str) -> None:
    assert clean_text(typed) == understood


@given(st.text())
def test_no_text_can_name_an_intent(text: str) -> None:
    cleaned = clean_text(text)
    assert not cleaned.strip().startswith("/")
    assert len(cleaned) <= TEXT_MAX_CHARS


def tap(payload: str, **over: object) -> dict:
    option_id = option_ids.encode(payload, HERE, secret="s", now=NOW)
    values = {"conversation": HERE, "secret": "s", "now": NOW, **over}
    return parse_of_tap(option_id, **values)  # type: ignore[arg-type]


def test_a_tap_becomes_its_intent_and_values() -> None:
    parsed = tap('/pedir_turno{"servicio_id": 3, "starts_at": "2026-11-26T17:00:00-03:00"}')
    assert parsed["intent"] == {"name": "pedir_turno", "confidence": 1.0}
    assert {entity["entity"]: entity["value"] for entity in parsed["entities"]} == {
        "servicio_id": 3,
        "starts_at": "2026-11-26T17:00:00-03:00",
    }
    assert tap("/afirmar")["intent"]["name"] == "afirmar"


@pytest.mark.parametrize(
    "over",
    [
        {"conversation": ELSEWHERE},
        {"secret": "another"},
        {"now": NOW + option_ids.VALID_FOR + timedelta(seconds=1)},
    ],
)
def test_a_foreign_forged_or_stale_tap_does_nothing(over: dict) -> None:
    assert tap("/afirmar", **over)["intent"]["name"] == "opcion_vencida"


@given(st.text())
def test_any_other_id_does_nothing(option_id: str) -> None:
    parsed = parse_of_tap(option_id, HERE, secret="s", now=NOW)
    assert parsed["intent"]["name"] == "opcion_vencida"
