"""Matching of services and people, measured on hand-written cases (docs/matching.md)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vallebot.domain.matching import Candidate, Match, Nobody, One, Several, decide, match

DATA = Path(__file__).parents[2] / "data" / "matching"
#: Least share of cases decided exactly as written; what is measured stands in docs/matching.md.
LEAST_ACCURACY = 0.96


def catalogues() -> dict[str, list[Candidate]]:
    written = json.loads((DATA / "catalogues.json").read_text(encoding="utf-8"))
    return {
        name: [Candidate(entry["name"], entry["name"], tuple(entry.get("synonyms", ()))) for entry in entries]
        for name, entries in written.items()
    }


def decisions(file: str, kind: str) -> list[tuple[dict, set, bool]]:
    """(case, keys decided for, whether exactly one was taken) for each line of a file of cases."""
    known = catalogues()
    result = []
    for line in (DATA / f"{file}.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        decision = decide(match(case["query"], known[case["catalogue"]], kind=kind))
        if isinstance(decision, One):
            keys = {decision.candidate.key}
        else:
            keys = {c.key for c in decision.candidates} if isinstance(decision, Several) else set()
        result.append((case, keys, isinstance(decision, One)))
    return result


FILES = [
    ("services", "service"),
    ("persons", "person"),
    ("services_held_out", "service"),
    ("persons_held_out", "person"),
]


@pytest.mark.parametrize(("file", "kind"), FILES)
def test_decides_as_a_careful_secretary_would(file, kind):
    decided = decisions(file, kind)
    wrong = [
        (case["catalogue"], case["query"], keys) for case, keys, _ in decided if keys != set(case["expected"])
    ]
    assert 1 - len(wrong) / len(decided) >= LEAST_ACCURACY, wrong


@pytest.mark.parametrize(("file", "kind"), FILES)
def test_never_takes_one_that_was_not_meant(file, kind):
    """The costly error: booking the wrong service or person. Asking once too often is cheap."""
    wrong = [
        (case["query"], keys)
        for case, keys, one in decisions(file, kind)
        if one and keys != set(case["expected"])
    ]
    assert not wrong


def test_there_are_enough_cases():
    assert sum(len(decisions(file, kind)) for file, kind in FILES) >= 200


ONE, OTHER, THIRD = (Candidate(key, key) for key in ("one", "other", "third"))


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([], Nobody()),
        ([(ONE, 0.3)], Nobody()),
        ([(ONE, 0.9)], One(ONE)),
        ([(ONE, 0.9), (OTHER, 0.7)], One(ONE)),
        ([(ONE, 0.9), (OTHER, 0.85)], Several((ONE, OTHER))),
        ([(ONE, 0.9), (OTHER, 0.85), (THIRD, 0.6)], Several((ONE, OTHER))),
        ([(ONE, 0.62), (OTHER, 0.58)], One(ONE)),
    ],
)
def test_decides_by_score_and_distance(scores, expected):
    assert decide([Match(candidate, score) for candidate, score in scores]) == expected


def test_matches_come_best_first_and_keep_the_key_of_the_caller():
    found = match("masaje relajante", [Candidate(7, "Masaje deportivo"), Candidate(8, "Masaje relajante")])
    assert [m.candidate.key for m in found] == [8, 7]
    assert found[0].score == pytest.approx(1.0)


def test_a_duration_given_apart_from_the_name_counts():
    hour, half = (
        Candidate(1, "Masaje", duration_minutes=60),
        Candidate(2, "Masaje corto", duration_minutes=30),
    )
    assert decide(match("el de una hora", [hour, half])) == One(hour)
    assert decide(match("masaje de 30", [hour, half])) == One(half)
    assert decide(match("masaje de dos horas", [hour, half])) == Nobody()


def test_an_exact_name_wins_over_a_longer_one():
    short, long = Candidate(1, "Yoga"), Candidate(2, "Yoga prenatal")
    assert decide(match("yoga", [short, long])) == One(short)
    assert decide(match("yoga prenatal", [short, long])) == One(long)


def test_namesakes_are_asked_about():
    first, second = Candidate(1, "Ana Ruiz"), Candidate(2, "Ana Ruiz")
    assert decide(match("ana ruiz", [first, second], kind="person")) == Several((first, second))


def test_a_stored_nickname_is_found_by_the_full_name():
    juampi = Candidate(1, "Juampi Gómez")
    assert decide(match("Juan Pablo Gómez", [juampi], kind="person")) == One(juampi)
    sofi = Candidate(2, "Sofi")
    assert decide(match("sofia", [sofi], kind="person")) == One(sofi)


@pytest.mark.parametrize("kind", ["service", "person"])
def test_an_empty_query_or_catalogue_means_nobody(kind):
    assert decide(match("", [Candidate(1, "Masaje")], kind=kind)) == Nobody()
    assert decide(match("masaje", [], kind=kind)) == Nobody()


SERVICES = [
    Candidate(name, name) for name in ("Masaje descontracturante", "Masaje relajante", "Reflexología")
]
PEOPLE = [Candidate(name, name) for name in ("Ana Ruiz", "Laura Díaz", "Pedro Paz")]


@pytest.mark.parametrize(
    ("query", "kind", "expected"),
    [
        ("con Laura, no con Ana", "person", ["Laura Díaz"]),
        ("no con ana sino con laura", "person", ["Laura Díaz"]),
        ("no vino ana", "person", ["Ana Ruiz"]),
        ("ana o pedro", "person", ["Ana Ruiz", "Pedro Paz"]),
        ("ana, laura y pedro", "person", ["Ana Ruiz", "Laura Díaz", "Pedro Paz"]),
        ("ana o carolina", "person", []),
        ("no quiero masaje relajante, quiero reflexología", "service", ["Reflexología"]),
        ("reflexología o masaje relajante", "service", ["Masaje relajante", "Reflexología"]),
        (
            "masaje o reflexología",
            "service",
            ["Masaje descontracturante", "Masaje relajante", "Reflexología"],
        ),
        ("reflexología o yoga", "service", []),
        ("masaje relajante para mi mamá", "service", ["Masaje relajante"]),
        ("no", "service", []),
    ],
)
def test_what_is_refused_is_left_out_and_alternatives_are_all_meant(query, kind, expected):
    decision = decide(match(query, SERVICES if kind == "service" else PEOPLE, kind=kind))
    meant = [decision.candidate] if isinstance(decision, One) else getattr(decision, "candidates", ())
    assert sorted(candidate.key for candidate in meant) == sorted(expected)
