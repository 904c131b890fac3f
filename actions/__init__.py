"""Rasa's custom actions. Whoever reaches the action server acts as anybody, so it listens on loopback only."""

from __future__ import annotations

import os

# rasa_sdk reads it after importing the actions; its own default is every interface.
os.environ.setdefault("SANIC_HOST", "127.0.0.1")
