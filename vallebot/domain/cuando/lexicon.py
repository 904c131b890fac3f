"""The words of time, as people type them, and the tags that rules see.

To teach a spelling, add it to `SPELLINGS`; to teach a word, add it to the table of its kind. Keys are folded (lower
case, no accents, 'n' for 'ñ'). Names of days, months and parts of the day also forgive one typing mistake
(`_forgive`), unless the word is in `REAL_WORDS`.
"""

from __future__ import annotations

from functools import lru_cache

from vallebot.domain.cuando.cascade import Tags

#: what people type -> the word that rules know
SPELLINGS = {
    variant: word
    for word, variants in {
        "que": "q k ke qe", "por": "x", "para": "xa pa p pra", "de": "d", "del": "dl", "con": "c",
        "manana": "mnn mnna mana mnana mananaa maniana manyana manna mñn mñna mananita",
        "hoy": "hoi oy hooy", "ayer": "ayr", "anteayer": "antier antes-de-ayer antiayer antayer",
        "pasado": "psado pasao", "semana": "semanas sem smana semna semanita semaan", "mediodia": "mediodi medidia",
        "finde": "fds weekend findes findesemana finde-semana fin-de",
        "despues": "dsp dps desp dspues despue despes dsps luego dspes", "antes": "ants ante",
        "hasta": "hta asta hsta", "desde": "dsd dsde desd", "entre": "entr", "tipo": "tpo tipoo",
        "proximo": "proxima proximos proximas prox prx siguiente siguientes sgte proxi",
        "viene": "entra entrante vienen sigue vine biene viniendo", "temprano": "tempra tempranito tempranitos",
        "pasada": "pasadas", "hs": "hrs h hr hora horas hras hors", "min": "minutos minuto mins minutitos",
        "ahora": "aora ahorita ahoritita aura", "puedo": "pued puedoo", "mas": "+", "menos": "menoz",
        "las": "lss", "medianoche": "medianoxe", "ano": "anio anos anios", "mes": "meses", "dia": "dias",
        "noche": "noches noxe nochecita", "tarde": "tardes trde tard", "siesta": "siestita",
        "tardecita": "tardesita tardecitas tardenoche", "madrugada": "madru", "excepto": "exepto salvo",
        "aprox": "aproximadamente aproximado masomenos masmenos", "ninguno": "ningun",
    }.items()
    for variant in variants.split()
}  # fmt: skip

WEEKDAYS = {
    name: day
    for day, names in enumerate((
        "lunes lun lune luness", "martes mart marts", "miercoles mie mier mierc miercole mx mierco miercol",
        "jueves jue juev jueve juevs", "viernes vie vier vierne viern viernez", "sabado sab saba sabados sabadito",
        "domingo dom domi domingos",
    ))
    for name in names.split()
}  # fmt: skip
#: too short or too common to be a day on their own: the grammar asks for an article, a full stop or nothing else
WEAK_WEEKDAYS = {
    "lu": 0, "ma": 1, "mar": 1, "mi": 2, "ju": 3, "vi": 4, "sa": 5, "do": 6, "vienes": 4, "mares": 1, "sabo": 5,
}  # fmt: skip

MONTHS = {
    name: month
    for month, names in enumerate((
        "enero ene ener", "febrero feb febr", "marzo marz", "abril abr", "mayo may", "junio jun",
        "julio jul", "agosto ago agos agst", "septiembre setiembre sep sept set septiembr", "octubre oct octu",
        "noviembre nov noviem", "diciembre dic dici diciem",
    ), start=1)
    for name in names.split()
}  # fmt: skip

PARTS = {
    "tarde": "tarde", "noche": "noche", "madrugada": "madrugada", "mediodia": "mediodia", "siesta": "siesta",
    "tardecita": "tardecita", "temprano": "temprano",
}  # fmt: skip

RELATIVE_DAYS = {"hoy": 0, "ayer": -1, "anteayer": -2, "pasadomanana": 2, "trasantier": -3}

