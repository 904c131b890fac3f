"""Rules for days: relative days, weekdays, written dates, and stretches counted from today.

Tag made here: DAY, a `units.DaySpec`.
"""

from __future__ import annotations

from dataclasses import replace

from vallebot.domain.cuando.cascade import Item, Layer, Match, Tags
from vallebot.domain.cuando.units import (
    Ahead,
    DayRange,
    DaySpec,
    Holiday,
    MonthDay,
    Now,
    Relative,
    Stretch,
    Weekday,
)

days = Layer()

_NUMBER_OF_DAY = "DAYNUM|DAYORD"


def _day(spec: DaySpec) -> Tags:
    return {"DAY": spec}


def _number(item: Item) -> int:
    number: int = item.get("DAYNUM", "DAYORD", "NUM", "ORDINAL")
    return number


@days("el? dia? despues de manana", "pasado manana", "pasadomanana", "pasado de manana", "pasao manana")
def _after_tomorrow(match: Match) -> Tags | None:
    return None if match.before().has("NUM") else _day(Relative(2))


@days("el dia siguiente|proximo", "el proximo dia")
def _next_day(match: Match) -> Tags | None:
    return None if match.after().has("DAYNUM") else _day(Relative(1))


@days("antes de ayer", "el? dia? antes de ayer")
def _before_yesterday(match: Match) -> Tags:
    return _day(Relative(-2))


@days("pasado")
def _pasado(match: Match) -> Tags | None:
    """'pasado a la tarde': the day after tomorrow; 'el lunes pasado' and 'pasado el 15' are not."""
    before, after = match.before(), match.after()
    if before.has(
        "UNIT", "WEEKDAY", "MONTH", "DAY", "este", "el", "finde", "semana", "NUM", "ha", "he", "dos"
    ):
        return None
    if after.has("UNIT", "WEEKDAY", "el", "las", "de", "MONTH", "los", "finde") and not after.has("hs"):
        return None
    if match.items()[0].has("pasada"):
        return None
    heard = before.has("para", "o", "manana", "EDGE", ",", "y", "mejor", "DAY")
    return _day(Relative(2)) if heard or after.has("PART", "CLOCK", "EDGE", "?") else None


@days("( el dia de )? r:RELDAY ( mismo )?", "dia? r:hoy mismo?")
def _relative(match: Match) -> Tags:
    return _day(Relative(match["r"].get("RELDAY")))


@days("( el dia de )? m:manana mismo?")
def _tomorrow(match: Match) -> Tags:
    """Every 'mañana' that is no part of the day by now."""
    return _day(Relative(1))


@days("justo? ahora mismo|justo?", "en este momento", "ya mismo")
def _now(match: Match) -> Tags | None:
    """'ahora'; in 'ahora el jueves' or 'ahora no' it is only an opening word."""
    if match.after().has("no", "DAY", "WEEKDAY"):
        return {"JUNK": None}
    return _day(Now())


@days("el? dia? d:DATE|DOTDATE ( de|del|/|- y:YEAR )?", "w:WEEKDAY ,? el? dia? d:DATE|DOTDATE")
def _written_date(match: Match) -> Tags | None:
    item = match["d"]
    said_el = match.items()[0].has("el", "dia") or match.before().has("WEEKDAY", "el", "del", "dia", "al")
    if item.has("HM") and not said_el:
        return None  # '15.12' alone is an hour
    if item.has("DM") and match.before().has("AMOUNTCUE"):
        return None  # 'presión 12/8'
    if match.after().has("UNIT", "COUNTED") and item.has("DM") and not match.after().has("hs"):
        return None
    day, month, year = item.get("DATE", "DOTDATE")
    if match.has("y"):
        year = match["y"].get("YEAR")
    return _day(MonthDay(day, month, year, match["w"].get("WEEKDAY") if match.has("w") else None))


_YEAR_OF = "( de|del|,|/|-|.? y:YEAR )"


