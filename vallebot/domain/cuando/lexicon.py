"""From a typed word or number to the tags that rules see; forgives one typing mistake in the names of time."""

from __future__ import annotations

from functools import lru_cache

from vallebot.domain.cuando.cascade import Tags
from vallebot.domain.cuando.vocabulary import (
    FRACTIONS,
    MONTHS,
    NUMBERS,
    ORDINALS,
    PARTS,
    REAL_WORDS,
    RELATIVE_DAYS,
    SPELLINGS,
    UNITS,
    WEAK_WEEKDAYS,
    WEEKDAYS,
    WORD_SETS,
)

_FORGIVING = (
    [(word, "WEEKDAY", WEEKDAYS[word]) for word in
     ("lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo")]
    + [(word, "MONTH", MONTHS[word]) for word in
       ("enero", "febrero", "marzo", "agosto", "septiembre", "octubre", "noviembre", "diciembre")]
    + [(word, word, None) for word in ("manana", "semana", "mediodia", "proximo", "despues", "pasado", "temprano")]
)  # fmt: skip
_SOUNDS = str.maketrans({"v": "b", "z": "s"})


@lru_cache(maxsize=4096)
def tags_of(word: str) -> Tags:
    """The tags of one folded word; the word itself (in its known spelling) is always one of them."""
    word = SPELLINGS.get(word, word)
    tags: Tags = {word: None, "WORD": word}
    for tag, table in (
        ("WEEKDAY", WEEKDAYS), ("WEAKDAY", WEAK_WEEKDAYS), ("MONTH", MONTHS), ("PARTNAME", PARTS),
        ("RELDAY", RELATIVE_DAYS), ("ORDINAL", ORDINALS), ("FRACTION", FRACTIONS), ("UNIT", UNITS),
    ):  # fmt: skip
        if word in table:
            tags[tag] = table[word]
    if word == "primero":
        tags["DAYORD"] = 1
    if word in NUMBERS:
        tags.update(number_tags(NUMBERS[word], word=word))
    for tag, words in WORD_SETS.items():
        if word in words:
            tags[tag] = None
    if len(tags) == 2:
        tags.update(_forgive(word))
    return tags


def number_tags(number: int, *, digits: str = "", word: str = "") -> Tags:
    """What a number may be. `digits` as typed; 'un' counts but is neither an hour nor a day."""
    tags: Tags = {"NUM": number}
    if digits:
        tags["DIGITS"] = digits
    if len(digits) > 2:
        if len(digits) == 4 and 1900 <= number <= 2100:
            tags["YEAR"] = number
        if len(digits) in (3, 4) and number // 100 <= 24 and number % 100 < 60:
            tags["HHMM"] = (number // 100, number % 100)
        return tags
    if word != "un":
        if number <= 24:
            tags["HOUR"] = number
        if 1 <= number <= 31:
            tags["DAYNUM"] = number
        if number < 60:
            tags["MIN"] = number
    return tags


def _sound(word: str) -> str:
    """A key under which the usual confusions of spelling meet: v/b, z/s/c, mute h."""
    return word.translate(_SOUNDS).replace("ce", "se").replace("ci", "si").replace("h", "")


_BY_FIRST_LETTER: dict[str, list[tuple[str, str, int | None]]] = {}
for _word, _tag, _value in _FORGIVING:
    _BY_FIRST_LETTER.setdefault(_sound(_word)[0], []).append((_sound(_word), _tag, _value))


def _forgive(word: str) -> Tags:
    """Tags of a name of day, month or part of the day that `word` is one mistake away from."""
    if len(word) < 4 or word in REAL_WORDS:
        return {}
    sound = _sound(word)
    for name, tag, value in _BY_FIRST_LETTER.get(sound[:1], ()):
        if _one_mistake(sound, name):
            return {tag: value}
    return {}


def _one_mistake(typed: str, name: str) -> bool:
    """At most one letter missing, extra, wrong, or two neighbours swapped."""
    if typed == name:
        return True
    if abs(len(typed) - len(name)) > 1:
        return False
    at = next(
        (i for i, (a, b) in enumerate(zip(typed, name, strict=False)) if a != b), min(len(typed), len(name))
    )
    left, right = typed[at:], name[at:]
    return (
        left[1:] == right or left == right[1:] or left[1:] == right[1:]
        or (left[:2] == right[:2][::-1] and left[2:] == right[2:])
    )  # fmt: skip
