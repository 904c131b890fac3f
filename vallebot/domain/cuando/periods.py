"""Rules for weeks, weekends, months and their portions, and for what happens when days meet: merges and bounds.

Works on the DAY items of days.py; adds DAY items of periods, joins 'el viernes' + 'de la semana que viene'.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from vallebot.domain.cuando.cascade import Layer, Match, Tags
from vallebot.domain.cuando.units import (
    DaySpec,
    Holiday,
    Moment,
    MonthDay,
    Period,
    Portion,
    Relative,
    Weekday,
    WeekOf,
)

periods = Layer()
merges = Layer()

_UNITS: dict[str, Any] = {"semana": "week", "finde": "weekend", "mes": "month", "ano": "year"}


def _day(spec: DaySpec) -> Tags:
    return {"DAY": spec}


@periods("fin|fines de semana", "finde ( largo )?", "fin de")
def _weekend(match: Match) -> Tags | None:
    if match.items()[-1].has("de"):
        return None
    return {"PERIOD": "weekend", "finde": None}


@periods("p:semana|mes|ano")
def _plain_period(match: Match) -> Tags | None:
    name = next(word for word in _UNITS if match["p"].has(word))
    return {"PERIOD": _UNITS[name], name: None}


@periods("la? PERIOD despues de la proximo", "la? PERIOD que viene no , la otra")
def _after_next(match: Match) -> Tags:
    return _day(Period(match.items()[0].get("PERIOD") or match.items()[1].get("PERIOD"), 2))


@periods(
    "( el|la|este )? PERIOD ( de / del / que comienza|empieza|arranca )? ( el )? ( dia )? d:DAY",
    "( el|la )? PERIOD de|del d:DAYNUM",
)
def _week_of(match: Match) -> Tags | None:
    """'la semana del 14', 'la semana que comienza el 4 de febrero'."""
    items = match.items()
    unit = next(item.get("PERIOD") for item in items if item.has("PERIOD"))
    day = match["d"].get("DAY") or MonthDay(match["d"].get("DAYNUM"))
    if unit not in ("week", "weekend") or not isinstance(day, MonthDay):
        return None
    return _day(WeekOf(day, unit == "weekend"))


@periods(
    "( el|la )? p:PERIOD ( que? f:viene / f:proximo )", "( el|la )? THIS p:PERIOD que f:viene",
    "( el|la|los|las )? f:proximo p:PERIOD", "( el|la )? p:PERIOD l:LASTWORD", "( el|la )? l:LASTWORD p:PERIOD",
    "( el|la )? o:otra|otro p:PERIOD", "( el|la )? t:THIS ( mismo|misma )? p:PERIOD",
    "( el|la )? p:PERIOD t:actual|corriente",
    "( el|la )? THIS f:proximo p:PERIOD",
)  # fmt: skip
def _shifted_period(match: Match) -> Tags | None:
    unit = match["p"].get("PERIOD")
    if match.has("l"):
        # 'la última semana de marzo' is a portion, read below
        if match["l"].has("ultima", "ultimo", "ultimos", "ultimas") and match.after().has("de", "del"):
            return None
        return _day(Period(unit, -1))
    if match.has("o"):
        return _day(Period(unit, 1, vague=True))
    shift = 1 if match.has("f") else 0
    return _day(Period(unit, shift, this=match.has("t"), vague=unit == "weekend" and shift == 1))


@periods("o|u la|el ( que f:viene / f:proximo / f:otra|otro )")
def _other_period(match: Match) -> Tags | None:
    """'esta semana o la que viene'."""
    known = match.before().get("DAY")
    if not isinstance(known, Period) or known.month is not None or not known.this:
        return None
    return {**_day(Period(known.unit, known.shift + 1)), "LINKED": None}


@periods("el|los|este|al|del p:finde", "en el|la? p:semana|finde", "en|durante la p:semana", "p:finde")
def _this_period(match: Match) -> Tags | None:
    if match["p"].has("semana") and match.before().has("entre", "cada", "NUM", "por"):
        return None
    return _day(Period(match["p"].get("PERIOD")))


@periods("MONTHYEAR", "en|de|el? y:YEAR , m:MONTH", "( el )? ( mes de )? m:MONTH ( de|del|, )? y:YEAR")
def _month_of_year(match: Match) -> Tags:
    written = match.items()[0].get("MONTHYEAR")
    month, year = written or (match["m"].get("MONTH"), match["y"].get("YEAR"))
    return _day(Period("month", 0, month, year))


@periods(
    "( el|la )? m:MONTH ( que f:viene / f:proximo )", "( el )? f:proximo m:MONTH", "( el )? m:MONTH l:pasado",
    "( el )? l:pasado m:MONTH", "( en|durante|para|de ) el? ( mes de )? m:MONTH", "t:THIS m:MONTH",
    "todo el? m:MONTH", "el? mes de m:MONTH",
    "( desde|hasta|antes|despues|partir ) de? m:MONTH", "m:MONTH",
)  # fmt: skip
def _month(match: Match) -> Tags | None:
    """A month alone needs a preposition, or to be the whole message: 'Abril' may be a person."""
    month = match["m"].get("MONTH")
    if match.has("l"):
        return _day(Period("month", -1, month))
    if match.has("f"):
        return _day(Period("month", 1, month))
    if match.has("t"):
        return _day(Period("month", 0, month, this=True))
    items = match.items()
    if len(items) == 1:
        bound = match.before().has("THIS", "y", "o", "hasta", "desde", "de", "del", "fin", "MIDDLE", "START")
        alone = match.before().has("EDGE") and match.after().has("EDGE", "MARK")
        if not bound and (not alone or (match["m"].has("PRONE") and match["m"].has("CAPITAL"))):
            return None
        return _day(Period("month", 0, month))
    if items[0].has("desde", "hasta", "antes", "despues", "partir"):
        return None
    if items[0].has("de", "para") and match["m"].has("CAPITAL") and match["m"].has("PRONE"):
        return None
    if items[0].has("de", "para") and len(items) == 2 and match["m"].get("WORD") in ("set", "may", "mar"):
        return None
    return {**_day(Period("month", 0, month)), **({"OFMONTH": None} if items[0].has("de") else {})}


_OF = "( de / del / de la / de el )"


@periods(
    f"( a|para|en|al )? ( los|las|la|el )? s:START|MIDDLE|END dia? {_OF}? ( d:DAY / p:PERIOD / m:MONTH )",
    "mas s:temprano de d:DAY", f"( a|en )? ( los )? o:primeros|ultimos dia {_OF}? ( d:DAY / p:PERIOD / m:MONTH )",
    f"( en|por|a )? ( la|el )? s:ORDINAL mitad|quincena {_OF}? ( d:DAY / p:PERIOD / m:MONTH )",
    f"lo que r:queda {_OF} ( d:DAY / p:PERIOD )", f"( en|por )? el? r:resto {_OF} ( d:DAY / p:PERIOD )",
)  # fmt: skip
def _portion(match: Match) -> Tags | None:
    """'fin de mes', 'a mediados de noviembre', 'la segunda quincena', 'el resto de la semana'."""
    of = _owner(match)
    if of is None:
        return None
    if match.has("r"):
        return _day(Portion("rest", of))
    if match.has("o"):
        return _day(Portion("start" if match["o"].has("primeros") else "end", of))
    said = match["s"]
    if any(item.has("quincena", "mitad") and item is not said for item in match.items()):
        return _day(Portion("half", of, said.get("ORDINAL")))
    if isinstance(of, Period) and of.unit == "year" and said.has("END"):
        return _day(Holiday("fin de año"))
    return _day(
        Portion("start" if said.has("START", "temprano") else "middle" if said.has("MIDDLE") else "end", of)
    )


def _owner(match: Match) -> DaySpec | None:
    """The period that a portion is taken of."""
    if match.has("d"):
        spec: DaySpec = match["d"].get("DAY")
        return spec if isinstance(spec, Period) else None
    if match.has("m"):
        return Period("month", 0, match["m"].get("MONTH"))
    return Period(match["p"].get("PERIOD"))


@periods(
    f"( en|por|a )? ( la )? o:ORDINAL PERIOD {_OF}? ( d:DAY / p:PERIOD / m:MONTH / y:YEAR )",
)
def _nth_week(match: Match) -> Tags | None:
    """'la primera semana de marzo', 'la 3ª semana de 2018'."""
    if not any(item.get("PERIOD") == "week" for item in match.items()):
        return None
    of = Period("year", 0, None, match["y"].get("YEAR")) if match.has("y") else _owner(match)
    return _day(Portion("week", of, match["o"].get("ORDINAL"))) if of is not None else None


@periods("d:DAY del|de p:PERIOD")
def _nth_weekday_of(match: Match) -> Tags | None:
    """'el último sábado del mes'."""
    spec, unit = match["d"].get("DAY"), match["p"].get("PERIOD")
    if not isinstance(spec, Weekday) or not spec.nth or unit not in ("month", "year"):
        return None
    return _day(replace(spec, within=Period(unit)))


_LISTED = "a:DAYNUM y|o|, b:DAY"


@periods(_LISTED, _LISTED, _LISTED)
def _listed_days(match: Match) -> Tags | None:
    """'3, 4 y 5 de diciembre': from right to left, one more in each round."""
    day = match["b"].get("DAY")
    if (
        not isinstance(day, MonthDay)
        or day.month is None
        or day.weekday is not None
        or match.before().has("las", "la")
    ):
        return None
    others = (Moment(day), *(match["b"].get("OR") or ()))
    return {"DAY": replace(day, day=match["a"].get("DAYNUM")), "OR": others}


# --- days that meet -----------------------------------------------------------------------------------------------


@merges("a:DAY ( ,|-|de|del|el|: )* b:DAY", "a:DAY h:CLOCK|PART|HOURS ( de|del|, )? b:DAY")
def _meet(match: Match) -> Tags | None:
    """'mañana lunes', 'el viernes 10/4', 'el miércoles de la semana que viene', 'la semana pasada, el lunes'."""
    spec = merge(match["a"].get("DAY"), match["b"].get("DAY"))
    if spec is None:
        return None
    hours = dict(match["h"].tags) if match.has("h") else {}
    return {**hours, **_day(spec)}


def merge(first: DaySpec, second: DaySpec) -> DaySpec | None:
    """One day said in two ways, or a day inside a period; None where they are two days."""
    for one, other in ((first, second), (second, first)):
        if isinstance(one, Weekday):
            if isinstance(other, (Period, Portion, WeekOf)) and one.shift in ("bare", "this"):
                return replace(one, within=other)
            if isinstance(other, MonthDay) and other.weekday is None:
                return replace(other, weekday=one.weekday)
            if isinstance(other, (Relative, Holiday)) and one.shift == "bare":
                return other
        if (
            isinstance(one, MonthDay)
            and one.month is None
            and isinstance(other, Period)
            and other.unit == "month"
        ):
            if other.month is not None:
                return replace(one, month=other.month, year=other.year)
            return replace(one, month_shift=other.shift)
        if isinstance(one, Relative) and isinstance(other, MonthDay):
            return one
    return None
