"""Figures for a vision model: small PNGs made from untrusted bytes.

The sandbox has checked each figure's format and size. Pillow decodes its pixels on the host, so
only two formats and fewer pixels are accepted here, and figures that don't decode are skipped. The
model gets a new PNG drawn from the pixels; nothing else of the figure's file is sent.
"""

from __future__ import annotations

import base64
import io
import logging
from typing import Any

from graph_agent.records import ExecutionRecord, FigureReference
from sandbox.confined import Limits, call
from sandbox.errors import ConfinedError, PayloadError, VariableStoreError
from sandbox.results.jpeg_format import jpeg_size
from sandbox.results.png_format import SIGNATURE, png_size
from sandbox.variables.store import VariableStore

log = logging.getLogger(__name__)

MAX_SIDE_PIXELS = 768
"""Longer side of a picture that is sent. Gemini 2 cuts pictures over 384 pixels into tiles scaled
to 768×768, at 258 tokens each. Gemini 3 uses at most 1,120 tokens per picture. OpenAI uses
512-pixel tiles and scales the shorter side to 768. Larger pictures cost more and gain nothing;
labels of a typical figure (640×480 to 1,000×600) stay readable."""
MAX_PICTURES = 4
"""Per run. Four of the largest take 9 MB as base64; Gemini accepts 20 MB per request."""
MAX_FIGURE_BYTES = 32 << 20
MAX_FIGURE_PIXELS = 40_000_000
"""20×20 inches at 300 dpi: 160 MB in memory when decoded."""
LIMITS = Limits(cpu_s=10.0, memory_bytes=1 << 30)
_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG"}


def pictures_of(execution: ExecutionRecord | None, store: VariableStore) -> list[bytes]:
    """Return small PNGs of a run's first figures; figures that can't be shown are skipped."""
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
    # Checked before the bytes are read: the size was measured when the figure came in.
    if image.mime not in _FORMATS or image.width * image.height > MAX_FIGURE_PIXELS:
        return None
    try:
        return small_picture(store.get(image.sha256))
    except VariableStoreError:
        log.warning("a figure is missing from the variable store; it is not sent to the model")
        return None


def small_picture(data: bytes) -> bytes | None:
    """Do as :func:`scaled_down` in a child, within limits."""
    if len(data) > MAX_FIGURE_BYTES:
        return None
    try:
        # An image of few bytes can take minutes to decode, and libraries of codecs have bugs.
        reply = call(f"{__name__}:scale_in_child", None, [data], limits=LIMITS,
                     libraries=["PIL.Image"], max_reply_bytes=MAX_FIGURE_BYTES)  # fmt: skip
    except ConfinedError as error:
        log.warning("a figure isn't shown: decoding it: %s", error)
        return None
    return bytes(reply.parts[0]) if reply.parts else None


def scale_in_child(_: object, parts: list[bytearray]) -> tuple[None, list[bytes]]:
    """Scale an image down in a child."""
    picture = scaled_down(bytes(parts[0]))
    return None, [] if picture is None else [picture]


def scaled_down(data: bytes) -> bytes | None:
    """Return a PNG of an image on white, its longer side at most ``MAX_SIDE_PIXELS``.

    Return None if the image is too large, damaged, or neither PNG nor JPEG.
    """
    if len(data) > MAX_FIGURE_BYTES:
        return None
    try:
        return _scaled(data)
    except Exception as error:  # a decoder of hostile bytes may raise anything
        log.warning(
            "a figure doesn't decode (%s); it is not sent to the model", type(error).__name__
        )
        return None


def image_block(picture: bytes) -> dict[str, Any]:
    """Make LangChain's standard image block, which every provider's client accepts."""
    encoded = base64.b64encode(picture).decode("ascii")
    return {"type": "image", "base64": encoded, "mime_type": "image/png"}


def _scaled(data: bytes) -> bytes:
    from PIL import Image

    # The sandbox's strict parsers read the size before any pixel is decoded.
    if data.startswith(SIGNATURE):
        width, height = png_size(data, MAX_FIGURE_PIXELS)
    else:
        width, height = jpeg_size(data)
    if width * height > MAX_FIGURE_PIXELS:
        raise PayloadError(f"a figure of {width}×{height} pixels")
    with Image.open(io.BytesIO(data), formats=tuple(_FORMATS.values())) as opened:
        image: Image.Image = opened
        # For JPEG: decode at a fraction of the size if that is enough.
        image.draft("RGB", (MAX_SIDE_PIXELS, MAX_SIDE_PIXELS))
        if image.mode.startswith("I"):  # 16 bits per pixel; convert() would cap values at 255
            image = image.point(lambda value: value * (1 / 256)).convert("L")
        scaled = image.convert("RGBA" if image.has_transparency_data else "RGB")
    scaled.thumbnail((MAX_SIDE_PIXELS, MAX_SIDE_PIXELS), Image.Resampling.LANCZOS)
    canvas = Image.new("RGB", scaled.size, "white")
    canvas.paste(scaled, mask=scaled.getchannel("A") if scaled.mode == "RGBA" else None)
    out = io.BytesIO()
    canvas.save(out, format="PNG")
    return out.getvalue()
