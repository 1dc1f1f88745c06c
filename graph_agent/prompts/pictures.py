"""Figures for a model that sees: small PNGs, made of bytes that are not trusted.

The sandbox checked a figure's format and size. Here its pixels are decoded, on
the host and by Pillow, so that is held to two formats and to fewer pixels, and
what does not decode is not shown. What is sent is drawn anew: nothing of the
figure's file but its pixels leaves.
"""

from __future__ import annotations

import base64
import io
import logging
from typing import Any

from graph_agent.records import ExecutionRecord, FigureReference
from sandbox.errors import PayloadError, VariableStoreError
from sandbox.jpeg_format import jpeg_size
from sandbox.png_format import SIGNATURE, png_size
from sandbox.store import VariableStore

log = logging.getLogger(__name__)

MAX_SIDE_PIXELS = 768
"""Of a picture that is sent. Gemini 2 cuts what is larger than 384 pixels into tiles that it scales
to 768×768, at 258 tokens each; Gemini 3 takes at most 1,120 tokens for any picture, OpenAI tiles of
512 below a shorter side of 768. More pixels than this cost and are scaled away; labels of a usual
figure (640×480 to 1,000×600) stay readable."""
MAX_PICTURES = 4
"""Of one run; four at their largest are 9 MB as base64, Gemini takes 20 MB a request."""
MAX_FIGURE_BYTES = 32 << 20
MAX_FIGURE_PIXELS = 40_000_000
"""What is decoded, 160 MB in memory: 20×20 inches at 300 dpi."""
_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG"}


def pictures_of(execution: ExecutionRecord | None, store: VariableStore) -> list[bytes]:
    """Return small PNGs of a run's first figures; what cannot be shown is left out."""
    pictures: list[bytes] = []
    for figure in execution.figures if execution else ():
        if len(pictures) == MAX_PICTURES:
            break
        image = figure if figure.mime in _FORMATS else figure.preview
        picture = None if image is None else _picture_of(image, store)
        if picture is not None:
            pictures.append(picture)
    return pictures


def _picture_of(image: FigureReference, store: VariableStore) -> bytes | None:
    # Before the bytes are read: what was measured when the figure came in.
    if image.mime not in _FORMATS or image.width * image.height > MAX_FIGURE_PIXELS:
        return None
    try:
        return scaled_down(store.get(image.sha256))
    except VariableStoreError:
        log.warning("a figure is gone from the variable store; the model does not see it")
        return None


def scaled_down(data: bytes) -> bytes | None:
    """Return a PNG of an image, on white, its longer side at most ``MAX_SIDE_PIXELS``.

    None: it is too large, damaged, or neither PNG nor JPEG.
    """
    if len(data) > MAX_FIGURE_BYTES:
        return None
    try:
        return _scaled(data)
    except Exception as error:  # a decoder of hostile bytes may raise anything
        log.warning(
            "a figure does not decode (%s); the model does not see it", type(error).__name__
        )
        return None


def image_block(picture: bytes) -> dict[str, Any]:
    """Make LangChain's standard content block of a PNG, which every provider's client reads."""
    encoded = base64.b64encode(picture).decode("ascii")
    return {"type": "image", "base64": encoded, "mime_type": "image/png"}


def _scaled(data: bytes) -> bytes:
    from PIL import Image

    # Read by the sandbox's strict parsers, before a pixel is decoded.
    if data.startswith(SIGNATURE):
        width, height = png_size(data, MAX_FIGURE_PIXELS)
    else:
        width, height = jpeg_size(data)
    if width * height > MAX_FIGURE_PIXELS:
        raise PayloadError(f"a figure of {width}×{height} pixels")
    with Image.open(io.BytesIO(data), formats=tuple(_FORMATS.values())) as opened:
        image: Image.Image = opened
        # JPEG only: decoded at a fraction of its size when that is enough.
        image.draft("RGB", (MAX_SIDE_PIXELS, MAX_SIDE_PIXELS))
        if image.mode.startswith("I"):  # 16 bits a pixel, which convert() cuts off at 255
            image = image.point(lambda value: value * (1 / 256)).convert("L")
        seen = image.convert("RGBA" if image.has_transparency_data else "RGB")
    seen.thumbnail((MAX_SIDE_PIXELS, MAX_SIDE_PIXELS), Image.Resampling.LANCZOS)
    canvas = Image.new("RGB", seen.size, "white")
    canvas.paste(seen, mask=seen.getchannel("A") if seen.mode == "RGBA" else None)
    out = io.BytesIO()
    canvas.save(out, format="PNG")
    return out.getvalue()
