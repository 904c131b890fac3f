"""Failures on order: what goes wrong next, how often, and for whom."""

from __future__ import annotations

import random
import threading
from dataclasses import asdict, dataclass, replace
from itertools import count
from typing import Any, Literal, get_args

FaultKind = Literal[
    "error",  # refuse the send with `code`
    "http",  # answer the send with the bare HTTP status `code` and no JSON, as a broken gateway would
    "delay",  # answer the send `seconds` late
    "accept_then_timeout",  # accept the send, then cut the connection after `seconds` without an answer
    "failed_status",  # accept the send, then report it as failed with `code`
    "drop_statuses",  # accept the send and never report a status
    "media_error",  # refuse the next call about a file (upload, lookup) with `code`
    "media_http",  # answer the next call about a file (upload, lookup, download) with the bare HTTP status `code`
    "media_damaged",  # the next download lacks its last byte
    "duplicate",  # post the webhook of a person's message twice
    "reorder",  # hold the webhook of a person's message back by `seconds`, so that later ones overtake it
    "duplicate_status",  # the same for status webhooks
    "reorder_status",
]
SEND_KINDS = frozenset({"error", "http", "delay", "accept_then_timeout", "failed_status", "drop_statuses"})
MEDIA_KINDS = frozenset({"media_error", "media_http"})
DOWNLOAD_KINDS = frozenset({"media_http", "media_damaged"})
_FOREVER = -1
_FIELDS = {"kind", "code", "times", "seconds", "rate", "to", "skip"}


@dataclass(frozen=True)
class Fault:
    """One order.

    `times` -1 means until taken back; `rate` is the chance (0 to 1) that it strikes when it could; `skip`
    lets that many occasions pass first; `to` limits it to one person (key).
    """

    kind: FaultKind
    code: int = 0
    times: int = 1
    seconds: float = 0.0
    rate: float = 1.0
    to: str = ""
    skip: int = 0
    fault_id: int = 0

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Fault:
        """Read an order; `{"code": 131056, "times": 1}` alone is a refusal. Raises ValueError."""
        unknown = body.keys() - _FIELDS
        if unknown:
            raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
        kind = body.get("kind", "error")
        if kind not in get_args(FaultKind):
            raise ValueError(f"kind must be one of {', '.join(get_args(FaultKind))}")
        fault = cls(
            kind=kind,
            code=int(body.get("code", 0)),
            times=int(body.get("times", 1)),
            seconds=float(body.get("seconds", 0)),
            rate=float(body.get("rate", 1)),
            to=str(body.get("to", "")),
            skip=int(body.get("skip", 0)),
        )
        if kind in ("error", "failed_status", "http", "media_error", "media_http") and "code" not in body:
            raise ValueError(f"{kind} needs a code")
        if kind in ("http", "media_http") and not 400 <= fault.code <= 599:
            raise ValueError(f"{kind}: code must be 400 to 599")
        if fault.times == 0 or fault.times < _FOREVER or not 0 < fault.rate <= 1 or fault.seconds < 0:
            raise ValueError("times must be -1 or positive, rate within (0, 1], seconds not negative")
        return fault

    def as_json(self) -> dict[str, Any]:
        """For the page and for tests."""
        return asdict(self)


class FaultPlan:
    """The orders still open. Safe to use from several threads; `seed` makes rates repeatable."""

    def __init__(self, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._random = random.Random(seed)
        self._ids = count(1)
        self._open: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Take an order; orders of the same kind strike in the order given."""
        with self._lock:
            kept = replace(fault, fault_id=next(self._ids))
            self._open.append(kept)
        return kept

    def open(self) -> list[Fault]:
        """What is still to come."""
        with self._lock:
            return list(self._open)

    def clear(self) -> None:
        """Take back all orders."""
        with self._lock:
            self._open.clear()

    def strike(self, kinds: frozenset[str], person: str) -> Fault | None:
        """The fault that hits this occasion, if any; uses it up."""
        with self._lock:
            for position, fault in enumerate(self._open):
                if fault.kind not in kinds or (fault.to and fault.to != person):
                    continue
                if fault.skip:
                    self._open[position] = replace(fault, skip=fault.skip - 1)
                    return None
                if self._random.random() >= fault.rate:
                    continue
                self._use_up(position, fault)
                return fault
        return None

    def _use_up(self, position: int, fault: Fault) -> None:
        if fault.times == 1:
            del self._open[position]
        elif fault.times > 1:
            self._open[position] = replace(fault, times=fault.times - 1)