@days(
    f"del|desde|de|entre el? dia? a:{_NUMBER_OF_DAY} ( al|a|y|hasta|- ) el? b:{_NUMBER_OF_DAY} "
    f"( de|del|/ )? m:MONTH {_YEAR_OF}?",
    f"a:{_NUMBER_OF_DAY} ( al|a|-|hasta ) el? b:{_NUMBER_OF_DAY} de? m:MONTH {_YEAR_OF}?",
)  # fmt: skip
def _days_of_month(match: Match) -> Tags | None:
    """'del 4 al 8 de agosto', 'entre 3 y 12 de septiembre'."""
    if match.before().has("WEEKDAY"):
        return None  # 'desde el lunes 30 hasta el 4 de diciembre'
    last = MonthDay(
        _number(match["b"]), match["m"].get("MONTH"), match["y"].get("YEAR") if match.has("y") else None
    )
    return _day(DayRange(MonthDay(_number(match["a"])), last))  # the first takes the month of the last


@days(
    f"( del|desde|de|entre ) el? dia? a:{_NUMBER_OF_DAY} ( al|a|y|hasta|- ) el? b:{_NUMBER_OF_DAY} "
    "( de este|THIS mes / del n:proximo mes / del mes ( que n:viene / n:proximo ) )",
)  # fmt: skip
def _days_of_this_month(match: Match) -> Tags:
    first, last = (MonthDay(_number(match[name]), month_shift=int(match.has("n"))) for name in "ab")
    return _day(DayRange(first, last))


@days(
    f"del|desde dia? a:{_NUMBER_OF_DAY} al b:{_NUMBER_OF_DAY}",
    f"desde el a:{_NUMBER_OF_DAY} ( hasta|a el / al ) b:{_NUMBER_OF_DAY}",
    f"entre el a:{_NUMBER_OF_DAY} y el b:{_NUMBER_OF_DAY}",
)  # fmt: skip
def _day_numbers(match: Match) -> Tags | None:
    if match.after().has("COUNTED", "JUNK", "UNIT"):
        return None
    return _day(DayRange(MonthDay(_number(match["a"])), MonthDay(_number(match["b"]))))


@days(
    f"w:WEEKDAY? ,? ( el|al|del|dia|para )? ( el|dia )? d:{_NUMBER_OF_DAY} "
    f"( de|del|-|/ )? ( mes de )? m:MONTH {_YEAR_OF}?",
    f"w:WEEKDAY? ,? m:MONTH -|/? d:{_NUMBER_OF_DAY} ( ,|de|del y:YEAR )?",
)  # fmt: skip
def _day_month(match: Match) -> Tags | None:
    """'el 3 de enero de 2026', 'jueves 15 de mayo', 'abril 5'."""
    if match.before().has("MONTH") and not match.items()[0].has("el", "del", "al", "WEEKDAY"):
        return None
    if match["m"].start < match["d"].start and match.after().has("hs", "UNIT", ":"):
        return None
    year = match["y"].get("YEAR") if match.has("y") else None
    weekday = match["w"].get("WEEKDAY") if match.has("w") else None
    return _day(MonthDay(_number(match["d"]), match["m"].get("MONTH"), year, weekday))


@days(f"el|del|al|dia dia? d:{_NUMBER_OF_DAY} ( de|del ) mar", f"el|del|al d:{_NUMBER_OF_DAY} mar")
def _day_of_march(match: Match) -> Tags:
    return _day(MonthDay(_number(match["d"]), 3))


@days(f"w:WEEKDAY? el|del|al|dia dia? d:{_NUMBER_OF_DAY} del|de m:NUM")
def _day_of_numbered_month(match: Match) -> Tags | None:
    """'el 21 del 3'."""
    month = match["m"].get("NUM")
    if not 1 <= month <= 12 or match.after().has("UNIT", "COUNTED", "AMPM", "JUNK", "a", "y"):
        return None
    return _day(MonthDay(_number(match["d"]), month))


@days(
    f"el|al|del d:{_NUMBER_OF_DAY} -|. m:NUM ( - y:NUM )?",
    f"d:{_NUMBER_OF_DAY} - m:NUM - y:YEAR",
    "s:DAYNUM - m:NUM",
)
def _dashed_date(match: Match) -> Tags | None:
    month = match["m"].get("NUM")
    if any(item.has(".") for item in match.items()) and match["m"].start != match["d"].end + 1:
        return None  # 'el 15. 3 personas'
    if match.has("d") and 12 < month <= 31 and _number(match["d"]) <= 12 and match.items()[0].has("el"):
        return _day(MonthDay(month, _number(match["d"])))  # month first
    if match.has("s"):  # '17-2' as the whole message
        alone = match.before().has("EDGE") and match.after().has("EDGE", "CLOCK", "HOURS", "PART")
        return _day(MonthDay(_number(match["s"]), month)) if alone and 1 <= month <= 12 else None
    year = match["y"].get("YEAR") if match.has("y") else None
    return _day(MonthDay(_number(match["d"]), month, year)) if 1 <= month <= 12 else None


