"""What the language model and the transcription of voice notes may cost a professional in a day.

A call reserves the most that it can take before it is made, in one statement that refuses what would go beyond a
limit; afterwards the difference is given back. So the limits hold whatever runs at the same time, and a process
that dies in the middle leaves the reservation counted.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import sessionmaker


@dataclass(frozen=True)
class Spend:
    """An amount of everything that is limited. `cost_micros`: millionths of a US dollar."""

    calls: int = 0
    tokens: int = 0
    audio_seconds: int = 0
    cost_micros: int = 0

    def minus(self, other: Spend) -> Spend:
        return Spend(*(mine - theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True)
class Account:
    """Whose budget, of which local day."""

    profesional_id: int
    day: date


_ACCOUNT = text("SELECT timezone FROM profesionales WHERE id = :profesional")
# What a call does not take cannot keep it from being made: minutes of voice notes are no limit for questions.
_RESERVE = text("""
    INSERT INTO llm_usage AS used (profesional_id, day, calls, tokens, audio_seconds, cost_micros)
    SELECT :profesional, :day, :calls, :tokens, :audio_seconds, :cost_micros
     WHERE :calls <= :max_calls AND :tokens <= :max_tokens AND :audio_seconds <= :max_audio_seconds
       AND :cost_micros <= :max_cost_micros
    ON CONFLICT (profesional_id, day) DO UPDATE
       SET calls = used.calls + excluded.calls, tokens = used.tokens + excluded.tokens,
           audio_seconds = used.audio_seconds + excluded.audio_seconds,
           cost_micros = used.cost_micros + excluded.cost_micros
     WHERE (excluded.calls = 0 OR used.calls + excluded.calls <= :max_calls)
       AND (excluded.tokens = 0 OR used.tokens + excluded.tokens <= :max_tokens)
       AND (excluded.audio_seconds = 0 OR used.audio_seconds + excluded.audio_seconds <= :max_audio_seconds)
       AND (excluded.cost_micros = 0 OR used.cost_micros + excluded.cost_micros <= :max_cost_micros)
    RETURNING 1
""")
_GIVE_BACK = text("""
    UPDATE llm_usage
       SET calls = calls - :calls, tokens = greatest(tokens - :tokens, 0),
           audio_seconds = greatest(audio_seconds - :audio_seconds, 0),
           cost_micros = greatest(cost_micros - :cost_micros, 0), failed = failed + :failed
     WHERE profesional_id = :profesional AND day = :day
""")


def account_of(sessions: sessionmaker, profesional_id: int, *, now: datetime) -> Account:
    """The account of a professional today, in their own zone."""
    with sessions() as session:
        zone = session.execute(_ACCOUNT, {"profesional": profesional_id}).scalar_one()
    return Account(profesional_id, now.astimezone(ZoneInfo(zone)).date())


def reserve(sessions: sessionmaker, account: Account, most: Spend, limits: Spend) -> bool:
    """Count a call before it is made; False where it could go beyond a limit: then it must not be made."""
    maxima = {f"max_{name}": value for name, value in vars(limits).items()}
    with sessions.begin() as session:
        return session.execute(_RESERVE, {**_of(account), **vars(most), **maxima}).first() is not None


def settle(
    sessions: sessionmaker, account: Account, reserved: Spend, spent: Spend, *, failed: bool = False
) -> None:
    """Give back what a call did not take."""
    values = {**_of(account), **vars(reserved.minus(spent)), "failed": int(failed)}
    with sessions.begin() as session:
        session.execute(_GIVE_BACK, values)


def _of(account: Account) -> dict:
    return {"profesional": account.profesional_id, "day": account.day}
