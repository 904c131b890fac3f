"""The whole course, some of its days, or a single date."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from vallebot.domain.class_days import hour_said, is_long, means_whole_course, recurring_days
from vallebot.domain.cuando import interpret

TZ = ZoneInfo("America/Argentina/Buenos_Aires")
NOW = datetime(2026, 3, 2, 9, tzinfo=TZ)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("anotame en yoga martes y jueves", {1, 3}),
        ("yoga los martes", {1}),
        ("todos los jueves a las 19", {3}),
        ("lunes, miércoles y viernes en crossfit", {0, 2, 4}),
        ("lunes y miércoles 20hs", {0, 2}),
        ("dejame fija el martes", {1}),
        ("yoga el martes", set()),
        ("el martes y el jueves", set()),
        ("martes 10 y jueves 12", set()),
        ("el 10/3", set()),
        ("quiero ir hoy a yoga", set()),
        ("me quiero anotar", set()),
    ],
)
def test_naming_days_for_good_is_told_from_naming_dates(text: str, days: set[int]) -> None:
    assert recurring_days(text, interpret(text, NOW, tz=TZ)) == days


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("anotame en las clases de yoga", True),
        ("quiero un lugar fijo", True),
        ("me sumo al grupo", True),
        ("quiero ir a una clase de yoga", False),
        ("me anoto en yoga", False),
    ],
)
def test_the_whole_course_is_asked_for_in_words(text: str, whole: bool) -> None:
    assert means_whole_course(text) is whole


def test_a_class_may_be_named_by_its_hour() -> None:
    def said(text: str) -> int | None:
        return hour_said(interpret(text, NOW, tz=TZ))

    assert (said("los martes a las 19"), said("la de las 20"), said("los martes")) == (1140, 1200, None)


def test_a_month_is_no_date_of_a_class() -> None:
    assert is_long(interpret("el mes que viene", NOW, tz=TZ))
    assert not is_long(interpret("esta semana", NOW, tz=TZ))
