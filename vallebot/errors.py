"""Errors that a person may be told about. Each has a stable code: `utter_error_<code>` is its Spanish answer."""

from __future__ import annotations


class VallebotError(Exception):
    """Base of all that a person may be told; `facts` are JSON-safe and fill the answer's placeholders."""

    code = "internal"

    def __init__(self, **facts: str | int | bool | None) -> None:
        self.facts = facts
        super().__init__(f"{self.code} {facts}" if facts else self.code)


class NotAllowedError(VallebotError):
    """The actor may not do this, or may not know that the thing exists."""

    code = "not_allowed"


class OperatorError(VallebotError):
    """Base of what only the operator's commands meet: told in English, no Spanish answer."""

    code = "operator"


class NotFoundError(VallebotError):
    """What was named does not exist (or is not the actor's to see)."""

    code = "not_found"


class InvalidError(VallebotError):
    """A value breaks a rule: the caller (or the person) can mend it."""

    code = "invalid"


class OutageError(Exception):
    """Something around us is down, nobody is at fault: the turn waits and is repeated, nothing is said."""
