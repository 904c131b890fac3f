"""Addresses: 'Av. Rivadavia 4500 3ro B, Caballito', '9 de julio 450', 'calle 12 entre 50 y 51 (La Plata)'."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vallebot.domain.text import fold
from vallebot.domain.values import address_patterns as patterns
from vallebot.domain.values.common_words import COMMON_WORDS
from vallebot.domain.values.first_names import FIRST_NAMES
from vallebot.domain.values.tokens import Span, word_set

MAX_TEXT_CHARS = 1000
MAX_NAME_WORDS = 5  #: 'Intendente Juan Manuel de Rosas'
LARGEST_HOUSE_NUMBER = 29_999  #: Rivadavia ends near 24000

#: A leading word of these is talk, not the street's name ('vivo en', 'la direccion es', 'quedamos en').
_TALK = COMMON_WORDS | word_set("""
vivo vive viven queda quedamos atiendo estoy direccion domicilio ubicacion esta venite veni vengan altura casi
frente mudamos mude mudo pasa cobro cobra cobre sale salen seña abono abone deposite debo debe cuota total
monto valor dni cbu cvu operacion comprobante matricula codigo tel telefono cel celular interno piso depto dto
timbre torre manzana lote unidad hasta desde cupo maximo edad tengo cumplo peso mido ruta km kilometro gracias
pagare pagas paga paso puse mandame te les
""") - word_set("mayo segundo primero grande san mar media viejo vieja libre persona")
#: May open a street's name though they are everyday words ('Las Heras', 'El Salvador', 'Dr. Carrillo').
_OPENERS = word_set("entre el la las los dr doctor dra gral general pte presidente int ing cnel")
_MAY_BE_GRAMMAR = word_set("el la las los entre")  #: open a name only with a capital
_LINKS = word_set("de del la las los y a en e o")
_TRADES = word_set("""
masaje masajes clase clases sesion sesiones turno turnos corte color terapia consulta servicio pack curso
taller
""")


@dataclass(frozen=True)
class Address:
    """`text`: the address cleaned of surrounding talk and doubled blanks; `span` points into the original."""

    text: str
    span: Span


def parse_address(text: str, *, bare: bool = False) -> Address | None:
    """The first address in `text`; None when there is none (sums, hours, phones and dates are none).

    `bare`: the text answers 'what address?'; then two crossing streets ('Callao y Corrientes') count too.
    """
    text = text[:MAX_TEXT_CHARS]
    folded = fold(text)
    for start, end in _cores(folded, text, bare):
        end = _with_tail(folded, text, end)
        cleaned = " ".join(text[start:end].split()).strip(" ,.;-–")
        if cleaned.count("(") > cleaned.count(")"):
            cleaned += ")"
        return Address(cleaned, (start, end))
    return None


def _cores(folded: str, text: str, bare: bool) -> list[Span]:
    """Street and number (or crossing) in `folded`; the first kind of address that is found wins."""
    for pattern in (patterns.BLOCK, patterns.KILOMETRE, patterns.GRID, patterns.DATED):
        found = pattern.search(folded)
        if found and not (pattern is patterns.DATED and patterns.UNITS.match(folded, found.end())):
            return [_whole(found, folded)]
    for finder in (_typed_core, _named_core, _corner_core):
        span = finder(folded, text)
        if span:
            return [span]
    crossing = patterns.TWO_STREETS.search(folded.strip(" .!")) if bare else None
    if crossing and not any(word in _TALK for word in _words(crossing.group())):
        return [crossing.span()]
    return []


def _whole(found: re.Match[str], folded: str) -> Span:
    between = patterns.BETWEEN.match(folded, found.end())
    return found.start(), between.end() if between else found.end()


def _words(name: str) -> list[str]:
    return [word.rstrip(".") for word in name.split()]


def _typed_core(folded: str, text: str) -> Span | None:
    for found in patterns.TYPED.finditer(folded):
        name, number = _words(found["name"]), found["number"]
        if name[0] in _TALK - {"media"} or (number and patterns.UNITS.match(folded, found.end())):
            continue
        span = _whole(found, folded)
        if number:
            return span
        crossed = span[1] > found.end() or patterns.CROSSING.match(folded, found.end())
        if crossed or name[0][0].isdigit():
            return _crossing(folded, span)
    return None


def _crossing(folded: str, span: Span) -> Span:
    """'calle 7 y 50', 'av. callao y corrientes': the crossing street belongs to it."""
    found = patterns.CROSSING.match(folded, span[1])
    return (span[0], found.end()) if found else span


def _named_core(folded: str, text: str) -> Span | None:
    """'rivadavia 4500', 'vivo en juan b. justo 1234': the name goes back to the last word of talk."""
    for found in patterns.NUMBERED.finditer(folded):
        before = folded[max(0, found.start() - 60) : found.start()]
        name = _street_name(before)
        if (
            not name
            or not 10 <= int(found["number"]) <= LARGEST_HOUSE_NUMBER
            or patterns.UNITS.match(folded, found.end())
        ):
            continue
        if re.match(r"\s*(?:[-/]|[0-9])", folded[found.end() :]) and not patterns.FLOOR.match(
            folded, found.end()
        ):
            continue
        start = _with_opener(folded, text, found.start() - len(name))
        if (
            start == found.start() - len(name)
            and _is_person(name, before)
            and not patterns.FLOOR.match(folded, found.end())
        ):
            continue
        span = (start, found.end())
        between = patterns.BETWEEN.match(folded, span[1])
        return (start, between.end()) if between else span
    return None


def _with_opener(folded: str, text: str, start: int) -> int:
    """Start of the name including a capitalised or abbreviated 'Las', 'El', 'Dr.' in front of it."""
    found = re.search(r"([^\W\d_]+\.?)\s$", folded[max(0, start - 12) : start])
    if not found or found[1].rstrip(".") not in _OPENERS:
        return start
    opener = start - len(found.group())
    return opener if text[opener].isupper() or found[1].rstrip(".") not in _MAY_BE_GRAMMAR else start


def _street_name(before: str) -> str:
    """The last words of `before` that may be a street's name, as they stand there ('' when there are none)."""
    clause = re.split(r"[,;:!?\n()$+*=\"]|\.(?=\s?\n)|[0-9]", before)[-1]
    words = re.findall(r"\S+", clause)
    kept = 0
    for word in reversed(words):
        plain = word.strip(".'’")
        if (
            not plain
            or not re.fullmatch(patterns.LETTERS, plain + ".")
            or (plain in _TALK and plain not in {"de", "del", "la", "las", "los"})
        ):
            break
        kept += 1
        if kept == MAX_NAME_WORDS:
            break
    while kept and words[-kept].strip(".") in _LINKS:
        kept -= 1
    last = words[-1].strip(".") if words else ""
    if not kept or last in _LINKS or len(last) < (3 if kept == 1 else 2):
        return ""
    if len(words) > kept and words[-kept - 1] in _TRADES:
        return ""  # 'masaje descontracturante 15000' is a price
    return clause[clause.rindex(words[-kept]) if kept == 1 else _start_of(words, kept, clause) :]


