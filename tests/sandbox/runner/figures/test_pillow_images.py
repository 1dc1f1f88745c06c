"""Pillow images, and objects that draw themselves."""

from __future__ import annotations

from pathlib import Path

from tests.sandbox.runner.figures.pictured import run
from tests.sandbox.runner.program import LIMITS


def test_images_and_what_draws_itself(tmp_path: Path) -> None:
    code = """
import io
from PIL import Image
def striped(mode):
    image = Image.new("RGB", (40, 20), "red"); image.paste("blue", (0, 0, 20, 20))
    return image.convert(mode)
striped("RGB").show()
for mode in ("P", "CMYK", "F"):
    display(striped(mode))
class Photo:
    def _repr_jpeg_(self):
        buffer = io.BytesIO(); striped("RGB").save(buffer, "JPEG"); return buffer.getvalue()
class Broken:
    def _repr_png_(self): raise ValueError
    def __repr__(self): return "broken"
display(Photo(), Broken())
striped("L")
"""
    done = run(tmp_path, code, limits={**LIMITS, "max_figures": 9})
    assert done.mimes == ["image/png"] * 4 + ["image/jpeg", "image/png"]
    assert {image.size for image in done.images} == {(40, 20)}
    assert done.stdout == "broken\n"
    assert done.error is None
