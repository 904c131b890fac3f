"""Where a client stands who says that they paid: their account, and the file that they sent."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from actions.debts import open_debts
from actions.forms import Slots
from actions.turn import Turn
from vallebot.services import accounts, attachments
from vallebot.services.accounts import Account, Debt
from vallebot.services.attachments import Attachment
from vallebot.services.payment_records import PaymentView
from vallebot.services.payment_steps import CURRENCY


@dataclass
class Standing:
    """What is known beside the words: the account with this professional, and the file that was sent."""

    turn: Turn
    message_id: int | None
    currency: str

    @cached_property
    def account(self) -> Account:
        return accounts.account(self.turn.runtime.sessions, self.turn.actor)

    @cached_property
    def debts(self) -> list[Debt]:
        """What is open, and not announced already."""
        return open_debts(self.account, self.currency)

    @cached_property
    def proof(self) -> Attachment | None:
        """The file. Raises VallebotError where it cannot be had or is none that we take."""
        return attachment_of(self.turn, self.message_id) if self.message_id is not None else None

    def sum_of(self, cargos: list[int]) -> int:
        return sum(debt.open_minor for debt in self.debts if debt.cargo_id in cargos)

    @property
    def read_minor(self) -> int | None:
        return self.proof.reading.amount_minor if self.proof is not None else None

    def announced(self, amount_minor: int | None) -> list[PaymentView]:
        """Payments that wait for the professional, of that amount (or any)."""
        return [one for one in self.account.informed if amount_minor in (None, one.amount_minor)]


def attachment_of(turn: Turn, message_id: int) -> Attachment:
    """The file of a message of this conversation. Raises VallebotError, OutageError."""
    runtime = turn.runtime
    return attachments.attachment(
        runtime.sessions, turn.actor, runtime.media_source, runtime.proof_tools, message_id, now=turn.now
    )


def standing_of(turn: Turn, state: Slots) -> Standing:
    said = state["importe"]
    message_id = state["adjunto"]
    found = Standing(turn, int(message_id) if message_id is not None else None, CURRENCY)
    if said is not None:
        found.currency = said["currency"]
    elif found.proof is not None and found.proof.reading.currency is not None:
        found.currency = found.proof.reading.currency
    return found
