"""From a `Phrase` to a `Cuando`: the half of the day, the calendar, what is past, what else could be meant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Literal, cast

from vallebot.domain.cuando.calendar import Days, days_of, move
from vallebot.domain.cuando.model import Cuando, Kind, Window
from vallebot.domain.cuando.phrases import Phrase
from vallebot.domain.cuando.units import (
    Ahead,
    Clock,
    ClockBound,
    ClockRange,
    DayBound,
    DaySpec,
    HourSpec,
    Moment,
    MomentRange,
    Now,
    Part,
    Stretch,
)

_MIDNIGHT, _LAST_MINUTE, _NOON = time(0, 0), time(23, 59), time(12, 0)
#: hours of the parts of the day; conventions of the product, so `Cuando.part` says that they are loose
PARTS: dict[str, tuple[int, int]] = {
    "manana": (8, 12), "mediodia": (12, 14), "tarde": (13, 19), "noche": (19, 22), "siesta": (13, 16),
    "tardecita": (17, 19), "tardenoche": (18, 21), "temprano": (8, 10), "primera": (8, 10), "ultima": (17, 19),
    "madrugada": (0, 6), "luego": (12, 24), "early manana": (8, 10), "late manana": (11, 12),
    "late ultimas manana": (10, 12), "early tarde": (13, 15), "temprano tarde": (14, 17),
    "late tarde": (17, 19), "early noche": (19, 21), "late noche": (21, 24), "middle manana": (10, 11),
    "middle tarde": (16, 17), "early madrugada": (0, 3), "late madrugada": (4, 6),
}  # fmt: skip
_HALVES = {"am": 0, "manana": 0, "madrugada": 0, "temprano": 0}  #: parts of the day before noon
_DOUBTFUL = (8, 9)  #: the evening twin of these hours is worth confirming
_TIME_UNITS = {"hour": 60, "minute": 1}


# --- hours --------------------------------------------------------------------------------------------------------


def settle(clock: Clock) -> list[time]:
    """The times a written hour may be, likeliest first: 1-7 are pm, 8-11 am, 12 is noon (unless somebody said)."""
    hour, minute = clock.hour % 24, clock.minute
    if clock.half is not None:
        return [time(_with_half(hour, clock.half), minute)]
    if clock.hour > 12 or hour == 0 or (clock.settled and clock.hour > 7) or clock.padded:
        return [time(hour, minute)]
    twins = [time(hour % 12 + 12, minute), time(hour % 12, minute)]
    if 8 <= hour <= 11:
        twins.reverse()
    return twins[:1] if hour == 12 else twins


def _with_half(hour: int, half: str) -> int:
    if hour > 12 or hour == 0:
        return hour
    if half == "manana" and hour == 12:
        return 12  # 'de 9 a 12 de la mañana'
    if half in _HALVES:
        return hour % 12
    if half == "noche" and hour in (12, 1, 2, 3, 4):
        return hour % 12
    if half == "mediodia" and hour in (10, 11):
        return hour
    return hour % 12 + 12


def part_times(part: Part) -> tuple[time, time]:
    start, end = PARTS.get(f"{part.edge} {part.name}".strip()) or PARTS[part.name]
    return time(start), _LAST_MINUTE if end == 24 else time(end)


def range_times(hours: ClockRange) -> tuple[time, time]:
    """Both ends of a range together: the half that was said for one end serves the other."""
    start, end = hours.start, hours.end
    if end.half == "am" and end.hour == 12 and 0 < start.hour < 12:
        end = replace(end, half="manana")  # 'de 10 a 12 am' ends at noon
    if end.half is not None and start.half is None and not _fixed(start):
        last = settle(end)[0]
        first = min(_twins(start), key=lambda at: (_minutes(last) - _minutes(at) - 1) % 1440)
        return first, last
    if (
        not start.half
        and not _fixed(start)
        and (12 < end.hour > start.hour or (_fixed(end) and start.hour > 9))
    ):
        return time(start.hour, start.minute), settle(end)[0]  # 'de 7 a 21': both on the 24 hour clock
    firsts = settle(start) if start.half or _fixed(start) else settle(start) + _twins(start)
    lasts = settle(end) if end.half or _fixed(end) else sorted(_twins(end))
    if start.padded and not end.half and end.hour > 9:
        lasts = [time(end.hour % 24, end.minute)]
    for first in firsts:
        for last in lasts:
            if first < last:
                return first, last
    return firsts[0], lasts[0]


def _fixed(clock: Clock) -> bool:
    return clock.hour > 12 or clock.hour == 0 or clock.padded


def _twins(clock: Clock) -> list[time]:
    return [time(clock.hour % 12, clock.minute), time(clock.hour % 12 + 12, clock.minute)]


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


# --- moments ------------------------------------------------------------------------------------------------------


class Resolver:
    """Resolves phrases said at `now`; datetimes come out naive or aware as `now` is."""

    def __init__(self, now: datetime) -> None:
        self.now, self.today = now.replace(second=0, microsecond=0), now.date()

    def phrase(self, phrase: Phrase) -> Cuando:
        """The meaning of `phrase`; an impossible date becomes a problem, not an error."""
        moment = phrase.moment
        answer = self._guarded(moment)
        source = self._guarded(phrase.source) if phrase.source is not None else None
        return replace(answer, negated=phrase.negated, source=source, spans=merge_spans(phrase.spans))

    def _guarded(self, moment: Moment | MomentRange) -> Cuando:
        try:
            answer = self._range(moment) if isinstance(moment, MomentRange) else self._moment(moment)
        except (
            ValueError,
            OverflowError,
        ):  # no such day (Impossible), or beyond the years that dates can have
            return Cuando("date", None, problem="imposible")
        return self._mark_past(answer)

    def _mark_past(self, answer: Cuando) -> Cuando:
        if not self._is_past(answer):
            return answer
        return Cuando(
            answer.kind, None, problem="pasado", past=answer, approx=answer.approx, part=answer.part
        )

    def _is_past(self, answer: Cuando) -> bool:
        last = answer.end if answer.end is not None or answer.open == "end" else answer.start
        if last is None or answer.open == "end":
            return False
        if isinstance(last, datetime):
            return last < self.now
        return isinstance(last, date) and last < self.today

    def _moment(self, moment: Moment) -> Cuando:
        approx = moment.approx or (isinstance(moment.hours, Clock) and moment.hours.approx)
        if moment.day is None:
            assert moment.hours is not None
            answer = self._hours_only(moment.hours)
        elif moment.hours is None:
            answer = self._day_only(moment.day)
        else:
            answer = self._day_and_hours(moment.day, moment.hours)
        return replace(answer, approx=True) if approx else answer

    # hours without a day

    def _hours_only(self, hours: HourSpec) -> Cuando:
        if isinstance(hours, Clock):
            first, *others = settle(hours)
            twins = others if first.hour in _DOUBTFUL else []
            return Cuando("time", first, alternatives=tuple(Cuando("time", other) for other in twins))
        start, end, open_ = self._window(hours)
        part = hours.name if isinstance(hours, Part) else None
        others_: tuple[Cuando, ...] = ()
        if part == "mediodia":
            others_ = (Cuando("time", _NOON),)
        return Cuando("time_range", start, end, open=open_, part=part, alternatives=others_)

    def _window(self, hours: HourSpec) -> tuple[time, time, Literal["start", "end"] | None]:
        if isinstance(hours, ClockRange):
            start, end = range_times(hours)
            return start, _LAST_MINUTE if end == _MIDNIGHT else end, None
        if isinstance(hours, Part):
            return (*part_times(hours), None)
        if isinstance(hours, Clock):
            at = settle(hours)[0]
            return at, at, None
        at = self._bound_time(hours)
        return (at, _LAST_MINUTE, "end") if hours.side in ("from", "after") else (_MIDNIGHT, at, "start")

    def _bound_time(self, bound: ClockBound) -> time:
        if isinstance(bound.at, Clock):
            return settle(bound.at)[0]
        if bound.at.name == "mediodia":
            return _NOON
        start, end = part_times(bound.at)
        return end if bound.side in ("after", "until") else start

    # days without hours

    def _day_only(self, day: DaySpec) -> Cuando:
        instant = self._instant(day)
        if instant is not None:
            return instant
        days = days_of(day, self.today)
        alternatives = tuple(_from_days(other) for other in days.others)
        return replace(_from_days(days), alternatives=alternatives)

    def _instant(self, day: DaySpec) -> Cuando | None:
        """'ahora', 'en 2 horas', 'la próxima hora', 'el resto del día': they know the minute."""
        if isinstance(day, Now):
            if day.rest:
                return Cuando("datetime_range", self.now, self._at(self.today, _LAST_MINUTE))
            return Cuando("datetime", self.now)
        if isinstance(day, (Ahead, Stretch)) and any(unit in _TIME_UNITS for _, unit in day.amounts):
            base = self.now
            if isinstance(day, Ahead) and day.base is not None and not isinstance(day.base, Now):
                start = days_of(day.base, self.today).start
                assert start is not None
                base = self._at(start, _MIDNIGHT)
            other = move(base.date(), day.amounts, day.direction)
            minutes = sum(count * _TIME_UNITS.get(unit, 0) for count, unit in day.amounts)
            moved = self._at(other, base.timetz().replace(tzinfo=None)) + timedelta(
                minutes=minutes * day.direction
            )
            moved = moved.replace(second=0, microsecond=0)
            if isinstance(day, Stretch):
                return Cuando("datetime_range", min(self.now, moved), max(self.now, moved))
            return Cuando("datetime", moved)
        return None

    # both

    def _day_and_hours(self, day: DaySpec, hours: HourSpec) -> Cuando:
        days = days_of(day, self.today)
        if isinstance(day, Now) and isinstance(hours, (Clock, ClockRange, ClockBound, Part)):
            days = Days(self.today)
        if isinstance(day, DayBound) and isinstance(hours, Clock):
            return self._bounded(day, hours, days)
        if not days.single:
            start, end, _ = self._window(hours)
            part = hours.name if isinstance(hours, Part) else None
            plain = _from_days(days)
            return replace(plain, window=Window(start, end), part=part,
                           alternatives=tuple(_from_days(other) for other in days.others))  # fmt: skip
        assert days.start is not None
        answer = self._on_day(days.start, hours)
        others: Iterable[Cuando] = (
            self._on_day(other.start, hours) for other in days.others if other.start is not None
        )
        alternatives = answer.alternatives + tuple(other for other in others if not self._is_past(other))
        return replace(answer, alternatives=alternatives)

    def _bounded(self, bound: DayBound, clock: Clock, days: Days) -> Cuando:
        """'a partir del lunes a las 5'."""
        inner = days_of(bound.day, self.today).start
        assert inner is not None
        at = self._at(inner, settle(clock)[0])
        if bound.side in ("from", "after"):
            return Cuando("datetime_range", at, None, open="end")
        return Cuando("datetime_range", self.now, at, open="start")

    def _on_day(self, day: date, hours: HourSpec) -> Cuando:
        if isinstance(hours, Clock):
            return self._clock_on_day(day, hours)
        start, end, open_ = self._window(hours)
        if (
            isinstance(hours, ClockRange)
            and start < end
            and day == self.today
            and self._at(day, end) < self.now
        ):
            start, end = _evening_twin(hours, start, end)
        last = day + timedelta(days=1) if end < start else day
        part = hours.name if isinstance(hours, Part) else None
        alternatives: tuple[Cuando, ...] = ()
        if part == "mediodia":
            alternatives = (Cuando("datetime", self._at(day, _NOON)),)
        return Cuando("datetime_range", self._at(day, start), self._at(last, end), open=open_, part=part,
                      alternatives=alternatives)  # fmt: skip

    def _clock_on_day(self, day: date, clock: Clock) -> Cuando:
        """A morning hour that is over today is read as the evening one."""
        if clock.half == "noche" and clock.hour == 12:
            return Cuando("datetime", self._at(day + timedelta(days=1), time(0, clock.minute)))
        if clock.hour % 24 == 0 and day == self.today:
            return Cuando(
                "datetime", self._at(day + timedelta(days=1), time(0, clock.minute))
            )  # the coming midnight
        times = [self._at(day, at) for at in settle(clock)]
        if day == self.today:
            times = sorted(times, key=lambda at: at < self.now)
        first, *others = times
        twins = [at for at in others if clock.hour in _DOUBTFUL and at > self.now]
        return Cuando("datetime", first, alternatives=tuple(Cuando("datetime", at) for at in twins))

    def _range(self, moments: MomentRange) -> Cuando:
        first, last = moments.first, moments.last
        assert last.day is not None
        end_day = days_of(last.day, self.today).bounds()[1]
        start_day = days_of(first.day, self.today).bounds()[0] if first.day is not None else end_day
        if end_day < start_day:
            end_day = days_of(last.day, start_day).bounds()[1]  # the first one after the start
        start, end = self._edge(first.hours, 0), self._edge(last.hours, 1)
        if isinstance(first.day, Now) and first.hours is None:
            start = self.now.time()
        marks = [hours.half for hours in (first.hours, last.hours) if isinstance(hours, Clock)]
        if start_day != end_day and marks[1:] == [None] and marks[0] and isinstance(last.hours, Clock):
            end = time(
                last.hours.hour % 24, last.hours.minute
            )  # who marks one end and not the other means it
        if end_day < start_day:
            raise ValueError(moments)
        return Cuando("datetime_range", self._at(start_day, start), self._at(end_day, end))

    def _edge(self, hours: HourSpec | None, side: int) -> time:
        if hours is None:
            return (_MIDNIGHT, _LAST_MINUTE)[side]
        start, end, _ = self._window(hours)
        return end if side else start

    def _at(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, tzinfo=self.now.tzinfo)


def _evening_twin(hours: ClockRange, start: time, end: time) -> tuple[time, time]:
    """'de 9 a 11', said today after noon, twelve hours later; as it was where somebody said which half."""
    if hours.start.half or hours.end.half or start.hour >= 12 or end.hour >= 12:
        return start, end
    return start.replace(hour=start.hour + 12), end.replace(hour=end.hour + 12)


def _from_days(days: Days) -> Cuando:
    kind: Kind = "date" if days.single else "date_range"
    return Cuando(kind, days.start, days.end, open=cast("Literal['start', 'end'] | None", days.open))


def merge_spans(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """In order, those that touch or are a space apart as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
