"""Rules for hours: clock times and parts of the day.

Tags made here: CLOCK (units.Clock), PART (units.Part), and MOMENT for 'esta noche'.
"""

from __future__ import annotations

from dataclasses import replace

from vallebot.domain.cuando.cascade import Item, Layer, Match, Tags
from vallebot.domain.cuando.units import Clock, ClockBound, Moment, Now, Part, Relative

clocks = Layer()

_HOUR = "HOUR|HM|CLOCK"
BARE = "HOUR|HM|HHMM|CLOCK"
ARTICLE = "las|la|alas"


def clock_of(item: Item, half: str | None = None) -> Clock:
    """The clock time of an item that names an hour."""
    known = item.get("CLOCK")
    if known is not None:
        return replace(known, half=half or known.half)
    hour, minute = item.get("HM", "HHMM", "HMCOMMA") or (item.get("HOUR"), 0)
    padded = item.has("PADDED") or item.get("DIGITS") in _PADDED
    return Clock(hour, minute, half, settled=padded or hour > 12 or hour == 0, padded=padded)


_PADDED = frozenset(f"0{hour}" for hour in range(10)) | {"00"}


def part_name(item: Item) -> str:
    """The part of the day of an item; a 'mañana' that stands for one is no tomorrow."""
    return "manana" if item.has("manana") else item.get("PARTNAME") or ""


def _clock(clock: Clock) -> Tags:
    return {"CLOCK": clock}


def counted_after(match: Match) -> bool:
    """'2 y media horas', 'las 2 clases': what was counted is not an hour."""
    return match.after().has("COUNTED", "UNIT", "JUNK") and not match.after().has("hs")


@clocks(
    "HOUR|NUM y media hs", "HOUR|NUM hs y media", "NUM UNIT y NUM|FRACTION min?", "media hs", "hs y media"
)
def _duration(match: Match) -> Tags | None:
    """'una hora y media' is a length; 'en' or 'dentro de' before it makes it a date, and is read elsewhere."""
    if match.before().has("las", "la", "alas", "a", "tipo", "RELDAY", "WEEKDAY"):
        return None
    items = match.items()
    number = items[0].get("NUM")
    half = next((item for item in items if item.has("FRACTION")), None)
    if number is None:
        return {"AMOUNT": ((0.5 if len(items) == 2 else 1.5, "hour"),)}  # 'media hora', 'hora y media'
    unit = next(item.get("UNIT") for item in items if item.has("UNIT"))
    if half is not None:
        return {"AMOUNT": ((number + (half.get("FRACTION") / 60 if unit == "hour" else 0.5), unit),)}
    minutes = (items[-2] if items[-1].has("min") else items[-1]).get("MIN")
    if unit != "hour" or minutes is None or number > 12 or match.before().has("entre", "de", "desde"):
        return None
    return {"AMOUNT": ((number, unit), (minutes, "minute"))}


@clocks("h:HOUR|HM y f:FRACTION")
def _and_a_half(match: Match) -> Tags | None:
    if match.after().has("UNIT", "COUNTED"):
        return None
    clock = clock_of(match["h"])
    return _clock(replace(clock, minute=match["f"].get("FRACTION")))


@clocks("h:HOUR y? z:NUM n:NUM")
def _spelled_minutes(match: Match) -> Tags | None:
    """'las seis cero dos'."""
    minute = match["n"].get("NUM")
    heard = match.after().has("AMPM") or match.before().has("las", "la", "alas")
    if minute > 9 or match["z"].get("NUM") or not heard:
        return None
    return _clock(replace(clock_of(match["h"]), minute=minute))


