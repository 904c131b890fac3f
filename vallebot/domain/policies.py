"""What a client's change of plans leads to: the rules of cancelling and rescheduling."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from vallebot.domain.states import BookingState, LateCancellation, StrEnum


class ChangeOutcome(StrEnum):
    LIBRE = "libre"  #: done at once, nothing is owed
    CON_COSTO = "con_costo"  #: done at once, the session is owed
    A_CONSULTAR = "a_consultar"  #: the professional decides, the booking stays meanwhile


@dataclass(frozen=True)
class Policy:
    """A service's rule: free until `hours` before the start, then `late`."""

    hours: int
    late: LateCancellation

    def deadline(self, starts_at: datetime) -> datetime:
        """The last moment at which a change is free."""
        return starts_at - timedelta(hours=self.hours)


def outcome_of_change(
    policy: Policy, state: BookingState, starts_at: datetime, *, cost_minor: int, now: datetime
) -> ChangeOutcome:
    """What happens when the client cancels or moves now. Something not yet accepted, or in time, or that costs
    nothing anyway, is free; `cost_minor` is what the session costs."""
    if state is not BookingState.CONFIRMADO or now <= policy.deadline(starts_at):
        return ChangeOutcome.LIBRE
    if policy.late is LateCancellation.CONSULTAR:
        return ChangeOutcome.A_CONSULTAR
    return ChangeOutcome.CON_COSTO if cost_minor else ChangeOutcome.LIBRE
