"""PNGs are accepted only if they are what their header promises."""

from __future__ import annotations

import io
import time
import zlib

import pytest
from PIL import Image

from sandbox.errors import PayloadError
from sandbox.results.figure_formats import MAX_PIXELS
from sandbox.results.png_format import png_size
from tests.sandbox.results.pictures import IEND, WHOLE, chunk, grey, header, png, saved


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
@pytest.mark.parametrize("size", [(1, 1), (7, 5), (640, 480), (1, 999)])
def test_what_pillow_writes_is_accepted(mode: str, size: tuple[int, int]) -> None:
    assert png_size(saved(mode, size), MAX_PIXELS) == size


def test_a_png_split_in_many_chunks_or_interlaced() -> None:
    packed = zlib.compress((b"\0" + b"\x01" * 50) * 40)
    parts = [chunk(b"IDAT", packed[i : i + 3]) for i in range(0, len(packed), 3)]
    assert png_size(png(header(50, 40), *parts, IEND), MAX_PIXELS) == (50, 40)
    # 3×5 in Adam7, computed by hand: 1×1, none, 1×1, 1×2, 2×1, 1×3, 3×2.
    scanlines = [1, 1, 1, 1, 2, 1, 1, 1, 3, 3]
    lines = b"".join(b"\0" + b"\x05" * count for count in scanlines)
    interlaced = png(header(3, 5, interlace=1), chunk(b"IDAT", zlib.compress(lines)), IEND)
    assert Image.open(io.BytesIO(interlaced)).convert("L").getpixel((2, 4)) == 5
    assert png_size(interlaced, MAX_PIXELS) == (3, 5)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "isn't a PNG"),
        (b"\x89PNG\r\n\x1a\n", "truncated"),
        (WHOLE[:-1], "truncated"),
        (WHOLE[:-12], "truncated"),
        (WHOLE[:60], "truncated"),
        (WHOLE + b"<script>", "after its end"),
        (WHOLE[:20] + b"\x09" + WHOLE[21:], "damaged"),
        (png(grey(4, 3), header(4, 3), IEND), "without a header"),
        (png(header(4, 3), header(4, 3), grey(4, 3), IEND), "second header"),
        (png(header(4, 3), IEND), "match its size of 4×3"),
        (png(header(5, 3), grey(4, 3), IEND), "match its size of 5×3"),
        (png(header(4, 2), grey(4, 3), IEND), "match its size of 4×2"),
        (png(header(4, 3), chunk(b"IDAT", b"junk"), IEND), "damaged"),
        (png(header(4, 3), chunk(b"IDAT", zlib.compress(bytes(15))[:-3]), IEND), "match its size"),
        (png(header(0, 3), grey(0, 3), IEND), "0×3"),
        (png(header(4, 3, bits=3), grey(4, 3), IEND), "invalid header"),
        (png(header(4, 3, colour=5), grey(4, 3), IEND), "invalid header"),
        (png(header(2**32 - 1, 2**32 - 1), grey(4, 3), IEND), "the limit is"),
        (png(header(10_001, 10_000), grey(4, 3), IEND), "the limit is"),
        (png(header(4, 3), grey(4, 3), chunk(b"zTXt", bytes(2 << 20)), IEND), "besides its pixels"),
    ],
)
def test_pngs_that_lie(data: bytes, reason: str) -> None:
    with pytest.raises(PayloadError, match=reason):
        png_size(data, MAX_PIXELS)


def test_a_decompression_bomb_is_inflated_no_further_than_its_size() -> None:
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(1 << 24)) for _ in range(64)) + packer.flush()
    started = time.perf_counter()
    with pytest.raises(PayloadError, match="match its size of 4×3"):
        png_size(png(header(4, 3), chunk(b"IDAT", bomb), IEND), MAX_PIXELS)
    assert time.perf_counter() - started < 0.5
