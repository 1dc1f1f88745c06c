"""Files checked by their SHA-256: read once, and again after a change."""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path

import pytest

from graph_agent.models.local.verified_files import is_verified, known_sha256, sha256_of, stamp

DATA = b"some bytes"
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(DATA)
    return path


def change(path: Path, *, touch: bool) -> None:
    """Change the bytes but not the size; the time only if ``touch``."""
    status = path.stat()
    path.write_bytes(DATA[::-1])
    if touch:
        os.utime(path)
    else:
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_sha256(file: Path) -> None:
    assert sha256_of(file) == SHA256


def test_a_right_file_is_read_once(file: Path) -> None:
    assert is_verified(file, len(DATA), SHA256)
    change(file, touch=False)
    assert is_verified(file, len(DATA), SHA256)
    change(file, touch=True)
    assert not is_verified(file, len(DATA), SHA256)


def test_a_stamped_file_is_not_read(file: Path) -> None:
    stamp(file, SHA256)
    change(file, touch=False)
    assert is_verified(file, len(DATA), SHA256)


@pytest.mark.parametrize("text", ["", "[]", '{"size": 10}'])
def test_a_broken_stamp_is_ignored(file: Path, text: str) -> None:
    file.with_name("file.verified").write_text(text)
    assert is_verified(file, len(DATA), SHA256)


@pytest.mark.parametrize(("size", "sha256"), [(len(DATA) + 1, SHA256), (len(DATA), "0" * 64)])
def test_a_wrong_file_is_logged_and_not_stamped(
    file: Path, size: int, sha256: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert not is_verified(file, size, sha256)
    assert "fetch it again" in caplog.text
    assert not file.with_name("file.verified").exists()


def test_what_a_stamp_records_counts_until_the_file_changes(file: Path) -> None:
    assert known_sha256(file) is None
    stamp(file, SHA256)
    assert known_sha256(file) == SHA256
    change(file, touch=True)
    assert known_sha256(file) is None
    file.unlink()
    assert known_sha256(file) is None
