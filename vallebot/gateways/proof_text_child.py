"""Reads one file from standard input and prints its text; started by proof_text.py, imported by nobody.

Arguments: pdf|image, seconds of processor time, megabytes of memory. Any failure is an exit code.
"""

from __future__ import annotations

import io
import resource
import sys

PAGES_MAX = 3  #: proofs have one page, some two
TEXT_MAX_CHARS = 20_000
PIXELS_MAX = 40_000_000


def main() -> None:
    """Exit code 3: encrypted; 4: too many pixels; others: whatever the libraries made of it."""
    kind, seconds, megabytes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 1024 * 1024,) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    data = sys.stdin.buffer.read()
    text = pdf_text(data) if kind == "pdf" else image_text(data)
    sys.stdout.buffer.write(text[:TEXT_MAX_CHARS].encode("utf-8", errors="ignore"))


def pdf_text(data: bytes) -> str:
    """The text of the first pages. Files that open with an empty password are read."""
    import pypdf

    reader = pypdf.PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        sys.exit(3)
    pages: list[str] = []
    for number, page in enumerate(reader.pages):
        if number == PAGES_MAX or sum(map(len, pages)) > TEXT_MAX_CHARS:
            break
        pages.append(page.extract_text())
    return "\n".join(pages)


def image_text(data: bytes) -> str:
    """The lines of an image, from top to bottom."""
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        if image.width * image.height > PIXELS_MAX:
            sys.exit(4)
    from rapidocr_onnxruntime import RapidOCR

    found, _ = RapidOCR(intra_op_num_threads=1)(data)
    return "\n".join(lines_of([(box, said) for box, said, _ in found or []]))


def lines_of(boxes: list) -> list[str]:
    """Boxes (four corners, text) as lines from top to bottom, what stands side by side from left to right: a label
    and its value are often two boxes, one a pixel higher than the other."""
    rows: list[list[tuple[float, str]]] = []
    middle = height = 0.0
    for box, said in sorted(boxes, key=lambda one: sum(point[1] for point in one[0])):
        tops = [point[1] for point in box]
        center = sum(tops) / 4
        if not rows or center - middle > height / 2:
            rows.append([])
            middle, height = center, max(tops) - min(tops)
        rows[-1].append((box[0][0], said))
    return [" ".join(said for _, said in sorted(row)) for row in rows]


if __name__ == "__main__":
    main()
