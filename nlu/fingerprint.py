"""What a trained component depends on besides its own class, data and configuration.

Rasa reuses a cached component while the source of its *class* is unchanged; ours lean on pure modules, whose changes
Rasa cannot see.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import vallebot.domain

_NLU, _DOMAIN = Path(__file__).parent, Path(vallebot.domain.__file__).parent


def sources() -> list[Path]:
    """The modules and word lists of `nlu`, and of the parts of `vallebot.domain` that it is built on."""
    packages = (_NLU, _DOMAIN / "cuando", _DOMAIN / "values")
    found = [path for package in packages for kind in ("*.py", "*.txt") for path in package.rglob(kind)]
    return sorted([*found, _DOMAIN / "text.py"])


@lru_cache(maxsize=1)
def source_fingerprint() -> str:
    """A hash of `sources()`: names and contents."""
    digest = hashlib.sha256()
    for path in sources():
        digest.update(path.relative_to(_NLU if path.is_relative_to(_NLU) else _DOMAIN).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
