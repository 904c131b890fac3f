"""Concrete free slots to choose from: what is offered, and how it is found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from actions.turn import Turn
from actions.wording import offer_title
from vallebot.domain.windows import Wish
from vallebot.services import agenda

#: How many free slots are offered at once: enough to choose from, few enough to read on a phone.
OFFERED = 5

#: ... from the first few days that have room: people want to come soon.
OFFERED_DAYS = 3

#: Without a wish, free slots are looked for over this many days.
SEARCH_DAYS = 21


@dataclass(frozen=True)
class Offer:
    """A free slot as offered. `starts_at` is ISO with offset; JSON-safe, it lives in the slot `ofertas`."""

    starts_at: str
    title: str

    @property
    def local(self) -> datetime:
        """The start in the professional's zone, naive, as people speak of it."""
        return datetime.fromisoformat(self.starts_at).replace(tzinfo=None)

    def as_slot(self) -> dict[str, str]:
        return asdict(self)

    @classmethod
    def from_slot(cls, value: dict[str, str]) -> Offer:
        return cls(**value)


@dataclass(frozen=True)
class Found:
    """Offers, and whether they are what was wished for (or only the nearest to it)."""

    offers: list[Offer]
    as_wished: bool


def find_offers(turn: Turn, servicio_id: int, wish: Wish | None) -> Found:
    """Free slots inside the wish; where there are none, the nearest ones after (then before) it."""
    if wish is None:
        return Found(_search(turn, servicio_id, [(turn.now, turn.now + timedelta(days=SEARCH_DAYS))]), True)
    inside = _search(turn, servicio_id, list(wish.ranges))
    if inside:
        return Found(inside, True)
    start = wish.ranges[0][0]
    nearest = _search(turn, servicio_id, [(start, start + timedelta(days=SEARCH_DAYS))])
    return Found(nearest or _search(turn, servicio_id, [(turn.now, start)]), False)


def _search(turn: Turn, servicio_id: int, ranges: list[tuple[datetime, datetime]]) -> list[Offer]:
    query = agenda.SlotQuery(servicio_id=servicio_id, windows=tuple(ranges), limit=200)
    slots = agenda.free_slots(turn.runtime.sessions, turn.actor, query, now=turn.now)
    chosen = _spread(slots, [turn.local(slot.starts_at).date() for slot in slots])
    return [
        Offer(turn.local(slot.starts_at).isoformat(), offer_title(turn, slot.starts_at)) for slot in chosen
    ]


def _spread(slots: list[Any], days: list[date]) -> list[Any]:
    """At most OFFERED of them, from the first few days, spread over days and hours rather than all in a row."""
    first_days = sorted(set(days))[:OFFERED_DAYS]
    near = [slot for slot, day in zip(slots, days, strict=True) if day in first_days]
    if len(near) <= OFFERED:
        return near
    step = (len(near) - 1) / (OFFERED - 1)
    return [near[round(number * step)] for number in range(OFFERED)]
