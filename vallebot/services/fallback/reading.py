"""One second reading from end to end: context, budget, question, check. No transaction is open while it waits."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import sessionmaker

from vallebot.services.actor import Actor
from vallebot.services.embeddings import Encoder
from vallebot.services.fallback import budget
from vallebot.services.fallback.answers import Reading, read_answer
from vallebot.services.fallback.asking import prompt_for, tokens_of
from vallebot.services.fallback.budget import Account, Spend
from vallebot.services.fallback.gathering import Asked, Question, gather
from vallebot.services.fallback.model import LanguageModel, ModelFailed, Prompt, Usage

logger = logging.getLogger(__name__)

#: Runs a blocking function beside the event loop.
InThread = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Terms:
    """What a model costs, in millionths of a dollar per token, and the limits per professional and day."""

    micros_in: float
    micros_out: float
    limits: Spend

    def cost(self, usage: Usage) -> int:
        return round(usage.tokens_in * self.micros_in + usage.tokens_out * self.micros_out)


async def read(
    sessions: sessionmaker,
    model: LanguageModel,
    actor: Actor,
    asked: Asked,
    terms: Terms,
    *,
    now: datetime,
    in_thread: InThread,
    encoder: Encoder | None = None,
) -> Reading | None:
    """What a message means, according to the model; None where it was not asked (budget) or gave no usable answer.

    Raises NotAllowedError where no professional is chosen. Never raises for the model's sake.
    """
    question: Question = await in_thread(gather, sessions, actor, asked, encoder=encoder, now=now)
    prompt = prompt_for(question.message, question.context)
    account = await in_thread(budget.account_of, sessions, actor.require_tenant(), now=now)
    most = _most(prompt, terms)
    if not await in_thread(budget.reserve, sessions, account, most, terms.limits):
        logger.warning("the day's budget is used up", extra={"profesional_id": account.profesional_id})
        return None
    check = partial(
        read_answer,
        text=asked.text,
        rol=question.context.rol,
        answering=question.context.pending is not None,
    )
    try:
        reading, usage = await model.answer(prompt, check)
    except ModelFailed as failed:
        logger.warning("no second reading: %s", failed, extra={"message_id": asked.message_id})
        spent = most if failed.asked else Spend(calls=most.calls)
        await _settle(in_thread, sessions, account, most, spent, failed=True)
        return None
    spent = Spend(calls=1, tokens=usage.tokens, cost_micros=terms.cost(usage))
    await _settle(in_thread, sessions, account, most, spent, failed=False)
    return reading


def _most(prompt: Prompt, terms: Terms) -> Spend:
    """What a question can take: two tries, as long as they may be."""
    once = Usage(tokens_of(prompt.system) + tokens_of(prompt.user), prompt.max_tokens)
    return Spend(calls=1, tokens=2 * once.tokens, cost_micros=2 * terms.cost(once))


async def _settle(
    in_thread: InThread, sessions: sessionmaker, account: Account, most: Spend, spent: Spend, *, failed: bool
) -> None:
    await in_thread(budget.settle, sessions, account, most, spent, failed=failed)
