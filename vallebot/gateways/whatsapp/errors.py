"""What the Graph API's error codes mean for the sender.

Source: Meta, "Cloud API error codes" (v23.0). A code that is not listed follows Meta's own `is_transient`.
"""

from __future__ import annotations

import enum


class Remedy(enum.Enum):
    """What the sender does about a refused message."""

    RETRY = "retry"  #: throttled or a passing fault: again, later and later
    RETRY_NEXT_DAY = "retry_next_day"  #: not before 24 hours
    TEMPLATE_ONLY = "template_only"  #: the 24-hour window is closed
    OTHER_NUMBER_FORM = "other_number_form"  #: 131030: Argentine numbers, with or without the 9; else final
    FINAL = "final"  #: this recipient will not get it
    BUG = "bug"  #: we built a wrong request: an operator must look
    TEMPLATE_PAUSED = "template_paused"  #: Meta paused or disabled the template: an operator must look
    STOP_LINE = "stop_line"  #: token, account or permission: nothing can be sent, keep the queue


_BY_REMEDY: dict[Remedy, tuple[int, ...]] = {
    Remedy.RETRY: (4, 80007, 130429, 131000, 131016, 131056, 131057),
    Remedy.RETRY_NEXT_DAY: (131049,),
    Remedy.TEMPLATE_ONLY: (131047,),
    Remedy.OTHER_NUMBER_FORM: (131030,),
    Remedy.FINAL: (130472, 131026, 131050),
    Remedy.BUG: (
        100, 131008, 131009, 131051, 131053, 131062, 132000, 132001, 132005, 132007, 132012, 132018,
    ),
    Remedy.TEMPLATE_PAUSED: (132015, 132016, 132068, 132069),
    Remedy.STOP_LINE: (0, 3, 10, 190, 368, 131005, 131031, 131042, 131048, 133010, *range(200, 300)),
}  # fmt: skip
_BY_CODE = {code: remedy for remedy, codes in _BY_REMEDY.items() for code in codes}

#: 131056: too many messages to the same person. Meta asks for 4^n seconds.
PAIR_RATE_LIMIT = 131056

#: Waits before the n-th repetition of a throttled message, in seconds (jitter of up to a quarter is added).
RETRY_SECONDS = (2, 8, 30, 120, 600, 1800)

#: Waits before a message of a stopped line goes out again, in seconds; the last one repeats for ever, and is
#: how long a mended line may stay silent.
LINE_STOP_SECONDS = (2, 8, 30, 60, 120, 300)


def remedy_for(code: int, *, is_transient: bool = False) -> Remedy:
    """What to do about an error code; unknown codes follow `is_transient`."""
    return _BY_CODE.get(code, Remedy.RETRY if is_transient else Remedy.BUG)


def retry_seconds(code: int, tries: int) -> int:
    """How long to wait after the `tries`-th refusal, without jitter."""
    if code == PAIR_RATE_LIMIT:
        return int(min(4**tries, 1024))
    return RETRY_SECONDS[min(tries, len(RETRY_SECONDS)) - 1]


def line_stop_seconds(stops: int) -> int:
    """How long to wait after a line refused a message for the `stops`-th time, without jitter."""
    return LINE_STOP_SECONDS[min(stops, len(LINE_STOP_SECONDS)) - 1]


class GraphApiError(Exception):
    """The Graph API refused a call. `code` is Meta's number, `remedy` what to do about it."""

    def __init__(self, code: int, message: str, *, is_transient: bool = False, http_status: int = 0) -> None:
        self.code = code
        self.http_status = http_status
        self.remedy = remedy_for(code, is_transient=is_transient)
        super().__init__(f"Graph API error {code} (HTTP {http_status}): {message}")


class OutcomeUnknown(Exception):
    """The call broke off: the message may have gone out. It must not be repeated blindly."""


class NotReached(Exception):
    """The Graph API could not be reached: the message surely did not go out."""


class LinkExpired(Exception):
    """The address of a file is not valid any more (five minutes): ask for a new one."""


class FileTooBig(Exception):
    """A file is larger than what is taken; it was not read to its end."""
