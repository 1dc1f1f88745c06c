"""The parts of JPEG that determine a picture's size and completeness.

Source: ITU-T T.81, annex B.
"""

from __future__ import annotations

import re
import struct

from sandbox.errors import PayloadError

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
# Markers that a decoder may take for the frame header; C4, C8 and CC are tables.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_FRAME = struct.Struct(">BHHB")
# In a scan: not a stuffed zero, a restart, or padding.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Read width and height of a JPEG from its only frame header, walking to its end.

    Raises:
        PayloadError: it isn't a JPEG, is truncated, or has no size, or several.
    """
    if not data.startswith(b"\xff\xd8\xff"):
        raise PayloadError("a figure that isn't a JPEG")
    size: tuple[int, int] | None = None
    scanned = False
    position = 2
    while len(data) - position >= 2:
        if data[position] != 0xFF:
            raise PayloadError("a JPEG that is damaged")
        kind = data[position + 1]
        if kind == 0xFF:  # padding
            position += 1
            continue
        if kind == _END:
            if size is None or not scanned or position + 2 != len(data):
                raise PayloadError("a JPEG without a picture, or with data after it")
            return size
        end = _segment_end(data, position)
        if kind in _FRAMES:
            if size is not None:
                raise PayloadError("a JPEG with two sizes")
            size = _frame_size(data, position + 4, end)
        position = end
        if kind == _SCAN:
            scanned = True
            marker = _NEXT_MARKER.search(data, end)
            position = marker.start() if marker else len(data)
    raise PayloadError("a JPEG that is truncated")


def _segment_end(data: bytes, position: int) -> int:
    length = int.from_bytes(data[position + 2 : position + 4], "big")
    if length < 2 or position + 2 + length > len(data) or data[position + 1] < 0xC0:
        raise PayloadError("a JPEG that is truncated")
    return position + 2 + length


def _frame_size(data: bytes, start: int, end: int) -> tuple[int, int]:
    if end - start < _FRAME.size:
        raise PayloadError("a JPEG that is damaged")
    _, height, width, components = _FRAME.unpack_from(data, start)
    if not width or not height or end - start != _FRAME.size + 3 * components:
        raise PayloadError("a JPEG without a size")
    return width, height
