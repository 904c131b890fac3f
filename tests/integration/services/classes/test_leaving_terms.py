"""What leaving a weekly class would mean is what it then means, and looking changes nothing."""

from __future__ import annotations

from vallebot.services.leaving_terms import series_leaving_terms


def test_looking_changes_nothing(sessions, write_to, laura, ana, pilates, define, join, rows, now) -> None:
    define(pilates)
    join(ana)
    before = rows("SELECT id, state FROM enrollments ORDER BY id")
    terms = series_leaving_terms(sessions, write_to(laura, ana), [1], now=now)
    assert terms.seats == len(before)
    assert rows("SELECT id, state FROM enrollments ORDER BY id") == before
    assert rows("SELECT count(*) FROM inscripciones_serie WHERE ended_at IS NOT NULL") == [(0,)]
    assert rows("SELECT count(*) FROM audit WHERE action = 'leave'") == [(0,)]


def test_it_foretells_what_becomes_owed(
    sessions, write_to, laura, ana, yoga, define, join, leave_series, monday, rows
) -> None:
    define(yoga)
    join(ana)
    late = monday.replace(hour=18)  # an hour before the first class
    terms = series_leaving_terms(sessions, write_to(laura, ana), [1], now=late)
    left = leave_series(ana, when=late, accept_cost=True)
    assert (terms.cost_minor, terms.credit_minor) == (left.cost_minor, left.credit_minor)
    assert terms.cost_minor == 500_000