NUMBERS = {
    word: number
    for number, words in enumerate((
        "cero", "un una uno", "dos", "tres", "cuatro cuatr", "cinco sinco", "seis", "siete", "ocho", "nueve", "diez",
        "once", "doce", "trece", "catorce", "quince", "dieciseis", "diecisiete", "dieciocho", "diecinueve",
        "veinte", "veintiuno veintiun veintiuna", "veintidos", "veintitres", "veinticuatro", "veinticinco",
        "veintiseis", "veintisiete", "veintiocho", "veintinueve",
    ))
    for word in words.split()
}  # fmt: skip
NUMBERS.update({"treinta": 30, "cuarenta": 40, "cincuenta": 50, "sesenta": 60})
ORDINALS = {
    "primero": 1, "primer": 1, "primera": 1, "primeras": 1, "primeros": 1, "segundo": 2, "segunda": 2, "tercer": 3,
    "tercero": 3, "tercera": 3, "cuarta": 4, "quinta": 5, "quinto": 5, "ultimo": -1, "ultima": -1, "ultimos": -1,
    "ultimas": -1,
}  # fmt: skip
FRACTIONS = {"media": 30, "cuarto": 15, "1/2": 30, "1/4": 15}

UNITS = {
    "dia": "day", "semana": "week", "mes": "month", "ano": "year", "hs": "hour", "min": "minute",
    "quincena": "fortnight", "jornada": "day",
}  # fmt: skip

#: things that are counted: a number before one of them is neither an hour nor a day
COUNTED = frozenset(
    ["persona", "personas", "sesion", "sesiones", "clase", "clases", "vez", "veces", "turno", "turnos", "peso", "pesos", "luca", "lucas", "mil", "kilo", "kilos", "kg", "km", "cuadra", "cuadras", "metro", "metros", "mts", "cuota", "cuotas", "alumno", "alumnos", "chico", "chicos", "chica", "chicas", "nene", "nenes", "hijo", "hijos", "lugar", "lugares", "cupo", "cupos", "amigo", "amigos", "amiga", "amigas", "cosa", "cosas", "opcion", "opciones", "punto", "puntos", "piso", "pisos", "paciente", "pacientes", "cliente", "clientes", "grado", "grados", "pastillas", "dosis", "palos", "usd", "dolares", "euros", "foto", "fotos", "porciento", "por-ciento", "mg", "ml", "cm", "litros", "entradas", "masajes", "servicios", "pies", "manos", "partes", "uno", "unas", "sesiones", "anos", "meses"]
)

#: the word before a name of a person: 'soy Julio', 'con Abril', 'Dr Domingo'
NAME_CUES = frozenset(
    ["soy", "llamo", "llama", "llaman", "nombre", "con", "sr", "sra", "senor", "senora", "don", "dona", "dr", "dra", "doctor", "doctora", "profe", "profesora", "profesor", "lic", "licenciada", "licenciado", "tio", "tia", "hijo", "hija", "hermano", "hermana", "marido", "esposo", "esposa", "novio", "novia", "mama", "papa", "amigo", "amiga", "paciente", "cliente", "hola", "gracias", "che", "senorita", "sobrino", "sobrina", "abuelo", "abuela", "nena", "nene", "era", "somos"]
)
#: the word before the name of a street or a place
PLACE_CUES = frozenset(
    ["calle", "av", "avda", "avenida", "ave", "pasaje", "pje", "plaza", "barrio", "bulevar", "boulevard", "bv", "blvd", "diagonal", "esquina", "esq", "ruta", "estacion", "hospital", "escuela", "colegio", "clinica", "sobre", "altura", "pasillo", "puente", "club", "cortada", "callejon", "rotonda", "parque", "entre-calles", "direccion", "domicilio", "parada"]
)
#: number labels: 'piso 3', 'talle 42'
LABEL_CUES = frozenset(
    ["piso", "depto", "departamento", "dpto", "dto", "talle", "numero", "nro", "opcion", "manzana", "lote", "casa", "km", "ruta", "altura", "linea", "ramal", "colectivo", "bondi", "puerta", "oficina", "aula", "box", "sala", "consultorio", "local", "torre", "edificio", "codigo", "nivel", "parte", "capitulo", "dni", "interno", "unidad", "grupo", "modulo"]
)
#: before a number, an amount or a measure: '17.30' after one of them is no hour
AMOUNT_CUES = frozenset(
    ["sale", "salen", "cuesta", "cuestan", "pague", "pago", "pagar", "pagas", "pagaste", "transferi", "transferir", "transfiero", "deposite", "deposito", "total", "precio", "vale", "valen", "mide", "peso", "pesa", "temperatura", "debo", "debe", "deben", "cobras", "cobra", "cobran", "importe", "monto", "sena", "abone", "abono", "ingreso", "cuota", "fiebre", "presion"]
)
GREETING_CUES = frozenset(
    ["buen", "buena", "buenas", "buenos", "feliz", "felices", "lindo", "linda", "lindos", "lindas", "hermoso", "hermosa", "excelente", "bello", "bella", "bonito", "bonita", "genial", "gran"]
)
#: politeness around a goodbye: 'gracias, hasta mañana'
SMALL_TALK = frozenset(
    ["gracias", "dale", "ok", "oka", "okey", "chau", "chao", "bueno", "buenisimo", "genial", "perfecto", "listo", "nos", "vemos", "muchas", "mil", "si", "joya", "besos", "beso", "abrazo", "saludos", "adios", "barbaro", "saludo", "de", "nada", "entonces", "y", "un", "igualmente", "bye", "vos", "a"]
)

