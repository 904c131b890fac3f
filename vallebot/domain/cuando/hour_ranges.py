"""Rules for stretches of hours: 'de 3 a 5', 'entre las 9 y media y las 11', '9 a 12'.

Tag made here: HOURS (units.ClockRange).
"""

from __future__ import annotations

from dataclasses import replace

from vallebot.domain.cuando.cascade import Layer, Match, Tags
from vallebot.domain.cuando.clocks import ARTICLE, BARE, clock_of, counted_after, part_name
from vallebot.domain.cuando.units import ClockRange

ranges = Layer()


@ranges(
    f"( de|desde|entre|tipo ) ( {ARTICLE} )? a:{BARE} ( a|hasta|y|- ) ( {ARTICLE} )? b:{BARE}",
    f"a:CLOCK ( a|hasta|- ) ( {ARTICLE} )? b:{BARE}", "a:HOUR|HM -|a|hasta b:CLOCK",
    "( de|desde ) ( las )? a:HOUR|HM|HHMM|CLOCK b:CLOCK", "a:CLOCK b:CLOCK",
)  # fmt: skip
def _clock_range(match: Match) -> Tags | None:
    """'de 3 a 5', 'entre las 9 y media y las 11', '4pm-5pm'."""
    start, end = match["a"], match["b"]
    adjacent = match.items()[-2] is start
    if adjacent and end.lead not in ("a", "al", "alas"):
        return None
    plain = not start.has("CLOCK") and not end.has("CLOCK")
    if counted_after(match) or (plain and match.after().has("MONTH")):
        return None
    if match.before().has("WEEKDAY") and match.items()[1].has("hasta"):
        return None  # 'jueves 2 hasta las 11'
    if match.items()[0].has("de", "desde") and any(item.has("y") for item in match.items()):
        return None  # 'de 5 y 7' are ages
    if plain and match.after().has("de", "del") and match.after(2).has("MONTH", "este", "proximo", "mes"):
        return None
    if plain and match.items()[0].has("de") and match.before().has("PLACE", "calle"):
        return None
    return {"HOURS": ClockRange(clock_of(start), clock_of(end))}


@ranges("a:HOUR|HM a b:HOUR|HM|HHMM", "a:HM -|hasta b:HM")
def _bare_range(match: Match) -> Tags | None:
    """'mañana 9 a 12', '9 a 12' as the whole message."""
    before, after = match.before(), match.after()
    if not before.has("EDGE", "WEEKDAY", "RELDAY", "manana", ",", "DATE") or counted_after(match):
        return None
    if after.has("MONTH", "EDGE", "MARK", "de", "del", "NUM") and not after.has("EDGE", "MARK"):
        return None
    return {"HOURS": ClockRange(clock_of(match["a"]), clock_of(match["b"]))}


@ranges("c:HOURS de|por la|las p:manana|PARTNAME", "c:HOURS a:AMPM")
def _range_of_part(match: Match) -> Tags:
    hours: ClockRange = match["c"].get("HOURS")
    half = match["a"].get("AMPM") if match.has("a") else part_name(match["p"])
    return {"HOURS": replace(hours, end=replace(hours.end, half=half))}
