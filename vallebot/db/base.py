"""Declarative base, naming of constraints, and the column helpers that every table shares."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, DateTime, MetaData, Text, func
from sqlalchemy.orm import declarative_base

from vallebot.domain.states import StrEnum

#: Every constraint gets a predictable name: services recognise a violated rule by it (see constraints.py).
NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

__all__ = ["Base", "StrEnum", "created_at", "enum_column", "metadata", "moment", "one_of"]

metadata = MetaData(naming_convention=NAMING_CONVENTION)
Base = declarative_base(metadata=metadata)


def one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    """CHECK that `column` holds a value of the enumeration; goes into `__table_args__`."""
    allowed = ", ".join(f"'{member.value}'" for member in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=f"{column}_known")


def enum_column(default: StrEnum | None = None, *, nullable: bool = False) -> Column:
    """A text column for a `StrEnum` (its CHECK comes from `one_of`)."""
    server_default = default.value if default is not None else None
    return Column(Text, nullable=nullable, server_default=server_default)


def moment(*, nullable: bool = True, index: bool = False) -> Column:
    """An aware point in time."""
    return Column(DateTime(timezone=True), nullable=nullable, index=index)


def created_at() -> Column:
    """When the row was written, by the database's own clock: for operators only, never for rules."""
    return Column(DateTime(timezone=True), nullable=False, server_default=func.now())