@clocks(f"{ARTICLE} h:{_HOUR} ( y|con m:MIN min? / pico:y pico )", f"{ARTICLE} h:HOUR m:MIN")
def _minutes_after_article(match: Match) -> Tags | None:
    """'las ocho y veinte'; in 'entre las 9 y 11' the second number is another hour."""
    clock = clock_of(match["h"])
    if clock.minute or match["h"].has("CLOCK"):
        return None
    if match.has("pico"):
        return _clock(replace(clock, approx=True))
    minute = match["m"].get("MIN")
    between = match.before().has("entre") and not match.after().has("y")
    if between or counted_after(match) or (minute < 10 and minute != 5):
        return None
    return _clock(replace(clock, minute=minute))


@clocks("h:HOUR y? m:MIN hs?")
def _minutes_alone(match: Match) -> Tags | None:
    """'17 y 30' as the whole message, 'hoy 14 y 30'."""
    minute = match["m"].get("MIN")
    after_day = match.before().has("RELDAY", "manana")
    said = minute >= 10 or (minute == 5 and bool(match["m"].get("WORD")) and match["m"].get("WORD").isalpha())
    alone = (match.before().has("EDGE") or after_day) and match.after().has("EDGE") and said
    return _clock(Clock(match["h"].get("HOUR"), match["m"].get("MIN"))) if alone else None


@clocks("h:HOUR y? m:MIN a:AMPM", "h:HOUR y m:MIN de la|las p:manana|PARTNAME")
def _minutes_with_half(match: Match) -> Tags | None:
    if match.before().has("entre") or match["m"].get("MIN") < 10:
        return None
    half = match["a"].get("AMPM") if match.has("a") else part_name(match["p"])
    return _clock(Clock(match["h"].get("HOUR"), match["m"].get("MIN"), half))


@clocks(f"h:{_HOUR}|HHMM a:AMPM")
def _am_pm(match: Match) -> Tags:
    return _clock(clock_of(match["h"], match["a"].get("AMPM")))


@clocks(
    "( primera|primeras hs / principio|START ) ( de la|las|el / del ) p:PARTNAME|manana",
    "media p:manana|tarde",
)
def _early_part(match: Match) -> Tags:
    name = part_name(match["p"])
    return {"PART": Part(name, "middle" if match.items()[0].has("media") else "early")}


@clocks(
    "ultima|ultimas hs ( de la|las / del ) p:PARTNAME|manana|dia", "END ( de la|las / del ) p:PARTNAME|manana"
)
def _late_part(match: Match) -> Tags:
    name = part_name(match["p"])
    if not name:
        return {"PART": Part("ultima")}
    return {
        "PART": Part(
            "ultimas manana" if name == "manana" and match.items()[0].has("ultimas") else name, "late"
        )
    }


@clocks("( a|en )? la? e:primera|primeras|ultima|ultimas hs ( del dia )?")
def _edge_of_day(match: Match) -> Tags:
    return {"PART": Part("ultima" if match["e"].has("ultima", "ultimas") else "primera")}


@clocks(
    f"h:{_HOUR} de la|las p:manana|PARTNAME", f"h:{_HOUR} del p:mediodia", f"h:{_HOUR} en punto",
    f"h:{_HOUR} de p:noche|tarde|madrugada",
)  # fmt: skip
def _hour_of_part(match: Match) -> Tags | None:
    """'8 de la noche'. Day numbers have no part ('el 6 a la tarde' is read later)."""
    if not match.has("p"):
        return _clock(clock_of(match["h"]))
    if match["h"].has("DAYNUM") and match.before().has("dia", "MONTH"):
        return None
    part = part_name(match["p"])
    return _clock(clock_of(match["h"], part))


#: before a number of hours: a length, no hour of the day
_BEFORE_LENGTH = (
    "cada", "durante", "por", "con", "en", "hace", "unas", "dentro", "dura", "son", "proximo", "LASTWORD",
)  # fmt: skip


