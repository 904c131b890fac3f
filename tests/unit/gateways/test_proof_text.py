"""Text of proofs, and files that want to do harm."""

from __future__ import annotations

import io
import logging
import time
import zlib
from pathlib import Path

import pypdf
import pytest
from pypdf.generic import DecodedStreamObject, NameObject, StreamObject

from vallebot.domain.proof_reading import read_proof
from vallebot.gateways.proof_text import Limits, ProofTextReader

PDF = "application/pdf"
SAMPLES = Path(__file__).parents[2] / "data" / "proofs"


def pdf_of(text: str, *, password: str | None = None, pages: int = 1) -> bytes:
    """A PDF with one line of text under another."""
    lines = "".join(f"({line}) Tj T* " for line in text.replace("(", "").replace(")", "").splitlines())
    return pdf_with(
        f"BT /F1 12 Tf 14 TL 50 780 Td {lines} ET".encode("cp1252"), password=password, pages=pages
    )


def pdf_with(content: bytes | StreamObject, *, password: str | None = None, pages: int = 1) -> bytes:
    writer = pypdf.PdfWriter()
    font = pypdf.generic.DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
            NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
        }
    )
    stream = content
    if isinstance(content, bytes):
        stream = DecodedStreamObject()
        stream.set_data(content)
    reference = writer._add_object(stream)
    fonts = pypdf.generic.DictionaryObject({NameObject("/F1"): writer._add_object(font)})
    for _ in range(pages):
        page = writer.add_blank_page(595, 842)
        page[NameObject("/Contents")] = reference
        page[NameObject("/Resources")] = pypdf.generic.DictionaryObject({NameObject("/Font"): fonts})
    if password is not None:
        writer.encrypt(password)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def bomb(megabytes: int) -> bytes:
    """A few kilobytes that unpack to so much."""
    stream = StreamObject()
    stream._data = zlib.compress(b"(a) Tj " * (megabytes * 1024 * 1024 // 7), 9)
    stream[NameObject("/Filter")] = NameObject("/FlateDecode")
    return pdf_with(stream)


@pytest.fixture(scope="module")
def reader():
    return ProofTextReader(pdf=Limits(seconds=4, megabytes=400))


def test_a_pdf_is_read_as_its_text(reader):
    sample = (SAMPLES / "galicia_transferencia.txt").read_text("utf-8").partition("---\n")[2]
    read = read_proof(reader.text_of(pdf_of(sample), PDF))
    assert read == read_proof(sample)
    assert read.amount_minor == 1_800_000


def test_a_pdf_that_opens_without_a_password_is_read(reader):
    assert reader.text_of(pdf_of("Importe $ 100,00", password=""), PDF) == "Importe $ 100,00"


def test_only_the_first_pages_count(reader):
    assert reader.text_of(pdf_of("hola", pages=50), PDF).split() == ["hola"] * 3


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: pdf_of("secreto", password="x"), id="encrypted"),
        pytest.param(lambda: b"%PDF-1.4\nnothing more", id="broken"),
        pytest.param(lambda: pdf_of("hola")[:300], id="cut-off"),
        pytest.param(lambda: b"%PDF-1.4\n" + bytes(range(256)) * 4000, id="noise"),
        pytest.param(lambda: bomb(300), id="zip-bomb"),
        pytest.param(lambda: pdf_with(b"[" * 200_000), id="deeply-nested"),
        pytest.param(
            lambda: b"%PDF-1.4\n1 0 obj << /Kids [1 0 R] >> endobj\ntrailer << /Root 1 0 R >>", id="cycle"
        ),
        pytest.param(lambda: b"", id="empty"),
    ],
)
def test_a_hostile_file_has_no_text_and_does_no_harm(reader, make):
    data = make()
    started = time.perf_counter()
    assert reader.text_of(data, PDF) is None
    assert time.perf_counter() - started < 10


def test_what_never_ends_is_ended():
    reader = ProofTextReader(pdf=Limits(seconds=1, megabytes=2000))
    started = time.perf_counter()
    assert reader.text_of(pdf_with(b"BT /F1 1 Tf " + b"(a) Tj " * 1_500_000 + b"ET"), PDF) is None
    assert time.perf_counter() - started < 4


def test_without_the_extra_images_have_no_text_and_one_line_says_so(caplog, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with caplog.at_level(logging.INFO):
        reader = ProofTextReader()
        assert reader.text_of(b"\x89PNG\r\n\x1a\n", "image/png") is None
        assert reader.text_of(b"\xff\xd8\xff", "image/jpeg") is None
    assert [record.message for record in caplog.records] == [
        "proofs that are photos are not read: the extra 'ocr' is not installed"
    ]


ENGINE = '''
class RapidOCR:
    """Answers as the library does: (box, text, confidence) in no particular order, and the time taken."""

    def __init__(self, **options): pass

    def __call__(self, image):
        box = lambda left, top: [[left, top], [left + 80, top], [left + 80, top + 9], [left, top + 9]]
        read = [(10, 40, "Laura Paz"), (100, 20, "$ 1.500,00"), (10, 21, "Importe")]
        return [[box(left, top), said, 0.9] for left, top, said in read], [0.1]
'''


@pytest.fixture
def with_engine(tmp_path, monkeypatch):
    (tmp_path / "rapidocr_onnxruntime.py").write_text(ENGINE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))


def image_of(width: int, height: int) -> bytes:
    from PIL import Image

    target = io.BytesIO()
    Image.new("1", (width, height)).save(target, "PNG")
    return target.getvalue()


def test_with_the_extra_images_are_read_from_top_to_bottom(with_engine):
    text = ProofTextReader().text_of(image_of(100, 60), "image/png")
    assert text == "Importe $ 1.500,00\nLaura Paz"


def test_an_image_of_endless_size_is_not_opened(with_engine):
    assert ProofTextReader().text_of(image_of(20_000, 20_000), "image/png") is None
