from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vallebot.gateways.whatsapp.bodies import bodies_of, short_titles, split_text, template_body
from vallebot.services.outbox import Bubble, Choice, Template


def make_id(payload: str) -> str:
    return f"id:{payload}"


def choices(count: int, title: str = "Opción {}", description: str = "") -> tuple[Choice, ...]:
    return tuple(Choice(title.format(n), f"/x{n}", description) for n in range(count))


def test_words_alone_are_a_text() -> None:
    assert bodies_of(Bubble("hola"), make_id) == [
        {"type": "text", "text": {"body": "hola", "preview_url": False}}
    ]


@pytest.mark.parametrize(
    ("offered", "kind"),
    [
        (choices(1), "button"),
        (choices(3), "button"),
        (choices(4), "list"),
        (choices(2, description="con más detalle"), "list"),
        (choices(2, title="Un título más largo que veinte {}"), "list"),
    ],
)
def test_few_short_choices_are_buttons_and_others_a_list(offered: tuple[Choice, ...], kind: str) -> None:
    [body] = bodies_of(Bubble("¿Cuál?", choices=offered), make_id)
    assert body["interactive"]["type"] == kind


def test_the_last_row_of_a_long_list_opens_the_next_page() -> None:
    [body] = bodies_of(Bubble("¿Cuál?", choices=choices(11)), make_id, more="/ver_mas{}")
    [section] = body["interactive"]["action"]["sections"]
    assert [row["id"] for row in section["rows"]] == [*(f"id:/x{n}" for n in range(9)), "id:/ver_mas{}"]
    [whole] = bodies_of(Bubble("¿Cuál?", choices=choices(10)), make_id, more="/ver_mas{}")
    assert [row["id"] for row in whole["interactive"]["action"]["sections"][0]["rows"]][-1] == "id:/x9"


def test_a_title_that_is_cut_stands_whole_below_it() -> None:
    [body] = bodies_of(Bubble("¿Cuál?", choices=choices(2, title="Masaje descontracturante de {}")), make_id)
    rows = body["interactive"]["action"]["sections"][0]["rows"]
    assert [row["description"] for row in rows] == [f"Masaje descontracturante de {n}" for n in range(2)]
    assert len({row["title"] for row in rows}) == 2


def test_a_list_never_has_more_than_ten_rows() -> None:
    [body] = bodies_of(Bubble("¿Cuál?", choices=choices(14)), make_id)
    [section] = body["interactive"]["action"]["sections"]
    assert len(section["rows"]) == 10


def test_titles_that_are_cut_stay_distinct() -> None:
    titles = short_titles(["Masaje descontracturante largo", "Masaje descontracturante corto"], 20)
    assert len(set(titles)) == 2
    assert all(len(title) <= 20 for title in titles)


@given(st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=10), st.integers(10, 24))
def test_titles_are_always_short_and_distinct_enough(titles: list[str], limit: int) -> None:
    short = short_titles(titles, limit)
    assert all(len(title) <= limit for title in short)
    assert len(set(short)) == len(short)


@given(st.text(max_size=300), st.integers(5, 60))
def test_split_text_keeps_every_word_and_the_limit(text: str, limit: int) -> None:
    parts = split_text(text, limit)
    assert all(len(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_a_long_text_is_cut_at_a_paragraph() -> None:
    first, second = "a" * 3000, "b" * 3000
    assert split_text(f"{first}\n\n{second}", 4096) == [first, second]


def test_a_long_text_with_choices_says_the_beginning_first() -> None:
    bodies = bodies_of(Bubble("palabra " * 300, choices=choices(2)), make_id)
    assert [body["type"] for body in bodies] == ["text", "text", "interactive"]


def test_template_parameters_have_no_line_breaks() -> None:
    body = template_body(Template("aviso", ("uno\ndos", "tres    cuatro\tcinco")), "id")
    words, see = body["template"]["components"]
    assert see["parameters"] == [{"type": "payload", "payload": "id"}]
    assert [parameter["text"] for parameter in words["parameters"]] == ["uno dos", "tres cuatro cinco"]
