"""Whether the model is of the current data, and what training says meanwhile."""

from __future__ import annotations

import pytest

from vallebot.training import current_model, fingerprint, plain_words


@pytest.fixture
def project(tmp_path):
    for name in ("domain.yml", "config.yml", "data/nlu/turnos.yml", "nlu/encoder.py", "README.md"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


@pytest.mark.parametrize("name", ["domain.yml", "config.yml", "data/nlu/turnos.yml", "nlu/encoder.py"])
def test_a_change_of_what_the_model_is_made_of_changes_the_fingerprint(project, name):
    before = fingerprint(project)
    (project / name).write_text("changed")
    assert fingerprint(project) != before


def test_a_new_data_file_changes_the_fingerprint(project):
    before = fingerprint(project)
    (project / "data" / "rules.yml").write_text("new")
    assert fingerprint(project) != before


def test_a_renamed_data_file_changes_the_fingerprint(project):
    before = fingerprint(project)
    (project / "data/nlu/turnos.yml").rename(project / "data/nlu/otros.yml")
    assert fingerprint(project) != before


def test_other_files_do_not_change_the_fingerprint(project):
    before = fingerprint(project)
    (project / "README.md").write_text("changed")
    (project / "config.yml").touch()
    assert fingerprint(project) == before


def test_the_model_of_other_data_is_not_current(project):
    assert current_model(project) is None
    archive = project / "models" / f"vallebot-{fingerprint(project)}.tar.gz"
    archive.parent.mkdir()
    archive.touch()
    assert current_model(project) == archive
    (project / "domain.yml").write_text("changed")
    assert current_model(project) is None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "2026-11-22 12:00:00 INFO     rasa.engine.training.hooks  - "
            "Starting to train component 'LogisticRegressionClassifier'.",
            "LogisticRegressionClassifier: learning what people want (the longest step)",
        ),
        (
            "2026-11-22 12:00:00 INFO     rasa.engine.training.hooks  - Restored component 'RulePolicy' from cache.",
            "RulePolicy: unchanged, taken from the last training",
        ),
        ("2026-11-22 12:00:00 INFO     x  - Finished training component 'RulePolicy'.", None),
        ("/x/y.py:12: DeprecationWarning: training", None),
    ],
)
def test_progress_is_told_in_plain_words(line, words):
    assert plain_words(line) == words
