"""The sender's own limits: 45 at once to a person, then one every six seconds; a number's messages per second."""

from __future__ import annotations

import pytest

from vallebot.services.pacing import Buckets, Pace


class Watch:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


def test_a_person_gets_a_burst_and_then_one_every_six_seconds(watch: Watch) -> None:
    pace = Pace(now=watch)
    assert [pace.seconds_for_person("ana") for _ in range(45)] == [0.0] * 45
    assert pace.seconds_for_person("ana") == pytest.approx(6)
    assert pace.seconds_for_person("ana") == pytest.approx(6), "what had to wait was not counted"
    assert pace.seconds_for_person("luis") == 0
    watch.seconds = 6
    assert pace.seconds_for_person("ana") == 0
    assert pace.seconds_for_person("ana") == pytest.approx(6)


def test_an_answer_counts_with_the_message_that_it_answers(watch: Watch) -> None:
    pace = Pace(80, now=watch)
    waits = [pace.seconds_for_line("1", answers=True) for _ in range(60)]
    assert waits[:40] == [0.0] * 40
    assert waits[-1] == pytest.approx(20 * 2 / 80)
    assert pace.seconds_for_line("2", answers=False) == 0


def test_what_is_full_again_is_forgotten(watch: Watch) -> None:
    buckets = Buckets(1, 1, watch)
    for name in range(20_000):
        buckets.reserve(name)
        watch.seconds += 0.01
    assert len(buckets._filled) <= 10_000
