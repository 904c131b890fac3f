"""The words and phrases with which people pick an option, folded."""

from __future__ import annotations

import re
from collections.abc import Callable

from vallebot.domain.values.numbers import UNITS
from vallebot.domain.values.tokens import word_set

WEEKDAYS = {"lunes": 0, "martes": 1, "miercoles": 2, "jueves": 3, "viernes": 4, "sabado": 5, "domingo": 6,
             "lun": 0, "mar": 1, "mie": 2, "jue": 3, "juves": 3, "vie": 4, "sab": 5, "dom": 6}  # fmt: skip
MONTHS = {"enero": 1, "febrero": 2, "marzo": 3, "abril": 4, "mayo": 5, "junio": 6, "julio": 7, "agosto": 8,
           "septiembre": 9, "setiembre": 9, "octubre": 10, "noviembre": 11, "diciembre": 12}  # fmt: skip
ORDINALS = {"primero": 1, "primera": 1, "primer": 1, "1ro": 1, "1ra": 1, "1er": 1, "1era": 1, "1ero": 1,
             "segundo": 2, "segunda": 2, "2do": 2, "2da": 2, "tercero": 3, "tercera": 3, "tercer": 3, "3ro": 3,
             "3ra": 3, "3ero": 3, "3era": 3, "cuarto": 4, "cuarta": 4, "4to": 4, "4ta": 4, "quinto": 5, "quinta": 5,
             "5to": 5, "5ta": 5, "sexto": 6, "sexta": 6, "6to": 6, "6ta": 6, "septimo": 7, "septima": 7,
             "7mo": 7, "7ma": 7, "octavo": 8, "octava": 8, "8vo": 8, "8va": 8, "noveno": 9, "novena": 9,
             "9no": 9, "9na": 9, "decimo": 10, "decima": 10, "10mo": 10, "10ma": 10}  # fmt: skip
LAST = word_set("ultimo ultima ultimito ultimita final")
ANY = re.compile(
    r"\b(?:cualquiera|cualquier|la que sea|el que sea|"
    r"lo que sea|me da igual|me da lo mismo|es lo mismo|indistinto|"
    r"el que (?:quieras|puedas|vos digas)|la que (?:quieras|puedas|vos digas)|"
    r"como quieras|todas me sirven|todos me sirven)\b"
)
EARLIEST = re.compile(
    r"\b(?:mas temprano|mas tempran[oa]|lo antes posible|"
    r"cuanto antes|mas cercan[oa]|mas proxim[oa]|mas pronto|antes posible)\b"
)
LATEST = re.compile(r"\b(?:mas tarde|mas tardecito|mas lejan[oa])\b")
NONE = re.compile(
    r"\b(?:ningun[oa]?|ni un[oa] ni otr[oa]|otr[oa]s? (?:horario|dia|opcion|fecha|hora)s?|"
    r"no me sirven?|no puedo|no me (?:va|queda|vienen?))\b"
)
THIS = re.compile(
    r"^(?:si+,? )?(?:dale,? |ok,? |bueno,? )?(?:es[eao]|est[ea]|ese mismo|esa misma|ese de ahi)"
    r"(?:,? (?:esta bien|dale|me sirve|gracias|por favor|porfa|si|va|ok))*$"
)
MIDDLE = re.compile(r"\b(?:del|la del|el del|la de|el de) ?(?:el )?medio\b")

CLOCK = re.compile(
    r"(?P<article>\b(?:a )?las? |\btipo |\ba eso de las )?"
    r"(?<![0-9/.:])\b(?P<hour>[01]?[0-9]|2[0-3])(?:[:.](?P<minute>[0-5][0-9])| y (?P<part>media|cuarto|[1-5][05])\b)?"
    r"(?P<unit> ?(?:hs?|hrs?|horas?)\b)? ?(?P<half>am\b|pm\b|a\.m\.|p\.m\.|de la (?:mañana|manana|tarde|noche)\b)?"
    r"(?![0-9/a-zñ])"
)
_HOURS = "|".join(UNITS)
HOUR_IN_WORDS = re.compile(
    rf"(?:(?<=\blas )|(?<=\bla )|(?<=\btipo ))(?:{_HOURS})\b|"
    rf"\b(?:{_HOURS})(?= y (?:media|cuarto)\b| de la (?:tarde|ma|noche)|hs\b)"
)
DATE = re.compile(
    r"(?<![0-9/])(?P<day>[0-3]?[0-9])(?:/(?P<month>[01]?[0-9])| de (?P<name>" + "|".join(MONTHS) + r"))\b"
)
DAYPARTS: dict[str, Callable[[int], bool]] = {
    "mañana": lambda hour: hour < 13, "manana": lambda hour: hour < 13, "mañanita": lambda hour: hour < 13,
    "mediodia": lambda hour: 11 <= hour < 15, "siesta": lambda hour: 13 <= hour < 17,
    "tarde": lambda hour: 12 <= hour < 20, "tardecita": lambda hour: 16 <= hour < 21, "noche": lambda hour: hour >= 19,
}  # fmt: skip
NUMBER = re.compile(
    r"^(?:(?:quiero|dame|elijo|prefiero|mejor|voy con|me sirve|me va|me quedo con|"
    r"vamos con|anotame en|si|dale|bueno|ok|seria|es) )*(?:con )?(?:(?:la|el) )?"
    r"(?P<word>opcion|op|numero|nro|num|n|nº|n°|#|turno|horario|alternativa)? ?[.:#°º]* ?"
    r"(?P<number>[0-9]{1,2}|[a-z]+) ?[°º.)\]]*(?: (?:por favor|porfa|gracias|please|dale|me sirve))*[.! ]*$"
)
KEYCAP = re.compile("([0-9])\ufe0f?\u20e3")
BARE_HOUR = re.compile(r"(?:(?:el|la|los|las|de|del|a|si|dale|ok|mejor) )*[0-9]{1,2}")
AROUND_CLOCK = re.compile(r"\b(despues|antes|desde) (?:de )?$")
