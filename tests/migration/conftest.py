from __future__ import annotations

import pytest

from vallebot.testing import databases


@pytest.fixture(scope="session")
def server():
    with databases() as found:
        yield found
