"""The intent model by itself: learns, is deterministic, keeps its answers when saved."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from nlu.blocks import NgramBlock
from nlu.linear import LinearIntentModel, LinearSettings
from nlu.sentences import DIMENSIONS, encode
from nlu.views import plain_view

EXAMPLES = {
    "saludar": ["hola", "buenas", "buen dia", "hola que tal", "buenas tardes", "holaa"],
    "pedir_turno": [
        "quiero un turno",
        "me das turno?",
        "turno para mañana",
        "necesito un turno",
        "agendame",
        "turno pls",
    ],
    "cancelar_turno": [
        "cancelá el turno",
        "no voy",
        "cancelame lo del jueves",
        "borrá mi turno",
        "no puedo ir",
        "cancelar",
    ],
}
TEXTS = [text for texts in EXAMPLES.values() for text in texts]
LABELS = [intent for intent, texts in EXAMPLES.items() for _ in texts]


def trained() -> LinearIntentModel:
    model = LinearIntentModel(LinearSettings(char_min_df=1))
    model.fit(TEXTS, encode(TEXTS), LABELS)
    return model


@pytest.fixture(scope="module")
def model() -> LinearIntentModel:
    return trained()


def ask(model: LinearIntentModel, *texts: str) -> np.ndarray:
    return model.log_probabilities(texts, encode(texts))


def test_it_recognises_wordings_it_has_not_seen(model):
    best = ask(model, "holis", "un turnito porfa", "cancelo el turno").argmax(axis=1)
    assert [model.intents[at] for at in best] == ["saludar", "pedir_turno", "cancelar_turno"]


def test_probabilities_of_a_message_sum_to_one(model):
    assert np.exp(ask(model, "hola", "zzz")).sum(axis=1) == pytest.approx([1, 1])


def test_training_twice_gives_the_same_model(model):
    assert np.array_equal(ask(trained(), "hola, turno?"), ask(model, "hola, turno?"))


def test_a_saved_model_answers_as_before(model, tmp_path):
    model.save(tmp_path)
    loaded = LinearIntentModel.load(tmp_path)
    assert loaded.intents == model.intents
    assert ask(loaded, *TEXTS) == pytest.approx(ask(model, *TEXTS), abs=0.01)


def test_the_saved_model_holds_no_pickled_objects(model, tmp_path):
    model.save(tmp_path)
    with np.load(tmp_path / "weights.npz", allow_pickle=False) as arrays:
        assert {array.dtype.kind for array in (arrays[name] for name in arrays.files)} == {"f"}


def test_a_block_weighs_a_message_as_scikit_learn_does():
    block = NgramBlock(plain_view, TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), scale=2.0)
    texts = ["quiero un turno", "un turno un dia", "no quiero nada"]
    expected = block.fit(texts).toarray()
    for text, weights in zip(texts, expected, strict=True):
        columns, values = block.row(text)
        found = np.zeros(len(weights))
        found[columns] = values
        assert found == pytest.approx(weights)


def test_two_intents_are_enough():
    model = LinearIntentModel(LinearSettings(char_min_df=1))
    texts, labels = ["hola", "buenas", "chau", "adios"], ["saludar", "saludar", "despedir", "despedir"]
    model.fit(texts, encode(texts), labels)
    assert model.intents[int(ask(model, "buenas!")[0].argmax())] == "saludar"


def test_a_text_without_words_has_a_vector_of_zeros():
    assert encode(["", "  "]).shape == (2, DIMENSIONS)
    assert not encode(["", "  "]).any()
