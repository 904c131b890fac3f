from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from web.fake_graph.errors import GraphError
from web.fake_graph.templates import TemplateStore

REMINDER = {
    "name": "recordatorio",
    "language": "es_AR",
    "category": "UTILITY",
    "components": [
        {
            "type": "HEADER",
            "format": "TEXT",
            "text": "Turno de {{1}}",
            "example": {"header_text": ["masaje"]},
        },
        {
            "type": "BODY",
            "text": "Hola {{1}}, te esperamos {{2}}.",
            "example": {"body_text": [["Ana", "mañana"]]},
        },
        {"type": "FOOTER", "text": "Vallebot"},
        {
            "type": "BUTTONS",
            "buttons": [
                {"type": "QUICK_REPLY", "text": "Voy"},
                {"type": "URL", "text": "Ver", "url": "https://example.org/{{1}}", "example": ["x"]},
            ],
        },
    ],
}


def texts(*values: Any) -> list[dict[str, Any]]:
    return [{"type": "text", "text": value} for value in values]


def use(**over: Any) -> dict[str, Any]:
    components = [
        {"type": "header", "parameters": texts("masaje")},
        {"type": "body", "parameters": texts("Ana", "mañana a las 17")},
        {
            "type": "button",
            "sub_type": "quick_reply",
            "index": "0",
            "parameters": [{"type": "payload", "payload": "voy:7"}],
        },
        {"type": "button", "sub_type": "url", "index": 1, "parameters": texts("abc")},
    ]
    return {"name": "recordatorio", "language": {"code": "es_AR"}, "components": components, **over}


@pytest.fixture
def store() -> TemplateStore:
    templates = TemplateStore()
    templates.create(REMINDER)
    return templates


def test_a_filled_template_is_what_the_person_sees(store: TemplateStore) -> None:
    seen = store.render(use())
    assert seen["header"] == {"type": "text", "text": "Turno de masaje"}
    assert seen["body"] == "Hola Ana, te esperamos mañana a las 17."
    assert seen["footer"] == "Vallebot"
    assert seen["buttons"] == [
        {"type": "QUICK_REPLY", "text": "Voy", "payload": "voy:7"},
        {"type": "URL", "text": "Ver", "url": "https://example.org/abc"},
    ]


def body_with(*values: Any) -> dict[str, Any]:
    changed = use()
    changed["components"][1]["parameters"] = texts(*values)
    return changed


@pytest.mark.parametrize(
    ("template", "code"),
    [
        (use(name="otra"), 132001),
        (use(language={"code": "en_US"}), 132001),
        (use(language={"code": "es_AR", "extra": 1}), 100),
        (use(components=[]), 132000),
        (body_with("Ana"), 132000),
        (body_with("Ana", "mañana", "más"), 132000),
        (body_with("Ana", "uno\ndos"), 132018),
        (body_with("Ana", "uno\tdos"), 132018),
        (body_with("Ana", "uno     dos"), 132018),
        (body_with("Ana", ""), 131009),
        (body_with("Ana", "x" * 1024), 132005),
        (use(surprise=1), 100),
    ],
)
def test_a_use_that_does_not_fit_is_refused(
    store: TemplateStore, template: dict[str, Any], code: int
) -> None:
    with pytest.raises(GraphError) as refusal:
        store.check_use(template)
    assert refusal.value.code == code, refusal.value.details


def test_four_blanks_in_a_row_still_fit(store: TemplateStore) -> None:
    store.check_use(body_with("Ana", "uno    dos"))


@pytest.mark.parametrize(("status", "code"), [("PAUSED", 132015), ("DISABLED", 132016)])
def test_a_stopped_template_is_refused(store: TemplateStore, status: str, code: int) -> None:
    store.set_status("recordatorio", status)
    with pytest.raises(GraphError) as refusal:
        store.check_use(use())
    assert refusal.value.code == code


def test_named_parameters_fill_by_name() -> None:
    store = TemplateStore()
    store.create(
        {
            "name": "aviso",
            "language": "es_AR",
            "category": "UTILITY",
            "parameter_format": "NAMED",
            "components": [
                {
                    "type": "BODY",
                    "text": "Hola {{nombre}}, nos vemos.",
                    "example": {
                        "body_text_named_params": [{"param_name": "nombre", "example": "Ana"}],
                    },
                }
            ],
        }
    )
    parameter = {"type": "text", "parameter_name": "nombre", "text": "Eva"}
    template = {
        "name": "aviso",
        "language": {"code": "es_AR"},
        "components": [{"type": "body", "parameters": [parameter]}],
    }
    assert store.render(template)["body"] == "Hola Eva, nos vemos."
    with pytest.raises(GraphError):
        store.render({**template, "components": [{"type": "body", "parameters": texts("Eva")}]})


def changed(path: list[Any], value: Any) -> dict[str, Any]:
    definition: Any = copy.deepcopy(REMINDER)
    inner = definition
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return definition  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "definition",
    [
        changed(["name"], "Con Mayúsculas"),
        changed(["category"], "SERVICE"),
        changed(["components", 1, "text"], "{{1}} al principio y {{2}} en medio."),
        changed(["components", 1, "text"], "Hola {{1}}, te esperamos {{3}}."),
        changed(["components", 1, "text"], "x" * 1025),
        changed(["components", 1, "example"], {}),
        changed(["components", 2, "text"], "Con {{1}} hueco"),
        changed(["components", 3, "buttons", 0, "text"], "x" * 26),
        changed(["components", 3, "buttons", 0, "type"], "CATALOG"),
        changed(["components", 0], REMINDER["components"][1]),
    ],
)
def test_a_wrong_definition_is_refused(definition: dict[str, Any]) -> None:
    with pytest.raises(GraphError):
        TemplateStore().create(definition)


def test_a_folder_of_definitions_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(REMINDER), "utf-8")
    (tmp_path / "b.json").write_text(json.dumps([{**REMINDER, "name": "otro"}]), "utf-8")
    store = TemplateStore()
    assert store.load_directory(tmp_path) == 2
    assert {item["name"] for item in store.all()} == {"recordatorio", "otro"}
