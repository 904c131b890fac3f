"""Three readings of a message for the intent classifier: as written, with its values masked, and facts about it.

"cancelame el turno del jueves a las 5" and "cancelame el turno del 3 de mayo" ask for the same operation; masked,
both read "cancelame el turno del zzcuando". Pure; the positions of the original are lost.
"""

from __future__ import annotations

import re
from functools import lru_cache

from nlu.grammar import Span, grammar_spans
from nlu.lexicon import lexicons
from nlu.words import words_of
from vallebot.domain.text import fold
from vallebot.domain.values import normalise_abbreviations, parse_yes_no
from vallebot.domain.values.first_names import FIRST_NAMES, NICKNAMES

#: Which value a word belongs to when several kinds claim it: the earlier one.
_PRECEDENCE = (
    "email",
    "direccion",
    "cuando",
    "duracion",
    "monto",
    "cupo",
    "modalidad",
    "medio_pago",
    "servicio",
    "persona",
)
_DIGITS = re.compile(r"[0-9]+")
#: Words that may stand around a bare value without making it a request.
_FILLERS = frozenset(
    """
    a al de del el la los las lo un una en por para con y o que es soy me mi seria es eh mmm ah bueno bien dale si no ok
    mejor porfa favor gracias hola ponele digo digamos creo quiero prefiero podria puede ser ahi va tipo nombre llamo
    """.split()  # noqa: SIM905 - a list of this length would fill the screen
)
_SHORT_WORDS, _LONG_WORDS = 3, 12  #: a bare answer has about this many words at most; a story more than that


@lru_cache(maxsize=64)
def plain_view(text: str) -> str:
    """The message with abbreviations written out, in lower case and without accents."""
    return fold(normalise_abbreviations(text))


def masked_view(text: str) -> str:
    """`plain_view` of the message with its values replaced by the names of their kinds, digits by zeros."""
    for span in reversed(value_spans(text)):
        text = f"{text[: span.start]} zz{span.entity} {text[span.end :]}"
    return " ".join(_DIGITS.sub("00", plain_view(text)).split())


def facts_view(text: str) -> str:
    """Facts about the message as words: a yes or no, which values it holds, whether it is nothing but a value."""
    spans = value_spans(text)
    facts = [f"tiene_{entity}" for entity in sorted({span.entity for span in spans})]
    verdict = parse_yes_no(text)
    if verdict is not None:
        facts.append("dice_si" if verdict else "dice_no")
    rest = [word for word in words_of(_without(text, spans)) if word.text[0].isalnum()]
    others = [word for word in rest if fold(word.text) not in _FILLERS]
    if spans and not others:
        facts += ["solo_valores", f"solo_{spans[0].entity}", *(["valor_puro"] if not rest else [])]
    count = len(words_of(text))
    facts.append("corto" if count <= _SHORT_WORDS else "largo" if count > _LONG_WORDS else "medio")
    if "?" in text:
        facts.append("pregunta")
    return " ".join(facts)


@lru_cache(maxsize=64)
def value_spans(text: str) -> tuple[Span, ...]:
    """Values by grammar, word lists and first names, in order and without overlaps (see `_PRECEDENCE`)."""
    words = words_of(text)
    listed = [span for lexicon in lexicons() for span in lexicon.spans(words)]
    names = [
        Span(word.start, word.end, "persona")
        for word in words
        if fold(word.text) in FIRST_NAMES or (word.text[:1].isupper() and fold(word.text) in NICKNAMES)
    ]
    claimed: list[Span] = []
    for span in sorted(
        [*grammar_spans(text), *listed, *names], key=lambda span: _PRECEDENCE.index(span.entity)
    ):
        if not any(span.overlaps(other) for other in claimed):
            claimed.append(span)
    return tuple(sorted(claimed))


def _without(text: str, spans: tuple[Span, ...]) -> str:
    for span in reversed(spans):
        text = f"{text[: span.start]} {text[span.end :]}"
    return text
