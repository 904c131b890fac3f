"""Files by content: once, private, and nothing outside the root."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from vallebot.domain.media_types import JPEG, PDF, PNG, WEBP, kind_of
from vallebot.gateways.media_store import MediaStore

DATA = b"%PDF-1.4 hello"


@pytest.fixture
def store(tmp_path):
    return MediaStore(tmp_path / "media")


def test_a_file_is_kept_once_under_its_hash(store, tmp_path):
    kept = store.keep(DATA, "application/pdf", "pdf")
    assert store.keep(DATA, "application/pdf", "pdf") == kept
    assert kept.path == f"{kept.sha256[:2]}/{kept.sha256}.pdf"
    assert kept.size_bytes == len(DATA)
    assert store.read(kept.path) == DATA
    assert [path.name for path in (tmp_path / "media").rglob("*") if path.is_file()] == [f"{kept.sha256}.pdf"]


def test_nobody_else_on_the_machine_reads_it(store, tmp_path):
    kept = store.keep(DATA, "application/pdf", "pdf")
    target = tmp_path / "media" / kept.path
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "media", target.parent, target)]
    assert modes == [0o700, 0o700, 0o600]


def test_many_keep_the_same_at_once(store):
    with ThreadPoolExecutor(8) as pool:
        kept = set(pool.map(lambda _: store.keep(DATA, "application/pdf", "pdf"), range(16)))
    assert len(kept) == 1


def test_a_removed_file_is_gone(store):
    kept = store.keep(DATA, "application/pdf", "pdf")
    assert store.remove(kept.path)
    assert not store.remove(kept.path)
    with pytest.raises(FileNotFoundError):
        store.read(kept.path)


@pytest.mark.parametrize(
    "path", ["../secret", "/etc/passwd", "ab/../../x.pdf", "", f"ab/{'a' * 64}", "ab/x.pdf"]
)
def test_only_names_of_its_own_are_opened(store, tmp_path, path):
    (tmp_path / "secret").write_text("x")
    with pytest.raises(FileNotFoundError):
        store.read(path)
    assert not store.remove(path)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\xff\xd8\xff\xe0rest", JPEG),
        (b"\x89PNG\r\n\x1a\nrest", PNG),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", WEBP),
        (b"%PDF-1.7\n", PDF),
        (b"\xef\xbb\xbf\n%PDF-1.4", PDF),
        (b"<html>%PDF-1.4</html>", None),
        (b"MZ\x90\x00", None),
        (b"GIF89a", None),
        (b"", None),
    ],
)
def test_the_content_says_what_it_is(data, kind):
    assert kind_of(data) is kind
