"""Understanding of Spanish time expressions as people type them in Argentina.

`interpret("el jueves tipo 6", now)` -> Thursday at 18:00, approximate. See docs/cuando.md for the reading rules.
"""

from __future__ import annotations

from vallebot.domain.cuando.model import Cuando, Window
from vallebot.domain.cuando.reader import interpret

__all__ = ["Cuando", "Window", "interpret"]
