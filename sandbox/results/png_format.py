"""The parts of PNG that determine a picture's size and completeness.

Source: Portable Network Graphics specification, third edition.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from sandbox.errors import PayloadError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_OTHER_BYTES = 1 << 20
"""For all chunks without pixels: texts, profiles, palettes."""
_CHUNK = struct.Struct(">I4s")
_HEADER = struct.Struct(">IIBBBBB")
_INFLATE_BYTES = 1 << 20
# Colour type to samples per pixel and allowed bit depths.
_COLOURS = {
    0: (1, (1, 2, 4, 8, 16)),
    2: (3, (8, 16)),
    3: (1, (1, 2, 4, 8)),
    4: (2, (8, 16)),
    6: (4, (8, 16)),
}
# Adam7: first column, first row, column step, row step of each pass.
_INTERLACED = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
_PLAIN = ((0, 0, 1, 1),)


def png_size(data: bytes, max_pixels: int) -> tuple[int, int]:
    """Read width and height of a PNG, after checking that it has exactly that many pixels.

    Inflates the pixels piece by piece, and stops when there are too many.

    Raises:
        PayloadError: it isn't a PNG, is truncated or damaged, has more than
            ``max_pixels``, or its header lies about its size.
    """
    chunks = _chunks(data)
    kind, header = next(chunks)
    if kind != b"IHDR" or len(header) != _HEADER.size:
        raise PayloadError("a PNG without a header")
    width, height, bits, colour, compression, filtering, interlace = _HEADER.unpack(header)
    samples, depths = _COLOURS.get(colour, (0, ()))
    if bits not in depths or compression or filtering or interlace not in (0, 1):
        raise PayloadError("a PNG with an invalid header")
    if not 0 < width * height <= max_pixels:
        raise PayloadError(f"a PNG of {width}×{height} pixels: the limit is {max_pixels}")
    expected = _scanline_bytes(width, height, bits * samples, bool(interlace))
    found = _count_inflated(_pixel_data(chunks), expected)
    if found != expected:
        raise PayloadError(f"a PNG whose pixels don't match its size of {width}×{height}")
    return width, height


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yield each chunk's type and content up to IEND, which ends the file."""
    if not data.startswith(SIGNATURE):
        raise PayloadError("a figure that isn't a PNG")
    view, position = memoryview(data), len(SIGNATURE)
    while len(data) - position >= _CHUNK.size + 4:
        length, kind = _CHUNK.unpack_from(data, position)
        end = position + _CHUNK.size + length
        if end + 4 > len(data):
            break
        if zlib.crc32(view[position + 4 : end]) != int.from_bytes(view[end : end + 4], "big"):
            raise PayloadError("a PNG that is damaged")
        yield kind, view[position + _CHUNK.size : end]
        position = end + 4
        if kind == b"IEND":
            if position != len(data):
                raise PayloadError("a PNG with data after its end")
            return
    raise PayloadError("a PNG that is truncated")


def _pixel_data(chunks: Iterator[tuple[bytes, memoryview]]) -> Iterator[memoryview]:
    other_bytes = 0
    for kind, content in chunks:
        if kind == b"IDAT":
            yield content
            continue
        if kind in (b"IHDR", b"acTL"):
            raise PayloadError("a PNG with a second header, or an animated one")
        other_bytes += len(content)
        if other_bytes > MAX_OTHER_BYTES:
            raise PayloadError(f"a PNG with more than {MAX_OTHER_BYTES} bytes besides its pixels")


def _scanline_bytes(width: int, height: int, bits_per_pixel: int, interlaced: bool) -> int:
    """Count the bytes of all scanlines, including their filter bytes."""
    total = 0
    for column, row, column_step, row_step in _INTERLACED if interlaced else _PLAIN:
        columns = -(-(width - column) // column_step)
        rows = -(-(height - row) // row_step)
        if columns > 0 and rows > 0:
            total += rows * (1 + (columns * bits_per_pixel + 7) // 8)
    return total


def _count_inflated(parts: Iterator[memoryview], expected: int) -> int:
    """Inflate the parts of one stream; stop as soon as there are more than ``expected`` bytes."""
    stream, count = zlib.decompressobj(), 0
    try:
        for part in parts:
            pending: bytes | memoryview = part
            while pending and count <= expected and not stream.eof:
                count += len(stream.decompress(pending, _INFLATE_BYTES))
                pending = stream.unconsumed_tail
        while count <= expected and not stream.eof:
            more = len(stream.decompress(b"", _INFLATE_BYTES))
            if not more:
                break
            count += more
    except zlib.error:
        raise PayloadError("a PNG that is damaged") from None
    return count if stream.eof else -1
