"""Is there a model for the current data? Its archive carries the fingerprint of what it was trained from."""

from __future__ import annotations

import hashlib
import json
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

from vallebot.config import PROJECT_ROOT
from vallebot.logs import parse_line, quiet_environ
from vallebot.supervisor.child import stop_with_parent

#: What a model is made of. Parts of `vallebot/domain` are here because the components in nlu/ are built on them.
_SOURCES = (
    "domain.yml",
    "config.yml",
    "data/**/*.yml",
    "nlu/**/*.py",
    "nlu/**/*.txt",
    "vallebot/domain/text.py",
    "vallebot/domain/cuando/**/*.py",
    "vallebot/domain/values/**/*.py",
)

#: Older archives of ours that are kept beside the current one.
_KEPT_ARCHIVES = 2

_NAME = "vallebot-{fingerprint}"

#: A step that takes longer than this says that it is still at it.
REASSURE_SECONDS = 15


class TrainingFailed(Exception):
    """`rasa train` gave up; the message holds the end of what it said."""


def fingerprint(root: Path = PROJECT_ROOT) -> str:
    """12 hex digits that change whenever a model trained from the files under `root` would."""
    digest = hashlib.sha256(version("rasa").encode())
    for path in _sources(root):
        digest.update(f"\0{path.relative_to(root).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _sources(root: Path) -> list[Path]:
    return sorted(path for pattern in _SOURCES for path in root.glob(pattern) if path.is_file())


def current_model(root: Path = PROJECT_ROOT) -> Path | None:
    """The archive trained from the current data, if there is one."""
    path = _archive(root, fingerprint(root))
    return path if path.exists() else None


def _archive(root: Path, of_data: str) -> Path:
    return root / "models" / f"{_NAME.format(fingerprint=of_data)}.tar.gz"


def train(say: Callable[[str], None], root: Path = PROJECT_ROOT) -> Path:
    """Train a model of the current data and return its archive; `say` receives the progress in plain words.

    Unchanged steps come out of Rasa's cache (`.rasa/cache`). Raises TrainingFailed.
    """
    archive = _archive(root, fingerprint(root))
    name = archive.name.removesuffix(".tar.gz")
    heard: list[str] = []
    with _Progress(say) as progress, _rasa_train(name, root) as process:
        assert process.stdout is not None  # for the type checker: it is a pipe
        try:
            for line in process.stdout:
                heard.append(line.rstrip())
                step = plain_words(line)
                if step:
                    progress.at(step)
        except BaseException:  # Ctrl-C: do not go on training for nobody
            process.terminate()
            raise
    if process.returncode or not archive.exists():
        raise TrainingFailed("\n".join(["The model could not be trained:", *_last_words(heard)]))
    _forget_old(root, keep=archive)
    return archive


def _rasa_train(name: str, root: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "rasa", "train", "--fixed-model-name", name],
        cwd=root,
        env=quiet_environ(),
        stdin=subprocess.DEVNULL,
        preexec_fn=stop_with_parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )


class _Progress:
    """Says each step with the seconds since the beginning, and now and then that it is still at it."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._started = time.monotonic()
        self._news: queue.SimpleQueue[bool] = queue.SimpleQueue()  #: True: it is over
        self._thread = threading.Thread(target=self._reassure, name="training progress", daemon=True)

    def __enter__(self) -> _Progress:
        self.at("starting Rasa and reading the examples")
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._news.put(True)
        self._thread.join()

    def at(self, step: str) -> None:
        self._say(f"{time.monotonic() - self._started:4.0f} s  {step}")
        self._news.put(False)

    def _reassure(self) -> None:
        over = False
        while not over:
            try:
                over = self._news.get(timeout=REASSURE_SECONDS)
            except queue.Empty:
                self._say(f"{time.monotonic() - self._started:4.0f} s  …")


#: Component (as Rasa's log names it) -> what it is doing, in plain words.
_WORDS = (
    (r"Tokenizer|Normali[sz]er", "cutting the examples into words"),
    (r"RegexFeaturizer|LexicalSyntactic", "looking at the shape of words"),
    (r"CountVectors", "counting pieces of words"),
    (r"Sentence|Encoder|Dense", "computing the meaning of sentences"),
    (r"CRF|Entity|Extractor", "learning to find names, services and amounts"),
    (r"DIET|Classifier", "learning what people want (the longest step)"),
    (r"RulePolicy|MemoizationPolicy|Policy", "learning the rules of the dialogue"),
)
_STEP = re.compile(r"Starting to train component '(\w+)'")
_CACHED = re.compile(r"Restored component '(\w+)' from cache")


def plain_words(line: str) -> str | None:
    """What a line of `rasa train` means to somebody who waits for it; None for all that only Rasa cares about.

    >>> plain_words("Starting to train component 'RulePolicy'.")
    'RulePolicy: learning the rules of the dialogue'
    """
    record = parse_line(line)
    said = _event(record.message) if record else line
    step, cached = _STEP.search(said), _CACHED.search(said)
    if step:
        words = next((words for pattern, words in _WORDS if re.search(pattern, step[1])), "learning")
        return f"{step[1]}: {words}"
    if cached:
        return f"{cached[1]}: unchanged, taken from the last training"
    return None


def _event(message: str) -> str:
    """The text of a structured log message (Rasa writes some of them as JSON)."""
    if not message.startswith("{"):
        return message
    try:
        fields = json.loads(message)
    except ValueError:
        return message
    return str(fields.get("event_info") or fields.get("event", message))


def _last_words(heard: list[str]) -> Iterator[str]:
    told = [line for line in heard if line.strip() and not re.search(r"Warning|^\s+warnings?\.", line)]
    return (f"  {line}" for line in told[-15:])


def _forget_old(root: Path, *, keep: Path) -> None:
    ours = [path for path in keep.parent.glob(f"{_NAME.format(fingerprint='*')}.tar.gz") if path != keep]
    ours.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in ours[_KEPT_ARCHIVES:]:
        path.unlink(missing_ok=True)
