"""The second reading: what is told to a language model, what it may answer, and what it may cost.

A message that the NLU was not sure of is put to the model as a question with a closed set of answers. Nothing of
what comes back is believed: it names one of the operations allowed to the writer's role, or it is dropped.
"""

from __future__ import annotations

from vallebot.services.fallback.asking import VERSION
from vallebot.services.fallback.reading import Terms, read

__all__ = ["VERSION", "Terms", "read"]
