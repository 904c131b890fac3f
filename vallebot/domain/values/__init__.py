"""Readers of values in rioplatense WhatsApp text. Pure: no I/O, no clock. None means "no such value here"."""

from __future__ import annotations

from vallebot.domain.values.answers import parse_yes_no
from vallebot.domain.values.durations import Duration, find_durations, parse_duration
from vallebot.domain.values.names import parse_name

__all__ = ["Duration", "find_durations", "parse_duration", "parse_name", "parse_yes_no"]
