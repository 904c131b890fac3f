"""Word lists: names of services and places, ways to pay and to meet. Found in a message whatever its spelling's case.

A list is a hint for the tagger and for the classifier, never the last word: the catalogue of each professional is
matched later, by `vallebot.domain.matching`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from nlu.grammar import Span
from nlu.words import Word, words_of
from vallebot.domain.text import fold

_DIRECTORY = Path(__file__).parent / "lexicons"

_MODALITIES = (
    "domicilio, a domicilio, mi casa, en mi casa, a mi casa, casa, a casa, en casa, online, on line, virtual, "
    "consultorio, presencial, zoom, por zoom, meet, videollamada, por videollamada, video llamada, a distancia, "
    "gabinete, remoto"
)
_MEANS = (
    "efectivo, efvo, cash, transferencia, transferencias, transfe, transf, trasferencia, transferensia, debito, "
    "credito, tarjeta, tarjetas, tarjeta de credito, tarjeta de debito, mercado pago, mercadopago, mp, mercado, "
    "posnet, qr, cuenta dni, deposito bancario, cheque, uala, crypto, cripto"
)

_SHORTEST_PLURAL = 4  #: characters; 'gas' and 'mes' are no plurals


class Lexicon:
    """Phrases of one kind; the longest that begins at a word wins."""

    def __init__(self, entity: str, phrases: Iterable[str], *, plurals: bool = True) -> None:
        self.entity = entity
        self._key = _singular if plurals else fold
        self._phrases = {tuple(self._key(word.text) for word in words_of(phrase)) for phrase in phrases}
        self._phrases.discard(())
        self._longest = max(map(len, self._phrases), default=0)

    def spans(self, words: Sequence[Word]) -> list[Span]:
        """Where phrases of the list stand, in order, without overlaps."""
        keys = [self._key(word.text) for word in words]
        found, at = [], 0
        while at < len(keys):
            length = self._length_at(keys, at)
            if length:
                found.append(Span(words[at].start, words[at + length - 1].end, self.entity))
            at += max(1, length)
        return found

    def _length_at(self, keys: list[str], at: int) -> int:
        for length in range(min(self._longest, len(keys) - at), 0, -1):
            if tuple(keys[at : at + length]) in self._phrases:
                return length
        return 0


@lru_cache(maxsize=1)
def lexicons() -> tuple[Lexicon, ...]:
    """The lists, read once: servicio, persona (surnames), direccion, modalidad, medio_pago."""
    return (
        Lexicon("servicio", _from_file("servicios.txt")),
        Lexicon("persona", _from_file("apellidos.txt"), plurals=False),
        Lexicon("direccion", _from_file("lugares.txt"), plurals=False),
        Lexicon("modalidad", _MODALITIES.split(", ")),
        Lexicon("medio_pago", _MEANS.split(", ")),
    )


def _from_file(name: str) -> list[str]:
    lines = (_DIRECTORY / name).read_text(encoding="utf-8").splitlines()
    return [phrase.strip() for line in lines if not line.startswith("#") for phrase in line.split(",")]


def _singular(word: str) -> str:
    """One spelling for singular and plural ('masaje', 'masajes'; 'control', 'controles'), without accents."""
    plain = fold(word)
    for ending in ("s", "e"):
        if plain.endswith(ending) and len(plain) > _SHORTEST_PLURAL:
            plain = plain[:-1]
    return plain
