from __future__ import annotations

from datetime import date, datetime, timezone

import pytest

from vallebot.services.texts.answers import LATE_NO, LATE_YES, late_question

TODAY = date(2026, 3, 4)  # a Wednesday


@pytest.mark.parametrize(
    ("sent_at", "when"),
    [
        (datetime(2026, 3, 4, 9, 5, tzinfo=timezone.utc), "de hoy a las 09:05"),
        (datetime(2026, 3, 3, 23, 0, tzinfo=timezone.utc), "de ayer a las 23:00"),
        (datetime(2026, 3, 1, 17, 30, tzinfo=timezone.utc), "del domingo 1 de marzo a las 17:30"),
    ],
)
def test_the_question_says_when_the_message_was_written(sent_at: datetime, when: str) -> None:
    said = late_question("quiero  turno\npara hoy", sent_at, TODAY)
    assert said == f"Recién me llega tu mensaje {when}: «quiero turno para hoy». ¿Sigue en pie?"


def test_the_question_is_short_and_can_be_tapped() -> None:
    assert len(late_question("x" * 2000, datetime(2026, 3, 4, 9, tzinfo=timezone.utc), TODAY)) < 300
    assert max(len(LATE_YES), len(LATE_NO)) <= 20
