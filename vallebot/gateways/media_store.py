"""Files that people send, under a private root, named by their content.

`<root>/ab/abcdef….pdf`: folders 0700, files 0600; the same content is one file. The type is told by the content's
first bytes, never by what the sender declared.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path

from vallebot.services.proofs import KeptFile

_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}\.[a-z0-9]{1,5}")


class MediaStore:
    """Keeps, reads and removes files below `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def keep(self, data: bytes, media_type: str, suffix: str) -> KeptFile:
        """Write the content, once; safe to race and to repeat. A crash leaves no half-written file behind a name."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = f"{sha256[:2]}/{sha256}.{suffix}"
        target = self._root / path
        if not target.exists():
            self._write(target, data)
        return KeptFile(sha256, path, media_type, len(data))

    def read(self, path: str) -> bytes:
        """The content. Raises FileNotFoundError, also for what is no path of this store."""
        return self._inside(path).read_bytes()

    def remove(self, path: str) -> bool:
        """Delete the file; False where there is none."""
        try:
            self._inside(path).unlink()
        except FileNotFoundError:
            return False
        return True

    def _inside(self, path: str) -> Path:
        if not _NAME.fullmatch(path):
            raise FileNotFoundError(path)
        return self._root / path

    def _write(self, target: Path, data: bytes) -> None:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._root.chmod(0o700)
        handle, name = tempfile.mkstemp(dir=target.parent)  # mode 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
