"""Who came and who did not."""

from __future__ import annotations

import pytest

from vallebot.domain.attendance import Said, excepted, read_attendance


@pytest.mark.parametrize(
    ("text", "names", "said"),
    [
        ("Pedro no vino", ["Pedro"], Said(absent=("Pedro",))),
        ("no vino Pedro ni avisó", ["Pedro"], Said(absent=("Pedro",))),
        ("vinieron todos menos Ana", ["Ana"], Said(absent=("Ana",), rest="asistio")),
        ("todos menos Ana y Beto", ["Ana", "Beto"], Said(absent=("Ana", "Beto"), rest="asistio")),
        ("vinieron todos", [], Said(rest="asistio")),
        ("faltaron todos", [], Said(rest="ausente")),
        ("no vino nadie", [], Said(rest="ausente")),
        ("no faltó nadie", [], Said(rest="asistio")),
        ("solo vino Caro", ["Caro"], Said(came=("Caro",), rest="ausente")),
        ("faltó Darío y vino Malena", ["Darío", "Malena"], Said(came=("Malena",), absent=("Darío",))),
        ("Ana vino y Pedro no", ["Ana", "Pedro"], Said(came=("Ana",), absent=("Pedro",))),
        ("Tamara y Julio faltaron", ["Tamara", "Julio"], Said(absent=("Tamara", "Julio"))),
        ("vinieron Leandro, Liliana y Bruno", ["Leandro", "Liliana", "Bruno"],
         Said(came=("Leandro", "Liliana", "Bruno"))),
        ("marcá ausente a Carina", ["Carina"], Said(absent=("Carina",))),
        ("ponele presente a Rubén", ["Rubén"], Said(came=("Rubén",))),
        ("Norma está presente", ["Norma"], Said(came=("Norma",))),
        ("tomar lista", [], Said()),
    ],
)  # fmt: skip
def test_everybody_named_is_sorted_by_what_is_said_of_them(text: str, names: list[str], said: Said) -> None:
    assert read_attendance(text, names) == said


def test_a_bare_name_means_what_was_asked_for() -> None:
    assert read_attendance("Ana y Beto", ["Ana", "Beto"], default="ausente") == Said(absent=("Ana", "Beto"))


def test_exceptions_are_names_even_where_nobody_marked_them() -> None:
    assert excepted("vinieron todos menos Ana y Beto.") == ["Ana", "Beto"]
    assert excepted("vinieron todos") == []
