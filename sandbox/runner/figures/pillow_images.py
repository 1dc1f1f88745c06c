"""Pillow's images, taken when displayed or shown; no viewer is started."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping
from typing import Any

from ..encoding.reprs import in_short
from ..shared.figures import PNG
from .pictures import MAX_PIXELS, Pictures

PNG_MODES = frozenset({"1", "L", "LA", "I", "P", "RGB", "RGBA", "I;16"})


class PillowImages:
    """Takes images as PNG."""

    def __init__(self, pictures: Pictures, replace: Callable[[Any, str, Any], None]) -> None:
        self._pictures = pictures
        self._replace = replace
        self._image_class: Any = ()  # matches nothing until Pillow is imported

    def hooks(self) -> Mapping[str, Callable[[Any], None]]:
        """Return what to do when each module is imported."""
        return {"PIL.Image": self._hook_images, "PIL.ImageShow": self._hook_show}

    def display(self, value: Any) -> bool:
        """Take an image; return False for anything else."""
        if not issubclass(type(value), self._image_class):
            return False
        if not self._pictures.active or self._pictures.full(value):
            return True
        try:
            self._pictures.add(self._png(value), PNG, value)
        except BaseException as error:
            self._pictures.note(f"an image could not be shown: {in_short(error)}")
        return True

    def _png(self, image: Any) -> bytes:
        width, height = image.size
        if width * height > MAX_PIXELS:
            factor = math.ceil(math.sqrt(width * height / MAX_PIXELS))
            image = image.convert("RGBA" if "A" in image.getbands() else "RGB").reduce(factor)
            self._pictures.note(f"an image of {width}×{height} pixels was scaled down")
        if image.mode not in PNG_MODES:
            image = image.convert("L" if image.mode == "F" else "RGB")
        buffer = io.BytesIO()
        image.save(buffer, "PNG")
        return buffer.getvalue()

    def _hook_images(self, module: Any) -> None:
        self._image_class = module.Image

    def _hook_show(self, module: Any) -> None:
        def show(image: Any, *_: object, **__: object) -> bool:
            with self._pictures.lock:
                return self.display(image)

        self._replace(module, "show", show)
