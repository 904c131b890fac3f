"""The graph components as Rasa uses them: train, persist, load, process."""

from __future__ import annotations

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.classifier import OperationClassifier
from nlu.encoder import SentenceEncoder
from nlu.extractor import ValueExtractor
from nlu.sentences import DIMENSIONS
from nlu.tokenizer import SpanishTokenizer

LINES = {
    "saludar": ["hola", "buenas", "hola que tal", "buen dia"],
    "confirmar_pago": ["aceptá el pago", "confirmá el pago", "dale ok al pago", "el pago está bien"],
    "informar_pago": ["ya pagué", "hice el pago", "va el pago", "te pagué recién"],
}


@pytest.fixture
def storage(tmp_path) -> LocalModelStorage:
    return LocalModelStorage.create(tmp_path)


def context() -> ExecutionContext:
    return ExecutionContext(GraphSchema({}), node_name="node")


def training_data() -> TrainingData:
    messages = [
        Message({"text": text, "intent": intent}) for intent, texts in LINES.items() for text in texts
    ]
    messages.append(
        Message(
            {
                "text": "turno el jueves",
                "intent": "saludar",
                "entities": [{"start": 6, "end": 15, "value": "el jueves", "entity": "cuando"}],
            }
        )
    )
    return TrainingData(messages)


def built(component, storage, **config):
    settings = {**component.get_default_config(), **config}
    return component.create(settings, storage, Resource(component.__name__), context())


def encoded(text: str, storage, **data) -> Message:
    message = Message({"text": text, **data})
    built(SentenceEncoder, storage).process([message])
    return message


@pytest.fixture
def classifier(storage) -> OperationClassifier:
    """A trained component, loaded again from where it was stored."""
    data = training_data()
    built(SentenceEncoder, storage).process_training_data(data)
    trained = built(OperationClassifier, storage, char_min_df=1)
    resource = trained.train(data)
    return OperationClassifier.load(trained._config, storage, resource, context())


def ask(classifier, storage, text, **data) -> Message:
    message = encoded(text, storage, **data)
    return classifier.process([message])[0]


def test_the_classifier_ranks_intents_with_falling_confidence(classifier, storage):
    message = ask(classifier, storage, "holaa buenas")
    confidences = [entry["confidence"] for entry in message.get("intent_ranking")]
    assert message.get("intent")["name"] == "saludar"
    assert confidences == sorted(confidences, reverse=True)
    assert message.get("intent") == message.get("intent_ranking")[0]


def test_the_role_shifts_the_odds_of_operations_foreign_to_it(classifier, storage):
    def confidence(**data):
        ranking = ask(classifier, storage, "el pago", **data).get("intent_ranking")
        return next(entry["confidence"] for entry in ranking if entry["name"] == "confirmar_pago")

    unknown = confidence()
    assert confidence(metadata={"rol": "cliente"}) < unknown
    assert confidence(metadata={"rol": "profesional"}) == pytest.approx(unknown)


@pytest.mark.parametrize("text", ["", "   ", ".", "...", "-", "\u200b"])
def test_a_message_that_says_nothing_has_no_intent(classifier, storage, text):
    message = ask(classifier, storage, text)
    assert message.get("intent") == {"name": None, "confidence": 0.0}
    assert message.get("intent_ranking") == []


def test_the_extractor_finds_entities_after_loading(storage):
    trained = built(ValueExtractor, storage)
    resource = trained.train(training_data())
    loaded = ValueExtractor.load(trained._config, storage, resource, context())
    message = loaded.process([Message({"text": "turno el jueves"})])[0]
    (entity,) = message.get("entities")
    assert (entity["entity"], entity["value"], entity["extractor"]) == (
        "cuando",
        "el jueves",
        "ValueExtractor",
    )


def test_the_extractor_keeps_entities_that_are_there_already(storage):
    trained = built(ValueExtractor, storage)
    trained.train(training_data())
    rol = {"entity": "rol", "value": "cliente"}
    message = trained.process([Message({"text": "turno el jueves", "entities": [rol]})])[0]
    assert [entity["entity"] for entity in message.get("entities")] == ["rol", "cuando"]


def test_the_encoder_adds_one_vector_for_the_whole_message(storage):
    sequence, sentence = encoded("quiero un turno", storage).get_dense_features("text")
    assert sequence is None
    assert sentence.features.shape == (1, DIMENSIONS)


def test_the_tokenizer_keeps_places_and_parts_signs_from_words(storage):
    tokenizer = built(SpanishTokenizer, storage)
    text = "hola!!quiero  18hs ¿$5000?"
    tokens = tokenizer.tokenize(Message({"text": text}), "text")
    assert all(text[token.start : token.end] == token.text for token in tokens)
    assert {"hola", "quiero", "18", "hs", "5000"} <= {token.text for token in tokens}


@pytest.mark.parametrize("component", [OperationClassifier, ValueExtractor])
def test_a_change_in_the_sources_means_training_anew(component):
    assert component.fingerprint_addon({})
