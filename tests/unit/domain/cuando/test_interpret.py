"""What typed time expressions mean; the cases are in tests/data/cuando, one topic per file."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from vallebot.domain import cuando
from vallebot.domain.cuando import Cuando

at = datetime.fromisoformat
DATA = Path(__file__).parents[3] / "data" / "cuando"
TOPICS = ("days", "hours", "moments", "choices", "past_and_impossible", "decoys", "other_people")
NOW = at("2026-11-24T10:30")  # a Tuesday
BUENOS_AIRES = ZoneInfo("America/Argentina/Buenos_Aires")


def read_cases(topic: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / f"{topic}.jsonl").read_text("utf-8").splitlines()]


def described(answer: Cuando | None) -> dict[str, Any] | None:
    """The answer as the data files write it: as_dict plus what a benchmark does not ask for."""
    if answer is None:
        return None
    if answer.problem == "imposible":
        return {"problem": "imposible"}
    said = answer.as_dict()
    said |= {"open": answer.open} if answer.open else {}
    said |= {"approx": True} if answer.approx else {}
    said |= {"problem": answer.problem} if answer.problem else {}
    if answer.source is not None:
        said["from"] = answer.source.as_dict()
    if answer.also:
        said["also"] = [described(option) for option in answer.also]
    return said


@pytest.mark.parametrize("topic", TOPICS)
def test_every_case_of_the_topic_is_read_as_a_person_would(topic: str) -> None:
    wrong = []
    for case in read_cases(topic):
        got = described(cuando.interpret(case["text"], datetime.fromisoformat(case["now"])))
        if got != case["want"]:
            wrong.append(f"{case['text']!r} at {case['now']}\n   want {case['want']}\n   got  {got}")
    assert not wrong, "\n".join(wrong)


def test_the_data_holds_at_least_three_hundred_cases() -> None:
    assert sum(len(read_cases(topic)) for topic in TOPICS) >= 300


def test_results_are_naive_for_a_naive_now_and_aware_for_an_aware_one() -> None:
    naive = cuando.interpret("mañana a las 17", NOW)
    aware = cuando.interpret("mañana a las 17", NOW.replace(tzinfo=BUENOS_AIRES))
    assert naive is not None
    assert naive.start == at("2026-11-25T17:00")
    assert aware is not None
    assert aware.start == datetime(2026, 11, 25, 17, tzinfo=BUENOS_AIRES)


def test_the_day_is_counted_in_the_zone_that_is_given() -> None:
    late_in_utc = datetime(2026, 11, 25, 1, 30, tzinfo=ZoneInfo("UTC"))  # still Tuesday 24 in Buenos Aires
    answer = cuando.interpret("mañana", late_in_utc, tz=BUENOS_AIRES)
    assert answer is not None
    assert answer.start == date(2026, 11, 25)


def test_a_bare_weekday_on_that_weekday_is_next_week_and_offers_today_while_its_hour_lasts() -> None:
    before = cuando.interpret("el martes a las 18", NOW)
    after = cuando.interpret("el martes a las 10hs", NOW)
    assert before is not None
    assert before.start == at("2026-12-01T18:00")
    assert [other.start for other in before.alternatives] == [at("2026-11-24T18:00")]
    assert after is not None
    assert after.alternatives == ()


def test_que_viene_is_next_week_and_the_nearest_day_is_the_alternative() -> None:
    answer = cuando.interpret("el jueves que viene", NOW)
    assert answer is not None
    assert answer.start == date(2026, 12, 3)
    assert [other.start for other in answer.alternatives] == [date(2026, 11, 26)]


def test_eight_and_nine_offer_the_evening_unless_something_settles_it() -> None:
    open_question = cuando.interpret("mañana a las 8", NOW)
    settled = cuando.interpret("mañana a las 8hs", NOW)
    assert open_question is not None
    assert [other.start for other in open_question.alternatives] == [at("2026-11-25T20:00")]
    assert settled is not None
    assert settled.alternatives == ()


def test_a_morning_hour_that_is_over_today_is_the_evening_one() -> None:
    answer = cuando.interpret("hoy a las 9", NOW)
    assert answer is not None
    assert answer.start == at("2026-11-24T21:00")


def test_an_impossible_date_is_a_problem_and_never_rounded() -> None:
    answer = cuando.interpret("el 31/2 a las 10", NOW)
    assert answer is not None
    assert (answer.problem, answer.start, answer.end) == ("imposible", None, None)


def test_a_past_moment_has_no_start_but_is_kept_apart_for_payments() -> None:
    answer = cuando.interpret("te transferí ayer", NOW)
    assert answer is not None
    assert (answer.problem, answer.start) == ("pasado", None)
    assert answer.past is not None
    assert answer.past.start == date(2026, 11, 23)
    assert answer.as_dict() == {"kind": "date", "start": "2026-11-23", "end": None}


def test_a_move_keeps_the_day_of_the_source_for_a_target_without_one() -> None:
    answer = cuando.interpret("en vez de mañana a las 16 puede ser a las 18?", NOW)
    assert answer is not None
    assert answer.start == at("2026-11-25T18:00")
    assert answer.source is not None
    assert answer.source.start == at("2026-11-25T16:00")


def test_hours_of_each_day_of_a_range_are_its_window() -> None:
    answer = cuando.interpret("la semana que viene a la mañana", NOW)
    assert answer is not None
    assert answer.window == cuando.Window(time(8), time(12))
    assert answer.part == "manana"


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("dale, el jueves a las 5 me viene bien", ["el jueves a las 5"]),
        ("tenés el lunes algo a la tarde?", ["el lunes", "a la tarde"]),
        ("anotame después de las 18", ["después de las 18"]),
        ("la mañana del sábado", ["la mañana del sábado"]),
        ("ÑANDÚ ¡mañana!", ["mañana"]),
    ],
)
def test_spans_are_the_words_that_were_read(text: str, heard: list[str]) -> None:
    answer = cuando.interpret(text, NOW)
    assert answer is not None
    assert [text[start:end] for start, end in answer.spans] == heard


@pytest.mark.parametrize(
    "typed", ["juves", "juebes", "jueve", "JUEVES", "jueves.", "Jueves!!", "jueevs", "jeuves"]
)
def test_a_weekday_forgives_one_typing_mistake(typed: str) -> None:
    answer = cuando.interpret(f"el {typed} a las 5", NOW)
    assert answer is not None
    assert answer.start == at("2026-11-26T17:00")


@pytest.mark.parametrize(
    "word", ["partes", "mates", "lunas", "luces", "domino", "manzana", "entero", "marca", "gusto"]
)
def test_real_words_near_a_word_of_time_are_left_alone(word: str) -> None:
    assert cuando.interpret(f"las {word}", NOW) is None
