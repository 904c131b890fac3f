"""Whether a text means a weekly class as a whole, or on some of its days: 'los martes', 'martes y jueves', 'fijo'."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from vallebot.domain.cuando.model import Cuando
from vallebot.domain.text import fold

#: Longer stretches than this ("en marzo", "todo el mes") name no class: who says them means the whole course.
LONGEST_DATE = timedelta(days=14)

_DAY = r"(?:lun|mar|mie|jue|juv|vie|vier|sab|dom)[a-z]*"
_WEEKLY = re.compile(
    rf"\b(?:(?:todos )?los|cada) {_DAY}|\b(?:fij[oa]s?|siempre|de forma permanente|todas las semanas|por semana)\b"
)
_WHOLE = re.compile(
    r"\btodas\b|\blas clases\b|\bel (?:curso|grupo|mes)\b|\bal (?:curso|grupo)\b|\bmensual|\btodos los dias\b|"
    r"\bfij[oa]s?\b|\bsiempre\b"
)
_SINGLE = re.compile(rf"\bel (?:proximo )?{_DAY}|\d{{1,2}}/\d|\b{_DAY} \d{{1,2}}\b(?!\s*(?:hs?\b|:|hora))")


def recurring_days(text: str, cuando: Cuando | None) -> frozenset[int]:
    """The weekdays (0 = Monday) on which a text asks for a class for good; empty where it names single dates.

    "Martes y jueves" and "los martes" recur; "el martes", "el martes y el jueves" and "martes 24" are dates.
    """
    days = [
        one.start.weekday()
        for one in ((cuando, *cuando.also) if cuando is not None else ())
        if not one.negated and one.kind in ("date", "datetime") and isinstance(one.start, date)
    ]
    said = fold(text)
    several = len(days) > 1 and not _SINGLE.search(said)
    return frozenset(days) if several or _WEEKLY.search(said) else frozenset()


def means_whole_course(text: str) -> bool:
    """'las clases de yoga', 'todas', 'un lugar fijo': all classes there are."""
    return bool(_WHOLE.search(fold(text)))


def hour_said(cuando: Cuando | None) -> int | None:
    """Minute of the day of a class that is named by its hour ('los martes a las 19'); None: any."""
    start = cuando.start if cuando is not None and cuando.kind in ("time", "datetime") else None
    return start.hour * 60 + start.minute if isinstance(start, (datetime, time)) else None


def is_long(cuando: Cuando | None) -> bool:
    """'en marzo', 'todo el mes': a stretch in which no single class is meant."""
    if cuando is None or cuando.kind != "date_range" or cuando.open is not None:
        return False
    start, end = cuando.start, cuando.end
    return isinstance(start, date) and isinstance(end, date) and end - start > LONGEST_DATE