@clocks(f"h:{BARE}|HMCOMMA hs")
def _hour_hs(match: Match) -> Tags | None:
    """'18hs'; a small number of hours without article, day or part may as well be a duration."""
    clock = clock_of(match["h"])
    said = match.before().has("las", "la", "alas", "a", "tipo", "entre", "WEEKDAY", "RELDAY", "manana")
    if match.before().has(*_BEFORE_LENGTH) and not match.before().has("pasado"):
        return None
    if match.before().has("de") and match.before(2).has("dentro", "sesion", "clase", "turno", "mas", "menos"):
        return None
    if match.after().has("de", "antes") and match.after(2).has("anticipacion", "duracion", "anterioridad"):
        return None
    if match.items()[-1].end - match.items()[0].end > 3 and clock.hour < 7 and not said:
        return None  # '2 horas'
    if 0 < clock.hour < 4 and not said:
        return None
    return _clock(replace(clock, settled=clock.settled or clock.hour > 7))


@clocks(
    f"h:{_HOUR} menos f:FRACTION", f"{ARTICLE} h:{_HOUR} menos f:MIN min?",
    f"m:FRACTION|MIN min? para {ARTICLE} h:{_HOUR}",
)  # fmt: skip
def _minutes_to(match: Match) -> Tags | None:
    if counted_after(match) or (match.has("m") and match.before().has("las", "la", "alas")):
        return None  # 'el de las 10 para las 12' names two hours
    if match.has("m"):
        minutes = match["m"].get("FRACTION") or match["m"].get("MIN")
    else:
        minutes = match["f"].get("FRACTION") or match["f"].get("MIN")
    return _to_the_hour(match, minutes)


def _to_the_hour(match: Match, minutes: int | None) -> Tags | None:
    if not minutes or minutes > 35:
        return None
    clock = clock_of(match["h"])
    hour, half = (clock.hour - 1) % 24, clock.half
    return _clock(
        replace(clock, hour=12 if hour == 0 and clock.hour == 1 else hour, minute=60 - minutes, half=half)
    )


@clocks(f"f:FRACTION|MIN min? pasada|pasado de? {ARTICLE} h:{_HOUR}")
def _minutes_past(match: Match) -> Tags:
    minutes = match["f"].get("FRACTION") or match["f"].get("MIN")
    return _clock(replace(clock_of(match["h"]), minute=minutes))


@clocks(f"( a|al )? article:{ARTICLE} h:{BARE}|HMCOMMA")
def _article_hour(match: Match) -> Tags | None:
    """'a las 5', 'las 17.30'; 'la una' is the only hour with a singular article."""
    clock = clock_of(match["h"])
    said_a = len(match.items()) > 2 or match["article"].has("alas")
    if counted_after(match) or (match["article"].has("la") and clock.hour not in (1, 13)):
        return None
    if (
        match["article"].has("la")
        and not said_a
        and not clock.minute
        and not match.before().has(*_CLOCK_CONTEXT)
    ):
        return None
    if not said_a and match["h"].get("WORD") in ("dos", "tres") and not match.before().has(*_CLOCK_CONTEXT):
        return None  # 'las dos' may be two things
    return _clock(clock)


_CLOCK_CONTEXT = (
    "de", "tipo", "para", "entre", "desde", "hasta", "antes", "despues", "sobre", "y", "a", "mas", "partir",
    "son",
    "es", "EDGE", "WEEKDAY", "RELDAY", "o", ",", "-",
)  # fmt: skip


@clocks(
    "h:CLOCK de la|las|esta p:manana|PARTNAME", "h:CLOCK del p:mediodia", "h:CLOCK en punto",
    "h:CLOCK hs", "h:CLOCK menos f:FRACTION", "h:CLOCK a:AMPM",
)  # fmt: skip
def _clock_tail(match: Match) -> Tags | None:
    clock: Clock = match["h"].get("CLOCK")
    if match.has("f"):
        return _minutes_to(match)
    if match.has("a"):
        return _clock(replace(clock, half=match["a"].get("AMPM")))
    if not match.has("p"):
        return _clock(replace(clock, settled=clock.settled or clock.hour > 7))
    if match.items()[-2].has("esta"):
        return None
    half = part_name(match["p"])
    return _clock(clock if clock.half else replace(clock, half=half))


