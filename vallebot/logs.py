"""How all processes of an installation log: one line format, and no noise from libraries at start-up.

Log lines carry ids and codes (`extra={"message_id": 7}`), never the text of messages nor phones.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

#: The same shape as Rasa's own lines, so that the supervisor reads all processes alike.
LINE_FORMAT = "%(asctime)s %(levelname)-8s %(name)s  - %(message)s"
DATE_FORMAT = "%Y-%m-%d %H:%M:%S"

#: Names that every log record has anyway; all others came with `extra`.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

#: What silences the libraries that can be silenced by the environment (measured with Rasa 3.6.21).
QUIET_ENVIRON: Mapping[str, str] = {
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "PYTHONUNBUFFERED": "1",  # lines arrive when they are written
}


def quiet_environ() -> dict[str, str]:
    """The environment for a process whose output we read."""
    return {**os.environ, **QUIET_ENVIRON}


class LineFormatter(logging.Formatter):
    """`LINE_FORMAT`, and what came with `extra` as `[key=value …]` at the end of the line."""

    def __init__(self) -> None:
        super().__init__(LINE_FORMAT, DATE_FORMAT)

    def formatMessage(self, record: logging.LogRecord) -> str:
        facts = {key: value for key, value in vars(record).items() if key not in _STANDARD}
        line = super().formatMessage(record)
        return f"{line} [{' '.join(f'{key}={value}' for key, value in facts.items())}]" if facts else line


def configure(level: str = "INFO") -> None:
    """Log this process to standard error in `LineFormatter`'s format, libraries from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in ("vallebot", "web"):
        logging.getLogger(name).setLevel(level)
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    warnings.filterwarnings("ignore", category=PendingDeprecationWarning)


@dataclass(frozen=True)
class LogLine:
    """A line that begins a log record."""

    level: int
    logger: str
    message: str


_LINE = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:,\d+)? +(DEBUG|INFO|WARNING|ERROR|CRITICAL) +(\S+) +- (.*)", re.DOTALL
)


def parse_line(line: str) -> LogLine | None:
    """The record that a line begins; None where it continues one (a traceback) or is no log line."""
    found = _LINE.match(line)
    if found is None:
        return None
    return LogLine(getattr(logging, found[1]), found[2], found[3].rstrip())
