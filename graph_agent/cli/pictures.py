"""Figures in a terminal that can draw (sixel, or kitty's protocol), by the extra ``pictures``."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Sequence

from rich.console import Console

from graph_agent.prompts.pictures import small_picture
from sandbox.records import Figure

IMAGES = ("image/png", "image/jpeg")
MAX_PICTURES = 4


def show_pictures(figures: Sequence[Figure]) -> None:
    """Draw figures below the answer; do nothing where that can't be done."""
    if not figures or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return
    if os.environ.get("TERM", "dumb") == "dumb":
        return
    # Whatever the library meets in a terminal, the run has its answer.
    with contextlib.suppress(Exception):
        # Importing it asks the terminal what it can do.
        from textual_image import renderable

        if renderable.Image in (renderable.SixelImage, renderable.TGPImage):
            for figure in figures[:MAX_PICTURES]:
                _draw(figure, renderable.Image)


def _draw(figure: Figure, image: type) -> None:
    from PIL import Image

    shown = figure if figure.mime in IMAGES else figure.preview
    # A child decodes what the code drew; this process opens what the child made.
    made = None if shown is None or shown.mime not in IMAGES else small_picture(shown.data)
    if made is not None:
        with Image.open(io.BytesIO(made), formats=("PNG",)) as picture:
            # In kitty's protocol a picture's number is the colour of its cells.
            console = Console(color_system="truecolor", no_color=False)
            console.print(image(picture, width="auto", height="auto"))
