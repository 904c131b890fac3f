"""From webhook to answer: how long a message takes, beside a bare Rasa bot with the same model in the same run.

    python -m benchmarks.latency                    # 60 messages of each kind; some minutes
    python -m benchmarks.latency --messages 20

Starts the whole system on an embedded Postgres with durable commits: action server, Rasa server, worker, and a local
stand-in for Meta. Each message comes from somebody new, one at a time. Measured: the POST of the webhook until
its 200 (acknowledgement), and until the Graph API is called with the answer. The bare bot runs the same archive
behind Rasa's REST channel, with Rasa's SQLTrackerStore on the same Postgres, and answers by one `utter` rule.
Read the ratio before the absolutes: both sides are measured in turns.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import requests

from tests.harness import System, free_port, running_system
from vallebot.supervisor.checks import answers

UTTER = "sos un robot?"

#: What is asked of each kind of work.
KINDS = {
    "utter": UTTER,
    "agenda question": "qué turnos tengo?",
    "booking form turn": "quiero un turno de reflexología",
}
WARM_UP = 3  #: messages of each kind that are not counted


@dataclass
class Times:
    """Seconds, one of each per message."""

    acknowledged: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)


def measure(system: System, bare_url: str, messages: int) -> tuple[dict[str, Times], list[float]]:
    """The times of each kind, and those of the bare bot, taken in turns."""
    ours, bare = {kind: Times() for kind in KINDS}, []
    for number in range(-WARM_UP, messages):
        for kind, words in KINDS.items():
            acknowledged, answered = ask(system, words)
            if number >= 0:
                ours[kind].acknowledged.append(acknowledged)
                ours[kind].answered.append(answered)
        seconds = ask_bare(bare_url, f"somebody {number}")
        if number >= 0:
            bare.append(seconds)
    return ours, bare


def ask(system: System, words: str) -> tuple[float, float]:
    """Seconds until the webhook's 200 and until the Graph call, for a message of somebody new."""
    phone = system.client()
    began = system.graph.clock.now()
    wamid = phone.says(words)
    answer = phone.next_bubble()
    [posting] = system.graph.postings(wamid)
    posting.done.wait(10)
    return posting.attempts[0].elapsed_ms / 1000, (answer.at - began).total_seconds()


def ask_bare(url: str, sender: str) -> float:
    """Seconds until the bare bot's answer; raises RuntimeError where it says nothing."""
    began = time.perf_counter()
    said = requests.post(url, json={"sender": sender, "message": UTTER}, timeout=60).json()
    seconds = time.perf_counter() - began
    if not said:
        raise RuntimeError(f"the bare bot does not answer {UTTER!r} by an utter rule of this model")
    return seconds


def start_bare(system: System, folder: Path) -> str:
    """Start `rasa run` on the same archive without anything of ours around it; returns its REST webhook."""
    port = free_port()
    credentials, endpoints = folder / "bare-credentials.yml", folder / "bare-endpoints.yml"
    credentials.write_text("rest:\n")
    endpoints.write_text(
        f'tracker_store:\n  type: SQL\n  dialect: postgresql\n  url: "{system.settings.database_url}"\n'
    )
    rasa = system.commands["rasa"]
    model = rasa.argv[rasa.argv.index("--model") + 1]
    arguments = ("--credentials", str(credentials), "--endpoints", str(endpoints), "--port", str(port))
    system.commands["bare"] = replace(
        rasa,
        name="bare",
        argv=(sys.executable, "-m", "rasa", "run", "--model", model, *arguments, "--interface", "127.0.0.1"),
        is_healthy=answers(f"http://127.0.0.1:{port}/"),
    )
    system.start("bare")
    return f"http://127.0.0.1:{port}/webhooks/rest/webhook"


def rss_mb(pid: int) -> float:
    """Resident memory of a process, in MB (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def say(name: str, seconds: list[float]) -> None:
    """One row: median and 95th percentile in milliseconds."""
    p95 = statistics.quantiles(seconds, n=20)[-1]
    print(f"{name:34} {statistics.median(seconds) * 1000:8.0f} {p95 * 1000:8.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--messages", type=int, default=60, help="messages of each kind (default 60, at least 2)"
    )
    count = max(2, parser.parse_args().messages)
    with running_system(durable=True) as system:
        bare_url = start_bare(system, system.settings.state_dir)
        ours, bare = measure(system, bare_url, count)
        print(f"\n{count} messages of each kind, one at a time{'':4} p50 ms   p95 ms")
        for kind, times in ours.items():
            say(f"{kind}, webhook to Graph call", times.answered)
        say("webhook to 200", [second for times in ours.values() for second in times.acknowledged])
        say("bare Rasa bot, utter", bare)
        ratio = statistics.median(ours["utter"].answered) / statistics.median(bare)
        print(f"\nutter, ours to bare: {ratio:.2f}\n")
        for name, child in system.children.items():
            print(f"{name:8} {rss_mb(child.pid):6.0f} MB")


if __name__ == "__main__":
    main()
