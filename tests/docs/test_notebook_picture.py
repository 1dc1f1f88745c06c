"""The picture of the notebook in README."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from tests.docs.notebook_picture import CELLS, PICTURE
from tests.notebooks.recorded_model import ANSWERS

ROOT = Path(__file__).parents[2]


def test_it_is_small_enough_to_be_loaded_with_the_page() -> None:
    assert PICTURE.stat().st_size < 250_000
    with Image.open(PICTURE) as picture:
        assert picture.format == "PNG"
        assert 700 < picture.width < 1200


def test_the_pages_show_it() -> None:
    assert "docs/pictures/notebook.png" in (ROOT / "README.md").read_text("utf-8")
    assert "pictures/notebook.png" in (ROOT / "docs" / "notebooks.md").read_text("utf-8")


def test_its_request_has_recorded_answers() -> None:
    assert CELLS[1].startswith("%%codegen orders")
    assert "orders.drop(index=104)" in (ANSWERS / "picture.md").read_text("utf-8")
