"""Under load: how fast a webhook is acknowledged and answered while others arrive, beside a bare Rasa bot.

    python -m benchmarks.load                          # 1, 5, 10 and 20 messages/s, then as many as possible
    python -m benchmarks.load --rates 20 --seconds 30
    python -m benchmarks.load --overhead               # only what inbox and outbox cost per message; no Rasa

Starts the whole system on an embedded Postgres with durable commits, and a local stand-in for Meta in this process;
messages come from people who wrote before, each from another one, at a fixed pace whether or not others were answered.
The bare bot runs the same archive behind Rasa's REST channel with SQLTrackerStore on the same Postgres; it gets the
same pace, in turns with ours.
The stand-in and the benchmark share the processors with what they measure: read ratios before absolutes.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timezone

from benchmarks.latency import UTTER, ask_bare, start_bare
from connectors.whatsapp.payloads import Contact, InboundMessage
from connectors.whatsapp.webhook import store_updates
from tests.harness import Phone, System, running_system, wait_until
from vallebot.db.claims import Claimer
from vallebot.db.session import make_engine, make_sessions
from vallebot.services import delivery, inbox
from vallebot.services.outbox import Bubble, Saying
from vallebot.testing import databases
from web.fake_graph.records import SentMessage

RATES = (1, 5, 10, 20)
#: A question that is answered by one `utter`, and one that an action answers with two queries.
ACTION = "qué turnos tengo?"
PATIENCE_SECONDS = 120
PEOPLE = 20  #: who write in `overhead`


@dataclass
class Load:
    """Seconds, one of each per message."""

    acknowledged: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)


def at_pace(rate: float, count: int, do: Callable[[int], None]) -> None:
    """Call `do` at a fixed pace in threads of its own; returns when all have ended."""
    with ThreadPoolExecutor(max_workers=min(count, 200)) as pool:
        began = time.perf_counter()
        for number in range(count):
            time.sleep(max(0.0, began + number / rate - time.perf_counter()))
            pool.submit(do, number)


def ours_at(system: System, people: Sequence[Phone], rate: float, words: str = UTTER) -> Load:
    """A message of each of these people, at a fixed pace; all are waited for."""
    began: dict[str, datetime] = {}
    wamids: dict[str, str] = {}
    started = time.perf_counter()
    for number, phone in enumerate(people):
        phone.catch_up()
        time.sleep(max(0.0, started + number / rate - time.perf_counter()))
        began[phone.wa_id] = system.graph.clock.now()
        wamids[phone.wa_id] = phone.says(words)
    answers = _answers(system, began)
    load = Load()
    for person, at in began.items():
        load.answered.append((answers[person].at - at).total_seconds())
        [posting] = system.graph.postings(wamids[person])
        posting.done.wait(10)
        load.acknowledged.append(posting.attempts[0].elapsed_ms / 1000)
    return load


def _answers(system: System, began: dict[str, datetime]) -> dict[str, SentMessage]:
    """The first message to each of these people since they wrote."""
    found: dict[str, SentMessage] = {}

    def all_there() -> bool:
        for sent in list(system.graph.sent):
            if sent.person in began and sent.at >= began[sent.person]:
                found.setdefault(sent.person, sent)
        time.sleep(0.1)
        return len(found) == len(began)

    wait_until(all_there, PATIENCE_SECONDS, "some got no answer")
    return found


def bare_at(url: str, rate: float, count: int) -> list[float]:
    """The same pace for the bare bot."""
    seconds: list[float] = []
    at_pace(rate, count, lambda number: seconds.append(ask_bare(url, f"person {number}")))
    return seconds


def ours_flat_out(system: System, people: Sequence[Phone]) -> float:
    """Messages per second from the first webhook to the last Graph call, when all come at once."""
    began = system.graph.clock.now()
    for phone in people:
        phone.says(UTTER)
    answers = _answers(system, {phone.wa_id: began for phone in people})
    return len(people) / (max(answer.at for answer in answers.values()) - began).total_seconds()


def bare_flat_out(url: str, count: int, senders: int = 32) -> float:
    """The same for the bare bot with 32 senders, each waiting for its answer."""
    began = time.perf_counter()
    with ThreadPoolExecutor(senders) as pool:
        list(pool.map(lambda number: ask_bare(url, f"person {number}"), range(count)))
    return count / (time.perf_counter() - began)


def overhead(count: int) -> dict[str, list[float]]:
    """Seconds per message of each step beside Rasa's work: durable commits, one message at a time."""
    steps: dict[str, list[float]] = {
        name: [] for name in ("store", "claim", "finish", "claim to send", "sent")
    }
    with databases(durable=True) as server:
        engine = make_engine(server.migrated())
        sessions, claimer = make_sessions(engine), Claimer(engine)
        for number in range(PEOPLE + count):
            now = datetime.now(timezone.utc)
            sender = Contact(f"54911{number % PEOPLE:08d}", None, "Ana")
            message = InboundMessage(
                f"w{number}", "text", now, "line", "waba", sender, "hola", raw={"id": "x"}
            )
            with _timed(steps["store"]):
                store_updates(sessions, [message], now=now)
            with _timed(steps["claim"]):
                item = inbox.claim_next(sessions, claimer.key(), now=now)
            assert item is not None
            saying = Saying(Bubble("¡Hola!"), f"w{number}:0", due_at=now, answers_id=item.id)
            with _timed(steps["finish"]):
                inbox.finish(sessions, item, [saying])
            with _timed(steps["claim to send"]):
                out = delivery.claim_next(sessions, claimer.key(), now=now)
            assert out is not None
            with _timed(steps["sent"]):
                delivery.record_sent(sessions, out, f"out{number}")
        claimer.close()
        engine.dispose()
    return {
        name: seconds[PEOPLE:] for name, seconds in steps.items()
    }  # the first of each person made the person