@clocks("h:HMCOMMA")
def _written_with_comma(match: Match) -> Tags | None:
    """'hoy 18,30'."""
    return _clock(clock_of(match["h"])) if match.before().has("RELDAY", "WEEKDAY", "manana") else None


@clocks("h:HM")
def _written_hour(match: Match) -> Tags | None:
    """'16:30' always; '17.30' unless an amount or a measure is being told, or 'el 15.12' is a date."""
    item = match["h"]
    if match.after().has("JUNK", "COUNTED"):
        return None
    if item.has("DOTTED"):
        near = [match.before(steps) for steps in (1, 2, 3)]
        if any(item.has("AMOUNTCUE") for item in near):
            return None
        if item.has("DOTDATE") and match.before().has("el", "del", "dia", "al"):
            return None
    return _clock(clock_of(item))


@clocks(
    "tipo h:HOUR y m:MIN",
    f"( a eso / tipo / alrededor / cerca / como / aprox / sobre / mas o menos ) ( de / a )? ( {ARTICLE} )? h:{BARE}",
    f"hacia {ARTICLE} h:{BARE}",
)  # fmt: skip
def _about(match: Match) -> Tags | None:
    if match.items()[0].has("como") and match.before().has("tarde", "temprano", "pronto"):
        return None  # 'tan tarde como las 7'
    bare = not match["h"].has("CLOCK")
    first = match.items()[0]
    if bare and (counted_after(match) or first.has("sobre")):
        return None
    last = match.after().has("EDGE", "MARK", "o")
    if bare and not last and first.has("como", "mas", "cerca", "alrededor", "aprox"):
        return None
    if match.has("m"):
        return _clock(replace(clock_of(match["h"]), minute=match["m"].get("MIN"), approx=True))
    return _clock(replace(clock_of(match["h"]), approx=True))


@clocks("o h:HOUR|HM|HHMM")
def _other_hour(match: Match) -> Tags | None:
    """'a las 17 o 18': the second hour needs no article."""
    if not match.before().has("CLOCK") or counted_after(match):
        return None
    return {"CLOCK": clock_of(match["h"]), "LINKED": None}


@clocks("h:HOUR o c:CLOCK")
def _either_hour(match: Match) -> Tags | None:
    """'5 o 6 de la tarde': what is said of the second hour holds for both."""
    second: Clock = match["c"].get("CLOCK")
    if match["c"].lead in ("a", "las", "la") or match.before().has("las", "la", "NAMECUE", "LABEL"):
        return None
    return {"CLOCK": clock_of(match["h"], second.half), "OR": (Moment(None, second),)}


@clocks("h:HOUR menos m:MIN", "h:HOUR y pico")
def _near_an_hour_alone(match: Match) -> Tags | None:
    """'siete menos diez', '6 y pico' as the whole message or after a day."""
    if not match.before().has("EDGE", "RELDAY", "manana", "tipo") or not match.after().has("EDGE", "MARK"):
        return None
    return (
        _to_the_hour(match, match["m"].get("MIN"))
        if match.has("m")
        else _clock(replace(clock_of(match["h"]), approx=True))
    )


@clocks("h:CLOCK ( aprox / mas o menos / y pico / mas menos )")
def _or_so(match: Match) -> Tags:
    return _clock(replace(match["h"].get("CLOCK"), approx=True))


@clocks("( a la )? medianoche", "la? media noche")
def _midnight(match: Match) -> Tags:
    return _clock(Clock(0, 0, settled=True))


@clocks("medio dia")
def _noon_in_two_words(match: Match) -> Tags | None:
    return None if match.before().has("NUM", "un") else {"PARTNAME": "mediodia", "mediodia": None}


@clocks("tarde|tardecita noche")
def _evening(match: Match) -> Tags:
    return {"PARTNAME": "tardenoche", "tardecita": None}


