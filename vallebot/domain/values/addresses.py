"""Addresses: 'Av. Rivadavia 4500 3ro B, Caballito', '9 de julio 450', 'calle 12 entre 50 y 51 (La Plata)'."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vallebot.domain.text import fold
from vallebot.domain.values.common_words import COMMON_WORDS
from vallebot.domain.values.first_names import FIRST_NAMES
from vallebot.domain.values.tokens import Span, word_set

MAX_TEXT_CHARS = 1000
MAX_NAME_WORDS = 5  #: 'Intendente Juan Manuel de Rosas'
LARGEST_HOUSE_NUMBER = 29_999  #: Rivadavia ends near 24000

_MONTHS = "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|setiembre|octubre|noviembre|diciembre"
_TYPE = r"(?:avenida|avda?|av|calle|cll?e?|pasaje|pje|psje|bvard|bv|blvd|boulevard|bulevar|diagonal|diag|camino|colectora|ruta|autopista|autovia)\b\.?"
_LETTERS = r"[^\W\d_]+(?:['’][^\W\d_]+)?\.?"
_NUMBER = r"(?:(?:al|altura|nro\.?|numero|num\.?|n[°º]|n\.?|n|#)\s?)?(?P<number>[0-9]{1,5})(?:\s?bis)?(?![0-9:/%$]|[.,][0-9])"

#: A street by its kind ('av. corrientes 1234', 'calle 12'), a date street ('9 de julio 450'), or only a name.
_TYPED = re.compile(
    rf"\b{_TYPE}\s*(?P<name>(?:[0-9]{{1,3}}(?:\s?(?:bis|[a-d]))?\b|{_LETTERS})(?:\s(?!entre|esq|esquina|al |n[ °º.]|nro|numero|altura|y ){_LETTERS}){{0,4}})(?:\s*,?\s{_NUMBER})?"
)
_DATED = re.compile(rf"\b(?:av\.?\s)?(?P<name>[0-3]?[0-9] de (?:{_MONTHS}))\s+{_NUMBER}")
_NAMED = re.compile(rf"(?P<name>{_LETTERS}(?:\s{_LETTERS}){{0,4}})\s+{_NUMBER}")
_BETWEEN = re.compile(
    r"\s*,?\s*\(?(?:entre|e/|esq\.?|esquina(?: con)?)\s*(?:calles? )?[^\W_]+(?:\s[^\W_]+){0,3}?(?:\s+y\s+[^\W_]+(?:\s[^\W_]+){0,2})?(?=[,.;)\n]|\s*\(|$)\)?"
)
_GRID = re.compile(
    r"\b(?:(?:calle|diagonal|diag\.?|av\.?|avenida)\s)?(?P<name>[0-9]{1,3})\s*(?:n[°º]?\s?[0-9]{1,5}\s*)?(?:entre|e/)\s?(?P<a>[0-9]{1,3})\s?y\s?(?P<b>[0-9]{1,3})\b(?:\s?n[°º]?\s?[0-9]{1,5})?"
)
_CORNER = re.compile(
    rf"\b(?:{_TYPE}\s*)?(?P<name>{_LETTERS}(?:\s{_LETTERS}){{0,3}}?)\s(?:esq\.?|esquina)(?:\s(?:con|de))?\s(?P<b>{_LETTERS}(?:\s{_LETTERS}){{0,2}})"
)
_BLOCK = re.compile(
    r"\b(?:barrio\s[^\W\d_]+(?:\s[^\W\d_]+){0,3},?\s)?(?:manzana|mza?\.?)\s?[0-9a-z]{1,3},?\s(?:casa|lote|lt\.?)\s?[0-9]{1,4}\b"
)
_KILOMETRE = re.compile(
    r"\b(?:ruta(?:\s(?:nacional|provincial))?\s?[0-9]{1,3},?\s)(?:km|kilometro)\.?\s?[0-9]{1,4}(?:[.,][0-9])?\b|\b(?:km|kilometro)\.?\s?[0-9]{1,4}(?:[.,][0-9])?\s(?:de\s)?(?:la\s)?(?:ruta|panamericana|autopista)(?:\s[0-9]{1,3})?\b"
)
_NAMELESS = re.compile(
    rf"(?P<name>{_LETTERS}(?:\s{_LETTERS}){{0,2}})\sy\s(?P<b>{_LETTERS}(?:\s{_LETTERS}){{0,2}})$"
)

_FLOOR = re.compile(
    r"\s*[,\-–]?\s*(?:"
    r"(?:piso|p\.)\s?[0-9]{1,2}[°º]?(?:\s?[\"'“]?[a-h]\b[\"'”]?)?|[0-9]{1,2}\s?(?:ro|do|to|mo|vo|no|er|°|º)(?![^\W_])(?:\s?piso\b)?\s?[\"'“]?(?:[a-h0-9]{1,2}\b)?[\"'”]?|"
    r"(?:piso|p)\s(?:primero|segundo|tercero|cuarto|quinto|sexto)|(?:primer|segundo|tercer|cuarto|quinto) piso(?:\s[a-h]\b)?|"
    r"(?:dpto|dto|depto|departamento|dep)\.?\s?[\"'“]?(?:[0-9]{1,3}\s?[a-h]?|[a-h])\b[\"'”]?|pb\b(?:\s?[\"'“]?[a-h0-9]\b[\"'”]?)?|planta baja(?:\s[a-h]\b)?|"
    r"(?:timbre|tbre|of|oficina|local|uf|torre|casa|lote|cuerpo|block|unidad|consultorio)\.?\s?[0-9a-h]{1,3}\b|[0-9]{1,2}\s?[a-h]\b|fondo\b|al fondo\b|"
    r"cp\s?[a-z]?[0-9]{4}|c[0-9]{4}[a-z]{0,3}"
    r")"
)
_PLACE = re.compile(
    r"(?:\s*,\s*|\s*\(\s*|\s+-\s+|\s+(?:en\s|barrio\s)?\s{0,3})(?P<place>[^\W\d_]+\.?(?:\s[^\W\d_]+\.?){0,3})(?P<close>\s*\))?"
)
_TOWNS = word_set("""
caba capital palermo belgrano caballito almagro flores recoleta nuñez colegiales boedo balvanera once retiro liniers mataderos villa devoto urquiza
ramos moron haedo castelar ituzaingo merlo moreno quilmes bernal avellaneda lanus lomas banfield temperley adrogue berazategui tigre olivos martinez
pilar escobar cordoba rosario mendoza tucuman salta neuquen bariloche plata tandil olavarria azul pergamino junin campana zarate florencio
saavedra barracas microcentro congreso chacarita paternal agronomia coghlan monserrat telmo
""")
_UNITS = re.compile(
    r"\s?(?:hs?|hrs?|horas?|min|mins|minutos?|pesos?|lucas?|k|mil|usd|dolares|km|años|personas|lugares|cuotas|clases|sesiones|veces|dias|am|pm|de la (?:tarde|mañana|noche))\b|\s?[%$'’]"
)
#: A leading word of these is talk, not the street's name ('vivo en', 'la direccion es', 'quedamos en').
_TALK = COMMON_WORDS | word_set("""
vivo vive viven queda quedamos atiendo estoy direccion domicilio ubicacion esta venite veni vengan altura casi frente mudamos mude mudo pasa
cobro cobra cobre sale salen seña abono abone deposite debo debe cuota total monto valor dni cbu cvu operacion comprobante matricula codigo
tel telefono cel celular interno piso depto dto timbre torre manzana lote unidad hasta desde cupo maximo edad tengo cumplo peso mido
ruta km kilometro gracias pagare pagas paga paso puse mandame te les
""") - word_set("mayo segundo primero grande san mar media viejo vieja libre persona")
#: May open a street's name though they are everyday words ('Las Heras', 'El Salvador', 'Dr. Carrillo').
_OPENERS = word_set("el la las los dr doctor dra gral general pte presidente int ing cnel")
_LINKS = word_set("de del la las los y a en e o")
_TRADES = word_set(
    "masaje masajes clase clases sesion sesiones turno turnos corte color terapia consulta servicio pack curso taller"
)


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
    for pattern in (_BLOCK, _KILOMETRE, _GRID, _DATED):
        found = pattern.search(folded)
        if found and not (pattern is _DATED and _UNITS.match(folded, found.end())):
            return [_whole(found, folded)]
    for finder in (_typed_core, _named_core, _corner_core):
        span = finder(folded, text)
        if span:
            return [span]
    crossing = _NAMELESS.search(folded.strip(" .!")) if bare else None
    if crossing and not any(word in _TALK for word in _words(crossing.group())):
        return [crossing.span()]
    return []


def _whole(found: re.Match[str], folded: str) -> Span:
    between = _BETWEEN.match(folded, found.end())
    return found.start(), between.end() if between else found.end()


def _words(name: str) -> list[str]:
    return [word.rstrip(".") for word in name.split()]


def _typed_core(folded: str, text: str) -> Span | None:
    for found in _TYPED.finditer(folded):
        name = _words(found["name"])
        number = found["number"]
        numbered_street = name[0][:1].isdigit()
        if numbered_street or number:
            if name[0] in _TALK - {"media"} or (number and _UNITS.match(folded, found.end())):
                continue
            span = _whole(found, folded)
            if number or numbered_street or span[1] > found.end():
                return _crossing(folded, span) if numbered_street and not number else span
        elif _BETWEEN.match(folded, found.end()) or re.match(r"\s+y\s+", folded[found.end() :]):
            if name[0] not in _TALK:
                return _crossing(folded, _whole(found, folded))
    return None


def _crossing(folded: str, span: Span) -> Span:
    """'calle 7 y 50', 'av. callao y corrientes': the crossing street belongs to it."""
    found = re.compile(r"\s+y\s+(?:av\.?\s|calle\s)?(?:[0-9]{1,3}\b|[^\W\d_]+)").match(folded, span[1])
    return (span[0], found.end()) if found else span


def _named_core(folded: str, text: str) -> Span | None:
    """'rivadavia 4500', 'vivo en juan b. justo 1234': the name goes back to the last word of talk."""
    for found in re.finditer(rf"\s{_NUMBER}", folded):
        before = folded[max(0, found.start() - 60) : found.start()]
        name = _street_name(before)
        if (
            not name
            or not 10 <= int(found["number"]) <= LARGEST_HOUSE_NUMBER
            or _UNITS.match(folded, found.end())
        ):
            continue
        if re.match(r"\s*(?:[-/]|[0-9])", folded[found.end() :]) and not _FLOOR.match(folded, found.end()):
            continue
        start = _with_opener(folded, text, found.start() - len(name))
        if (
            start == found.start() - len(name)
            and _is_person(name, before)
            and not _FLOOR.match(folded, found.end())
        ):
            continue
        span = (start, found.end())
        between = _BETWEEN.match(folded, span[1])
        return (start, between.end()) if between else span
    return None


def _with_opener(folded: str, text: str, start: int) -> int:
    """Start of the name including a capitalised or abbreviated 'Las', 'El', 'Dr.' in front of it."""
    found = re.search(r"([^\W\d_]+\.?)\s$", folded[max(0, start - 12) : start])
    if not found or found[1].rstrip(".") not in _OPENERS:
        return start
    opener = start - len(found.group())
    return (
        opener if text[opener].isupper() or found[1].rstrip(".") not in {"el", "la", "las", "los"} else start
    )


def _street_name(before: str) -> str:
    """The last words of `before` that may be a street's name, as they stand there ('' when there are none)."""
    clause = re.split(r"[,;:!?\n()$+*=\"]|\.(?=\s?\n)|[0-9]", before)[-1]
    words = re.findall(r"\S+", clause)
    kept = 0
    for word in reversed(words):
        plain = word.strip(".'’")
        if (
            not plain
            or not re.fullmatch(_LETTERS, plain + ".")
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
    for found in _CORNER.finditer(folded):
        name = _street_name(found["name"])
        if name and _words(found["b"])[0] not in _TALK:
            return found.end("name") - len(name), found.end()
    crossing = re.search(r"\besquina de (?P<a>[^\W\d_]+(?:\s[^\W\d_]+)?) y (?P<b>[^\W\d_]+)", folded)
    return crossing.span() if crossing else None


def _with_tail(folded: str, text: str, end: int) -> int:
    """Floor, flat, crossing streets and locality that follow."""
    for _ in range(4):
        floor = _FLOOR.match(folded, end)
        if not floor or not floor.group().strip():
            break
        if _UNITS.match(folded, floor.end()):
            break
        end = floor.end()
    between = _BETWEEN.match(folded, end)
    if between:
        end = between.end()
    for _ in range(2):
        place = _PLACE.match(folded, end)
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
    known = first in _TOWNS or any(word in _TOWNS for word in _words(found["place"])[:2])
    if (first in COMMON_WORDS - {"la", "el", "las", "los", "villa"}) or not (capital or known or bracketed):
        return None
    if bracketed:
        return found.end()
    end = start
    for word in re.finditer(r"\S+", found["place"]):
        plain = word.group().rstrip(".")
        if plain in _TALK - {"de", "del", "la", "el", "las", "los", "mar", "san"} and word.start():
            break
        end = start + word.end()
    return end
