"""Which of the options just offered a person picks: 'la de las 5', 'el segundo', 'opción 3', 'ese', 'el del jueves'."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Union

from vallebot.domain.matching.model import Candidate, Nobody, One, decide
from vallebot.domain.matching.services import match_services
from vallebot.domain.text import fold
from vallebot.domain.values.answers import parse_yes_no
from vallebot.domain.values.numbers import UNITS
from vallebot.domain.values.tokens import calm, word_set

#: What was offered: (title as shown, start as local time or None).
Option = tuple[str, datetime | None]


@dataclass(frozen=True)
class Ambiguous:
    """Any of the options at these places (0-based, ascending) may be meant: ask."""

    places: tuple[int, ...]


Choice = Union[int, Ambiguous, None]  # noqa: UP007  (evaluated at import)

MAX_TEXT_CHARS = 300  #: a choice is said in few words; longer texts are read up to here

_WEEKDAYS = {"lunes": 0, "martes": 1, "miercoles": 2, "jueves": 3, "viernes": 4, "sabado": 5, "domingo": 6,
             "lun": 0, "mar": 1, "mie": 2, "jue": 3, "juves": 3, "vie": 4, "sab": 5, "dom": 6}  # fmt: skip
_MONTHS = {"enero": 1, "febrero": 2, "marzo": 3, "abril": 4, "mayo": 5, "junio": 6, "julio": 7, "agosto": 8,
           "septiembre": 9, "setiembre": 9, "octubre": 10, "noviembre": 11, "diciembre": 12}  # fmt: skip
_ORDINALS = {"primero": 1, "primera": 1, "primer": 1, "1ro": 1, "1ra": 1, "1er": 1, "1era": 1, "1ero": 1,
             "segundo": 2, "segunda": 2, "2do": 2, "2da": 2, "tercero": 3, "tercera": 3, "tercer": 3, "3ro": 3,
             "3ra": 3, "3ero": 3, "3era": 3, "cuarto": 4, "cuarta": 4, "4to": 4, "4ta": 4, "quinto": 5, "quinta": 5,
             "5to": 5, "5ta": 5, "sexto": 6, "sexta": 6, "6to": 6, "6ta": 6, "septimo": 7, "septima": 7,
             "7mo": 7, "7ma": 7, "octavo": 8, "octava": 8, "8vo": 8, "8va": 8, "noveno": 9, "novena": 9,
             "9no": 9, "9na": 9, "decimo": 10, "decima": 10, "10mo": 10, "10ma": 10}  # fmt: skip
_LAST = word_set("ultimo ultima ultimito ultimita final")
_ANY = re.compile(
    r"\b(?:cualquiera|cualquier|la que sea|el que sea|lo que sea|me da igual|me da lo mismo|es lo mismo|indistinto|"
    r"el que (?:quieras|puedas|vos digas)|la que (?:quieras|puedas|vos digas)|como quieras|todas me sirven|todos me sirven)\b"
)
_EARLIEST = re.compile(
    r"\b(?:mas temprano|mas tempran[oa]|lo antes posible|cuanto antes|mas cercan[oa]|mas proxim[oa]|mas pronto|antes posible)\b"
)
_LATEST = re.compile(r"\b(?:mas tarde|mas tardecito|mas lejan[oa])\b")
_NONE = re.compile(
    r"\b(?:ningun[oa]?|ni un[oa] ni otr[oa]|otr[oa]s? (?:horario|dia|opcion|fecha|hora)s?|no me sirven?|no puedo|no me (?:va|queda|vienen?))\b"
)
_THIS = re.compile(
    r"^(?:si+,? )?(?:dale,? |ok,? |bueno,? )?(?:es[eao]|est[ea]|ese mismo|esa misma|ese de ahi)(?:,? (?:esta bien|dale|me sirve|gracias|por favor|porfa|si|va|ok))*$"
)
_MIDDLE = re.compile(r"\b(?:del|la del|el del|la de|el de) ?(?:el )?medio\b")

_CLOCK = re.compile(
    r"(?P<article>\b(?:a )?las? |\btipo |\ba eso de las )?"
    r"(?<![0-9/.:])\b(?P<hour>[01]?[0-9]|2[0-3])(?:[:.](?P<minute>[0-5][0-9])| y (?P<part>media|cuarto|[1-5][05])\b)?"
    r"(?P<unit> ?(?:hs?|hrs?|horas?)\b)? ?(?P<half>am\b|pm\b|a\.m\.|p\.m\.|de la (?:mañana|manana|tarde|noche)\b)?"
    r"(?![0-9/])"
)
_HOUR_IN_WORDS = re.compile(
    r"(?:(?<=\blas )|(?<=\bla )|(?<=\btipo ))(?:{words})\b|\b(?:{words})(?= y (?:media|cuarto)\b| de la (?:tarde|ma|noche)|hs\b)".format(
        words="|".join(UNITS)
    )
)
_DATE = re.compile(
    r"(?<![0-9/])(?P<day>[0-3]?[0-9])(?:/(?P<month>[01]?[0-9])| de (?P<name>" + "|".join(_MONTHS) + r"))\b"
)
_DAYPARTS: dict[str, Callable[[int], bool]] = {
    "mañana": lambda hour: hour < 13, "manana": lambda hour: hour < 13, "mañanita": lambda hour: hour < 13,
    "mediodia": lambda hour: 11 <= hour < 15, "siesta": lambda hour: 13 <= hour < 17,
    "tarde": lambda hour: 12 <= hour < 20, "tardecita": lambda hour: 16 <= hour < 21, "noche": lambda hour: hour >= 19,
}  # fmt: skip
_NUMBER = re.compile(r"^(?:(?:quiero|dame|elijo|prefiero|mejor|voy con|si|dale|bueno|ok|seria|es) )*(?:con )?"
                     r"(?:(?:la|el) )?(?P<word>opcion|op|numero|nro|num|n|nº|n°|#|turno|horario|alternativa)? ?[.:#°º]* ?"
                     r"(?P<number>[0-9]{1,2}|[a-z]+) ?[°º.)\]]*(?: (?:por favor|porfa|gracias|please|dale|me sirve))*[.! ]*$")  # fmt: skip
_KEYCAP = re.compile("([0-9])\ufe0f?\u20e3")


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
    if _NONE.search(said):
        return None
    if _THIS.match(said):
        return _one_of(range(len(options)))
    if _ANY.search(said):
        return 0
    return (
        _by_features(said, options, now)
        if any(at for _, at in options) or _ordinal(said)
        else _by_title(said, options)
    )


def _normal(text: str) -> str:
    text = (
        _KEYCAP.sub(r"\1", text[:MAX_TEXT_CHARS])
        .replace("🔟", "10")
        .replace("🥇", "primero")
        .replace("🥈", "segundo")
    )
    words = fold(re.sub(r"[\"'¿?¡!,;()*_]|\.(?=\s|$)", " ", text)).split()
    return " ".join(calm(word) for word in words)


def _one_of(places: Sequence[int] | range) -> Choice:
    if not places:
        return None
    return places[0] if len(places) == 1 else Ambiguous(tuple(places))


def _by_number(said: str, options: Sequence[Option]) -> Choice:
    """'2', 'la 2', 'opción dos'. A bare number that is also the hour of another option is ambiguous."""
    found = _NUMBER.match(said)
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
    found = _DATE.search(said)
    if found:
        day, month = int(found["day"]), int(found["month"] or _MONTHS[found["name"]])
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
        if (word in _WEEKDAYS and word not in {"mar", "dom"}) or word in {"sabados"}:
            weekday = _WEEKDAYS.get(word, 5)
            return _starts(options, places, lambda at: at.weekday() == weekday), said.replace(word, " ", 1)
    return None, said


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
    found = re.search(r"\b(?:a|de|por|en)?\s?(?:la|el|al|del)\s(" + "|".join(_DAYPARTS) + r")\b", said)
    if not found or "mas tarde" in said:
        return None, said
    fits = _DAYPARTS[found[1]]
    return _starts(options, places, lambda at: fits(at.hour)), said[: found.start()] + said[found.end() :]


def _by_clock(said: str, options: Sequence[Option], places: list[int], now: datetime | None) -> Narrowed:
    said = _HOUR_IN_WORDS.sub(lambda found: str(UNITS[found.group()]), said)
    for found in _CLOCK.finditer(said):
        if not (found["article"] or found["minute"] or found["unit"] or found["half"] or found["part"]):
            if not re.fullmatch(r"(?:(?:el|la|los|las|de|del|a|si|dale|ok|mejor) )*[0-9]{1,2}", said.strip()):
                continue
        if found["article"] and found["article"].strip() == "la" and found["hour"] != "1":
            continue
        rest = said[: found.start()] + " " + said[found.end() :]
        return _at_clock(found, options, places), rest
    return None, said


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
    if _MIDDLE.search(said):
        return 1000
    for word in re.findall(r"[^\W_]+", re.sub(r"([0-9])[°ºª]", r"\1ro", said)):
        if word in _LAST:
            return -1
        if word in {"anteultimo", "anteultima", "penultimo", "penultima"}:
            return -2
        if word in _ORDINALS and not re.search(rf"\by {word}\b", said):
            return _ORDINALS[word]
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
    if _EARLIEST.search(said):
        return in_order[0]
    return in_order[-1] if _LATEST.search(said) else None


def _by_title(said: str, options: Sequence[Option]) -> Choice:
    """The title's own words: 'masaje relajante', 'el de 60', 'Laura'."""
    candidates = [Candidate(place, title) for place, (title, _) in enumerate(options)]
    decision = decide(match_services(said, candidates))
    if isinstance(decision, Nobody):
        return None
    if isinstance(decision, One):
        return int(str(decision.candidate.key))
    return _one_of(sorted(int(str(candidate.key)) for candidate in decision.candidates))