def _start_of(words: list[str], kept: int, clause: str) -> int:
    places = [found.start() for found in re.finditer(r"\S+", clause)]
    return places[len(words) - kept]


def _is_person(name: str, before: str) -> bool:
    """'ana 5000' is a payment; 'en ana 500' or 'san martin 1250' a street."""
    words = _words(name)
    in_front = before[: len(before) - len(name)].split()[-1:]
    return len(words) == 1 and words[0] in FIRST_NAMES and in_front not in (["en"], ["calle"])


def _corner_core(folded: str, text: str) -> Span | None:
    for found in patterns.CORNER.finditer(folded):
        name = _street_name(found["name"])
        if name and _words(found["other"])[0] not in _TALK:
            return found.end("name") - len(name), found.end()
    crossing = patterns.CORNER_OF.search(folded)
    return crossing.span() if crossing else None


def _with_tail(folded: str, text: str, end: int) -> int:
    """Floor, flat, crossing streets and locality that follow."""
    for _ in range(4):
        floor = patterns.FLOOR.match(folded, end)
        if not floor or not floor.group().strip():
            break
        if patterns.UNITS.match(folded, floor.end()):
            break
        end = floor.end()
    between = patterns.BETWEEN.match(folded, end)
    if between:
        end = between.end()
    for _ in range(2):
        place = patterns.PLACE.match(folded, end)
        if not place:
            break
        stop = _place_end(place, text)
        if stop is None:
            break
        end = stop
    return end


def _place_end(found: re.Match[str], text: str) -> int | None:
    """Where the locality ends: its first word must be a known town or be capitalised, and no word of talk."""
    start = found.start("place")
    first = _words(found["place"])[0]
    capital = text[start].isupper() and bool(found.group()[: start - found.start()].strip())
    bracketed = found["close"] is not None
    known = first in patterns.TOWNS or any(word in patterns.TOWNS for word in _words(found["place"])[:2])
    if (first in COMMON_WORDS - {"la", "el", "las", "los", "villa"}) or not (capital or known or bracketed):
        return None
    if bracketed:
        return found.end()
    end = start
    for word in re.finditer(r"\S+", found["place"]):
        plain = word.group().rstrip(".")
        if plain in _TALK - _LINKS - patterns.TOWNS - {"el", "mar", "san"} and word.start():
            break
        end = start + word.end()
    return end
