"""What a trained component depends on besides its own class, data and configuration.

Rasa reuses a cached component while the source of its *class* is unchanged; ours lean on pure modules, whose changes
Rasa cannot see.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import vallebot.domain

_PACKAGES = (Path(__file__).parent, Path(vallebot.domain.__file__).parent)


@lru_cache(maxsize=1)
def source_fingerprint() -> str:
    """A hash of the sources and word lists of `nlu` and `vallebot.domain`."""
    digest = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted([*package.rglob("*.py"), *package.rglob("*.txt")]):
            digest.update(path.relative_to(package).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
