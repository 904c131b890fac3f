"""`interpret`: text and the moment it was sent -> `Cuando`. Runs the layers and decides between several moments."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from vallebot.domain.cuando.cascade import Item
from vallebot.domain.cuando.clocks import clocks
from vallebot.domain.cuando.days import days
from vallebot.domain.cuando.decoys import decoys
from vallebot.domain.cuando.hour_ranges import ranges
from vallebot.domain.cuando.model import Cuando
from vallebot.domain.cuando.numbers import numbers
from vallebot.domain.cuando.periods import merges, periods
from vallebot.domain.cuando.phrases import Phrase, joins, read_phrases
from vallebot.domain.cuando.resolve import Resolver
from vallebot.domain.cuando.tokens import tokenize
from vallebot.domain.cuando.units import DayBound, Moment, MonthDay, Period, Relative, Weekday

_LAYERS = (numbers, decoys, clocks, ranges, days, periods, merges, joins)
_MAX_PHRASES = 12  #: nobody means more moments in one message; of a long story the last ones count


def interpret(text: str, now: datetime, *, tz: ZoneInfo | None = None) -> Cuando | None:
    """What `text` says about time, read at `now`; None where it holds no date.

    `now` may be naive (local) or aware; an aware one is first moved to `tz` where that is given. Datetimes of the
    answer are of the same manner. Never raises, whatever the text.
    """
    if now.tzinfo is not None and tz is not None:
        now = now.astimezone(tz)
    items = parse(text)
    if _is_goodbye(items):
        return None
    phrases = read_phrases(items)[-_MAX_PHRASES:]
    if not phrases:
        return None
    moved = any(item.has("MOVE") for item in items)
    return _answer(_with_sources(_shared(phrases), moved), Resolver(now))


def parse(text: str) -> list[Item]:
    """The items of `text` after all layers; for development and tests."""
    items = tokenize(text)
    for layer in _LAYERS:
        items = layer.apply(items)
    return items


def _is_goodbye(items: list[Item]) -> bool:
    """'gracias, hasta mañana'."""
    dated = [item for item in items if item.has("DAY", "PART", "CLOCK", "HOURS")]
    if len(dated) != 1 or dated[0].lead != "hasta" or any(item.has("?") for item in items):
        return False
    others = [item for item in items if item is not dated[0]]
    if not all(item.has("SMALLTALK", "MARK", "el", "la") for item in others):
        return False
    return bool(others) or dated[0].get("DAY") == DayBound("until", Relative(1))


def _shared(phrases: list[Phrase]) -> list[Phrase]:
    """Options share what is said once: 'lunes o martes a la tarde', 'el lunes a las 5 o a las 6'."""
    for earlier, later in zip(phrases[-2::-1], phrases[:0:-1], strict=True):
        if later.linked and isinstance(earlier.moment, Moment) and isinstance(later.moment, Moment):
            earlier.moment = _with_month_of(earlier.moment, later.moment)
            if (
                earlier.moment.hours is None
                and earlier.moment.day is not None
                and later.moment.day is not None
            ):
                earlier.moment = replace(earlier.moment, hours=later.moment.hours)
            elif earlier.moment.day is None and later.moment.day is not None:
                earlier.moment = replace(earlier.moment, day=later.moment.day)
    for earlier, later in pairwise(phrases):
        if later.negated and isinstance(earlier.moment, Moment) and isinstance(later.moment, Moment):
            later.moment = _inside(later.moment, earlier.moment)
        if not isinstance(earlier.moment, Moment) or not isinstance(later.moment, Moment) or later.moment.day:
            continue
        if later.linked or earlier.negated or earlier.moment.hours is not None:
            later.moment = replace(later.moment, day=earlier.moment.day)
    return phrases


def _with_month_of(earlier: Moment, later: Moment) -> Moment:
    """'el 10 o el 12 de diciembre'."""
    one, other = earlier.day, later.day
    if not isinstance(one, MonthDay) or not isinstance(other, MonthDay) or one != MonthDay(one.day):
        return earlier
    return replace(earlier, day=replace(one, month=other.month, year=other.year))


def _inside(excluded: Moment, whole: Moment) -> Moment:
    """'la semana que viene menos el miércoles': that week's Wednesday."""
    if isinstance(excluded.day, Weekday) and isinstance(whole.day, Period) and excluded.day.shift == "bare":
        return replace(excluded, day=replace(excluded.day, within=whole.day))
    return excluded


def _with_sources(phrases: list[Phrase], moved: bool) -> list[Phrase]:
    """After a verb of moving, what 'del' introduces is the source of the other moment."""
    if len(phrases) < 2:
        return phrases
    sources = [phrase for phrase in phrases if phrase.source is not None and phrase.moment == Moment()]
    if not sources and moved:
        aims = [phrase for phrase in phrases if phrase.leading & {"al", "a", "para", "por"}]
        froms = [phrase for phrase in phrases if phrase.leading & {"del", "de", "turno"}]
        froms = froms or [phrase for phrase in phrases if aims and phrase not in aims]
        sources = [p for p in froms if isinstance(p.moment, Moment) and not p.negated][:1]
        for phrase in sources:
            phrase.source = phrase.moment if isinstance(phrase.moment, Moment) else None
    targets = [phrase for phrase in phrases if phrase not in sources]
    if not sources or not targets:
        return phrases
    target = targets[-1]
    target.source = sources[0].source
    if isinstance(target.moment, Moment) and target.moment.day is None and target.source is not None:
        target.moment = replace(target.moment, day=target.source.day)
    target.spans = sources[0].spans + target.spans
    return targets


def _answer(phrases: list[Phrase], resolver: Resolver) -> Cuando | None:
    """The first moment that can be meant; the others are further options, what is excluded among them."""
    phrases = [phrase for phrase in phrases if phrase.moment != Moment()]
    if not phrases:
        return None
    read = [resolver.phrase(phrase) for phrase in phrases]
    ranked = sorted(read, key=lambda one: (one.negated, one.problem is not None))
    first, *others = ranked
    if first.problem is None:
        others = [other for other in others if other.problem is None]
    unique = [other for index, other in enumerate(others) if other not in others[:index] and other != first]
    return replace(first, also=tuple(unique))
