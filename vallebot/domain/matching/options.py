"""Which of the options just offered a person picks: 'la de las 5', 'el segundo', 'opción 3', 'ese', 'el del jueves'."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Union

from vallebot.domain.matching import option_words as words
from vallebot.domain.matching.model import Candidate, Nobody, One, decide
from vallebot.domain.matching.services import match_services
from vallebot.domain.text import fold
from vallebot.domain.values.answers import parse_yes_no
from vallebot.domain.values.numbers import UNITS
from vallebot.domain.values.tokens import calm

#: What was offered: (title as shown, start as local time or None).
Option = tuple[str, datetime | None]


@dataclass(frozen=True)
class Ambiguous:
    """Any of the options at these places (0-based, ascending) may be meant: ask."""

    places: tuple[int, ...]


Choice = Union[int, Ambiguous, None]  # noqa: UP007  (evaluated at import)

MAX_TEXT_CHARS = 300  #: a choice is said in few words; longer texts are read up to here


def choose_option(text: str, options: Sequence[Option], *, now: datetime | None = None) -> Choice:
    """The place (0-based) of the option that `text` picks, `Ambiguous` when several fit, None when none does.

    `now` (local, as the options' times) gives 'hoy' and 'mañana' a meaning; without it they have none.
    """
    said = _normal(text)
    if not said or not options:
        return None
    halves = re.split(r" o (?:si no |sino )?", said)
    if len(halves) > 1:
        return _any_of([_choose(half, options, now) for half in halves])
    if len(options) == 1 and parse_yes_no(text):
        return 0
    return _choose(said, options, now)


def _any_of(choices: Sequence[Choice]) -> Choice:
    """'el de las 11 o el de las 10': all that either half means."""
    places: set[int] = set()
    for choice in choices:
        places |= (
            set(choice.places) if isinstance(choice, Ambiguous) else set() if choice is None else {choice}
        )
    return _one_of(sorted(places))


def _choose(said: str, options: Sequence[Option], now: datetime | None) -> Choice:
    numbered = _by_number(said, options)
    if numbered is not None:
        return numbered
    if words.NONE.search(said):
        return None
    if words.THIS.match(said):
        return _one_of(range(len(options)))
    if words.ANY.search(said):
        rest = words.ANY.sub(" ", said).strip()
        narrowed = _by_features(rest, options, now) if rest else None
        return narrowed.places[0] if isinstance(narrowed, Ambiguous) else narrowed or 0
    return (
        _by_features(said, options, now)
        if any(at for _, at in options) or _ordinal(said)
        else _by_title(said, options)
    )


def _normal(text: str) -> str:
    text = (
        words.KEYCAP.sub(r"\1", text[:MAX_TEXT_CHARS])
        .replace("🔟", "10")
        .replace("🥇", "primero")
        .replace("🥈", "segundo")
    )
    spoken = fold(re.sub(r"[\"'¿?¡!,;()*_]|\.(?=\s|$)", " ", text)).split()
    return " ".join(calm(word) for word in spoken)


def _one_of(places: Sequence[int] | range) -> Choice:
    if not places:
        return None
    return places[0] if len(places) == 1 else Ambiguous(tuple(places))


def _by_number(said: str, options: Sequence[Option]) -> Choice:
    """'2', 'la 2', 'opción dos'. A bare number that is also the hour of another option is ambiguous."""
    found = words.NUMBER.match(said)
    if not found:
        return None
    written = found["number"]
    number = int(written) if written.isdigit() else UNITS.get(written, 0)
    if not 1 <= number <= len(options):
        return None
    explicit = found["word"] is not None or not written.isdigit()
    hours = (
        []
        if explicit
        else [place for place, (_, at) in enumerate(options) if at and at.hour % 12 == number % 12]
    )
    return _one_of(sorted({number - 1, *hours}))


def _by_features(said: str, options: Sequence[Option], now: datetime | None) -> Choice:
    """Narrows by day, part of the day and hour, then by order ('la última del jueves'); else by title."""
    places = list(range(len(options)))
    rest = said
    narrowed = False
    for narrow in (_by_date, _by_weekday, _by_relative_day, _by_clock, _by_daypart):
        kept, rest = narrow(rest, options, places, now)
        if kept is not None:
            places, narrowed = kept, True
    if not places:
        return None
    order = _ordinal(rest)
    if order:
        return _nth(places, order)
    extreme = _extreme(said, options, places)
    if extreme is not None:
        return extreme
    if narrowed and len(places) > 1:
        titled = _by_title(rest, [options[place] for place in places])
        if isinstance(titled, int):
            return places[titled]
    return _one_of(places) if narrowed else _by_title(said, options)


Narrowed = tuple[
    list[int] | None, str
]  #: places that fit (None: nothing said of it), what is left of the text


def _starts(options: Sequence[Option], places: Sequence[int], fits: Callable[[datetime], bool]) -> list[int]:
    return [place for place in places if (at := options[place][1]) is not None and fits(at)]


def _by_date(said: str, options: Sequence[Option], places: list[int], now: datetime | None) -> Narrowed:
    found = words.DATE.search(said)
    if found:
        day, month = int(found["day"]), int(found["month"] or words.MONTHS[found["name"]])
        rest = said[: found.start()] + said[found.end() :]
        return _starts(options, places, lambda at: (at.day, at.month) == (day, month)), rest
    alone = re.search(
        r"\b(?:el|del|dia|lunes|martes|miercoles|jueves|viernes|sabado|domingo) ([0-3]?[0-9])\b(?![:.]| ?hs?\b| y )",
        said,
    )
    if alone:
        fitting = _starts(options, places, lambda at: at.day == int(alone[1]))
        if fitting:
            return fitting, said[: alone.start(1)] + said[alone.end(1) :]
    return None, said


def _by_weekday(said: str, options: Sequence[Option], places: list[int], now: datetime | None) -> Narrowed:
    for word in said.split():
        if (word in words.WEEKDAYS and word not in {"mar", "dom"}) or word in {"sabados"}:
            return _on_weekday(options, places, words.WEEKDAYS.get(word, 5)), said.replace(word, " ", 1)
    return None, said


def _on_weekday(options: Sequence[Option], places: Sequence[int], weekday: int) -> list[int]:
    return _starts(options, places, lambda at: at.weekday() == weekday)


def _by_relative_day(
    said: str, options: Sequence[Option], places: list[int], now: datetime | None
) -> Narrowed:
    found = re.search(r"\b(?:hoy|pasado mañana|(?<!la )(?<!de )mañana|(?:de|la de) mañana(?! a la))\b", said)
    if not found or now is None or found.group().endswith("la mañana"):
        return None, said
    ahead = 0 if found.group() == "hoy" else 2 if "pasado" in found.group() else 1
    fitting = _starts(options, places, lambda at: (at.date() - now.date()).days == ahead)
    return fitting, said[: found.start()] + said[found.end() :]


def _by_daypart(said: str, options: Sequence[Option], places: list[int], now: datetime | None) -> Narrowed:
    found = re.search(r"\b(?:a|de|por|en)?\s?(?:la|el|al|del)\s(" + "|".join(words.DAYPARTS) + r")\b", said)
    if not found or "mas tarde" in said:
        return None, said
    fits = words.DAYPARTS[found[1]]
    return _starts(options, places, lambda at: fits(at.hour)), said[: found.start()] + said[found.end() :]


def _by_clock(said: str, options: Sequence[Option], places: list[int], now: datetime | None) -> Narrowed:
    said = f"las {said}" if said in UNITS else said
    said = words.HOUR_IN_WORDS.sub(lambda found: str(UNITS[found.group()]), said)
    for found in words.CLOCK.finditer(said):
        marked = any(found[sign] for sign in ("article", "minute", "unit", "half", "part"))
        if not marked and not words.BARE_HOUR.fullmatch(said.strip()):
            continue
        if found["article"] and found["article"].strip() == "la" and found["hour"] != "1":
            continue
        rest = said[: found.start()] + " " + said[found.end() :]
        relation = words.AROUND_CLOCK.search(said[: found.start()])
        if relation:
            return _around_clock(relation[1], found, options, places), rest
        return _at_clock(found, options, places), rest
    return None, said


def _around_clock(
    relation: str, found: re.Match[str], options: Sequence[Option], places: list[int]
) -> list[int]:
    """'después de las 18', 'antes de las 12'; hours up to seven are those of the afternoon."""
    hour = int(found["hour"])
    border = (hour + 12 if hour <= 7 else hour, int(found["minute"] or 0))
    if relation == "antes":
        return _starts(options, places, lambda at: (at.hour, at.minute) < border)
    return _starts(options, places, lambda at: (at.hour, at.minute) >= border)


def _at_clock(found: re.Match[str], options: Sequence[Option], places: list[int]) -> list[int]:
    """Options that start then. 'Las 5' is 5 or 17; without minutes the full hour is preferred over 17:30."""
    hour, half = int(found["hour"]), found["half"] or ""
    part = found["part"]
    minute = int(found["minute"] or {"media": "30", "cuarto": "15", None: "-1"}.get(part, part or "-1"))
    hours = {hour} if hour > 12 or hour == 0 else {hour % 12, hour % 12 + 12}
    if half.startswith(("a", "de la m")):
        hours = {hour % 12}
    elif half:
        hours = {hour % 12 + 12, 0 if hour == 12 and "noche" in half else hour % 12 + 12}
    fitting = _starts(options, places, lambda at: at.hour in hours and (minute < 0 or at.minute == minute))
    full = [place for place in fitting if (at := options[place][1]) and at.minute == 0]
    return full if minute < 0 and full else fitting


def _ordinal(said: str) -> int:
    """1 for 'el primero', -1 for 'la última', -2 for 'el anteúltimo', 0 when no order is said."""
    if words.MIDDLE.search(said):
        return 1000
    for word in re.findall(r"[^\W_]+", re.sub(r"([0-9])[°ºª]", r"\1ro", said)):
        if word in words.LAST:
            return -1
        if word in {"anteultimo", "anteultima", "penultimo", "penultima"}:
            return -2
        if word in words.ORDINALS and not re.search(rf"\by {word}\b", said):
            return words.ORDINALS[word]
    for number, word in enumerate(("1", "2", "3", "4", "5", "6", "7", "8", "9", "10"), start=1):
        if re.search(
            rf"\b(?:opcion|numero|nro) {word}\b|\b{word}ro\b", re.sub(r"([0-9])[°ºª]", r"\1ro", said)
        ):
            return number
    return 0


def _nth(places: Sequence[int], order: int) -> Choice:
    if order == 1000:
        return (
            places[len(places) // 2]
            if len(places) % 2
            else _one_of(places[len(places) // 2 - 1 : len(places) // 2 + 1])
        )
    index = order - 1 if order > 0 else len(places) + order
    return places[index] if 0 <= index < len(places) else None


def _extreme(said: str, options: Sequence[Option], places: Sequence[int]) -> Choice:
    timed = [place for place in places if options[place][1] is not None]
    if not timed:
        return None
    in_order = sorted(timed, key=lambda place: options[place][1].timestamp())  # type: ignore[union-attr]
    if words.EARLIEST.search(said):
        return in_order[0]
    return in_order[-1] if words.LATEST.search(said) else None


def _by_title(said: str, options: Sequence[Option]) -> Choice:
    """The title's own words: 'masaje relajante', 'el de 60', 'Laura'."""
    candidates = [Candidate(place, title) for place, (title, _) in enumerate(options)]
    decision = decide(match_services(said, candidates))
    if isinstance(decision, Nobody):
        return None
    if isinstance(decision, One):
        return int(str(decision.candidate.key))
    return _one_of(sorted(int(str(candidate.key)) for candidate in decision.candidates))