@days(
    f"w:WEEKDAY? ,? ( el|al|del|dia|para|alrededor )? dia? d:{_NUMBER_OF_DAY} ( de )? "
    "( THIS mes / del n:proximo mes / del mes ( que n:viene / n:proximo / actual / corriente ) / del corriente )",
)  # fmt: skip
def _day_of_this_month(match: Match) -> Tags:
    return _day(MonthDay(_number(match["d"]), month_shift=int(match.has("n"))))


@days(f"w:WEEKDAY ,? ( el|dia )? dia? d:{_NUMBER_OF_DAY}")
def _weekday_and_number(match: Match) -> Tags | None:
    """'el lunes 14': the first Monday 14th."""
    between = match.items()[1].has(",") and not match.items()[-2].has("el", "dia")
    if between or match.after().has("COUNTED", "UNIT", "AMPM", "JUNK"):
        return None
    if match.after().has("-") and match.after(2).has("NUM", "CLOCK"):
        return None
    if match["d"].has("DAYNUM") and match.after().has("y", "en") and match.after(2).has("FRACTION", "punto"):
        return None
    return _day(MonthDay(_number(match["d"]), weekday=match["w"].get("WEEKDAY")))


@days(
    f"el|del|al|para|dia|este dia? d:{_NUMBER_OF_DAY}",
    f"dia d:{_NUMBER_OF_DAY}",
    f"el|al|del proximo dia? d:{_NUMBER_OF_DAY}",
)
def _day_number(match: Match) -> Tags | None:
    """'el 30', 'el día 10'. 'al 400' is no day, 'el 5%' neither."""
    number, items = match["d"], match.items()
    if match.after().has("COUNTED", "UNIT", "AMPM", "JUNK", "%", "hs", "x") or match.before().has(
        "LABEL", "PLACE"
    ):
        return None
    if number.has("ORDINAL") and match.after().has("WEEKDAY", "UNIT", "semana"):
        return None  # 'el 3er viernes'
    if number.get("WORD") == "primero" and not items[0].has("dia"):
        return None  # 'el primero' of a list
    if items[0].has("para") and len(items) == 2:
        return None  # 'para 3' counts people
    if items[0].has("al") and match.before().has("NUM") and not match.before().has("DAYNUM"):
        return None
    if match.after().has(":") or number.get("WORD") in ("uno", "una"):
        return None
    return _day(MonthDay(_number(number)))


@days("el|dia|para|este|al|del w:vienes|mares|WEAKDAY", "w:WEAKDAY")
def _weak_weekday(match: Match) -> Tags | None:
    """'lu', 'el vienes': only with an article, or as the whole message."""
    alone = match.before().has("EDGE") and match.after().has("EDGE")
    if len(match.items()) == 1 and not alone:
        return None
    if match["w"].has("mi", "sa", "do", "vi", "ju") and not alone:
        return None
    return {"WEEKDAY": match["w"].get("WEAKDAY"), "el": None}


@days(
    "( el|este )? l:pasado w:WEEKDAY", "( el|este|del|al )? w:WEEKDAY l:LASTWORD",
    "( el|la|lo )? p:este proximo? w:WEEKDAY ( que? n:viene )?", "( el )? p:proximo w:WEEKDAY",
    "( el|los|este|al|del )? w:WEEKDAY ( que n:viene / n:proximo )", "( el|al|del )? o:otro w:WEEKDAY",
    "( el|al|del )? w:WEEKDAY de la o:otra", "w:WEEKDAY",
)  # fmt: skip
def _weekday(match: Match) -> Tags | None:
    weekday = match["w"].get("WEEKDAY")
    if match.has("l"):
        return _day(Weekday(weekday, "last"))
    if match.has("n") or any(item.has("proximo") for item in match.items()):
        return _day(Weekday(weekday, "next"))
    if match.has("o"):
        return _day(Weekday(weekday, "other"))
    if match.before().has("ORDINAL"):
        return _day(Weekday(weekday, nth=match.before().get("ORDINAL")))
    return _day(Weekday(weekday, "this" if match.has("p") else "bare"))


