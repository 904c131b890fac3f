"""Rasa tokenizer over `nlu.words`."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from nlu.words import words_of


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class SpanishTokenizer(Tokenizer):
    """Tokens by spaCy's Spanish rules, parted where people type things against each other ("hola!!quiero", "$5000")."""

    @staticmethod
    def required_packages() -> list[str]:
        """Python packages this component needs."""
        return ["spacy"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The defaults of Rasa's tokenizers."""
        return {
            # Whether to split the name of an intent, and at which symbol
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            # Regular expression that tokens are split further by
            "token_pattern": None,
            # Symbol at which a prefix of an intent's name is split off
            "prefix_separator_symbol": None,
        }

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SpanishTokenizer:
        """A new component; nothing is stored with the model."""
        return cls(config)

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Tokens of one text of the message, with their character positions."""
        tokens = [Token(word.text, word.start) for word in words_of(message.get(attribute))]
        return self._apply_token_pattern(tokens)
