"""The picture of the notebook in README: ``python -m tests.docs.notebook_picture`` takes it anew.

It runs the cells in a real JupyterLab, with recorded answers of a model, and takes a screenshot.
"""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path

from PIL import Image

from tests.notebooks.lab import open_lab
from tests.notebooks.recorded_model import RecordedModel
from tests.notebooks.running import environment_for

PICTURE = Path(__file__).parents[2] / "docs" / "pictures" / "notebook.png"
COLORS = 128
CELLS = [
    """\
%load_ext graph_agent
import pandas as pd

orders = pd.DataFrame({
    "product": ["lamp", "desk", "lamp", "lamp", "chair"],
    "price": [20.0, 150.0, None, None, 75.0],
    "date": ["2026-03-01", "2026-03-01", "2026-03-02", "2026-03-02", "2026-03-05"],
}, index=[101, 102, 103, 104, 105])""",
    """\
%%codegen orders
Clean orders: 104 is a copy of 103, dates are text, and a missing price is that
of the same product. Then the revenue of each day, with a bar chart.""",
    "%codegen_accept orders",
]


def main() -> None:
    """Run the cells and replace the picture."""
    with tempfile.TemporaryDirectory() as folder:
        PICTURE.write_bytes(taken(Path(folder)))


def taken(folder: Path) -> bytes:
    """Run the cells in a folder; return what the page then shows as a PNG with few colours."""
    with RecordedModel() as model:
        model.play("picture")
        environment = environment_for(folder, model, os.environ)
        with open_lab(folder, CELLS, folder, environment, alone=True) as lab:
            lab.run_next()
            lab.run_next()
            lab.sees("Nothing is changed yet.")
            lab.run_next()
            lab.sees("Accepted: orders")
            picture = lab.cells_picture(len(CELLS))
    with Image.open(io.BytesIO(picture)) as image:
        few = image.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE)
    content = io.BytesIO()
    few.save(content, "PNG", optimize=True)
    return content.getvalue()


if __name__ == "__main__":
    main()
