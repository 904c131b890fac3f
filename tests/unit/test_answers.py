"""Everything that can be said is written down: each error code and each response that the code names."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pytest
import yaml

import actions
import vallebot.services
from vallebot.errors import OperatorError, VallebotError

ROOT = Path(__file__).parents[2]
DOMAIN = yaml.safe_load((ROOT / "domain.yml").read_text("utf-8"))
RESPONSES = DOMAIN["responses"]

for package in (vallebot.services, actions):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)


def error_classes(base: type[VallebotError] = VallebotError) -> set[type[VallebotError]]:
    return {base}.union(*(error_classes(sub) for sub in base.__subclasses__()))


SPOKEN = sorted(
    {
        cls.code
        for cls in error_classes()
        if cls.__module__.startswith(("vallebot.errors", "vallebot.services"))
        and not issubclass(cls, OperatorError)
    }
)


@pytest.mark.parametrize("code", SPOKEN)
def test_every_error_code_has_its_answer(code: str) -> None:
    assert f"utter_error_{code}" in RESPONSES


def test_every_response_that_an_action_names_exists() -> None:
    named = {
        name
        for path in (ROOT / "actions").glob("*.py")
        for name in re.findall(r'"(utter_[a-z_]+)"', path.read_text("utf-8"))
    }
    assert named <= set(RESPONSES)


def test_every_action_of_the_domain_exists_and_every_one_that_exists_is_in_the_domain() -> None:
    from actions.base import VallebotAction

    def leaves(cls: type) -> set[type]:
        return {cls}.union(*(leaves(sub) for sub in cls.__subclasses__()))

    written = {
        cls().name() for cls in leaves(VallebotAction) if not getattr(cls, "__abstractmethods__", None)
    }
    assert written == {name for name in DOMAIN["actions"] if not name.startswith("utter_")}


def test_a_response_is_short_enough_for_one_glance() -> None:
    long = [name for name, texts in RESPONSES.items() for text in texts if len(text["text"]) > 500]
    assert not long


def test_every_response_is_said_somewhere() -> None:
    code = "".join(path.read_text("utf-8") for path in (ROOT / "actions").glob("*.py"))
    code += "".join(path.read_text("utf-8") for path in (ROOT / "data" / "rules").glob("*.yml"))
    composed = tuple(re.findall(r'f"(utter_[a-z_]+)\{', code))
    unsaid = [
        name
        for name in RESPONSES
        if name.removesuffix("_profesional") not in code
        and not name.startswith(composed)
        and not name.startswith("utter_ask_")  # Rasa's forms say these by their name
    ]
    assert not unsaid
