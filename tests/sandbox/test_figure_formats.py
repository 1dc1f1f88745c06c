"""Figures as hostile input: what is accepted is what it says it is."""

from __future__ import annotations

import io
import json
import struct
import time
import zlib
from typing import Any

import pytest
from PIL import Image

from sandbox.collect import collect
from sandbox.container import RawRun
from sandbox.errors import PayloadError
from sandbox.figure_formats import MAX_JSON_ELEMENTS, figure_suffix, read_figure
from sandbox.policy import SandboxPolicy

PNG, JPEG, PLOTLY = "image/png", "image/jpeg", "application/vnd.plotly.v1+json"


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + crc(kind + content)


def crc(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(4, "big")


def header(width: int, height: int, bits: int = 8, colour: int = 0, interlace: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlace))


def png(*chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


IEND = chunk(b"IEND", b"")


def grey(width: int, height: int) -> bytes:
    """The chunk of a grey image's pixels."""
    return chunk(b"IDAT", zlib.compress((b"\0" + b"\x7f" * width) * height))


def saved(mode: str, size: tuple[int, int], kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
@pytest.mark.parametrize("size", [(1, 1), (7, 5), (640, 480), (1, 999)])
def test_what_pillow_writes_is_accepted(mode: str, size: tuple[int, int]) -> None:
    figure = read_figure(PNG, saved(mode, size))
    assert (figure.width, figure.height) == size
    for options in ({}, {"progressive": True}, {"quality": 5, "exif": b"Exif\0\0" + b"\xff" * 9}):
        if mode in ("L", "RGB"):
            figure = read_figure(JPEG, saved(mode, size, "JPEG", **options))
            assert (figure.width, figure.height, figure.mime) == (*size, JPEG)


def test_a_png_split_in_many_chunks_or_interlaced() -> None:
    packed = zlib.compress((b"\0" + b"\x01" * 50) * 40)
    parts = [chunk(b"IDAT", packed[i : i + 3]) for i in range(0, len(packed), 3)]
    assert read_figure(PNG, png(header(50, 40), *parts, IEND)).width == 50
    # 3×5 in Adam7, worked out by hand: 1×1, none, 1×1, 1×2, 2×1, 1×3, 3×2.
    scanlines = [1, 1, 1, 1, 2, 1, 1, 1, 3, 3]
    lines = b"".join(b"\0" + b"\x05" * count for count in scanlines)
    interlaced = png(header(3, 5, interlace=1), chunk(b"IDAT", zlib.compress(lines)), IEND)
    assert Image.open(io.BytesIO(interlaced)).convert("L").getpixel((2, 4)) == 5
    assert read_figure(PNG, interlaced).height == 5


WHOLE = png(header(4, 3), grey(4, 3), IEND)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no PNG"),
        (b"\x89PNG\r\n\x1a\n", "truncated"),
        (WHOLE[:-1], "truncated"),
        (WHOLE[:-12], "truncated"),
        (WHOLE[:60], "truncated"),
        (WHOLE + b"<script>", "after its end"),
        (WHOLE[:20] + b"\x09" + WHOLE[21:], "damaged"),
        (png(grey(4, 3), header(4, 3), IEND), "without a header"),
        (png(header(4, 3), header(4, 3), grey(4, 3), IEND), "second header"),
        (png(header(4, 3), IEND), "not those of 4×3"),
        (png(header(5, 3), grey(4, 3), IEND), "not those of 5×3"),
        (png(header(4, 2), grey(4, 3), IEND), "not those of 4×2"),
        (png(header(4, 3), chunk(b"IDAT", b"junk"), IEND), "damaged"),
        (png(header(4, 3), chunk(b"IDAT", zlib.compress(bytes(15))[:-3]), IEND), "not those"),
        (png(header(0, 3), grey(0, 3), IEND), "0×3"),
        (png(header(4, 3, bits=3), grey(4, 3), IEND), "no sense"),
        (png(header(4, 3, colour=5), grey(4, 3), IEND), "no sense"),
        (png(header(2**32 - 1, 2**32 - 1), grey(4, 3), IEND), "the limit is"),
        (png(header(10_001, 10_000), grey(4, 3), IEND), "the limit is"),
        (png(header(4, 3), grey(4, 3), chunk(b"zTXt", bytes(2 << 20)), IEND), "beside its pixels"),
    ],
)
def test_pngs_that_lie(data: bytes, reason: str) -> None:
    with pytest.raises(PayloadError, match=reason):
        read_figure(PNG, data)


def test_a_decompression_bomb_is_inflated_no_further_than_its_size() -> None:
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(1 << 24)) for _ in range(64)) + packer.flush()
    started = time.perf_counter()
    with pytest.raises(PayloadError, match="not those of 4×3"):
        read_figure(PNG, png(header(4, 3), chunk(b"IDAT", bomb), IEND))
    assert time.perf_counter() - started < 0.5


