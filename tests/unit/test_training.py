"""Whether the model is of the current data, and what training says meanwhile."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from nlu.fingerprint import sources
from vallebot import training
from vallebot.config import PROJECT_ROOT
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


def test_everything_that_the_components_are_built_on_is_part_of_the_fingerprint():
    """Two lists, because nlu/ and vallebot/training.py may not import each other."""
    assert set(sources()) <= set(training._sources(PROJECT_ROOT))


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


@pytest.fixture
def fake_rasa(monkeypatch):
    """Stand a small script in for `rasa train`; it gets the archive's name as its last argument."""

    def use(code: str) -> None:
        original = training._rasa_train

        def run(name: str, root: Path):
            script = root / "rasa" / "__main__.py"
            script.parent.mkdir(exist_ok=True)
            (root / "rasa" / "__init__.py").touch()
            script.write_text(code)
            return original(name, root)

        monkeypatch.setattr(training, "_rasa_train", run)

    return use


TRAINS = """
import pathlib, sys, time
print("2026-11-22 12:00:00 INFO     rasa.x  - Starting to train component 'RulePolicy'.")
time.sleep(0.5)
archive = pathlib.Path("models", sys.argv[-1] + ".tar.gz")
archive.parent.mkdir(exist_ok=True)
archive.touch()
"""


STARTS_AND_STAYS = """
print("2026-11-22 12:00:00 INFO     rasa.x  - Starting to train component 'RulePolicy'.", flush=True)
time.sleep(600)
"""


def test_training_tells_its_steps_and_that_it_is_still_at_it(project, fake_rasa, monkeypatch):
    monkeypatch.setattr(training, "REASSURE_SECONDS", 0.1)
    fake_rasa(TRAINS)
    told: list[str] = []
    model = training.train(told.append, project)
    assert model == current_model(project)
    steps = [line.split("  ")[-1] for line in told]
    assert steps[0] == "starting Rasa and reading the examples"
    assert "RulePolicy: learning the rules of the dialogue" in steps
    assert steps[-1] == "…"


def test_training_that_fails_tells_the_end_of_what_rasa_said(project, fake_rasa):
    fake_rasa("print('InvalidDomain: no such slot'); raise SystemExit(1)")
    with pytest.raises(training.TrainingFailed, match="InvalidDomain: no such slot"):
        training.train(lambda _: None, project)


def test_only_the_newest_archives_are_kept(project, fake_rasa):
    fake_rasa(TRAINS)
    for number in range(5):
        (project / "domain.yml").write_text(f"{number}")
        training.train(lambda _: None, project)
    assert len(list((project / "models").glob("vallebot-*.tar.gz"))) == 3
    assert current_model(project) is not None


def test_training_that_is_interrupted_goes_on_for_nobody(project, fake_rasa):
    fake_rasa(
        "import os, pathlib, time; pathlib.Path('pid').write_text(str(os.getpid()))\n" + STARTS_AND_STAYS
    )

    def interrupt(step: str) -> None:
        if "RulePolicy" in step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training.train(interrupt, project)
    assert not psutil.pid_exists(int((project / "pid").read_text()))
