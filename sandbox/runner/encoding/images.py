"""Pillow's images, as raw pixels."""

from __future__ import annotations

import sys
from typing import Any

from .errors import NotEncodableError
from .writer import Node, Writer

BITS_PER_PIXEL = {
    "1": 1, "L": 8, "P": 8, "LA": 16, "PA": 16, "La": 16, "I;16": 16, "RGB": 24, "YCbCr": 24,
    "LAB": 24, "HSV": 24, "RGBA": 32, "RGBX": 32, "RGBa": 32, "CMYK": 32, "I": 32, "F": 32,
}  # fmt: skip


def encode(writer: Writer, value: Any) -> Node | None:
    """Encode an image, None for anything else.

    Raises:
        NotEncodableError: it is still tied to its file, or of a mode not known here.
    """
    module = sys.modules.get("PIL.Image")
    if module is None or not isinstance(value, module.Image):
        return None
    if type(value) is not module.Image:
        raise NotEncodableError(f"a PIL.{type(value).__name__} is tied to its file; call .copy()")
    if value.mode not in BITS_PER_PIXEL:
        raise NotEncodableError(f"an image of mode {value.mode!r} has no safe encoding; convert it")
    width, height = value.size
    writer.budget.spend(4 * width * height)
    palette = None
    if value.palette is not None:
        mode = value.palette.mode
        palette = [mode, bytes(value.getpalette(mode) or b"").hex()]
    pixels = writer.attach(value.tobytes()) if width * height else None
    info = writer.value(dict(value.info), ".info")
    return writer.node("pil.image", value.mode, width, height, pixels, palette, info)