def frame(width: int, height: int, components: int = 1) -> bytes:
    body = struct.pack(">BHHB", 8, height, width, components) + b"\1\x11\0" * components
    return b"\xff\xc0" + struct.pack(">H", len(body) + 2) + body


SCAN = b"\xff\xda\0\x08\1\1\0\0\x3f\0" + b"\x12\xff\x00\x34\xff\xd0\x56"
SOI, EOI = b"\xff\xd8", b"\xff\xd9"


def test_a_jpeg_by_hand() -> None:
    assert read_figure(JPEG, SOI + frame(9, 8) + SCAN + EOI).width == 9


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no JPEG"),
        (WHOLE, "no JPEG"),
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
        (SOI + frame(65_535, 65_535) + SCAN + EOI, "over the limit"),
        (SOI + b"\xff" * 100_000, "truncated"),
    ],
)
def test_jpegs_that_lie(data: bytes, reason: str) -> None:
    with pytest.raises(PayloadError, match=reason):
        read_figure(JPEG, data)


@pytest.mark.parametrize(
    ("layout", "size"),
    [
        ({}, (700, 500)),
        ({"width": 300, "height": 200.5}, (300, 200)),
        ({"width": -1, "height": 10**400}, (700, 500)),
        ({"width": True, "height": "900"}, (700, 500)),
    ],
)
def test_the_size_of_a_plotly_figure(layout: dict[str, Any], size: tuple[int, int]) -> None:
    data = json.dumps({"data": [], "layout": layout, "frames": []}).encode()
    figure = read_figure(PLOTLY, data)
    assert (figure.width, figure.height) == size
    assert figure.data == data


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[]", "list of data"),
        (b'{"data": {}, "layout": {}}', "list of data"),
        (b'{"data": []}', "without a layout"),
        (b'{"data": [], "layout": []}', "without a layout"),
        (b'{"data": [NaN], "layout": {}}', "no JSON"),
        (b'{"data": [' + b"9" * 5000 + b'], "layout": {}}', "no JSON"),
        (b'{"data": ' + b"[" * 50_000 + b"]" * 50_000 + b', "layout": {}}', "nested deeper"),
        (b'{"data": [' + b"[]," * MAX_JSON_ELEMENTS + b'[]], "layout": {}}', "values"),
        (b'{"data": [], "layout": {}, "x": "' + b" " * (64 << 20) + b'"}', "bytes"),
        (b'{"data": [], "layout": {"width": 90000, "height": 90000}}', "over the limit"),
        (b"<html><script>alert(1)</script></html>", "no JSON"),
    ],
    ids=lambda value: value if isinstance(value, str) else "data",
)
def test_plotly_figures_that_lie(data: bytes, reason: str) -> None:
    with pytest.raises(PayloadError, match=reason):
        read_figure(PLOTLY, data)


@pytest.mark.parametrize("mime", ["image/svg+xml", "text/html", "", None, 3, ["image/png"], {}])
def test_other_types_are_refused(mime: object) -> None:
    with pytest.raises(PayloadError, match="not allowed"):
        read_figure(mime, WHOLE)


def test_suffixes_come_from_a_fixed_list() -> None:
    assert [figure_suffix(one) for one in (PNG, JPEG, PLOTLY)] == [".png", ".jpg", ".json"]
    assert figure_suffix("../../etc/passwd") == ".bin"


def collected(figures: list[tuple[Any, bytes]], **policy: Any) -> Any:
    raw = RawRun()
    raw.messages = [({"type": "running"}, b"")]
    raw.messages += [({"type": "figure", "mime": mime}, body) for mime, body in figures]
    raw.messages.append(({"type": "finished"}, b""))
    return collect(raw, SandboxPolicy(**policy), None)


def test_a_run_keeps_the_good_ones_and_tells_of_the_others() -> None:
    run = collected([(JPEG, WHOLE), (PNG, WHOLE), ("text/html", b"x"), (PNG, WHOLE[:-1])])
    assert [(one.width, one.height, one.mime) for one in run.figures] == [(4, 3, PNG)]
    assert run.detail.count("refused") == 3


def test_limits_of_a_run() -> None:
    assert len(collected([(PNG, WHOLE)] * 5, max_figures=3).figures) == 3
    few = collected([(PNG, WHOLE)] * 5, max_result=2 * len(WHOLE))
    assert len(few.figures) == 2
    assert "bytes" in few.detail
    large = json.dumps({"data": [], "layout": {"width": 10_000, "height": 10_000}}).encode()
    run = collected([(PLOTLY, large)] * 6)
    assert len(run.figures) == 4
    assert "pixels together" in run.detail
