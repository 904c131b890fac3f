"""Names and numbers are taken out of text, nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vallebot.domain.redaction import BLANK, Redactor

ANA = Redactor(["Ana Gómez", "Anita"], ["+5491155550001"], ["ana@example.com"])


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Ana Gómez pide turno", f"{BLANK} {BLANK} pide turno"),
        ("ANA gomez", f"{BLANK} {BLANK}"),
        ("decile a anita", f"decile a {BLANK}"),
        ("mañana con Mariana", "mañana con Mariana"),
        ("su cel: 11 5555-0001.", f"su cel: {BLANK}."),
        ("+54 9 11 5555 0001", f"+{BLANK}"),
        ("wa_id 5491155550001", f"wa_id {BLANK}"),
        ("escribile a Ana@Example.com", f"escribile a {BLANK}"),
        ("a las 11, $ 5.555", "a las 11, $ 5.555"),
        ("", ""),
    ],
)
def test_what_names_the_person_goes(text, redacted):
    assert ANA.redact(text) == redacted


def test_every_string_of_a_json_value_is_read():
    value = {"Ana": [{"who": "Ana", "n": 5}], "no": None}
    assert ANA.redact_json(value) == {"Ana": [{"who": BLANK, "n": 5}], "no": None}


def test_small_words_of_a_name_stay_in_sentences():
    assert (
        Redactor(["María del Mar de la O"], []).redact("del mar al río de la plata")
        == f"del {BLANK} al río de la plata"
    )


@given(st.text(max_size=200))
def test_somebody_without_a_name_changes_nothing(text):
    assert Redactor([], []).redact(text) == text


@given(st.text(max_size=80), st.text(max_size=80))
def test_redacting_twice_is_redacting_once(before, after):
    once = ANA.redact(f"{before} Ana Gómez {after}")
    assert ANA.redact(once) == once
    assert "Gómez" not in once