@clocks("lo mas t:temprano|tarde posible|que", "mas t:temprano|tarde posible")
def _as_early_as_possible(match: Match) -> Tags:
    return {"PART": Part("temprano" if match["t"].has("temprano") else "ultima")}


@clocks(
    "mas tarde ( esta|de|por|a la? p:tarde|noche )", "temprano ( esta|por|a|en la? p:tarde|noche|manana )"
)
def _early_or_late_part(match: Match) -> Tags:
    name = part_name(match["p"])
    early = "temprano" if name == "tarde" else "early"
    part = Part(name, "late" if match.items()[0].has("mas") else early)
    return {"MOMENT": Moment(Relative(0), part)} if match.items()[-2].has("esta") else {"PART": part}


@clocks("esta|este misma|mismo? p:manana|PARTNAME", "hoy p:tarde|noche|mediodia|siesta|madrugada")
def _this_part(match: Match) -> Tags:
    name = part_name(match["p"])
    return {"MOMENT": Moment(Relative(0), Part(name))}


@clocks("( a la )? hs de|del almuerzo|almorzar|comer|mediodia", "despues de|del almuerzo|almorzar")
def _lunch(match: Match) -> Tags:
    return (
        {"HOURS": ClockBound("after", Clock(14))}
        if match.items()[0].has("despues")
        else {"PART": Part("mediodia")}
    )


@clocks("mas tarde hoy", "hoy mas tarde")
def _later_today(match: Match) -> Tags:
    return {"MOMENT": Moment(Relative(0), Part("luego"))}


@clocks("anoche")
def _last_night(match: Match) -> Tags:
    return {"MOMENT": Moment(Relative(-1), Part("noche"))}


@clocks("( el resto / lo que queda ) ( de la / del ) dia|jornada ( de hoy )?", "resto del dia ( de hoy )?")
def _rest_of_day(match: Match) -> Tags:
    return {"MOMENT": Moment(Now(rest=True))}


@clocks(
    "( a|por|en|de|durante )? la|las|ala p:manana|tarde|noche|madrugada|siesta|tardecita",
    "( a|por|en )? al|el|del|la|a|de p:mediodia", "a eso del|de p:mediodia",
    "a|por|en|tipo p:tarde|noche|siesta|tardecita|madrugada",
)  # fmt: skip
def _part(match: Match) -> Tags | None:
    if match.before().has("GREETING", "mas"):
        return None
    return {"PART": Part(part_name(match["p"]))}


@clocks("cualquier|alguna p:manana|tarde|noche|siesta")
def _any_part(match: Match) -> Tags:
    return {"PART": Part(part_name(match["p"]))}


@clocks("mediodia")
def _noon(match: Match) -> Tags:
    """'mediodía' without an article is the hour, 'al mediodía' the part of the day."""
    return _clock(Clock(12, 0, settled=True))


@clocks("p:PARTNAME")
def _part_after_day(match: Match) -> Tags | None:
    """'jueves tarde', 'mañana noche', 'de tarde'."""
    before = match.before()
    if before.has("de") and not match.before(2).has("PARTNAME", "mas"):
        return {"PART": Part(match["p"].get("PARTNAME"))}
    if before.has("WEEKDAY", "RELDAY", "viene", "DATE", "MONTH") or (
        before.has("manana") and not before.has("PART")
    ):
        return {"PART": Part(match["p"].get("PARTNAME"))}
    return None


@clocks("de m:manana")
def _in_the_morning(match: Match) -> Tags | None:
    """'el jueves de mañana': the morning; anywhere else 'de mañana' is tomorrow's."""
    return {"PART": Part("manana")} if match.before().has("WEEKDAY") else None


@clocks("bien? t:temprano")
def _early(match: Match) -> Tags | None:
    if match.before().has("mas", "tan", "muy", "demasiado"):
        return None
    return {"PART": Part("temprano")}
