"""The tagger by itself: spans, neighbours, and what the grammars lend it."""

from __future__ import annotations

import pytest

from nlu.entities import find_entities, with_range_word
from nlu.grammar import Span, grammar_spans, time_spans
from nlu.lexicon import lexicons
from nlu.tagger import EntityModel, Tagged, features, train
from nlu.words import words_of


def marked(text: str) -> tuple[str, list[Span]]:
    """'[el jueves](cuando)' as text and spans, in the notation of the training data."""
    import re

    spans, plain, last = [], "", 0
    for found in re.finditer(r"\[([^]]+)\]\((\w+)\)", text):
        plain += text[last : found.start()]
        spans.append(Span(len(plain), len(plain) + len(found[1]), found[2]))
        plain, last = plain + found[1], found.end()
    return plain + text[last:], spans


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> EntityModel:
    path = tmp_path_factory.mktemp("tagger") / "tagger.crfsuite"
    lines = [
        "pasame el turno del [jueves](cuando) al [viernes](cuando)",
        "pasalo del [lunes](cuando) al [martes](cuando)",
        "quiero [pilates](servicio) [el jueves](cuando)",
        "turno de [yoga](servicio) para [Marta](persona)",
        "anotá a [Pedro](persona) en [zumba](servicio)",
        "hola, quiero un turno",
        "gracias, nos vemos",
    ]
    train([marked(line) for line in lines], path, c1=0.01, c2=0.01, iterations=60)
    return EntityModel(path.read_bytes())


def found(model: EntityModel, text: str) -> list[tuple[str, str]]:
    return [
        (text[tagged.span.start : tagged.span.end], tagged.span.entity)
        for tagged in find_entities(text, model)
    ]


def test_names_and_services_that_were_not_in_training_are_found(model):
    assert found(model, "anotá a Lucía en boxeo") == [("Lucía", "persona"), ("boxeo", "servicio")]


def test_the_source_and_the_target_of_a_move_stay_apart(model):
    assert found(model, "pasame el turno del sabado al domingo") == [
        ("sabado", "cuando"),
        ("domingo", "cuando"),
    ]


def test_an_email_address_is_one_entity_whatever_the_tagger_says(model):
    assert found(model, "mi mail es ana.ruiz@gmail.com") == [("ana.ruiz@gmail.com", "email")]


def test_confidence_is_a_probability(model):
    assert all(0 < tagged.confidence <= 1 for tagged in find_entities("quiero pilates el jueves", model))


@pytest.mark.parametrize("text", ["", "   ", "\u200b", "🙂"])
def test_a_text_without_words_has_no_entities(model, text):
    assert find_entities(text, model) == []


def test_words_part_digits_letters_and_signs():
    assert [word.text for word in words_of("18hs, $5000!!ok")] == [
        "18",
        "hs",
        ",",
        "$",
        "5000",
        "!",
        "!",
        "ok",
    ]


def test_words_know_their_places():
    assert all("a  b\n18hs"[word.start : word.end] == word.text for word in words_of("a  b\n18hs"))


def test_every_word_has_features():
    words = words_of("turno para el jueves")
    assert len(features("turno para el jueves", words)) == len(words)


def test_time_expressions_with_words_between_are_several_spans():
    text = "pasame el turno del jueves para el lunes"
    assert len(time_spans(text)) == 2


def test_the_grammars_name_kind_and_place():
    text = "masaje de 60 minutos, $15.000"
    kinds = {text[span.start : span.end]: span.entity for span in grammar_spans(text)}
    assert kinds["60 minutos"] == "duracion"
    assert "monto" in kinds.values()


@pytest.mark.parametrize("text", ["quiero Pilates", "PILATES", "masajes relajantes", "lifting de pestañas"])
def test_word_lists_overlook_case_accents_and_plurals(text):
    services = next(lexicon for lexicon in lexicons() if lexicon.entity == "servicio")
    assert services.spans(words_of(text))


def test_the_longest_phrase_of_a_list_wins():
    services = next(lexicon for lexicon in lexicons() if lexicon.entity == "servicio")
    text = "corte y barba"
    assert [text[span.start : span.end] for span in services.spans(words_of(text))] == ["corte y barba"]


@pytest.mark.parametrize(
    ("text", "found", "whole"),
    [
        ("Sin atención del 20 al 27.", "20 al 27", "del 20 al 27"),
        ("de 9 a 18 estoy", "9 a 18", "de 9 a 18"),
        (
            "estoy desde el lunes hasta el jueves",
            "el lunes hasta el jueves",
            "desde el lunes hasta el jueves",
        ),
        ("cancelá lo del jueves", "jueves", "jueves"),
        ("los de mañana a las 9", "mañana a las 9", "mañana a las 9"),
    ],
)
def test_the_first_word_of_a_range_belongs_to_it_and_of_a_moment_does_not(
    text: str, found: str, whole: str
) -> None:
    start = text.index(found)
    tagged = with_range_word(text, Tagged(Span(start, start + len(found), "cuando"), 1.0))
    assert text[tagged.span.start : tagged.span.end] == whole
