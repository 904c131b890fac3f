"""How addresses are written in Argentina: streets, crossings, floors, localities. All on folded text."""

from __future__ import annotations

import re

from vallebot.domain.values.tokens import word_set

MONTHS = "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|setiembre|octubre|noviembre|diciembre"
TYPE = (
    r"(?:avenida|avda?|av|calle|cll?e?|pasaje|pje|psje|bvard|bv|blvd|boulevard|bulevar|diagonal|diag|camino|"
    r"colectora|ruta|autopista|autovia)\b\.?"
)
LETTERS = r"[^\W\d_]+(?:['’][^\W\d_]+)?\.?"
NUMBER = (
    r"(?:(?:al|altura|nro\.?|numero|num\.?|n[°º]|n\.?|n|#)\s?)?(?P<number>[0-9]{1,5})(?:\s?bis)?"
    r"(?![0-9:/%$]|[.,][0-9])"
)
_NO_NAME = r"(?!entre|esq|esquina|al |n[ °º.]|nro|numero|altura|y )"

#: 'av. corrientes 1234', 'calle 12', 'pje. las garantías 1250'
TYPED = re.compile(
    rf"\b{TYPE}\s*(?P<name>(?:[0-9]{{1,3}}(?:\s?(?:bis|[a-d]))?\b|{LETTERS})(?:\s{_NO_NAME}{LETTERS}){{0,4}})"
    rf"(?:\s*,?\s{NUMBER})?"
)
#: '9 de julio 450'
DATED = re.compile(rf"\b(?:av\.?\s)?(?P<name>[0-3]?[0-9] de (?:{MONTHS}))\s+{NUMBER}")
NUMBERED = re.compile(rf"\s{NUMBER}")
#: '... entre mitre y sarmiento', '... esq. callao'
BETWEEN = re.compile(
    r"\s*,?\s*\(?(?:entre|e/|esq\.?|esquina(?: con)?)\s*(?:calles? )?[^\W_]+(?:\s[^\W_]+){0,3}?"
    r"(?:\s+y\s+[^\W_]+(?:\s[^\W_]+){0,2})?(?=[,.;)\n]|\s*\(|$)\)?"
)
#: La Plata: '12 entre 50 y 51', 'diag 74 n 1234 e/ 45 y 46'
GRID = re.compile(
    r"\b(?:(?:calle|diagonal|diag\.?|av\.?|avenida)\s)?[0-9]{1,3}\s*(?:(?:nro\.?|numero|n[°º]?)\s?[0-9]{1,5}\s*)?"
    r"(?:entre|e/)\s?[0-9]{1,3}\s?y\s?[0-9]{1,3}\b(?:\s?n[°º]?\s?[0-9]{1,5})?"
)
CROSSING = re.compile(r"\s+y\s+(?:av\.?\s|calle\s)?(?:[0-9]{1,3}\b|[^\W\d_]+)")
CORNER = re.compile(
    rf"\b(?:{TYPE}\s*)?(?P<name>{LETTERS}(?:\s{LETTERS}){{0,3}}?)\s(?:esq\.?|esquina)(?:\s(?:con|de))?\s"
    rf"(?P<other>{LETTERS}(?:\s{LETTERS}){{0,2}})"
)
CORNER_OF = re.compile(r"\besquina de [^\W\d_]+(?:\s[^\W\d_]+)? y [^\W\d_]+")
TWO_STREETS = re.compile(rf"{LETTERS}(?:\s{LETTERS}){{0,2}}\sy\s{LETTERS}(?:\s{LETTERS}){{0,2}}$")
#: 'barrio los álamos mz 3 lote 4'
BLOCK = re.compile(
    r"\b(?:barrio\s[^\W\d_]+(?:\s[^\W\d_]+){0,3},?\s)?(?:manzana|mza?\.?)\s?[0-9a-z]{1,3},?\s"
    r"(?:casa|lote|lt\.?)\s?[0-9]{1,4}\b"
)
_KM = r"(?:km|kilometro)\.?\s?[0-9]{1,4}(?:[.,][0-9])?"
KILOMETRE = re.compile(
    rf"\bruta(?:\s(?:nacional|provincial))?\s?[0-9]{{1,3}},?\s{_KM}\b|"
    rf"\b(?:panamericana|autopista|acceso [^\W\d_]+),?\s{_KM}\b|"
    rf"\b{_KM}\s(?:de\s)?(?:la\s)?(?:ruta|panamericana|autopista)(?:\s[0-9]{{1,3}})?\b"
)

_QUOTED_LETTER = r"[\"'“]?[a-h]\b[\"'”]?"
_FLOORS = "|".join(
    (
        rf"(?:piso|p\.)\s?[0-9]{{1,2}}[°º]?(?:\s?{_QUOTED_LETTER})?",
        r"[0-9]{1,2}\s?(?:ro|do|to|mo|vo|no|er|°|º)(?![^\W_])(?:\s?piso\b)?\s?[\"'“]?(?:[a-h0-9]{1,2}\b)?[\"'”]?",
        r"(?:piso|p)\s(?:primero|segundo|tercero|cuarto|quinto|sexto)",
        r"(?:primer|segundo|tercer|cuarto|quinto) piso(?:\s[a-h]\b)?",
        r"(?:dpto|dto|depto|departamento|dep)\.?\s?[\"'“]?(?:[0-9]{1,3}\s?[a-h]?|[a-h])\b[\"'”]?",
        rf"pb\b(?:\s?(?:{_QUOTED_LETTER}|[0-9]\b))?",
        r"planta baja(?:\s[a-h]\b)?",
        r"(?:timbre|tbre|of|oficina|local|uf|torre|casa|lote|cuerpo|block|unidad|consultorio)\.?\s?[0-9a-h]{1,3}\b",
        r"[0-9]{1,2}\s?[a-h]\b",
        r"(?:al )?fondo\b",
        r"cp\s?[a-z]?[0-9]{4}",
        r"c[0-9]{4}[a-z]{0,3}",
    )
)
#: Floor, flat, bell, postcode.
FLOOR = re.compile(rf"\s*[,\-–]?\s*(?:{_FLOORS})")
#: ', Caballito', ' (La Plata)', ' - Morón', ' palermo'
PLACE = re.compile(
    r"(?:\s*,\s*|\s*\(\s*|\s+-\s+|\s+(?:en\s|barrio\s)?\s{0,3})"
    r"(?P<place>[^\W\d_]+\.?(?:\s[^\W\d_]+\.?){0,3})(?P<close>\s*\))?"
)
#: After a number these make it no house number ('clase 12 hs', '15 lucas').
UNITS = re.compile(
    r"\s?(?:hs?|hrs?|horas?|min|mins|minutos?|pesos?|lucas?|k|mil|usd|dolares|km|años|personas|lugares|cuotas|"
    r"clases|sesiones|veces|dias|am|pm|de la (?:tarde|mañana|noche))\b|\s?[%$'’]"
)
#: Localities and quarters that people name without a comma.
TOWNS = word_set("""
caba capital palermo belgrano caballito almagro flores recoleta nuñez colegiales boedo balvanera once retiro
liniers mataderos villa devoto urquiza ramos moron haedo castelar ituzaingo merlo moreno quilmes bernal
avellaneda lanus lomas banfield temperley adrogue berazategui tigre olivos martinez pilar escobar cordoba
rosario mendoza tucuman salta neuquen bariloche plata tandil olavarria azul pergamino junin campana zarate
florencio saavedra barracas microcentro congreso chacarita paternal agronomia coghlan monserrat telmo
""")