@days("e:ORDINAL d:DAY")
def _nth_weekday(match: Match) -> Tags | None:
    """'el primer lunes' (of a month that is read later)."""
    spec = match["d"].get("DAY")
    return _day(spec) if isinstance(spec, Weekday) and spec.nth else None


# --- counted from today -------------------------------------------------------------------------------------------


@days("un par de u:UNIT")
def _couple(match: Match) -> Tags:
    return {"AMOUNT": ((2, match["u"].get("UNIT")),)}


@days("n:NUM u:UNIT ( y|, b:NUM v:UNIT )? ( y c:NUM x:UNIT )?", "u:UNIT")
def _amount(match: Match) -> Tags | None:
    if not match.has("n"):
        return None
    pairs = [(match[n].get("NUM"), match[u].get("UNIT")) for n, u in ("nu", "bv", "cx") if match.has(n)]
    return {"AMOUNT": tuple(pairs)}


@days(
    "( en|durante )? ( los|las|la|el )? f:proximo|LASTWORD a:AMOUNT w:habil|habiles|laborable|laborables?",
    "( en|durante )? ( los|las|la|el )? a:AMOUNT w:habil|habiles|laborable|laborables? f:proximo|LASTWORD",
    "( en|durante )? ( los|las )? n:NUM f:proximo|LASTWORD u:UNIT",
    "( en|a|durante )? ( los|las|la ) f:proximo|ultimos|ultimas|pasados u:hs|dia",
    "f:proximo|ultimos|ultimas u:hs|dia",
)  # fmt: skip
def _stretch(match: Match) -> Tags | None:
    """'los próximos 3 días', 'las 2 últimas semanas', 'la próxima hora', 'los próximos días'."""
    if match.after().has("de", "del") and match["f"].has("ultimos", "ultimas"):
        return None  # 'los últimos días del mes'
    if match.has("a"):
        amounts = match["a"].get("AMOUNT")
    elif match.has("n"):
        amounts = ((match["n"].get("NUM"), match["u"].get("UNIT")),)
    else:
        several = any(item.has("los", "las") for item in match.items()) or match["f"].has("ultimos")
        if match["u"].has("dia") and not several:
            return None
        amounts = ((3 if several else 1, match["u"].get("UNIT")),)  # a few: three
    return _day(Stretch(amounts, 1 if match["f"].has("proximo") else -1, match.has("w")))


@days("( en|dentro ) de? ( los|las )? a:AMOUNT w:habil|habiles|laborable|laborables?",
    "( de aca / de aqui ) a|en a:AMOUNT",
      "d:DAY en n:ocho|quince", "en n:quince",
      "a:AMOUNT ( a partir de / desde / despues de / contando desde ) d:DAY")  # fmt: skip
def _ahead(match: Match) -> Tags | None:
    """'en 3 días', 'dentro de 15 días', 'de hoy en ocho', '3 semanas a partir de mañana'."""
    if match.has("n") and not match.has("d") and not match.after().has("EDGE", "MARK"):
        return None
    base = match["d"].get("DAY") if match.has("d") else None
    if match.has("n"):
        return _day(Ahead(((7 if match["n"].has("ocho") else 15, "day"),), base=base))
    return _day(Ahead(match["a"].get("AMOUNT"), base=base, workdays=match.has("w")))


@days("a:DAY ( a partir de / desde / despues de / contando desde ) d:DAY")
def _ahead_from(match: Match) -> Tags | None:
    ahead = match["a"].get("DAY")
    if not isinstance(ahead, Ahead):
        return None
    return _day(replace(ahead, base=match["d"].get("DAY")))


@days("hace unos|unas|como|ya|casi|exactamente? a:AMOUNT", "a:AMOUNT atras")
def _ago(match: Match) -> Tags:
    return _day(Ahead(match["a"].get("AMOUNT"), -1))


# --- holidays -----------------------------------------------------------------------------------------------------


@days("( el dia de )? h:navidad|nochebuena|reyes|carnaval|nochevieja", "( la )? noche buena", "h:semana santa",
      "h:viernes santo", "h:pascua|pascuas", "h:ano nuevo", "( a )? h:fin de ano",
      "h:san valentin")  # fmt: skip
def _holiday(match: Match) -> Tags | None:
    if not match.has("h"):
        return _day(Holiday("nochebuena"))
    name = match["h"].get("WORD")
    return _day(Holiday({"fin": "fin de año", "ano": "año nuevo"}.get(name, name)))
