"""Runs code in the container's program, without Docker, and reads the pictures it sent."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from sandbox.runner.shared import frames
from tests.sandbox.runner.program import Program

PYPLOT = "import matplotlib.pyplot as plt\n"
# Each picture has one colour, which shows their order.
COLOURS = "import matplotlib.pyplot as plt\ndef draw(c):\n    plt.figure(); plt.gca().axis('off')\n"
COLOURS += "    plt.gca().imshow([[{'r': (1., 0, 0), 'g': (0, 1., 0), 'b': (0, 0, 1.)}[c]]])\n"


@dataclass
class Run:
    """What one job sent."""

    pictures: list[bytes]
    mimes: list[str]
    notes: list[str]
    stdout: str
    stderr: str
    error: dict[str, Any] | None

    @property
    def images(self) -> list[Image.Image]:
        """The decoded pictures, none of them blank."""
        images = [Image.open(io.BytesIO(data)).convert("RGB") for data in self.pictures]
        for image in images:
            assert len(image.getcolors(1 << 24) or []) > 1, "a blank picture"
        return images

    @property
    def colours(self) -> str:
        """The colour in the middle of each picture."""
        middles = [image.getpixel((image.width // 2, image.height // 2)) for image in self.images]
        return "".join("rgb"[middle.index(max(middle))] for middle in middles)  # type: ignore[union-attr,arg-type]


def run(tmp_path: Path, code: str, **job: Any) -> Run:
    program = Program(tmp_path).serve(code, **{"returns": [], **job})
    figures = program.of_type("figure")
    finished = program.of_type("finished")[0][0]
    return Run(
        pictures=[body for _, body in figures],
        mimes=[header["mime"] for header, _ in figures],
        notes=finished["notes"],
        stdout=program.out[frames.STDOUT].decode(),
        stderr=program.out[frames.STDERR].decode(),
        error=finished["error"],
    )
