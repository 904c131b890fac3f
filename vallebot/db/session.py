"""Engines and session factories. Only entry points call these; services receive the factory."""

from __future__ import annotations

from sqlalchemy import create_engine
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session, sessionmaker

#: A use case opens one transaction: `with sessions.begin() as session:`
Sessions = sessionmaker

LOCK_TIMEOUT_MS = 5000  #: waiting longer for a row means something is stuck: fail, the message is tried again
STATEMENT_TIMEOUT_MS = 30000


def make_engine(url: str, *, pool_size: int = 10, echo: bool = False) -> Engine:
    """An engine for Postgres whose sessions speak UTC and never wait for ever."""
    options = (
        f"-c timezone=UTC -c lock_timeout={LOCK_TIMEOUT_MS} -c statement_timeout={STATEMENT_TIMEOUT_MS} "
        "-c plan_cache_mode=force_generic_plan"  # what is prepared finds its rows by key, whatever the values
    )
    return create_engine(
        url,
        future=True,
        echo=echo,
        hide_parameters=True,  # a logged error must not hold what somebody wrote
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        connect_args={"options": options, "application_name": "vallebot"},
        executemany_mode="values_plus_batch",
    )


def make_sessions(engine: Engine) -> sessionmaker:
    """The factory that every use case takes. Objects stay readable after commit."""
    return sessionmaker(bind=engine, class_=Session, future=True, expire_on_commit=False)
