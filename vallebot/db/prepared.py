"""Statements on the way of every booking: planned once per connection instead of every time they are sent.

Parsing and planning a short statement with some joins takes Postgres several times as long as running it, and
SQLAlchemy's compiler adds a tenth of a millisecond to each. `plan_cache_mode=force_generic_plan` (session.py) keeps
the first plan. Use it where a statement is hot; everywhere else `text` reads better.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")
#: Key of `Connection.info`, which lives as long as the connection; a rollback does not forget what is prepared.
_PREPARED = "vallebot.prepared"


class Prepared:
    """A statement like a function: `Prepared("lock", "id bigint", "SELECT 1 FROM t WHERE id = :id FOR UPDATE")`.

    `name` is unique in the program. `signature` names the parameters with their types; values are coerced to them.
    """

    _known: ClassVar[dict[str, str]] = {}

    def __init__(self, name: str, signature: str, sql: str) -> None:
        parameters, types = zip(*(parameter.split() for parameter in signature.split(",")), strict=True)
        numbers = {parameter: f"${number}" for number, parameter in enumerate(parameters, 1)}
        body = _PARAMETER.sub(lambda match: numbers[match[1]], sql)
        self._name = name
        self._prepare = f"PREPARE {name} ({', '.join(types)}) AS {body}"
        if self._known.setdefault(name, self._prepare) != self._prepare:
            raise ValueError(f"two statements are called {name}")
        self._execute = f"EXECUTE {name} ({', '.join(f'%({parameter})s' for parameter in parameters)})"

    def run(self, session: Session, values: Mapping[str, Any]) -> CursorResult:
        """Execute it in the session's transaction; changes that the ORM holds back are not flushed first."""
        connection = session.connection()
        prepared = connection.info.setdefault(_PREPARED, set())
        if self._name not in prepared:
            connection.exec_driver_sql(self._prepare)
            prepared.add(self._name)
        return connection.exec_driver_sql(self._execute, values)
