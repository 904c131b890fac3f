"""Use cases that happen once: the key of what asked for them is written first, the result last.

with sessions.begin() as session:
    operation = Operation.open(session, "book", key, BookingView, now=now)
    if operation.done:
        return operation.result
    ...
    return operation.close(result)
"""

from __future__ import annotations

import dataclasses
import json
import typing
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Generic, TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from vallebot.db.prepared import Prepared

Result = TypeVar("Result")

_OPEN = Prepared(
    "open_operation",
    "key text, use_case text, at timestamptz",
    "INSERT INTO operations (key, use_case, at) VALUES (:key, :use_case, :at) ON CONFLICT DO NOTHING RETURNING key",
)
_RESULT = text("SELECT result FROM operations WHERE key = :key")
_CLOSE = Prepared(
    "close_operation", "key text, result jsonb", "UPDATE operations SET result = :result WHERE key = :key"
)


@dataclass
class Operation(Generic[Result]):
    """One carrying out of a use case. `done`: it was carried out before, `result` is what it gave then."""

    session: Session
    key: str  #: also prefix of the dedupe keys of what the use case says
    kind: type[Result]
    done: bool = False
    result: Any = None

    @classmethod
    def open(
        cls, session: Session, use_case: str, key: str, kind: type[Result], *, now: datetime
    ) -> Operation[Result]:
        """First statement of a use case's transaction. Where the same key is being carried out by somebody else
        at this moment, waits for the end of that and then is `done` (or free, if that failed)."""
        full = f"{use_case}:{key}"
        inserted = _OPEN.run(session, {"key": full, "use_case": use_case, "at": now}).first()
        if inserted is not None:
            return cls(session, full, kind)
        stored = session.execute(_RESULT, {"key": full}).scalar()
        return cls(session, full, kind, done=True, result=from_json(kind, stored))

    def close(self, result: Result) -> Result:
        """Keep the result for whoever repeats the request; returns it."""
        _CLOSE.run(self.session, {"key": self.key, "result": json.dumps(to_json(result))})
        return result


def to_json(value: Any) -> Any:
    """JSON of a result: dataclasses, tuples, dates and plain values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return value


def from_json(kind: Any, data: Any) -> Any:
    """The value of type `kind` that `to_json` turned into `data`."""
    if data is None:
        return None
    arguments = typing.get_args(kind)
    if type(None) in arguments:
        kind = next(argument for argument in arguments if argument is not type(None))
        arguments = typing.get_args(kind)
    if typing.get_origin(kind) in (tuple, list):
        return typing.get_origin(kind)(from_json(arguments[0], item) for item in data)
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return kind(**{name: from_json(hints[name], item) for name, item in data.items()})  # type: ignore[operator]
    if kind in (datetime, date, time):
        return kind.fromisoformat(data)
    return kind(data) if kind is not typing.Any and callable(kind) and not isinstance(data, kind) else data
