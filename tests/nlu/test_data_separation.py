"""The evaluation messages are apart from the training data, cover every intent, and are well formed."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from vallebot.domain.text import squash

HERE = Path(__file__).parent
TRAINING_DIR = HERE.parents[1] / "data" / "nlu"

#: The public contract of intent and entity names; domain.yml declares the same.
# fmt: off
INTENTS = frozenset(
    [
        "saludar", "despedir", "agradecer", "afirmar", "negar", "ayuda", "detener", "hablar_con_persona",
        "fuera_de_tema", "informar", "elegir_opcion",
        "pedir_turno", "consultar_disponibilidad", "inscribirse_clase", "baja_clase", "lista_espera",
        "cancelar_turno", "reprogramar_turno", "confirmar_turno", "ver_turnos", "avisar_demora",
        "informar_pago", "consultar_pagos", "confirmar_pago", "rechazar_pago",
        "consultar_precio", "consultar_servicios", "consultar_ubicacion", "consultar_politica",
        "definir_servicio", "modificar_servicio", "registrar_ubicacion", "definir_horarios",
        "bloquear_agenda",
        "registrar_asistencia", "registrar_cliente", "ver_inscriptos", "avisar_clientes",
        "registrarse_profesional", "cambiar_datos", "dejar_avisos",
    ]
)
ENTITIES = frozenset(
    [
        "servicio", "cuando", "monto", "persona", "direccion", "duracion", "cupo", "email", "modalidad",
        "medio_pago", "opcion",
    ]
)
# fmt: on
ROLES = frozenset({"cliente", "profesional"})
#: Below this an intent's figure says nothing: one message would be more than ten points.
MIN_PER_INTENT = 10

#: `[text](entity)` or `[text]{"entity": ...}`, the two annotation forms of Rasa.
ANNOTATION = re.compile(r"\[([^\]]+)\](?:\(([^)]+)\)|\{[^}]*\})")


class Example(NamedTuple):
    intent: str
    text: str  #: as in the file, with annotations
    metadata: dict[str, str]

    @property
    def key(self) -> str:
        return folded(self.text)


def plain(text: str) -> str:
    """The message as typed, without annotations."""
    return ANNOTATION.sub(r"\1", text).strip()


def folded(text: str) -> str:
    """The key under which two messages count as the same: no accents, case, punctuation or emojis.

    A message of signs alone ("👍🏼") keeps them: otherwise all of these would be one.
    """
    message = plain(text)
    words = squash(re.sub(r"[^\w\s]|_", " ", message))
    return words or squash(message)


def read_examples(path: Path) -> list[Example]:
    """All intent examples of a Rasa NLU file, in the plain list or the extended format."""
    content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    examples = []
    for block in content.get("nlu") or []:
        if "intent" not in block:
            continue
        raw = block["examples"]
        items = raw if isinstance(raw, list) else re.findall(r"^\s*-\s+(.*)$", raw, flags=re.MULTILINE)
        for item in items:
            text, metadata = (item["text"], item.get("metadata")) if isinstance(item, dict) else (item, None)
            examples.append(Example(block["intent"], text.strip(), metadata or {}))
    return examples


def training_examples() -> list[Example]:
    files = sorted([*TRAINING_DIR.rglob("*.yml"), *TRAINING_DIR.rglob("*.yaml")])
    return [example for path in files for example in read_examples(path)]


@pytest.fixture(scope="module")
def dev() -> list[Example]:
    return read_examples(HERE / "dev.yml")


@pytest.fixture(scope="module")
def test_set() -> list[Example]:
    return read_examples(HERE / "test.yml")


def test_no_evaluation_message_is_in_the_training_data(dev, test_set):
    training = {example.key for example in training_examples()}
    assert training, f"no training examples found under {TRAINING_DIR}"
    shared = sorted(example.text for example in [*dev, *test_set] if example.key in training)
    assert not shared, f"{len(shared)} evaluation messages are in the training data: {shared}"


def test_dev_and_test_share_no_message_and_repeat_none(dev, test_set):
    counts = Counter(example.key for example in [*dev, *test_set])
    assert not [key for key, count in counts.items() if count > 1]


def test_dev_and_test_are_written_by_different_people(dev, test_set):
    writers = [{example.metadata["autor"] for example in examples} for examples in (dev, test_set)]
    assert writers[0].isdisjoint(writers[1])


def test_every_intent_has_enough_test_messages(dev, test_set):
    for examples in (dev, test_set):
        counts = Counter(example.intent for example in examples)
        assert {intent: counts[intent] for intent in INTENTS if counts[intent] < MIN_PER_INTENT} == {}


def test_only_known_intents_entities_and_roles_are_used(dev, test_set):
    for example in [*dev, *test_set]:
        assert example.intent in INTENTS, example
        assert example.metadata["rol"] in ROLES, example
        assert {entity for _, entity in ANNOTATION.findall(example.text)} <= ENTITIES, example


def test_no_annotation_is_malformed(dev, test_set):
    for example in [*dev, *test_set]:
        rest = plain(example.text)
        assert not re.search(r"[\[\]{}]", rest), example
        assert all(span == span.strip(" ,.;:?!") for span, _ in ANNOTATION.findall(example.text)), example


def test_alternatives_name_existing_messages_and_other_intents(dev, test_set):
    labels = {plain(example.text): example.intent for example in [*dev, *test_set]}
    content = yaml.safe_load((HERE / "alternatives.yml").read_text(encoding="utf-8"))
    for entry in content["alternatives"]:
        assert entry["text"] in labels, f"no such message: {entry['text']}"
        assert set(entry["intents"]) <= INTENTS - {labels[entry["text"]]}, entry


def test_rasa_loads_both_files_with_the_role_of_each_writer(dev, test_set):
    load_data = pytest.importorskip("rasa.shared.nlu.training_data.loading").load_data
    for name, examples in (("dev.yml", dev), ("test.yml", test_set)):
        loaded = load_data(str(HERE / name)).intent_examples
        roles = [message.get("metadata")["example"]["rol"] for message in loaded]
        assert roles == [example.metadata["rol"] for example in examples]
        assert [message.get("text") for message in loaded] == [plain(example.text) for example in examples]
