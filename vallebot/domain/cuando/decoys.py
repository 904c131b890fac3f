"""Rules for what looks like a date or an hour and is none: streets, people, greetings, ages, durations.

They run before the grammar and turn such words into JUNK, which no other rule reads.
"""

from __future__ import annotations

from vallebot.domain.cuando.cascade import Layer, Match, Tags

decoys = Layer()

_JUNK: Tags = {"JUNK": None}


@decoys(
    "PLACE .? de? l:PRONE|NUM|ORDINAL|MONTH ( de MONTH )?", "PLACE .? de? NUM de MONTH", "LABEL NUM|ORDINAL"
)
def _place(match: Match) -> Tags | None:
    """'calle 3 de Febrero', 'piso 3'. Not 'sobre el 3' nor 'plaza: 3 de febrero'."""
    if match.items()[0].has("ruta", "linea", "sobre") and not match.items()[-1].has("MONTH"):
        return None
    return _JUNK


@decoys("en|por d:DAYNUM|ORDINAL de m:MONTH", "d:DAYNUM|ORDINAL de m:MONTH y|esquina|esq w:CAPITAL|WORD",
        "d:DAYNUM|ORDINAL de m:MONTH al? n:NUM")  # fmt: skip
def _street(match: Match) -> Tags | None:
    """'en 9 de Julio', '25 de Mayo y Mitre', '9 de Julio 450': a date would say 'el'; a street takes a number."""
    if match.has("n"):
        number = match["n"]
        plain_hour = number.has("HOUR", "YEAR") or number.get("NUM") < 32
        after_al = match.items()[-2].has("al")
        if (plain_hour and not after_al) or match.after().has("hs") or (after_al and number.has("DAYNUM")):
            return None
        if number.has("HHMM") and match.before().has("el"):
            return None
        return _JUNK
    if match.has("w"):
        crossing = match["w"]
        known = crossing.has("WEEKDAY", "MONTH", "manana", "RELDAY", "el", "las", "la", "NUM", "a")
        if any(item.has("esquina", "esq") for item in match.items()):
            return _JUNK
        return _JUNK if crossing.has("CAPITAL") and not known and not match.before().has("el") else None
    return None if match.after().has("a", "hasta", "al", "-") and match.after(2).has("NUM", "el") else _JUNK


@decoys("c:NAMECUE es? n:PRONE", "c:nombre de n:PRONE", "n:PRONE w:CAPITAL")
def _person(match: Match) -> Tags | None:
    """'soy Julio', 'Abril Gómez'; 'con' or 'era' before a lower-case month says little."""
    if match["n"].has("domingo") and match.has("c") and match["c"].has("che", "hola", "gracias", "era"):
        return _JUNK if match["n"].has("CAPITAL") and match.after().has(",", "EDGE", ".", "!") else None
    if match.has("w"):
        known = match["w"].has("WEEKDAY", "MONTH", "manana", "RELDAY", "PARTNAME", "NUM")
        in_date = match.before().has("de", "el", "proximo", "este", "DAYNUM")
        return None if known or in_date or not match["n"].has("CAPITAL") else _JUNK
    return None if match["c"].has("era", "somos", "con") and not match["n"].has("CAPITAL") else _JUNK


@decoys("n:CAPITAL")
def _capital_name(match: Match) -> Tags | None:
    """'para Abril', 'y Julio': a month with a capital letter and without 'en', 'de' or a number is a person."""
    item = match["n"]
    if not item.has("abril", "julio") or match.before().has(
        "de", "en", "desde", "hasta", "DAYNUM", "este", "proximo"
    ):
        return None
    return (
        None
        if match.after().has("NUM", "de", "del", "que", "proximo") or match.before().has("/", "-")
        else _JUNK
    )


@decoys("GREETING p:tarde|noche|dia|finde|semana|WEEKDAY|MONTH|manana|navidad|ano ( nuevo )?",
        "GREETING fin de semana|ano", "GREETING fiestas|navidad ( y GREETING? ano nuevo )?",
        "que tengas|tengan|tenga|pases|pasen|pase un|una|el|la GREETING? "
        "finde|dia|semana|tarde|noche|fin ( de semana )?")  # fmt: skip
def _greeting(match: Match) -> Tags | None:
    """'buenas tardes', 'buen finde', 'feliz año nuevo'."""
    return _JUNK


@decoys(
    "desde? hace unos|unas|como|ya|casi? AMOUNT|NUM|un UNIT? que?", "hace rato", "hace mucho", "hace un rato"
)
def _since(match: Match) -> Tags | None:
    """'hace 3 meses que me duele', 'desde hace 2 días': how long, not when."""
    items = match.items()
    return _JUNK if items[0].has("desde") or items[-1].has("que") or items[-1].has("rato", "mucho") else None


@decoys("hoy en dia", "por|hasta ahora", "de hoy en mas", "un|otro|algun|todo|cada|buen dia", "el otro dia",
    "de|al dia de hoy",
        "todo|todos|toda el|los|la dia|semana|mes", "una|la|esta|otra|segunda|tercera|primera vez",
        "por las dudas",
        "dia por medio")  # fmt: skip
def _idiom(match: Match) -> Tags | None:
    counted = match.items()[0].has("un") and match.before().has("en", "dentro", "de", "hace", "cada")
    return None if counted else _JUNK


@decoys("NUM ano", "NUM hs|min de anticipacion|anticipacion|antes|anterioridad|duracion", "por NUM UNIT",
        "NUM UNIT de embarazo|gestacion|vida|edad", "sesion|clase|turno|masaje de NUM|un UNIT|NUM",
        "dura|duran|cada NUM|un? UNIT")  # fmt: skip
def _length(match: Match) -> Tags | None:
    """Ages and durations: 'tengo 35 años', 'sesión de 45 minutos', '24hs antes'."""
    if match.before().has("en", "hace", "dentro", "de", "proximo", "hasta") and match.items()[1].has("ano"):
        return None
    if match.items()[0].has("sesion", "clase", "turno", "masaje") and not match.items()[-1].has("UNIT"):
        return None
    if (
        match.items()[0].has("turno", "clase")
        and match.items()[-1].has("hs")
        and match.items()[-2].get("NUM") > 4
    ):
        return None  # 'el turno de 18 hs'
    if match.items()[-1].has("antes") and match.items()[0].get("NUM") < 23 and match.items()[1].has("hs"):
        return None
    return _JUNK
