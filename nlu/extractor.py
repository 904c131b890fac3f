"""Rasa entity extractor over `nlu.tagger`."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import ENTITY_ATTRIBUTE_CONFIDENCE_TYPE
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import (
    ENTITIES,
    ENTITY_ATTRIBUTE_END,
    ENTITY_ATTRIBUTE_START,
    ENTITY_ATTRIBUTE_TYPE,
    ENTITY_ATTRIBUTE_VALUE,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.entities import find_entities
from nlu.fingerprint import source_fingerprint
from nlu.grammar import Span
from nlu.tagger import EntityModel, Tagged, train

_MODEL_FILE = "tagger.crfsuite"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class ValueExtractor(GraphComponent, EntityExtractorMixin):
    """The values that a message holds: servicio, cuando, monto, persona and the other entities of the domain.

    A trained tagger that sees what grammars and word lists find, completed by these where it saw nothing
    (`nlu.entities`). Needs no component before it.
    """

    @staticmethod
    def required_packages() -> list[str]:
        """Python packages this component needs."""
        return ["sklearn_crfsuite"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The component's defaults; chosen by the measurements in docs/nlu.md."""
        return {
            # Weights of the L1 and L2 penalties of the tagger (no unit; larger fits less closely)
            "c1": 0.05,
            "c2": 0.05,
            # Steps of the optimiser at most
            "iterations": 50,
        }

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: EntityModel | None = None,
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
    ) -> ValueExtractor:
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
    ) -> ValueExtractor:
        """The component as `train` left it."""
        with model_storage.read_from(resource) as directory:
            return cls(config, model_storage, resource, EntityModel((directory / _MODEL_FILE).read_bytes()))

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Trained anew when the modules it leans on change."""
        return source_fingerprint()

    def train(self, training_data: TrainingData) -> Resource:
        """Train the tagger on all examples, those without entities too, and store it."""
        examples = [
            (example.get(TEXT), [_span(entity) for entity in example.get(ENTITIES) or []])
            for example in training_data.nlu_examples
            if example.get(TEXT)
        ]
        penalties = {name: self._config[name] for name in ("c1", "c2", "iterations")}
        with self._model_storage.write_to(self._resource) as directory:
            train(examples, directory / _MODEL_FILE, **penalties)
            self._model = EntityModel((directory / _MODEL_FILE).read_bytes())
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Append the entities of every message to those that it has."""
        for message in messages:
            text = message.get(TEXT)
            if text and self._model is not None:
                found = self.add_extractor_name(
                    [_entity(text, tagged) for tagged in find_entities(text, self._model)]
                )
                message.set(ENTITIES, [*(message.get(ENTITIES) or []), *found], add_to_output=True)
        return messages


def _span(entity: dict[str, Any]) -> Span:
    return Span(entity[ENTITY_ATTRIBUTE_START], entity[ENTITY_ATTRIBUTE_END], entity[ENTITY_ATTRIBUTE_TYPE])


def _entity(text: str, tagged: Tagged) -> dict[str, Any]:
    span = tagged.span
    return {
        ENTITY_ATTRIBUTE_TYPE: span.entity,
        ENTITY_ATTRIBUTE_START: span.start,
        ENTITY_ATTRIBUTE_END: span.end,
        ENTITY_ATTRIBUTE_VALUE: text[span.start : span.end],
        ENTITY_ATTRIBUTE_CONFIDENCE_TYPE: tagged.confidence,
    }
