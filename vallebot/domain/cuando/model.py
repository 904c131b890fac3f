"""The answer of `interpret`: what a Spanish time expression means at a given moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Literal

Kind = Literal["date", "time", "datetime", "date_range", "time_range", "datetime_range"]
Moment = date | time | datetime  #: date for date*, time for time*, datetime for datetime* kinds


@dataclass(frozen=True)
class Window:
    """Hours that hold on each day of a `date_range` ('la semana que viene a la mañana')."""

    start: time
    end: time


@dataclass(frozen=True)
class Cuando:
    """A time expression, resolved. `start` and `end` have the type that `kind` says.

    Points (`date`, `time`, `datetime`) have no `end`. A `date_range` ends on its last day, inclusive; a range
    that closes at midnight ends at 23:59. Datetimes are naive or aware as the `now` they were read with.
    """

    kind: Kind
    start: Moment | None
    end: Moment | None = None
    open: Literal["start", "end"] | None = None  #: that bound is only a filler ('después de las 18')
    window: Window | None = None
    also: tuple[Cuando, ...] = ()  #: further options, all meant ('jueves o viernes')
    negated: bool = False  #: excluded by the person ('menos el lunes')
    approx: bool = False  #: 'tipo 6'
    alternatives: tuple[Cuando, ...] = ()  #: other readings of the same words, worth confirming
    source: Cuando | None = None  #: the moment that is moved away from ('en vez de las 16')
    problem: Literal["imposible", "pasado"] | None = None  #: then `start` and `end` are None
    past: Cuando | None = None  #: with problem 'pasado', the moment that was named ('te transferí ayer')
    part: str | None = (
        None  #: part of the day the hours were read from ('tarde'): its bounds are a convention
    )
    spans: tuple[tuple[int, int], ...] = ()  #: character ranges of the text it was read from

    def as_dict(self) -> dict[str, Any]:
        """The prediction format of the date benchmark: kind, start, end (ISO text) and also, not, window.

        A moment in the past is written out, as a benchmark asks for the reading and not for a decision.
        """
        if self.past is not None:
            return self.past.as_dict()
        answer: dict[str, Any] = {"kind": self.kind, "start": _iso(self.start), "end": _iso(self.end)}
        if self.also:
            answer["also"] = [option.as_dict() for option in self.also]
        if self.negated:
            answer["not"] = True
        if self.window is not None:
            answer["window"] = {"start": _iso(self.window.start), "end": _iso(self.window.end)}
        return answer


def _iso(moment: Moment | None) -> str | None:
    """YYYY-MM-DD, HH:MM or YYYY-MM-DDTHH:MM, without the offset."""
    if isinstance(moment, datetime):
        return moment.strftime("%Y-%m-%dT%H:%M")
    if isinstance(moment, time):
        return moment.strftime("%H:%M")
    return moment.isoformat() if moment is not None else None
