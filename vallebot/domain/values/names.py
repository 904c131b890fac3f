"""Personal names out of 'soy marta ruiz', 'me llamo Ana', 'Juan Pérez'; None for everything that is no name."""

from __future__ import annotations

import re
import unicodedata

from vallebot.domain.text import fold
from vallebot.domain.values.common_words import COMMON_WORDS
from vallebot.domain.values.first_names import FIRST_NAMES, NICKNAMES
from vallebot.domain.values.tokens import calm, word_set

MAX_NAME_WORDS = 6  #: 'María de los Ángeles Fernández Ruiz' is five with its particles counted as one
MAX_NAME_CHARS = 60
MAX_TEXT_CHARS = 400  #: whoever says a name says it early

_PARTICLES = word_set("de del la las los y e di da do dos das van von der den san santa mac mc st le du")

#: Ends the name inside a longer sentence: 'soy ana y quiero', 'me llamo Ana por las dudas'.
_STOPS = COMMON_WORDS - _PARTICLES

_INTRODUCTIONS = re.compile(
    r"\b(?:me llamo|yo me llamo|mi nombre completo es|mi nombre es|mi nombre|nombre y apellido|nombre completo|nombre|"
    r"a nombre de|en nombre de|te habla|les habla|le habla|habla|te escribe|les escribe|escribe|te saluda|"
    r"(?:anota|pone|agenda|registra|deci|llama)me (?:como|a nombre de)|(?:pone|anota)me|(?:aca|ahi) (?:es|va)|aca|"
    r"(?:ya )?(?:yo )?soy|yo|se llama|le dicen|me dicen|me apodan|(?P<weak>(?:es )?para|es))(?![^\W_])\s*[:,-]?\s*"
    r"(?:mi (?:hij[ao]|marido|mujer|espos[ao]|novi[ao]|mama|papa|herman[ao]|amig[ao]|niet[ao]|abuel[ao]|suegr[ao]) )?"
)
#: May follow a name that is the whole answer ('Ana Ruiz gracias', 'Ana Ruiz dni 30111222').
_COURTESY = word_set("dni tel cel celular telefono mail gracias muchas por favor porfa soy yo es mi nombre")
#: In front of a name and no part of it.
_LEADS = word_set("""
la el doctora doctor dra dr lic licenciada licenciado doc sra sr señora señor profe profesora profesor don
doña srta
""")
_GREETINGS = re.compile(
    r"^(?:(?:hola+|holis|buenas|buen dia|buenos dias|buenas tardes|buenas noches|si|ok|dale|bueno|claro)[\s,.!]*)+"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’´\-][^\W\d_]+)*")
_TITLE_DOT = re.compile(r"\b(sra?|srta|dra?|lic|prof|doc)\.", re.IGNORECASE)
_MARIA = re.compile(r"\bM(?:a\.|ª)\s", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[\n,.;:!?¿¡()|/]|[0-9@#]|\s-\s")


def parse_name(text: str) -> str | None:
    """The name a person gives, as it is shown: 'soy marta ruiz 😊' -> 'Marta Ruiz'. None when none is given.

    Accents stay as typed. Words, greetings and whole sentences without an introduction are no names.
    """
    text = _TITLE_DOT.sub(r"\1", unicodedata.normalize("NFC", text[:MAX_TEXT_CHARS])).strip()
    text = _MARIA.sub("María ", text)
    folded = fold(text)
    for found in _INTRODUCTIONS.finditer(folded):
        name = _name_at(text[found.end() :], introduced=True)
        if name and (found["weak"] is None or fold(name.split()[0]) in FIRST_NAMES | NICKNAMES.keys()):
            return name
    if "@" in text:  # an e-mail address looks like a first name
        return None
    greeting = _GREETINGS.match(folded)
    rest = text[greeting.end() :] if greeting else text
    return _inverted(rest) or _name_at(rest, introduced=False)


def display_name(words: list[str]) -> str:
    """'MARTA DE LA FUENTE' -> 'Marta de la Fuente'; mixed case inside a word is kept ('McCartney')."""
    shown = [_capital(word) for word in words]
    return " ".join(w.lower() if fold(w) in _PARTICLES and place else w for place, w in enumerate(shown))


def _capital(word: str) -> str:
    if not (word.islower() or word.isupper() or word.istitle()):
        return word if word[0].isupper() else word[0].upper() + word[1:]
    return re.sub(r"[^\W\d_]+", lambda part: part.group()[:1].upper() + part.group()[1:].lower(), word)


def _name_at(text: str, *, introduced: bool) -> str | None:
    """The name with which `text` begins. Not introduced, the whole first clause must be the name."""
    clause = _first_clause(text)
    words: list[str] = []
    rest = _WORD.findall(clause)
    while rest and fold(rest[0]) in _LEADS and len(rest) > 1:
        rest = rest[1:]
    for nth, word in enumerate(rest):
        folded = fold(word)
        joins_sentence = folded in {"y", "e", "de"} and not _continues(folded, rest[nth + 1 :])
        if folded in _STOPS or joins_sentence:
            if not introduced and not _only_courtesy(rest[nth:]):
                return None
            break
        words.append(word)
    while words and fold(words[-1]) in _PARTICLES:
        words.pop()
    return display_name(words) if _plausible(words, introduced) else None


def _first_clause(text: str) -> str:
    text = text.lstrip(" \t\n.,:;-¡!\"'“”*_")
    end = _CLAUSE_END.search(text)
    return text[: end.start()] if end else text


def _continues(join: str, rest: list[str]) -> bool:
    """After 'y' or 'de' a name goes on only with a word that may be one ('Ortega y Gasset', 'de la Fuente')."""
    following = [fold(word) for word in rest if fold(word) not in _PARTICLES]
    if not following or following[0] in _STOPS:
        return False
    return join == "de" or following[0] not in FIRST_NAMES  # 'Ana y Pedro' are two people


def _only_courtesy(words: list[str]) -> bool:
    return all(fold(word) in _COURTESY for word in words)


def _plausible(words: list[str], introduced: bool) -> bool:
    telling = [fold(word) for word in words if fold(word) not in _PARTICLES]
    if not telling or len(words) > MAX_NAME_WORDS or len(" ".join(words)) > MAX_NAME_CHARS:
        return False
    if fold(words[0]) in _PARTICLES and not introduced:
        return False
    known = any(word in FIRST_NAMES or word in NICKNAMES for word in telling)
    if len(telling[0]) < 2 or len(telling) > 5 or any(calm(word) != word for word in telling):
        return False
    if fold(words[0]) in {"de", "del", "la", "los", "las", "el", "y"}:
        return False  # 'soy de Quilmes', 'soy la mamá de Juan'
    if any(len(word) > 25 for word in telling) or not any(vowel in telling[0] for vowel in "aeiouy"):
        return False
    return known or len(telling) <= 3


def _inverted(text: str) -> str | None:
    """'Pérez, Juan' -> 'Juan Pérez': only when a first name follows the comma and none stands before it."""
    left, comma, right = text.partition(",")
    family, first = _WORD.findall(left), _WORD.findall(right)
    if not comma or not 1 <= len(family) <= 3 or not 1 <= len(first) <= 3:
        return None
    if fold(family[0]) in FIRST_NAMES or any(fold(word) in _STOPS for word in [*family, *first]):
        return None
    return display_name([*first, *family]) if fold(first[0]) in FIRST_NAMES else None