class _timed:
    def __init__(self, into: list[float]) -> None:
        self._into = into

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._into.append(time.perf_counter() - self._began)


def ms(seconds: Sequence[float], share: float) -> float:
    """A quantile in milliseconds."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


def under_load(rates: Sequence[float], seconds: float, flat_out: int) -> None:
    with running_system(durable=True) as system:
        bare_url = start_bare(system, system.settings.state_dir)
        counts = [max(20, int(rate * seconds)) for rate in rates]
        people = [system.client() for _ in range(max(*counts, flat_out))]
        ours_at(system, people, 20)
        bare_at(bare_url, 20, len(people))
        print(f"{'':12} {'acknowledged':>16} {'answered':>16} {'bare':>16}  ratio")
        print(f"{'messages/s':12}" + f" {'p50':>8} {'p99':>7}" * 3 + "   (p50)")
        for rate, count in zip(rates, counts, strict=True):
            load, bare = ours_at(system, people[:count], rate), bare_at(bare_url, rate, count)
            figures = [ms(one, q) for one in (load.acknowledged, load.answered, bare) for q in (0.5, 0.99)]
            ratio = statistics.median(load.answered) / statistics.median(bare)
            print(f"{rate:<12g}" + "".join(f" {one:8.0f}" for one in figures) + f"   {ratio:.2f}", flush=True)
        utter, action = (ours_at(system, people[:60], 4, words) for words in (UTTER, ACTION))
        more = ms(action.answered, 0.5) - ms(utter.answered, 0.5)
        print(f"\nan action (two queries) over an utter, p50: {more:.0f} ms")
        ours, bare_rate = ours_flat_out(system, people[:flat_out]), bare_flat_out(bare_url, flat_out)
        print(f"all at once, {flat_out} messages: {ours:.1f} messages/s; bare: {bare_rate:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rates", type=float, nargs="+", default=RATES, help="messages per second")
    parser.add_argument("--seconds", type=float, default=30, help="of each rate (default 30)")
    parser.add_argument("--flat-out", type=int, default=400, help="messages at once (default 400)")
    parser.add_argument("--overhead", action="store_true", help="only inbox and outbox, without Rasa")
    chosen = parser.parse_args()
    if not chosen.overhead:
        return under_load(chosen.rates, chosen.seconds, chosen.flat_out)
    steps = overhead(chosen.flat_out)
    for name, seconds in steps.items():
        print(f"{name:14} p50 {ms(seconds, 0.5):6.1f} ms   p99 {ms(seconds, 0.99):6.1f} ms")
    whole = [sum(parts) for parts in zip(*steps.values(), strict=True)]
    print(f"{'together':14} p50 {ms(whole, 0.5):6.1f} ms   p99 {ms(whole, 0.99):6.1f} ms")


if __name__ == "__main__":
    main()
