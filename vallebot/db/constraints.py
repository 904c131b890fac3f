"""Turns a violated database rule into the error that says what it means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError

from vallebot.errors import VallebotError


def violated_constraint(error: IntegrityError) -> str | None:
    """The name of the violated constraint or unique index, as Postgres reports it."""
    diagnostics = getattr(error.orig, "diag", None)
    return diagnostics.constraint_name if diagnostics is not None else None


@contextmanager
def constraint_errors(meanings: Mapping[str, type[VallebotError]], **facts: str | int) -> Iterator[None]:
    """Inside, a violation of a constraint named in `meanings` is raised as that error, with `facts`.

    Wrap the whole transaction (`with constraint_errors({...}), sessions.begin() as session:`): a violation ends
    it, nothing is half-written. Other violations are bugs and pass through unchanged.
    """
    try:
        yield
    except IntegrityError as error:
        meaning = meanings.get(violated_constraint(error) or "")
        if meaning is None:
            raise
        raise meaning(**facts) from error
