"""Quiet for every test: the libraries' own deprecations are not ours to mend."""

from __future__ import annotations

import os

from hypothesis import settings

os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("XDG_RUNTIME_DIR", "/tmp")

# A shared machine stalls now and then: a slow example is no failure.
settings.register_profile("vallebot", deadline=None)
settings.load_profile("vallebot")
