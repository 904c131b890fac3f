"""One line format for all processes, written and read."""

from __future__ import annotations

import logging

from vallebot.logs import LineFormatter, parse_line


def test_what_came_with_extra_is_in_the_line():
    record = logging.makeLogRecord({"name": "vallebot.x", "levelno": 30, "levelname": "WARNING", "msg": "hm"})
    record.message_id = 7
    record.code = 131030
    assert LineFormatter().format(record).endswith("WARNING  vallebot.x  - hm [message_id=7 code=131030]")


def test_a_written_line_is_read_back():
    record = logging.makeLogRecord({"name": "vallebot.x", "levelno": 40, "levelname": "ERROR", "msg": "hm"})
    line = parse_line(LineFormatter().format(record))
    assert line is not None
    assert (line.level, line.logger, line.message) == (logging.ERROR, "vallebot.x", "hm")


def test_a_traceback_begins_no_record():
    assert parse_line("Traceback (most recent call last):") is None
    assert parse_line('  File "x.py", line 1, in <module>') is None


def test_lines_of_rasa_are_read():
    line = parse_line("2026-11-22 12:41:00 WARNING  rasa.core.lock_store  - In-memory lock store is used")
    assert line is not None
    assert line.level == logging.WARNING