#: words of grammar that several rules share
_TAGGED = {
    "MOVE": """pasame pasar pasarme pasarlo pasala pasalo pasarla pasamelo pasemos cambiar cambiame cambiarme cambialo
        cambiarlo cambio mover moverme movelo moveme moverlo correr correme corrermelo corrélo correlo corramos
        reprogramar reprogramame reprogramarlo reprogramalo adelantar adelantarlo adelantame atrasar atrasarlo
        atrasame postergar postergarlo trasladar modificar movemos cambiamos cambie mueve muevas cambias pasas pasaria
        cambiaria postergame cambies mudar reagendar reagendame reagendarlo""",
    "CANNOT": "puedo podria podre podremos podemos llego llegamos puede pude llegaria",
    "BEFORE": "antes",
    "AFTER": "despues",
    "GREETING": " ".join(GREETING_CUES),
    "COUNTED": " ".join(COUNTED),
    "PLACE": " ".join(PLACE_CUES),
    "NAMECUE": " ".join(NAME_CUES),
    "LABEL": " ".join(LABEL_CUES),
    "AMOUNTCUE": " ".join(AMOUNT_CUES),
    "SMALLTALK": " ".join(SMALL_TALK),
    "THIS": "este esta estos estas",
    "START": "principio principios comienzo comienzos inicio inicios arranque primeros",
    "MIDDLE": "mediados mitad",
    "END": "fin fines final finales",
    "NEXTWORD": "proximo",
    "LASTWORD": "pasado pasada pasados anterior anteriores ultimo ultima ultimos ultimas previo previa",
    "OR": "o u",
    "PRONE": "abril julio domingo mayo",
}
#: words one typing mistake away from a word of time, yet words of their own
REAL_WORDS = frozenset(
    ["lunas", "lunar", "luces", "luce", "mates", "marte", "martas", "mares", "marcos", "sacado", "salado", "sanado", "sabido", "domino", "dominio", "nacho", "manzana", "manzanas", "manada", "malana", "entero", "entera", "mando", "mazo", "marco", "marca", "marcha", "marcho", "maro", "masa", "gusto", "agoto", "agota", "angosto", "abrir", "abrio", "abri", "abris", "abria", "mano", "mayor", "malo", "juegos", "jugo", "tardo", "tarda", "tardar", "coche", "leche", "noche-buena", "vientos", "jueces", "viento", "tareas", "vientre", "siestas", "semanas", "semanal", "mercado", "lentes", "puentes", "mante", "maltes", "mayores", "junto", "juntos", "julia", "julian", "juliana", "juli", "juni", "junior", "sabana", "sabanas", "sábanas", "febril"]
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
            tags[tag] = table[word]  # type: ignore[index]
    if word == "primero":
        tags["DAYORD"] = 1
    if word in NUMBERS:
        tags.update(number_tags(NUMBERS[word], word="un" if word == "un" else word))
    for tag, words in _SETS.items():
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


_SETS = {tag: frozenset(words.split()) for tag, words in _TAGGED.items()}


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
    at = next((i for i, (a, b) in enumerate(zip(typed, name)) if a != b), min(len(typed), len(name)))
    left, right = typed[at:], name[at:]
    return (
        left[1:] == right or left == right[1:] or left[1:] == right[1:]
        or (left[:2] == right[:2][::-1] and left[2:] == right[2:])
    )  # fmt: skip
