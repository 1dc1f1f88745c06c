"""PNG and JPEG files, written by Pillow or put together by hand."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image


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


WHOLE = png(header(4, 3), grey(4, 3), IEND)
