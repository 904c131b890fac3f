"""Rules that join days and hours: ranges, bounds ('después de'), moves ('del jueves al viernes'); then the phrases.

`read_phrases` turns items into `Phrase`s: each one moment, excluded or moved away from or meant, as the words say.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial

from vallebot.domain.cuando.cascade import Item, Layer, Match, Tags
from vallebot.domain.cuando.clocks import clock_of
from vallebot.domain.cuando.periods import merge
from vallebot.domain.cuando.units import (
    Ahead,
    Clock,
    ClockBound,
    ClockRange,
    DayBound,
    DayRange,
    DaySpec,
    HourSpec,
    Moment,
    MomentRange,
    MonthDay,
    Now,
    Part,
    Period,
    Relative,
    Side,
)

joins = Layer()

_UNIT = "DAY|CLOCK|PART"
_ANY = "DAY|CLOCK|PART|HOURS|MOMENT"
_MOVE_REACH = 8  #: items between 'pasame' and 'del jueves al viernes'


def _moment(*items: Item) -> Moment:
    day = next((item.get("DAY") for item in items if item.has("DAY")), None)
    hours = next(
        (item.get("CLOCK", "HOURS", "PART") for item in items if item.has("CLOCK", "HOURS", "PART")), None
    )
    known = next((item.get("MOMENT") for item in items if item.has("MOMENT")), None)
    return known or Moment(day, hours)


@joins("de|desde|entre|del el|la? a:DAY|CLOCK|PART ( ,|de|del|el )* b:CLOCK|DAY|PART? ( hasta|a|al|y|- ) ( el|la )? "
       "c:DAY|CLOCK|PART ( ,|de|del|el )* d:CLOCK|DAY|PART")  # fmt: skip
def _moment_range(match: Match) -> Tags | None:
    """'desde las 16 de hoy hasta las 17 de mañana'."""
    first = _moment(*(match[name] for name in "ab" if match.has(name)))
    last = _moment(match["c"], match["d"])
    until = any(item.has("hasta") for item in match.items()) and isinstance(last.hours, Clock)
    if last.day is None or last.hours is None or (first.hours is None and not until):
        return None  # 'de lunes a jueves a la tarde' has hours on each day
    if match.preceded_by("MOVE", _MOVE_REACH):
        return {"MOMENT": last, "SOURCE": first}
    return {"MOMENTRANGE": MomentRange(first, last)}


@joins(
    "( desde|de|entre|del ) ( el|la )? a:DAY ( hasta|a|al|y|- ) ( el|la )? b:DAY",
    "a:DAY ( hasta|al|a|- ) ( el|la )? b:DAY",
    "( desde|de )? a:DAY c:DAY", "( del|desde|entre|de ) ( el )? n:DAYNUM ( hasta|a|al|y|- ) ( el|la )? b:DAY",
)  # fmt: skip
def _day_range(match: Match) -> Tags | None:
    """'del jueves al viernes', 'desde hoy hasta el 15'; after a verb of moving the first is the source."""
    if match.has("c") and (match["c"].lead != "al" or match["a"].lead not in ("del", "desde", "de", "el")):
        return None
    last: DaySpec = match["c" if match.has("c") else "b"].get("DAY")
    first: DaySpec = MonthDay(match["n"].get("DAYNUM")) if match.has("n") else match["a"].get("DAY")
    listed = match.items()[-2].has("-") and (match.after().has("-") or match.before().has("-"))
    if listed or isinstance(first, DayRange) or isinstance(last, (DayRange, Ahead)):
        return None
    if match.items()[0].has("de", "del") and any(item.has("y") for item in match.items()):
        return None
    if match.preceded_by("MOVE", _MOVE_REACH):
        return {"DAY": last, "SOURCE": Moment(first)}
    return {"DAY": DayRange(first, last)}


@joins("( de|desde|entre )? p:DAY ( hasta|a|al|y|- ) m:MONTH")
def _month_range(match: Match) -> Tags | None:
    """'de enero a marzo', 'entre enero y marzo'."""
    first = match["p"].get("DAY")
    if not isinstance(first, Period) or first.month is None:
        return None
    return {"DAY": DayRange(first, Period("month", 0, match["m"].get("MONTH")))}


@joins("d:DAY")
def _moved_days(match: Match) -> Tags | None:
    """'pasame del 10 al 12'."""
    days = match["d"].get("DAY")
    if not isinstance(days, DayRange) or match["d"].lead not in ("del", "de") or match["d"].has("SOURCE"):
        return None
    if not match.preceded_by("MOVE", _MOVE_REACH):
        return None
    return {"DAY": days.last, "SOURCE": Moment(days.first)}


@joins("desde d:DAY hasta c:CLOCK", "entre d:DAY y c:CLOCK")
def _from_now(match: Match) -> Tags | None:
    """'desde ahora hasta las 6'."""
    if not isinstance(match["d"].get("DAY"), Now):
        return None
    return {"MOMENTRANGE": MomentRange(Moment(Now()), Moment(Relative(0), match["c"].get("CLOCK")))}


@joins("h:HOURS")
def _moved_hours(match: Match) -> Tags | None:
    """'pasame de las 15 a las 17'."""
    hours: ClockRange = match["h"].get("HOURS")
    if not match.preceded_by("MOVE", _MOVE_REACH) or match["h"].has("SOURCE"):
        return None
    return {"CLOCK": hours.end, "SOURCE": Moment(None, hours.start)}


@joins(
    f"en vez|lugar de|del el|la? a:{_UNIT} de? b:{_UNIT}", f"en vez|lugar de|del el|la? a:{_ANY}",
    "en vez|lugar de|del las? h:HOUR",
)  # fmt: skip
def _instead_of(match: Match) -> Tags | None:
    """'en vez de las 16', 'en lugar del lunes a las 5'."""
    if match.has("h"):
        return {"SOURCE": Moment(None, clock_of(match["h"]))}
    items = [match[name] for name in "ab" if match.has(name)]
    if len(items) > 1 and items[0].has("DAY") == items[1].has("DAY"):
        return None  # the second one is the target
    return {"SOURCE": _moment(*items)}


_BOUNDS: tuple[tuple[Side, str], ...] = (
    (
        "until",
        "no despues de|del / no mas tarde de|del|que / a mas tardar / como maximo|mucho / tan tarde como",
    ),
    (
        "from",
        "no antes de|del|que / a partir de|del? / apartir de|del? / desde / tan temprano|pronto como / recien a?",
    ),
    ("after", "despues de|del? / mas tarde de|del|que / mas alla de|del / pasado|pasada"),
    ("before", "antes de|del|que?"),
    ("until", "hasta"),
)


def _bound(side: Side, match: Match) -> Tags | None:
    """A side of time: 'después de las 18', 'antes del viernes'."""
    item, first = match["x"], match.items()[0]
    if item.has("DAY"):
        plain = len(match.items()) == 2 and first.has("antes", "despues") and item.lead not in ("de", "del")
        if plain or first.has("pasado", "recien") or isinstance(item.get("DAY"), (DayRange, DayBound, Ahead)):
            return None
        return {"DAY": DayBound(side, item.get("DAY"))}
    if item.has("MOMENT"):
        moment: Moment = item.get("MOMENT")
        if not isinstance(moment.hours, (Clock, Part)):
            return None
        return {"MOMENT": replace(moment, hours=ClockBound(side, moment.hours))}
    hours = item.get("CLOCK", "PART")
    if hours is None:
        if match.after().has("COUNTED", "UNIT", "JUNK", "MONTH", "NUM", "%") or len(match.items()) < 2:
            return None
        hours = clock_of(item)
    elif first.has("recien") or (isinstance(hours, Part) and first.has("pasado", "pasada")):
        return {"CLOCK": hours} if isinstance(hours, Clock) else {"PART": hours}
    return {"HOURS": ClockBound(side, hours)}


for _side, _words in _BOUNDS:
    joins(f"( {_words} ) el|la? x:DAY|CLOCK|PART|MOMENT|HOUR|HHMM")(partial(_bound, _side))


@joins(
    "( de|desde|a partir ) ( las )? x:CLOCK|HOUR|HM|DAY|PART ( en adelante / para adelante|arriba )",
    "x:CLOCK|DAY|HOUR|HM|HOURS ( en adelante / para adelante|arriba / o despues / o mas tarde )",
)  # fmt: skip
def _onwards(match: Match) -> Tags:
    item = match["x"]
    if item.has("HOURS"):
        return {"HOURS": item.get("HOURS")}
    if item.has("DAY"):
        day = item.get("DAY")
        return {"DAY": day if isinstance(day, DayBound) else DayBound("from", day)}
    return {"HOURS": ClockBound("from", item.get("CLOCK", "PART") or clock_of(item))}


@joins("x:CLOCK|DAY ( como maximo / a mas tardar / o antes )")
def _at_the_latest(match: Match) -> Tags:
    if match["x"].has("DAY"):
        return {"DAY": DayBound("until", match["x"].get("DAY"))}
    return {"HOURS": ClockBound("until", match["x"].get("CLOCK"))}


@joins("d:DAY ( ,|a )? h:HOUR|HHMM")
def _bare_hour_after_day(match: Match) -> Tags | None:
    """'mañana 17' at the end of what is said."""
    if isinstance(match["d"].get("DAY"), (Ahead, DayBound)) or not match.after().has(
        "EDGE", "?", ".", ",", "!", "o"
    ):
        return None
    if (
        match["d"].has("CLOCK", "HOURS", "PART")
        or match["h"].get("WORD")
        or match.before().has("CLOCK", "HOURS")
    ):
        return None
    return {"MOMENT": Moment(match["d"].get("DAY"), clock_of(match["h"]))}


@joins("tipo|aprox|alrededor|como d:DAY", "mas o menos|para d:DAY", "d:DAY aprox", "d:DAY mas o menos")
def _about_a_day(match: Match) -> Tags:
    return {"DAY": match["d"].get("DAY"), "APPROX": None}


# --- phrases ------------------------------------------------------------------------------------------------------


@dataclass
class Phrase:
    """One moment of the message while it is put together."""

    moment: Moment | MomentRange
    source: Moment | None = None
    negated: bool = False
    linked: bool = False  #: joined to the phrase before by 'o', 'y' or a comma
    leading: set[str] = field(default_factory=set)  #: its first word and the one before
    spans: list[tuple[int, int]] = field(default_factory=list)
    first: int = 0  #: index of its first and last item
    last: int = 0


_UNIT_TAGS = ("DAY", "CLOCK", "PART", "HOURS", "MOMENT", "MOMENTRANGE", "SOURCE")
_JOINERS = (
    "o",
    "u",
    "y",
    ",",
    "sino",
    "tambien",
    "bien",
    "/",
    "-",
    "ni",
    "el",
    "a",
    "la",
    "los",
    "e",
    "si",
    "no",
)
_CONNECTORS = ("de", "del", "a", "al", "la", "las", "el", "en", "por", ",", "-")  #: inside one expression
_REACH = 14  #: items between a day and its hour


def read_phrases(items: list[Item]) -> list[Phrase]:
    """Group the units of `items` into phrases, in the order of the text."""
    phrases: list[Phrase] = []
    for index, item in enumerate(items):
        if not item.has(*_UNIT_TAGS):
            continue
        fresh = _fresh(items, index)
        between = items[phrases[-1].last + 1 : index] if phrases else []
        fresh.linked = bool(phrases) and (item.has("LINKED") or _is_link(between))
        if not phrases or item.has("LINKED") or not _attach(phrases[-1], fresh, between):
            phrases.append(fresh)
        if item.has("OR"):
            phrases += [replace(fresh, moment=option, linked=True, spans=[]) for option in item.get("OR")]
    for phrase in phrases:
        phrase.negated = _is_excluded(items, phrase)
    return phrases


def _fresh(items: list[Item], index: int) -> Phrase:
    item = items[index]
    moment = item.get("MOMENTRANGE") or _moment(item)
    if isinstance(moment, Moment) and item.has("APPROX"):
        moment = replace(moment, approx=True)
    before = [items[i].get("WORD") or "" for i in range(index - 1, max(index - 3, -1), -1)]
    article = bool(before) and before[0] in ("el", "los", "la", "las")
    leading = {item.lead or "", *(before if article else before[:1])}
    start = items[index - 1].start if article else item.start
    return Phrase(moment, item.get("SOURCE"), False, False, leading, [(start, item.end)], index, index)


def _is_link(between: list[Item]) -> bool:
    """Nothing, or only joining words in between ('lunes miércoles y viernes')."""
    joined = not between or any(item.has("o", "u", "y", ",", "/", "-", "e", "ni") for item in between)
    return joined and all(item.has(*_JOINERS) for item in between)


def _attach(phrase: Phrase, fresh: Phrase, between: list[Item]) -> bool:
    """Give the day, hour or source of `fresh` to `phrase` where it lacks it."""
    if len(between) > _REACH or any(item.has("o", "u", "ni", "excepto") for item in between):
        return False
    if any(item.has("CANNOT", "MOVE", "menos") for item in between):
        return False
    combined = _combine(phrase, fresh, between)
    if combined is None:
        return False
    phrase.moment, phrase.source = combined, phrase.source or fresh.source
    if between and all(item.has(*_CONNECTORS) for item in between):
        phrase.spans.append((between[0].start, between[-1].end))
    phrase.spans += fresh.spans
    phrase.last = fresh.last
    return True


def _combine(phrase: Phrase, fresh: Phrase, between: list[Item]) -> Moment | None:
    old, new = phrase.moment, fresh.moment
    if isinstance(old, MomentRange) or isinstance(new, MomentRange):
        return None
    source_only = new == Moment() or old == Moment()
    if source_only:
        return new if old == Moment() else old
    sources = [one.source for one in (phrase, fresh) if one.source]
    if len(sources) == 2 or (sources and any(item.has(",", ".") for item in between)):
        return None
    hours = _combine_hours(old.hours, new.hours)
    if hours is None and old.hours and new.hours:
        return None
    day = old.day or new.day
    if old.day and new.day and old.day != new.day:
        close = len(between) <= 2 and not any(item.has("y") for item in between)
        merged = merge(old.day, new.day) if close else None
        if merged is None:
            return None
        day = merged
    return Moment(day, hours, old.approx or new.approx)


def _combine_hours(old: HourSpec | None, new: HourSpec | None) -> HourSpec | None:
    """'a la tarde' + 'a las 5' is 17:00; an hour says more than a part of the day."""
    if old is None or new is None:
        return old or new
    for one, other in ((old, new), (new, old)):
        if isinstance(one, Part):
            if isinstance(other, Clock):
                return replace(other, half=other.half or one.name)
            if isinstance(other, ClockRange):
                return other if other.end.half else replace(other, end=replace(other.end, half=one.name))
            if isinstance(other, ClockBound):
                at = other.at
                return (
                    replace(other, at=replace(at, half=at.half or one.name))
                    if isinstance(at, Clock)
                    else None
                )
            if isinstance(other, Part) and other.name in ("temprano", "primera", "ultima"):
                return Part(one.name, "late" if other.name == "ultima" else "early")
    if isinstance(old, ClockBound) and isinstance(new, ClockBound) and old.side != new.side:
        lower, upper = (old, new) if old.side in ("from", "after") else (new, old)
        if isinstance(lower.at, Clock) and isinstance(upper.at, Clock):
            return ClockRange(lower.at, upper.at)
    return None


def _is_excluded(items: list[Item], phrase: Phrase) -> bool:
    """'menos el lunes', 'no puedo el lunes', 'el lunes no puedo', 'el lunes no'."""
    before = [items[i] if i >= 0 else None for i in range(phrase.first - 1, phrase.first - 5, -1)]
    words = [
        item for item in before if item is not None and not item.has("el", "los", "la", "para", "a", "en")
    ]
    if words and words[0].has("menos", "excepto", "ni") and not (len(words) > 1 and words[1].has("o")):
        return True
    if words and words[0].has("sea") and len(words) > 1 and words[1].has("no"):
        return True
    if (
        words
        and words[0].has("CANNOT", "no")
        and (words[0].has("no") or (len(words) > 1 and words[1].has("no")))
    ):
        return not words[0].has("no") or len(words) == 1 or words[1].has("MARK", "pero", "y", "mejor")
    reach = items[max(0, phrase.first - 6) : phrase.first]
    if any(item.has("poder") for item in reach) and any(item.has("no") for item in reach):
        return not any(item.has("MARK", *_UNIT_TAGS) for item in reach)  # 'no voy a poder ir hoy'
    return _refused_after(items[phrase.last + 1 : phrase.last + 6])


def _refused_after(after: list[Item]) -> bool:
    after = [item for item in after if not item.has("yo", "ya", "la", "verdad", "al", "final", "creo", "que")]
    if not after or not after[0].has("no", "imposible", "complicado", "tampoco"):
        return bool(after) and after[0].has("se", "me") and any(item.has("complica") for item in after[1:3])
    if len(after) == 1 or after[0].has("imposible", "complicado"):
        return True
    following = after[1]
    if following.has("CANNOT", "MARK", "pero", "porque", "mejor", "xq") or following.has(*_UNIT_TAGS):
        return not following.has("?")
    if following.has("me"):
        return any(item.has("sirve", "queda", "viene", "conviene", "da", "va") for item in after[2:3])
    return following.has("voy", "vamos") and any(item.has("poder", "llegar") for item in after[2:5])
