"""Who came and who did not, out of 'Pedro no vino', 'vinieron todos menos Ana', 'solo vino Caro'."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vallebot.domain.text import fold

CAME, ABSENT = "asistio", "ausente"
_OTHER = {CAME: ABSENT, ABSENT: CAME}

_TOKENS = re.compile(
    r"(?P<everybody_came>\b(?:no falto nadie|nadie falto|no faltaron)\b)|"
    r"(?P<nobody_came>\b(?:no vino nadie|nadie vino|no aparecio nadie)\b)|"
    r"(?P<absent>\bno (?:me )?(?:vino|vinieron|aparecio|aparecieron|se presento|se presentaron|asistio|asistieron|"
    r"estuvo|estuvieron|llego|llegaron|viene|vienen)\b|\bausentes?\b|\binasistencia\b|\bplant(?:o|aron)\b|"
    r"\bfalta\b)|"
    r"(?P<missed>\bfalt(?:o|aron)\b)|"
    r"(?P<came>\b(?:vino|vinieron|asistio|asistieron|presentes?|estuvo|estuvieron|aparecio|llego|llegaron)\b)|"
    r"(?P<flip>\b(?:menos|salvo|excepto)\b)|"
    r"(?P<all>\b(?:todos|todas|todo el grupo)\b)|"
    r"(?P<only>\b(?:solo|sola|solamente|unicamente)\b)|"
    r"(?P<no>\b(?:no|tampoco)\b)|"
    r"(?P<and>\b(?:y|pero)\b|,)|"
    r"(?P<name>@\d+@)"
)
_POLARITY = {"absent": ABSENT, "missed": ABSENT, "came": CAME, "no": ABSENT}

_EXCEPTION = re.compile(r"\b(?:menos|salvo|excepto)\s+(?:a\s+)?(.+)", re.IGNORECASE)
_AND = re.compile(r"\s+y\s+|\s*,\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Said:
    """Names by what was said of them, as they were given; `rest`: what was said of everybody else, if anything."""

    came: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    rest: str | None = None


def read_attendance(text: str, names: Sequence[str], *, default: str | None = None) -> Said:
    """What a text says of the people it names (`names` occur in it). `default`: what a bare name means."""
    found = [(kind.lastgroup or "", kind.group()) for kind in _TOKENS.finditer(_marked(text, names))]
    groups = [group for group, _ in found]
    said: dict[str, list[str]] = {CAME: [], ABSENT: []}
    for place, (group, token) in enumerate(found):
        if group == "name":
            polarity = _of_name(groups, place) or default
            if polarity is not None:
                said[polarity].append(names[int(token.strip("@"))])
    return Said(tuple(said[CAME]), tuple(said[ABSENT]), _rest(groups, said))


def excepted(text: str) -> list[str]:
    """The names behind 'menos', where nobody told them apart: 'todos menos Ana y Beto' -> ['Ana', 'Beto']."""
    found = _EXCEPTION.search(text)
    parts = _AND.split(found[1]) if found is not None else []
    return [part.strip(" .!?") for part in parts if part.strip(" .!?")]


def _marked(text: str, names: Sequence[str]) -> str:
    """The folded text with each name as a token."""
    folded = fold(text)
    for number, name in enumerate(names):
        folded = folded.replace(fold(name), f"@{number}@", 1)
    return folded


def _of_name(groups: list[str], place: int) -> str | None:
    after = groups[place + 1] if place + 1 < len(groups) else ""
    if after in _POLARITY:
        return _POLARITY[after]
    flipped = False
    for group in reversed(groups[:place]):
        if group in _POLARITY and group != "no":
            return _OTHER[_POLARITY[group]] if flipped else _POLARITY[group]
        if group in ("everybody_came", "all") and flipped:
            return ABSENT
        if group == "nobody_came" and flipped:
            return CAME
        flipped = flipped or group == "flip"
    return next((_POLARITY[group] for group in groups[place:] if group in _POLARITY), None)


def _rest(groups: list[str], said: dict[str, list[str]]) -> str | None:
    if "nobody_came" in groups:
        return ABSENT
    if "everybody_came" in groups:
        return CAME
    if "all" in groups:
        verb = next((group for group in groups if group in ("absent", "missed", "came")), "came")
        return _POLARITY[verb]
    if "only" in groups and bool(said[CAME]) != bool(said[ABSENT]):
        return ABSENT if said[CAME] else CAME
    return None
