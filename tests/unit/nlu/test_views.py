"""What the classifier reads in a message besides its letters."""

from __future__ import annotations

from itertools import pairwise

import pytest

from nlu.views import facts_view, masked_view, plain_view, value_spans


def test_plain_view_writes_abbreviations_out_and_drops_case_and_accents():
    assert plain_view("XQ no podés mñn?") == "porque no podes mañana?"


@pytest.mark.parametrize(
    "text",
    ["cancelame el turno del jueves a las 5", "cancelame el turno del 3 de mayo"],
)
def test_masked_view_is_the_same_whatever_the_date(text):
    assert masked_view(text).startswith("cancelame el turno ")
    assert "zzcuando" in masked_view(text)


def test_masked_view_replaces_names_and_services_by_their_kind():
    assert masked_view("anotá a Marta en pilates") == "anota a zzpersona en zzservicio"


def test_values_do_not_overlap_and_are_in_order():
    spans = value_spans(
        "el jueves a las 18 en Av. Rivadavia 4500, masaje de 60 minutos, $15.000, por transferencia"
    )
    assert list(spans) == sorted(spans)
    assert all(first.end <= second.start for first, second in pairwise(spans))


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("seeee", "dice_si"),
        ("no, gracias", "dice_no"),
        ("el jueves", "solo_cuando"),
        ("marta", "solo_persona"),
        ("y me decís la dirección?", "pregunta"),
    ],
)
def test_facts_name_what_a_short_answer_is(text, fact):
    assert fact in facts_view(text).split()


def test_a_request_is_not_a_bare_value():
    assert "solo_valores" not in facts_view("quiero cancelar el turno del jueves").split()


@pytest.mark.parametrize("text", ["", " ", "?", "🙏🏼🙏🏼", "\u200b", "a" * 2000, "el el el del"])
def test_any_text_can_be_read(text):
    assert isinstance(plain_view(text) + masked_view(text) + facts_view(text), str)
