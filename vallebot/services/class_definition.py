"""A class with its weekly times, defined in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import sessionmaker

from vallebot.db.constraints import constraint_errors
from vallebot.domain.states import ServicioKind
from vallebot.errors import InvalidError
from vallebot.services.actor import Actor
from vallebot.services.booking_steps import Work
from vallebot.services.catalogue import CONSTRAINTS, ServicioCard, ServicioSpec, add_servicio, card
from vallebot.services.operations import Operation
from vallebot.services.records import locked_profesional
from vallebot.services.series import RULES, SeriesDefined, SerieSpec, add_series


@dataclass(frozen=True)
class ClassDefined:
    """The service, and its weekly times with what was put into the agenda."""

    servicio: ServicioCard
    defined: SeriesDefined


def define_class(
    sessions: sessionmaker,
    actor: Actor,
    spec: ServicioSpec,
    times: Sequence[SerieSpec],
    *,
    now: datetime,
    key: str,
) -> ClassDefined:
    """Add a group class and put its dates into the agenda, all or nothing.

    Raises InvalidError (fact: field), NameTaken, SerieExists, SlotTaken (no date of one of the times has room)."""
    profesional_id = actor.require_profesional()
    checked = spec.checked()
    if checked.kind != ServicioKind.GRUPAL or not times:
        raise InvalidError(field="kind" if times else "times")
    with constraint_errors({**CONSTRAINTS, **RULES}, name=checked.name), sessions.begin() as session:
        operation = Operation.open(session, "define_class", key, ClassDefined, now=now)
        if operation.done:
            return operation.result
        work = Work(session, actor, now, operation.key)
        profesional = locked_profesional(session, profesional_id)
        servicio = add_servicio(work, profesional_id, checked)
        defined = add_series(work, servicio, times)
        return operation.close(ClassDefined(card(servicio, profesional), defined))
