"""What somebody lives from: 'soy kinesióloga', 'me dedico a los masajes', 'Laura Paz, masajista'."""

from __future__ import annotations

import re

from vallebot.domain.text import fold
from vallebot.domain.values.tokens import word_set

MAX_CHARS = 60
MAX_WORDS = 6  #: 'profesora particular de matemática y física'

#: Words for a trade that no ending betrays.
_TRADES = word_set("""
medico medica abogado abogada coach trainer profe docente chef nutri kine fisio psico contador contadora veterinario
veterinaria enfermero enfermera matrona partera barbero barbera maestro maestra instructor instructora guia manicura
pedicura clinico clinica tarotista escribano escribana arquitecto arquitecta entrenador entrenadora osteopata
quiropractico quiropractica estilista peluquero peluquera cocinero cocinera jardinero jardinera carpintero
plomero niñera cosmetologa
""")
_ENDINGS = re.compile(
    r"(?:[oó]log[oa]s?|istas?|[aeiou]d[oó]ra?s?|s[oó]ra?s?|t[oó]ra?s?|iatras?|peutas?|[aó]graf[oa]s?)$"
)
_INTRODUCED = re.compile(
    r"\b(?:(?:yo )?soy(?: una?)?|trabajo (?:de|como)|laburo (?:de|como)|de profesion|mi (?:profesion|rubro|oficio) es|"
    r"me dedico a(?:l| la| las| los)?|(?:doy|hago|dicto|ofrezco|enseño))\s+"
)
_CLAUSE_END = re.compile(r"[,.;:!?()\n]|\s(?:y (?:quiero|quisiera|me|necesito)|quiero|para|pero|que|en)\s")
_NO_TRADE = re.compile(r"^(?:nuevo|nueva|de|del|la|el|yo|quien|cliente|profesional|una?|mi|tu)\b")


def read_trade(text: str, *, asked: bool = False) -> str | None:
    """The trade that `text` tells, in the person's words; None where it tells none.

    With `asked` (an answer to 'what do you do?') any short phrase is one.
    """
    folded = fold(text)
    for found in _INTRODUCED.finditer(folded):
        said = _clause(text, found.end())
        if _plausible(said) and (asked or _is_trade(said) or "dedico" in found.group()):
            return said
    for clause in re.split(r"[,;.\n]", text):
        if _plausible(clause.strip()) and _is_trade(clause):
            return clause.strip()
    return _clause(text, 0) if asked and _plausible(_clause(text, 0)) else None


def _clause(text: str, start: int) -> str:
    rest = text[start:]
    end = _CLAUSE_END.search(fold(rest))
    return " ".join(rest[: end.start() if end else None].split()).strip(" .!-")


def _is_trade(phrase: str) -> bool:
    words = fold(phrase).split()
    return words[0] in _TRADES or bool(_ENDINGS.search(words[0])) or (len(words) > 1 and words[1] in _TRADES)


def _plausible(phrase: str) -> bool:
    words = phrase.split()
    if not 1 <= len(words) <= MAX_WORDS or not 3 <= len(phrase) <= MAX_CHARS:
        return False
    return not _NO_TRADE.match(fold(phrase)) and any(char.isalpha() for char in phrase)
