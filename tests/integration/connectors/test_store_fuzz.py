"""Whatever a webhook holds, it is stored or left out: nothing is raised, and the inbox goes on."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.whatsapp.payloads import parse_webhook
from connectors.whatsapp.webhook import store_updates
from vallebot.db.claims import Claimer
from vallebot.services import inbox

DATA = Path(__file__).parents[2] / "data" / "webhooks"
BODIES = [
    body
    for path in sorted(DATA.glob("*.json"))
    for body in json.loads(path.read_text(encoding="utf-8")).values()
]
STRANGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.text(max_size=30),
    st.sampled_from(["\x00", "\ud800", "x" * 5000, "\u202e", "9" * 400, "-1", "1e999"]),
    st.lists(st.text(max_size=3), max_size=3),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
)


def changed(data: st.DataObject, node: object, depth: int = 0) -> object:
    """The same JSON with some of its values replaced."""
    if depth and data.draw(st.integers(0, 12)) == 0:
        return data.draw(STRANGE)
    if isinstance(node, dict):
        return {key: changed(data, value, depth + 1) for key, value in node.items()}
    if isinstance(node, list):
        return [changed(data, value, depth + 1) for value in node]
    return node


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(data=st.data(), body=st.sampled_from(BODIES))
def test_a_body_of_any_kind_is_stored_or_left_out(sessions, now, data: st.DataObject, body: dict) -> None:
    updates = parse_webhook(changed(data, body))  # type: ignore[arg-type]
    assert store_updates(sessions, updates, now=now) <= len(updates)


@pytest.fixture
def claimer(engine):
    found = Claimer(engine)
    yield found
    found.close()


def test_what_came_of_every_kind_can_be_claimed_and_done(sessions, claimer, now) -> None:
    for body in BODIES:
        store_updates(sessions, parse_webhook(body), now=now)
    done = 0
    while (item := inbox.claim_next(sessions, claimer.key(), now=now + timedelta(hours=1))) is not None:
        assert inbox.finish(sessions, item, [])
        done += 1
    assert done > 20
