"""From the inbox through Rasa to the outbox: each stored message once, in order, conversations in parallel.

*Once, through Rasa*: the wamid is `UserMessage.message_id`. A message taken up again is looked for in the
tracker: where it is there, its turn was saved, and the answer is read back from the tracker instead of asked for
again. Where it is not, nothing of the turn was saved: it is fed again, and operation keys (wamid + operation)
and outbox keys (wamid + ordinal), unique in the database, make the repetition change and say nothing twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import aiohttp
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.shared.core.events import UserUttered
from rasa.utils.endpoints import ClientResponseError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from connectors import rasa_mends
from connectors.whatsapp import late, together
from connectors.whatsapp.second_reading import SecondReading, put_in_doubt
from connectors.whatsapp.turn import TurnCollector, bubbles_of, heard_in_turn, utterances_of_turn
from connectors.whatsapp.understanding import understood_of, user_message_of
from connectors.whatsapp.voice_notes import VoiceNotes, with_what_was_heard
from vallebot.db.claims import Claimer
from vallebot.db.tables.messaging import Rol
from vallebot.domain.corrections import is_correction
from vallebot.errors import OutageError
from vallebot.runtime import Runtime
from vallebot.services import handover, identity, inbox
from vallebot.services.actor import Actor
from vallebot.services.inbox import OUTAGE, InboxItem
from vallebot.services.interpretations import Understood
from vallebot.services.outbox import SEE_MORE, SEE_NOTICE, Bubble, Saying, notice_of, rest_of
from vallebot.services.texts.answers import MORE, SAY_AGAIN, SORRY

logger = logging.getLogger(__name__)
T = TypeVar("T")

#: Conversations worked on at the same time by one Rasa server. NLU is one thread anyway; actions overlap.
MAX_PARALLEL = 16

#: How often work that nobody announced (due repetitions, messages of dead processes) is looked for.
SWEEP_SECONDS = 2.0


@dataclass(frozen=True)
class Answer:
    """What is said to a message and how it was understood; `key` ends the key of the first bubble."""

    bubbles: list[Bubble]
    understood: Understood | None = None
    key: str = "0"


#: Taps that ask for something said already to be shown: nothing to understand, nothing for Rasa.
_SHOWN: dict[str, Callable[[Session, UUID, int], Bubble | None]] = {
    SEE_NOTICE.removeprefix("/"): notice_of,
    SEE_MORE.removeprefix("/"): partial(rest_of, words=MORE),
}


class InboxProcessor:
    """Runs on Rasa's event loop; the database is talked to from threads, so the loop never waits for it."""

    def __init__(self, runtime: Runtime, agent: Agent) -> None:
        self._runtime = runtime
        self._agent = agent
        self._wake = asyncio.Event()
        self._in_flight: set[asyncio.Task] = set()
        self._threads = ThreadPoolExecutor(max_workers=MAX_PARALLEL, thread_name_prefix="inbox")
        self._claimer = Claimer(runtime.engine)
        self._late_after = timedelta(minutes=runtime.settings.whatsapp.late_minutes)
        self._second_reading = SecondReading(runtime, self.in_thread)
        self._voice_notes = VoiceNotes(runtime, self.in_thread)

    def wake(self) -> None:
        """There is something new in the inbox."""
        self._wake.set()

    async def in_thread(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        """Run a blocking function beside the event loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(function, *args, **kwargs))

    async def run(self) -> None:
        """Work until cancelled. An outage of the database is waited out."""
        recover_at = 0.0
        while True:
            try:
                if time.monotonic() >= recover_at:
                    recover_at = time.monotonic() + SWEEP_SECONDS
                    await self.in_thread(inbox.recover, self._runtime.sessions)
                await self._take_all()
            except (OperationalError, InterfaceError) as exc:
                logger.error("the database is away, waiting", extra={"reason": type(exc).__name__})
            except Exception:
                logger.exception("inbox sweep failed")
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._wake.wait(), SWEEP_SECONDS)
            self._wake.clear()

    async def _take_all(self) -> None:
        while len(self._in_flight) < MAX_PARALLEL:
            item = await self.in_thread(self._claim)
            if item is None:
                return
            task = asyncio.create_task(self._work(item))
            self._in_flight.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task) -> None:
        self._in_flight.discard(task)
        self._wake.set()

    def _claim(self) -> InboxItem | None:
        return inbox.claim_next(self._runtime.sessions, self._claimer.key(), now=self._runtime.clock.now())

    async def _work(self, item: InboxItem) -> None:
        try:
            answer = await self._answer(item)
            keys = [answer.key, *map(str, range(1, len(answer.bubbles)))]
            sayings = [
                self._saying(item, bubble, key) for bubble, key in zip(answer.bubbles, keys, strict=False)
            ]
            await self.in_thread(inbox.finish, self._runtime.sessions, item, sayings, answer.understood)
        except Exception as exc:
            await self._failed(item, exc)
        except rasa_mends.TurnAborted as aborted:
            await self._failed(item, aborted.cause)

    async def _answer(self, item: InboxItem) -> Answer:
        actor = await self.in_thread(self._actor, item)
        item = await self._voice_notes.written_down(item, actor)
        answer = await self._answer_to(item, actor)
        return replace(answer, bubbles=with_what_was_heard(item, answer.bubbles))

    async def _answer_to(self, item: InboxItem, actor: Actor) -> Answer:
        if item.tries > 1:
            item = await self.in_thread(inbox.rejoin, self._runtime.sessions, item)
            saved = await self._saved_turn(item, actor)
            if saved is not None:
                return saved
        if item.by_hand and actor.rol is Rol.CLIENTE:
            if handover.calls_back(item.text or ""):
                await self.in_thread(handover.come_back, self._runtime.sessions, item.conversacion_id)
            elif not item.payload.get("tapped_id"):
                return Answer([])  # the professional is answering: only what we offered is answered by us
        message = await self._user_message(item, actor)
        if item.tries == 1 and item.followed:
            item, message = await self._with_what_followed(item, message, actor)
        understood = self._understood(message, actor)
        verdict = (
            await self.in_thread(self._judge, item, message) if self._is_special(item, message) else None
        )
        if verdict is not None:
            if verdict.instead is None:
                return Answer(list(verdict.bubbles), understood, verdict.key)
            item = verdict.instead
            message = await self._user_message(item, actor)
            understood = self._understood(message, actor)
        understood = await self._talk(item, actor, message) or understood
        return Answer(said_to(item, message.output_channel.utterances), understood)

    async def _talk(self, item: InboxItem, actor: Actor, message: UserMessage) -> Understood | None:
        """Run the turn; where it would end in not having understood, once more with a second reading, which is
        returned."""
        try:
            with rasa_mends.durable_turn(self._second_reading.watch(message, actor)):
                await self._agent.handle_message(message)
            return None
        except rasa_mends.TurnAbandoned as abandoned:
            await self._second_reading.read(item, actor, message, abandoned.tracker)
        message.output_channel = TurnCollector()
        with rasa_mends.durable_turn():
            await self._agent.handle_message(message)
        return self._understood(message, actor)

    async def _with_what_followed(
        self, item: InboxItem, message: UserMessage, actor: Actor
    ) -> tuple[InboxItem, UserMessage]:
        """The message, read together with those behind it that belong to it."""
        pieces = [together.piece_of(message.parse_data)]
        if pieces == [together.COMPLETE] or not inbox.is_plain_text(item):
            return item, message
        chosen = []
        for follower in await self.in_thread(inbox.what_followed, self._runtime.sessions, item):
            piece = together.piece_of((await self._user_message(follower, actor)).parse_data)
            if not together.goes_with(pieces, piece):
                break
            pieces.append(piece)
            chosen.append(follower.id)
        if not chosen:
            return item, message
        whole = await self.in_thread(inbox.read_together, self._runtime.sessions, item, chosen)
        return whole, await self._user_message(whole, actor)

    async def _saved_turn(self, item: InboxItem, actor: Actor) -> Answer | None:
        """The same for a message taken up again, where its turn was saved the first time."""
        tracker = await self._agent.tracker_store.retrieve(str(item.conversacion_id))
        heard = heard_in_turn(tracker, item.wamid) if tracker else None
        if heard is None:
            return None
        said = utterances_of_turn(tracker, item.wamid) or ()
        return Answer(said_to(item, said), self._understood(heard, actor))

    def _understood(self, heard: UserMessage | UserUttered, actor: Actor) -> Understood | None:
        return understood_of(heard.parse_data, heard.metadata, actor, at=self._runtime.clock.now())

    async def _user_message(self, item: InboxItem, actor: Actor) -> UserMessage:
        settings = self._runtime.settings
        message = await user_message_of(
            item, actor, self._agent.processor, secret=settings.secret, now=self._runtime.clock.now()
        )
        message.output_channel = TurnCollector()
        if "model" in message.metadata and is_correction(message.text or ""):
            tracker = await self._agent.tracker_store.retrieve(message.sender_id)
            if tracker is not None:
                put_in_doubt(message, tracker)
        return message

    def _is_special(self, item: InboxItem, message: UserMessage) -> bool:
        """Whether `_judge` has to look: most messages are neither late nor about something said by the connector."""
        intent = message.parse_data["intent"]["name"]
        return intent in _SHOWN or late.concerns(item, intent, self._runtime.clock.now(), self._late_after)

    def _judge(self, item: InboxItem, message: UserMessage) -> late.Verdict | None:
        """What happens instead of an ordinary turn of Rasa's, if anything."""
        runtime = self._runtime
        with runtime.sessions() as session:
            asked = _SHOWN.get(message.parse_data["intent"]["name"])
            if asked is not None:
                values = {entity["entity"]: entity["value"] for entity in message.parse_data["entities"]}
                shown = asked(session, item.conversacion_id, int(values["message_id"]))
                return late.Verdict((shown,)) if shown is not None else None
            return late.judge(session, item, message, now=runtime.clock.now(), late_after=self._late_after)

    def _actor(self, item: InboxItem) -> Actor:
        with self._runtime.sessions() as session:
            return identity.actor_of(session, item.conversacion_id)

    async def _failed(self, item: InboxItem, exc: BaseException) -> None:
        """Hand a message back or park it; where the database is away, as soon as it is there again."""
        about = f"message {item.id} of conversation {item.conversacion_id}, try {item.tries}"
        if is_outage(exc):
            logger.warning("%s waits for an outage to end: %s", about, reason_of(exc))
        else:
            # An action server's answer echoes the conversation: its words stay out of the logs.
            logger.error("%s failed: %s", about, reason_of(exc), exc_info=None if refusal_of(exc) else exc)
        while True:
            try:
                if await self.in_thread(self._hand_back, item, exc):
                    logger.error("%s is parked after repeated failures", about)
                return
            except (OperationalError, InterfaceError):
                await asyncio.sleep(SWEEP_SECONDS)

    def _hand_back(self, item: InboxItem, exc: BaseException) -> bool:
        """True where it is parked."""
        sessions, reason, now = self._runtime.sessions, reason_of(exc), self._runtime.clock.now()
        if is_outage(exc):
            inbox.give_back(sessions, item, reason, now=now)
            return False
        return inbox.fail(sessions, item, reason, self._saying(item, Bubble(text=SORRY), "sorry"), now=now)

    def _saying(self, item: InboxItem, bubble: Bubble, key: str) -> Saying:
        return Saying(bubble, f"{item.wamid}:{key}", due_at=self._runtime.clock.now(), answers_id=item.id)


def said_to(item: InboxItem, utterances: Iterable[dict[str, Any]]) -> list[Bubble]:
    """What Rasa said; nobody is left without an answer because no rule fitted."""
    bubbles = bubbles_of(utterances)
    if bubbles or item.kind == "reaction":
        return bubbles
    logger.error("message %s of conversation %s got no answer from any rule", item.id, item.conversacion_id)
    return [Bubble(text=SAY_AGAIN)]


def is_outage(exc: BaseException) -> bool:
    """Whether something around us was down (to be waited for), rather than the message being at fault."""
    refused = refusal_of(exc)
    if refused is not None:
        # rasa_sdk turns every exception of an action into a 500 with the exception's words.
        return refused.status in (502, 503, 504) or OUTAGE in _body(refused)
    return any(isinstance(one, _OUTAGES) for one in _chain(exc))


def reason_of(exc: BaseException) -> str:
    """What went wrong, for logs and `messages.error`, without a word of what anybody wrote."""
    refused = refusal_of(exc)
    if refused is not None:
        return f"the action server answered {refused.status}"
    return f"{type(exc).__name__}: {exc}"[:500]


def refusal_of(exc: BaseException) -> ClientResponseError | None:
    """The action server's refusal behind an exception, if that is what it was."""
    return next((one for one in _chain(exc) if isinstance(one, ClientResponseError)), None)


_OUTAGES = (
    OperationalError,
    InterfaceError,
    OutageError,
    aiohttp.ClientConnectionError,
    aiohttp.ClientPayloadError,  # the action server died while it answered
    asyncio.TimeoutError,
)


def _chain(exc: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = exc
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _body(refused: ClientResponseError) -> str:
    """The `error` that rasa_sdk answered; empty where it is none of its answers."""
    try:
        return str(json.loads(refused.text)["error"])
    except (ValueError, TypeError, KeyError):
        return ""
