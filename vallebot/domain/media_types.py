"""What a file is, told by its content, and how big it may be."""

from __future__ import annotations

from dataclasses import dataclass

_MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class MediaKind:
    """A type of file that is taken as a proof of payment."""

    media_type: str
    suffix: str
    max_bytes: int


#: WhatsApp's own limit for images is 5 MB; statements of banks are far below 10 MB.
JPEG = MediaKind("image/jpeg", "jpg", 5 * _MEGABYTE)
PNG = MediaKind("image/png", "png", 5 * _MEGABYTE)
WEBP = MediaKind("image/webp", "webp", 5 * _MEGABYTE)
PDF = MediaKind("application/pdf", "pdf", 10 * _MEGABYTE)
LARGEST_BYTES = max(kind.max_bytes for kind in (JPEG, PNG, WEBP, PDF))
#: Readers accept a PDF whose header stands a little after the beginning (ISO 32000, appendix H).
_PDF_HEADER_WITHIN = 1024


def kind_of(data: bytes) -> MediaKind | None:
    """The kind of file by its first bytes; None for anything that is not taken."""
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP
    if b"%PDF-" in data[:_PDF_HEADER_WITHIN] and data.lstrip()[:1] != b"<":
        return PDF
    return None
