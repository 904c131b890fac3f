"""When the bot should ask instead of act: low confidence, or two operations that are close."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY
from rasa.shared.nlu.training_data.message import Message

#: Bare answers: what is asked decides what they mean, so that "18" may be an hour or an option is no ambiguity.
ANSWERS = frozenset(["informar", "elegir_opcion", "afirmar", "negar"])


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class OperationFallback(GraphComponent, IntentClassifier):
    """Rasa's FallbackClassifier, but bare answers count as one: they never make each other doubtful."""

    @classmethod
    def required_components(cls) -> list[type]:
        """There must be an intent to doubt."""
        return [IntentClassifier]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The component's defaults; chosen by the measurements in docs/nlu.md."""
        return {
            # Confidence (0..1) below which the intent is nlu_fallback
            "threshold": 0.4,
            # Distance of the two best operations (0..1) below which it is too
            "ambiguity_threshold": 0.1,
        }

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = config

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> OperationFallback:
        """A new component; nothing is stored with the model."""
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        """Put nlu_fallback before the ranking where the bot should ask; the candidates stay behind it."""
        for message in messages:
            ranking = message.get(INTENT_RANKING_KEY) or []
            if self._is_doubtful(ranking):
                # As Rasa does: how sure the fallback itself is cannot be said.
                fallback = {
                    INTENT_NAME_KEY: DEFAULT_NLU_FALLBACK_INTENT_NAME,
                    PREDICTED_CONFIDENCE_KEY: self._config["threshold"],
                }
                message.set(INTENT, fallback, add_to_output=True)
                message.set(INTENT_RANKING_KEY, [dict(fallback), *ranking], add_to_output=True)
        return messages

    def _is_doubtful(self, ranking: Sequence[dict[str, Any]]) -> bool:
        shares = meanings(ranking)
        first, second = (*shares, 0.0, 0.0)[:2]
        return first < self._config["threshold"] or first - second < self._config["ambiguity_threshold"]


def meanings(ranking: Sequence[dict[str, Any]]) -> list[float]:
    """Confidences of what a message may mean, best first, with those of bare answers added up."""
    shares: dict[str, float] = {}
    for entry in ranking:
        meaning = "answer" if entry[INTENT_NAME_KEY] in ANSWERS else entry[INTENT_NAME_KEY]
        shares[meaning] = shares.get(meaning, 0.0) + entry[PREDICTED_CONFIDENCE_KEY]
    return sorted(shares.values(), reverse=True)
