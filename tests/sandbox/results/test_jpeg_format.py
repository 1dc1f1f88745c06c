"""JPEGs are accepted only with one picture of one size."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from sandbox.errors import PayloadError
from sandbox.results.jpeg_format import jpeg_size
from tests.sandbox.results.pictures import WHOLE, saved


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("size", [(1, 1), (7, 5), (640, 480), (1, 999)])
@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"quality": 5, "exif": b"Exif\0\0" + b"\xff" * 9}]
)
def test_what_pillow_writes_is_accepted(
    mode: str, size: tuple[int, int], options: dict[str, Any]
) -> None:
    assert jpeg_size(saved(mode, size, "JPEG", **options)) == size


def frame(width: int, height: int, components: int = 1) -> bytes:
    body = struct.pack(">BHHB", 8, height, width, components) + b"\1\x11\0" * components
    return b"\xff\xc0" + struct.pack(">H", len(body) + 2) + body


SCAN = b"\xff\xda\0\x08\1\1\0\0\x3f\0" + b"\x12\xff\x00\x34\xff\xd0\x56"
SOI, EOI = b"\xff\xd8", b"\xff\xd9"


def test_a_jpeg_by_hand() -> None:
    assert jpeg_size(SOI + frame(9, 8) + SCAN + EOI) == (9, 8)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "isn't a JPEG"),
        (WHOLE, "isn't a JPEG"),
        (SOI + EOI, "without a picture"),
        (SOI + frame(9, 8) + EOI, "without a picture"),
        (SOI + SCAN + EOI, "without a picture"),
        (SOI + frame(9, 8) + SCAN, "truncated"),
        (SOI + frame(9, 8) + SCAN + EOI + b"MZ", "after it"),
        (SOI + frame(9, 8) + frame(1, 1) + SCAN + EOI, "two sizes"),
        (SOI + frame(9, 8) + SCAN + frame(1, 1) + SCAN + EOI, "two sizes"),
        (SOI + frame(0, 8) + SCAN + EOI, "without a size"),
        (SOI + frame(9, 0) + SCAN + EOI, "without a size"),
        (SOI + b"\xff\xe0\xff\xff" + frame(9, 8) + SCAN + EOI, "truncated"),
        (SOI + b"\xff\xe0\0\1" + frame(9, 8) + SCAN + EOI, "truncated"),
        (SOI + b"\xff\xc0\0\4\0\0" + SCAN + EOI, "damaged"),
        (SOI + b"\xff" * 100_000, "truncated"),
    ],
)
def test_jpegs_that_lie(data: bytes, reason: str) -> None:
    with pytest.raises(PayloadError, match=reason):
        jpeg_size(data)
