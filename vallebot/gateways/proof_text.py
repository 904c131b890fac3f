"""The text of a proof of payment: of PDFs by pypdf, of images by the optional extra `ocr`.

Files come from strangers, so they are read by a process of their own (proof_text_child.py) with little memory,
little time and no way to hurt the bot: what is broken, encrypted, endless or explosive simply has no text.
"""

from __future__ import annotations

import importlib.util
import logging
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from vallebot.domain.media_types import PDF

logger = logging.getLogger(__name__)

CHILD = Path(__file__).with_name("proof_text_child.py")
OCR_MODULE = "rapidocr_onnxruntime"
TEXT_MAX_BYTES = 64 * 1024


@dataclass(frozen=True)
class Limits:
    """Of one reading. `seconds`: wall clock; the processor time is bounded by the same."""

    seconds: int
    megabytes: int


PDF_LIMITS = Limits(seconds=6, megabytes=512)
OCR_LIMITS = Limits(seconds=20, megabytes=3072)  #: the models and their runtime map about 1.5 GB


class ProofTextReader:
    """`text_of(data, media_type)`: text, or None. Safe to share between threads."""

    def __init__(self, pdf: Limits = PDF_LIMITS, ocr: Limits = OCR_LIMITS) -> None:
        self._limits = {"pdf": pdf, "image": ocr}
        self._reads_images = importlib.util.find_spec(OCR_MODULE) is not None
        if not self._reads_images:
            logger.info("proofs that are photos are not read: the extra 'ocr' is not installed")

    def text_of(self, data: bytes, media_type: str) -> str | None:
        """The text of the first pages, or of the image; None where there is none, or not within the limits."""
        kind = "pdf" if media_type == PDF.media_type else "image"
        if kind == "image" and not self._reads_images:
            return None
        limits = self._limits[kind]
        command = [sys.executable, str(CHILD), kind, str(limits.seconds), str(limits.megabytes)]
        try:
            done = subprocess.run(
                command, input=data, capture_output=True, timeout=limits.seconds, check=False
            )
        except subprocess.TimeoutExpired:
            logger.warning("a proof took too long to read", extra={"kind": kind, "bytes": len(data)})
            return None
        if done.returncode != 0:
            logger.info("a proof could not be read", extra={"kind": kind, "exit": done.returncode})
            return None
        return done.stdout[:TEXT_MAX_BYTES].decode("utf-8", errors="ignore").strip() or None
