"""Rasa intent classifier over `nlu.linear`, with the writer's role as a prior."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import (
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    METADATA,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.special import softmax

from nlu.encoder import SentenceEncoder
from nlu.fingerprint import source_fingerprint
from nlu.linear import LinearIntentModel, LinearSettings
from nlu.roles import log_prior
from nlu.sentences import DIMENSIONS

#: A letter, a digit, a question mark, or a sign that is no punctuation (an emoji): "." and "--" say nothing.
_SAYS_SOMETHING = re.compile(r"""[^\s.,;:!¡¿_'"()\-\u200b-\u200f\ufe0f]""").search


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class OperationClassifier(GraphComponent, IntentClassifier):
    """Which operation a message asks for, with confidences that mean what they say.

    Reads the sentence vector of `SentenceEncoder` and the text itself; `metadata["rol"]` of the message, where it
    is given, shifts the odds between operations of professionals and of clients (`nlu.roles`).
    """

    @classmethod
    def required_components(cls) -> list[type]:
        """The sentence vectors must be there."""
        return [SentenceEncoder]

    @staticmethod
    def required_packages() -> list[str]:
        """Python packages this component needs, by import name."""
        return ["sklearn"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The component's defaults; chosen by the measurements in docs/nlu.md."""
        return {
            # Length of the sentence vector beside the n-gram blocks, which have length 1 each
            "encoder_scale": 0.7,
            # Shortest and longest character n-gram (within words), and in how many messages one must occur
            "char_ngrams": [2, 4],
            "char_min_df": 2,
            # Shortest and longest word n-gram, as written and with values masked
            "word_ngrams": [1, 2],
            # Length of the facts about a message (yes or no, kinds of values, bare value) beside the n-grams
            "facts_scale": 1.0,
            # Inverse regularisation of the linear SVM (no unit; larger fits closer)
            "C": 0.5,
            # Share of the training data that is held out to calibrate confidences (the model itself sees all)
            "calibration_share": 0.2,
            # Odds left to an operation that is foreign to the writer's role; 1 ignores the role
            "foreign_odds": 0.1,
            # How many intents the ranking lists
            "ranking_length": 10,
            # Seed of the optimiser and of the folds
            "seed": 20,
        }

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Trained anew when the modules it leans on change."""
        return source_fingerprint()

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: LinearIntentModel | None = None,
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> OperationClassifier:
        """A new, untrained component."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> OperationClassifier:
        """The component as `train` left it."""
        with model_storage.read_from(resource) as directory:
            return cls(config, model_storage, resource, LinearIntentModel.load(directory))

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the model to all examples with an intent and store it."""
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        model = LinearIntentModel(LinearSettings.from_config(self._config))
        texts = [example.get(TEXT) for example in examples]
        model.fit(texts, _vectors(examples), [example.get(INTENT) for example in examples])
        self._model = model
        with self._model_storage.write_to(self._resource) as directory:
            model.save(directory)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set intent and ranking of every message; one that says nothing has none."""
        for message in messages:
            ranking = self._ranking(message) if _SAYS_SOMETHING(message.get(TEXT) or "") else []
            best = ranking[0] if ranking else {INTENT_NAME_KEY: None, PREDICTED_CONFIDENCE_KEY: 0.0}
            message.set(INTENT, dict(best), add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages

    def _ranking(self, message: Message) -> list[dict[str, Any]]:
        if self._model is None:
            return []
        scores = self._model.log_probabilities([message.get(TEXT)], _vectors([message]))[0]
        scores = scores + log_prior(role_of(message), self._model.intents, self._config["foreign_odds"])
        confidences = softmax(scores)
        best = np.argsort(-confidences, kind="stable")[: self._config["ranking_length"]]
        return [
            {INTENT_NAME_KEY: self._model.intents[at], PREDICTED_CONFIDENCE_KEY: float(confidences[at])}
            for at in best
        ]


def role_of(message: Message) -> str | None:
    """The writer's role that came with the message, None where nothing is known (as in `rasa test nlu`)."""
    metadata = message.get(METADATA)
    role = metadata.get("rol") if isinstance(metadata, dict) else None
    return role if isinstance(role, str) else None


def _vectors(messages: list[Message]) -> np.ndarray:
    """Sentence vectors, one row per message."""
    rows = np.zeros((len(messages), DIMENSIONS), dtype=np.float32)
    for row, message in zip(rows, messages, strict=True):
        sentence = message.get_dense_features(TEXT)[1]
        if sentence is not None:
            row[:] = sentence.features[0, -DIMENSIONS:]
    return rows
