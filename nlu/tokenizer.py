"""Tokens by spaCy's rules for Spanish; no spaCy model is needed."""

from __future__ import annotations

from typing import Any

import spacy
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class SpanishTokenizer(Tokenizer):
    """Splits off punctuation, emojis and currency signs that people type against words ("hola!!quiero", "$5000")."""

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

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._tokenize = spacy.blank("es").tokenizer

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
        words = self._tokenize(message.get(attribute))
        tokens = [Token(word.text, word.idx) for word in words if not word.is_space]
        return self._apply_token_pattern(tokens)
