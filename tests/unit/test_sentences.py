"""How Vallebot speaks: voseo, nothing of ours showing through, placeholders that somebody fills, titles that fit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
RESPONSES = yaml.safe_load((ROOT / "domain.yml").read_text("utf-8"))["responses"]
SENTENCES = [(name, text["text"]) for name, texts in RESPONSES.items() for text in texts]
CODE = "".join(path.read_text("utf-8") for path in sorted((ROOT / "actions").glob("*.py")))
SERVICES = "".join(path.read_text("utf-8") for path in sorted((ROOT / "vallebot").rglob("*.py")))

#: Words of other registers: tuteo, usted, and what a machine would say.
FOREIGN = re.compile(
    r"\b(usted|puedes|quieres|tienes|necesitas|debes|dime|envía|selecciona|ingrese|contigo|ustedes|"
    r"vosotros|procesar|solicitud|sistema|inválid[oa]|error)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize(("name", "text"), SENTENCES)
def test_a_sentence_is_rioplatense_and_whole(name: str, text: str) -> None:
    assert not FOREIGN.search(text.replace("{profesional}", "")), text
    assert text == text.strip()
    assert text.count("¿") == text.count("?"), text
    assert text.count("¡") == text.count("!"), text
    assert text.count("*") % 2 == 0, "bold is closed"


@pytest.mark.parametrize(("name", "text"), SENTENCES)
def test_what_a_sentence_leaves_open_is_filled_by_somebody(name: str, text: str) -> None:
    source = CODE + SERVICES if name.startswith("utter_error_") else CODE
    for placeholder in re.findall(r"\{(\w+)\}", text):
        assert re.search(rf'\b{placeholder}=|"{placeholder}"', source), placeholder


def test_the_variations_of_a_response_leave_the_same_open_and_are_not_the_same() -> None:
    for name, texts in RESPONSES.items():
        assert len({text["text"] for text in texts}) == len(texts), name


def test_button_titles_fit_into_a_row() -> None:
    titles = re.findall(r'choice\(\s*"([^"{]+)"', CODE)
    assert titles
    assert [title for title in titles if len(title) > 24] == []
